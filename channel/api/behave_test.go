package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
)

// TestScopes: a call needs its scope, and a token opens its own calls only: none when it is wrong, revoked or over.
func TestScopes(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(c *api.Config) { c.Now = func() time.Time { return now } })
	admin := pb.NewAdminClient(w.conn)
	operator := as(t.Context(), operatorToken)
	make_ := func(scopes ...string) (*pb.Token, context.Context) {
		answer, err := admin.CreateToken(operator, &pb.CreateTokenRequest{Name: "t", Scopes: scopes, ExpireTime: timestamppb.New(now.Add(time.Hour))})
		if err != nil {
			t.Fatal(err)
		}
		wallettest.Watch([]byte(answer.GetSecret()))
		return answer.GetToken(), as(t.Context(), answer.GetSecret())
	}
	token, reader := make_("read")
	_, settler := make_("settle")
	list := func(ctx context.Context) error {
		_, err := pb.NewChannelsClient(w.conn).List(ctx, &pb.ChannelsListRequest{})
		return err
	}
	settle := func(ctx context.Context) error {
		_, err := pb.NewSettlementsClient(w.conn).Settle(ctx, &pb.SettleRequest{})
		return err
	}
	for _, c := range []struct {
		what string
		err  error
		want string
	}{
		{"no token", list(t.Context()), "NO_TOKEN"},
		{"a wrong token", list(as(t.Context(), "pw_000000000000_x")), "NO_TOKEN"},
		{"another's id with a wrong secret", list(as(t.Context(), "pw_"+token.GetId()+"_x")), "NO_TOKEN"},
		{"read", list(reader), ""},
		{"read settles", settle(reader), "NO_SCOPE"},
		{"settle", settle(settler), ""},
		{"settle reads", list(settler), "NO_SCOPE"},
		{"the operator", settle(operator), ""},
		{"two tokens", list(as(reader, "x")), "NO_TOKEN"},
	} {
		if got := reasonOf(c.err); got != c.want || (c.want == "") != (c.err == nil) {
			t.Errorf("%s: %v, want %q", c.what, c.err, c.want)
		}
	}
	if _, err := admin.RevokeToken(operator, &pb.RevokeTokenRequest{Id: token.GetId()}); err != nil {
		t.Fatal(err)
	}
	if err := list(reader); reasonOf(err) != "NO_TOKEN" {
		t.Errorf("revoked: %v", err)
	}
	w.cutOff(t, admin, operator)
	now = now.Add(2 * time.Hour)
	if err := settle(settler); reasonOf(err) != "NO_TOKEN" {
		t.Errorf("over: %v", err)
	}
}

