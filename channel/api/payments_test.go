package api_test

import (
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
)

// TestPayStream sends a voucher and reveals in frames: every payment is acknowledged, Sync shows what is held, and a bad preimage ends the stream with its reason.
func TestPayStream(t *testing.T) {
	payments, id, chain, voucher := serve(t)
	stream, err := payments.Pay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reveal := chain.Reveal(2)
	frame := []*channelpb.Payment{message.FromPayment(channel.Payment{Channel: id, Voucher: &voucher}), message.FromPayment(channel.Payment{Channel: id, Reveal: &reveal})}
	if err := stream.Send(&channelpb.PayRequest{Channel: id[:], Payments: frame}); err != nil {
		t.Fatal(err)
	}
	for {
		ack, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if ack.GetAcknowledged() == 2 {
			if ack.GetPaid() != "20" {
				t.Errorf("paid %s, want 20", ack.GetPaid())
			}
			break
		}
	}
	sync, err := payments.Sync(t.Context(), &channelpb.SyncRequest{Channel: id[:]})
	if err != nil || sync.GetPaid() != "20" || sync.GetReveals()[0].GetCount() != 2 {
		t.Errorf("sync says %v, %v", sync, err)
	}
	wrong := channel.Reveal{Tail: chain.Anchor(), Count: 3, Preimage: [32]byte{1}}
	if err := stream.Send(&channelpb.PayRequest{Payments: []*channelpb.Payment{message.FromPayment(channel.Payment{Channel: id, Reveal: &wrong})}}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(message.Error(id, err), channel.ErrBadPreimage) {
		t.Errorf("a wrong preimage: %v", err)
	}
}

// serve runs the API over a ledger that knows one channel of 1,000 units.
func serve(t *testing.T) (channelpb.PaymentsClient, channel.ID, *channel.Chain, channel.SignedVoucher) {
	t.Helper()
	payer := wallettest.Key(t)
	domain := channel.Domain{ChainID: 1, Contract: payer.Address()}
	terms := channel.Terms{Payer: payer.Address(), Payee: payer.Address(), Signer: payer.Address(), Challenge: time.Hour}
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "api.db"))
	if err != nil {
		t.Fatal(err)
	}
	log := wallettest.Log(t)
	l, err := ledger.Open(t.Context(), ledger.Config{Store: s, Domain: domain, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	opened := channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(1000), Block: 1}
	block := channel.Block{Number: 1, Hash: [32]byte{1}}
	if err := l.Follow(t.Context(), channel.View{Head: block, Solid: block, Facts: []channel.Event{opened}, SeenAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := api.New(api.Config{Ledger: l, Log: log}).GRPC()
	go func() { _ = g.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); g.Stop(); _ = l.Close(); _ = s.Close() })
	chain, err := channel.NewChain(8)
	if err != nil {
		t.Fatal(err)
	}
	tail := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(10), Length: 8, Expiry: time.Now().Add(time.Hour).Unix()}
	voucher := channel.Voucher{Channel: terms.ID(), Tails: []channel.Tail{tail}}.Sign(payer, domain)
	return channelpb.NewPaymentsClient(conn), terms.ID(), chain, voucher
}
