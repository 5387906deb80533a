package client_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/wallet/wallettest"
)

// prompt is how long anything takes that waits for nobody; a hub is given up after 20 seconds.
const prompt = 8 * time.Second

// A hub takes the call and never answers: payments of its sessions are taken meanwhile, a new session too, and who seeds can stop. What was not redeemed is once it answers.
func TestHubThatHangs(t *testing.T) {
	t.Parallel()
	b := newHubBench(t, 1000)
	r := b.redeemer(b.books())
	r.Policy, r.Log = client.RedeemPolicy{Steps: 1, Look: 10 * time.Millisecond}, slog.New(slog.DiscardHandler)
	promise := b.session(r, 10)
	method := "/Redeem"
	b.hangs.Store(&method)
	seeding, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(seeding) }()
	ctx, cancel := context.WithTimeout(t.Context(), prompt)
	defer cancel()
	for count := uint32(1); count <= 4; count++ {
		if err := b.step(ctx, r, promise, count); err != nil {
			t.Fatalf("step %d: %v", count, err)
		}
		for b.hung.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	if err := b.step(ctx, r, b.session(r, 11), 1); err != nil {
		t.Fatal(err)
	}
	stop()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped with %v", err)
		}
	case <-time.After(prompt):
		t.Fatal("seeding does not stop")
	}
	b.hangs.Store(nil)
	if booked, err := r.Redeem(t.Context(), b.out.ID()); err != nil || booked != channel.NewAmount(4*10+11) {
		t.Fatalf("%s booked when the hub answers again: %v", booked, err)
	}
}

// stuckBooks never answer a voucher on one channel, as a seeder's own server that is away.
type stuckBooks struct {
	client.Payee
	on    channel.ID
	stuck atomic.Bool
	asked chan struct{}
}

// Accept implements client.Payee.
func (s *stuckBooks) Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	if p.Channel == s.on && p.Voucher != nil && s.stuck.Load() {
		close(s.asked)
		<-ctx.Done()
		return channel.Receipt{}, ctx.Err()
	}
	return s.Payee.Accept(ctx, p)
}

// A voucher of one channel is on its way to books that do not answer: other channels are paid on, and a reveal of the same channel is given up when whoever brought it goes.
func TestBooksThatHang(t *testing.T) {
	b := newHubBench(t, 1000)
	payer, books := wallettest.Key(t), b.books()
	direct := channel.Terms{Payer: payer.Address(), Payee: b.seeder.Address(), Signer: payer.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{3}}
	follow(t, books, opened(direct, 1000))
	stuck := &stuckBooks{Payee: books, on: b.out.ID(), asked: make(chan struct{})}
	r := b.redeemer(books)
	r.Ledger = stuck
	promise := b.session(r, 10)
	next, err := b.purse().Open(t.Context(), channel.NewAmount(11))
	if err != nil {
		t.Fatal(err)
	}
	stuck.stuck.Store(true)
	hanging, giveUp := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = r.Accept(hanging, channel.Payment{Channel: b.out.ID(), Voucher: &next.Voucher})
	}()
	defer func() { giveUp(); <-over }()
	<-stuck.asked

	reveal, err := b.purse().Reveal(t.Context(), promise.Tail.Anchor, 1)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	go func() {
		v := channel.Voucher{Channel: direct.ID(), Cumulative: channel.NewAmount(5)}.Sign(payer, b.domain)
		_, err := r.Accept(t.Context(), channel.Payment{Channel: direct.ID(), Voucher: &v})
		done <- err
		leaving, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer leave()
		_, err = r.Accept(leaving, channel.Payment{Channel: b.out.ID(), Reveal: &reveal})
		done <- err
	}()
	for _, want := range []error{nil, context.DeadlineExceeded} {
		select {
		case err := <-done:
			if !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
		case <-time.After(prompt):
			t.Fatal("it waits for another one's voucher")
		}
	}
}