// cutOff revokes a token while a stream that it opened is open.
func (w *world) cutOff(t *testing.T, admin pb.AdminClient, operator context.Context) {
	t.Helper()
	made, err := admin.CreateToken(operator, &pb.CreateTokenRequest{Name: "feed", Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(as(t.Context(), made.GetSecret()), 20*time.Second)
	defer cancel()
	stream, err := pb.NewEventsClient(w.conn).Subscribe(ctx, &pb.SubscribeRequest{FromSequence: 1, HeartbeatSeconds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.RevokeToken(operator, &pb.RevokeTokenRequest{Id: made.GetToken().GetId()}); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = stream.Recv()
	}
	if reasonOf(err) != "NO_TOKEN" {
		t.Errorf("the stream of a revoked token ends with %v", err)
	}
}

// TestIdempotency: the same request with its key is answered with the same bytes, also after a restart, and its work is done once; another request with the key is refused.
func TestIdempotency(t *testing.T) {
	w := newWorld(t, nil)
	request := &pb.CreateTokenRequest{Name: "till", Scopes: []string{"read"}, IdempotencyKey: "7f1b6f5e-8d5c-4a7e-9d0e-3f0b5f4a1c22"}
	create := func() []byte {
		t.Helper()
		answer, err := pb.NewAdminClient(w.conn).CreateToken(as(t.Context(), operatorToken), request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	first := create()
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			if again := create(); string(again) != string(first) {
				t.Error("another answer to the same request")
			}
		})
	}
	together.Wait()
	w.restart()
	if again := create(); string(again) != string(first) {
		t.Error("another answer after a restart")
	}
	tokens, err := pb.NewAdminClient(w.conn).ListTokens(as(t.Context(), operatorToken), &pb.ListTokensRequest{})
	if err != nil || len(tokens.GetTokens()) != 1 {
		t.Errorf("%d tokens were made (%v)", len(tokens.GetTokens()), err)
	}
	other := proto.Clone(request).(*pb.CreateTokenRequest)
	other.Name = "another"
	if _, err := pb.NewAdminClient(w.conn).CreateToken(as(t.Context(), operatorToken), other); reasonOf(err) != "KEY_REUSED" || status.Code(err) != codes.AlreadyExists {
		t.Errorf("another request with the key: %v", err)
	}
}

// TestEvents: every event is told once and in order to whoever goes on from the last sequence that it saw, over breaks and a restart; silence is broken by heartbeats.
func TestEvents(t *testing.T) {
	w := newWorld(t, nil)
	next := int64(1)
	var kinds []string
	beats := 0
	read := func(n int, until int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(as(t.Context(), operatorToken), 20*time.Second)
		defer cancel()
		stream, err := pb.NewEventsClient(w.conn).Subscribe(ctx, &pb.SubscribeRequest{FromSequence: next, HeartbeatSeconds: 1})
		if err != nil {
			t.Fatal(err)
		}
		for n > 0 || beats < until {
			m, err := stream.Recv()
			if err != nil {
				t.Fatalf("after %v: %v", kinds, err)
			}
			if beat := m.GetHeartbeat(); beat != nil {
				if beat.GetNextSequence() != next {
					t.Errorf("a heartbeat says %d, want %d", beat.GetNextSequence(), next)
				}
				beats++
				continue
			}
			if m.GetEvent().GetSequence() != next {
				t.Errorf("sequence %d after %d", m.GetEvent().GetSequence(), next-1)
			}
			next++
			kinds = append(kinds, m.GetEvent().GetKind())
			n--
		}
	}
	read(1, 0)
	read(2, 0)
	w.pay(5)
	read(1, 0)
	w.follow(2, channel.Event{Kind: channel.EventSettled, Channel: w.in.ID(), Settled: channel.NewAmount(5), Block: 2})
	w.restart()
	read(1, beats+1)
	if got := fmt.Sprint(kinds); got != "[opened opened opened paid settled]" {
		t.Errorf("told %s", got)
	}
	stream, err := pb.NewEventsClient(w.conn).Subscribe(as(t.Context(), operatorToken), &pb.SubscribeRequest{FromSequence: 99})
	if err == nil {
		_, err = stream.Recv()
	}
	if reasonOf(err) != "MALFORMED" {
		t.Errorf("from the future: %v", err)
	}
}

func (w *world) pay(cumulative uint64) {
	w.t.Helper()
	if _, err := pb.NewPaymentsClient(w.conn).Submit(w.t.Context(), &pb.SubmitRequest{Channel: id(w.in), Payment: w.voucherPayment(cumulative)}); err != nil {
		w.t.Fatal(err)
	}
}

// paid is what the server holds.
func (w *world) paid() string {
	w.t.Helper()
	sync, err := pb.NewPaymentsClient(w.conn).Sync(w.t.Context(), &pb.SyncRequest{Channel: id(w.in)})
	if err != nil {
		w.t.Fatal(err)
	}
	return sync.GetPaid()
}

// TestVanishingClients: a client that goes away in the middle, a thousand times, loses nothing that was acknowledged and pays nothing twice; what it sends again is a replay.
func TestVanishingClients(t *testing.T) {
	w := newWorld(t, nil)
	chain, tail := w.tail(1024, 1)
	w.send(message.FromPayment(channel.Payment{Channel: w.in.ID(), Voucher: ptr(w.voucher(0, tail))}))
	acknowledged := uint32(0)
	for i := range uint32(1000) {
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := pb.NewPaymentsClient(w.conn).Pay(ctx)
		if err != nil {
			t.Fatal(err)
		}
		frame := &pb.PayRequest{Channel: id(w.in)}
		for _, count := range []uint32{max(acknowledged, 1), i + 1} { // the last one again, and one more
			reveal := chain.Reveal(count)
			frame.Payments = append(frame.Payments, &pb.Payment{Kind: &pb.Payment_Reveal{Reveal: message.FromReveal(reveal)}})
		}
		if err := stream.Send(frame); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 { // waits for the ack; the others are gone at once
			for n := uint64(0); n < 2; {
				ack, err := stream.Recv()
				if err != nil {
					t.Fatal(err)
				}
				n = ack.GetAcknowledged()
			}
			acknowledged = i + 1
		}
		cancel()
	}
	w.restart()
	if got := w.paid(); got != fmt.Sprint(1000) && got != fmt.Sprint(acknowledged) {
		t.Errorf("paid %s, %d was acknowledged", got, acknowledged)
	}
}

func ptr[T any](v T) *T { return &v }

// send sends payments in one stream and waits for their acks.
func (w *world) send(list ...*pb.Payment) {
	w.t.Helper()
	stream, err := pb.NewPaymentsClient(w.conn).Pay(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := errors.Join(stream.Send(&pb.PayRequest{Channel: id(w.in), Payments: list}), stream.CloseSend()); err != nil {
		w.t.Fatal(err)
	}
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestTwoStreams: two streams for one channel, and yesterday's stream once more, end in the same paid amount: whoever is behind is told where the channel stands.
func TestTwoStreams(t *testing.T) {
	w := newWorld(t, nil)
	var yesterday []*pb.Payment
	for i := range uint64(40) {
		yesterday = append(yesterday, w.voucherPayment(i+1))
	}
	var group sync.WaitGroup
	for part := range 2 {
		group.Go(func() {
			for i := part; i < len(yesterday); i += 2 {
				_, err := pb.NewPaymentsClient(w.conn).Submit(t.Context(), &pb.SubmitRequest{Channel: id(w.in), Payment: yesterday[i]})
				if err != nil && reasonOf(err) != "STALE_VOUCHER" {
					t.Errorf("voucher %d: %v", i+1, err)
				}
			}
		})
	}
	group.Wait()
	if got := w.paid(); got != "40" {
		t.Fatalf("paid %s, want 40", got)
	}
	for _, old := range yesterday {
		_, err := pb.NewPaymentsClient(w.conn).Submit(t.Context(), &pb.SubmitRequest{Channel: id(w.in), Payment: old})
		if err != nil && reasonOf(err) != "STALE_VOUCHER" {
			t.Errorf("a replay: %v", err)
		}
	}
	stream, err := pb.NewPaymentsClient(w.conn).Pay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pb.PayRequest{Channel: id(w.in), Payments: yesterday}); err != nil {
		t.Fatal(err)
	}
	if ack, err := stream.Recv(); reasonOf(err) != "STALE_VOUCHER" {
		t.Errorf("yesterday's stream: %v, %v", ack, err)
	}
	if got := w.paid(); got != "40" {
		t.Errorf("after the replay paid is %s", got)
	}
}

// TestStreamsOfAChannel: no more than so many streams on one channel.
func TestStreamsOfAChannel(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Limits.ChannelPays = 2 })
	for i := range 3 {
		stream, err := pb.NewPaymentsClient(w.conn).Pay(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&pb.PayRequest{Channel: id(w.in), Payments: []*pb.Payment{w.voucherPayment(uint64(i + 1))}}); err != nil {
			t.Fatal(err)
		}
		_, err = stream.Recv()
		if want := map[bool]string{true: "TOO_MANY_STREAMS"}[i == 2]; reasonOf(err) != want {
			t.Errorf("stream %d: %v", i+1, err)
		}
	}
}

// TestBadSignaturesCutTheConnection: a peer that keeps sending bad signatures is cut off and kept away, for longer each time; others go on.
func TestBadSignaturesCutTheConnection(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Limits.BadPayments, c.Limits.FirstBan = 4, 300*time.Millisecond })
	w.pay(1) // on w.conn, which stays
	v := w.voucher(1000)
	v.Signature[5] ^= 1
	wrong := message.FromPayment(channel.Payment{Channel: v.Channel, Voucher: &v})
	evil := w.dial()
	checked, refused := 0, 0
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		_, err := pb.NewPaymentsClient(evil).Submit(t.Context(), &pb.SubmitRequest{Channel: id(w.in), Payment: wrong})
		if reasonOf(err) == "BAD_SIGNATURE" {
			checked++
		} else {
			refused++
		}
		if refused%3 == 0 { // a new connection earns no new tries
			_ = evil.Close()
			evil = w.dial()
		}
	}
	_ = evil.Close()
	if checked > 24 || refused == 0 {
		t.Errorf("%d bad signatures were checked in 2 s, %d calls came to nothing", checked, refused)
	}
	w.pay(2)
	if got := w.paid(); got != "2" {
		t.Errorf("paid %s", got)
	}
}

