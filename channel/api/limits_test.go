package api_test

import (
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
)

// TestRates: calls on a connection and vouchers on a channel are refused over their limit, and a stream of vouchers is slowed down to it. Others are let in meanwhile.
func TestRates(t *testing.T) {
	t.Run("calls", func(t *testing.T) {
		w := newWorld(t, func(c *api.Config) { c.Limits.Calls = 1 }) // and one more as a burst
		call := func(conn *grpc.ClientConn) string {
			_, err := pb.NewPaymentsClient(conn).Sync(t.Context(), &pb.SyncRequest{Channel: id(w.in)})
			return reasonOf(err)
		}
		for range 2 {
			if why := call(w.conn); why != "" {
				t.Fatal(why)
			}
		}
		if why := call(w.conn); why != "RATE_LIMITED" {
			t.Errorf("the third call of a second: %q", why)
		}
		other := w.dial()
		defer func() { _ = other.Close() }()
		if why := call(other); why != "" {
			t.Errorf("another connection: %s", why)
		}
	})
	t.Run("vouchers", func(t *testing.T) {
		w := newWorld(t, func(c *api.Config) { c.Limits.Vouchers = 1 })
		submit := func(n uint64) string {
			_, err := pb.NewPaymentsClient(w.conn).Submit(t.Context(), &pb.SubmitRequest{Channel: id(w.in), Payment: w.voucherPayment(n)})
			return reasonOf(err)
		}
		for n := uint64(1); n <= 2; n++ {
			if why := submit(n); why != "" {
				t.Fatal(why)
			}
		}
		if why := submit(3); why != "RATE_LIMITED" {
			t.Errorf("the third voucher of a second: %q", why)
		}
	})
	t.Run("stream", func(t *testing.T) {
		w := newWorld(t, func(c *api.Config) { c.Limits.Vouchers = 2 }) // a burst of four
		stream, err := pb.NewPaymentsClient(w.conn).Pay(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for n := uint64(1); n <= 6; n++ {
			if err := stream.Send(&pb.PayRequest{Channel: firstOnly(n, id(w.in)), Payments: []*pb.Payment{w.voucherPayment(n)}}); err != nil {
				t.Fatal(err)
			}
		}
		for acked := uint64(0); acked < 6; {
			ack, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			acked = ack.GetAcknowledged()
		}
		if took := time.Since(begun); took < 900*time.Millisecond {
			t.Errorf("six vouchers at two a second, four of them at once, took %s", took)
		}
	})
}

// firstOnly names the channel in a stream's first frame.
func firstOnly(n uint64, id []byte) []byte {
	if n == 1 {
		return id
	}
	return nil
}

// TestBan: who has sent too many bad signatures loses the connection that it sent the last on, and finds no way back by another one while the ban lasts.
func TestBan(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Limits.BadPayments, c.Limits.FirstBan = 2, time.Minute })
	v := w.voucher(1000)
	v.Signature[5] ^= 1
	wrong := message.FromPayment(channel.Payment{Channel: v.Channel, Voucher: &v})
	why := ""
	for range 4 { // the third ends the connection
		_, err := pb.NewPaymentsClient(w.conn).Submit(t.Context(), &pb.SubmitRequest{Channel: id(w.in), Payment: wrong})
		if why = reasonOf(err); err == nil {
			t.Fatal("a bad signature is taken")
		}
	}
	if why == "BAD_SIGNATURE" {
		t.Error("the connection goes on after four bad signatures, two are forgiven")
	}
	again := w.dial()
	defer func() { _ = again.Close() }()
	if _, err := pb.NewPaymentsClient(again).Sync(t.Context(), &pb.SyncRequest{Channel: id(w.in)}); err == nil {
		t.Error("a banned address is served on its next connection")
	}
}