// TestBadSignaturesToAHub: what a hub has to check of strangers counts like bad payments.
func TestBadSignaturesToAHub(t *testing.T) {
	for name, ask := range map[string]func(*world, pb.HubClient) error{
		"OpenSession": func(w *world, hub pb.HubClient) error {
			chain, tail := w.tail(8, 10)
			anchor, v := chain.Anchor(), w.voucher(50, tail)
			v.Signature[5] ^= 1
			_, err := hub.OpenSession(t.Context(), &pb.OpenSessionRequest{Channel: id(w.in), Payee: w.seeder.Address().String(), Unit: "10", Anchor: anchor[:], Voucher: message.FromVoucher(v)})
			return err
		},
		"Redeem": func(w *world, hub pb.HubClient) error {
			held := channel.Voucher{Channel: w.out.ID(), Cumulative: channel.NewAmount(7)}.Sign(w.payer, w.domain)
			_, err := hub.Redeem(t.Context(), &pb.RedeemRequest{Channel: id(w.out), Held: message.FromVoucher(held)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *api.Config) { c.Limits.BadPayments, c.Limits.FirstBan = 4, time.Minute })
			checked := 0
			for range 20 {
				if reasonOf(ask(w, pb.NewHubClient(w.conn))) == "BAD_SIGNATURE" {
					checked++
				}
			}
			if checked == 0 || checked > 5 {
				t.Errorf("%d bad signatures were checked", checked)
			}
		})
	}
}

// TestDrain: streams end with their acks, health says so, and resume takes payments again.
func TestDrain(t *testing.T) {
	w := newWorld(t, nil)
	stream, err := pb.NewPaymentsClient(w.conn).Pay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pb.PayRequest{Channel: id(w.in), Payments: []*pb.Payment{w.voucherPayment(1)}}); err != nil {
		t.Fatal(err)
	}
	if ack, err := stream.Recv(); err != nil || ack.GetAcknowledged() != 1 {
		t.Fatalf("%v, %v", ack, err)
	}
	admin := pb.NewAdminClient(w.conn)
	if answer, err := admin.Drain(as(t.Context(), operatorToken), &pb.DrainRequest{}); err != nil || !answer.GetDraining() {
		t.Fatalf("%v, %v", answer, err)
	}
	if _, err := stream.Recv(); reasonOf(err) != "DRAINING" {
		t.Errorf("the stream ends with %v", err)
	}
	if health, err := admin.Health(t.Context(), &pb.HealthRequest{}); err != nil || health.GetServing() {
		t.Errorf("health says %v, %v", health, err)
	}
	if _, err := admin.Drain(as(t.Context(), operatorToken), &pb.DrainRequest{Resume: true}); err != nil {
		t.Fatal(err)
	}
	w.pay(2)
}

// TestPlaintextFromOutside: without TLS only the loopback is served, and a listener for others is refused.
func TestPlaintextFromOutside(t *testing.T) {
	if err := api.CheckListener(&net.TCPAddr{IP: net.IPv4zero, Port: 1}, nil); !errors.Is(err, message.ErrPlaintext) {
		t.Errorf("a listener on every address: %v", err)
	}
	if err := api.CheckListener(&net.TCPAddr{IP: net.IPv6loopback, Port: 1}, nil); err != nil {
		t.Errorf("a listener on the loopback: %v", err)
	}
}
