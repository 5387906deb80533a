package client_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// hubBench is a real hub behind gRPC that loses answers when it is told to, and a downloader with one channel to it.
type hubBench struct {
	t          *testing.T
	domain     channel.Domain
	key        *wallet.Key // the hub's
	seeder     *wallet.Key
	in, out    channel.Terms
	hub        *hub.Hub
	ledger     *ledger.Ledger
	address    string
	loses      atomic.Pointer[string] // the method whose answers are lost
	hangs      atomic.Pointer[string] // the method that is never answered
	hung       atomic.Int64           // calls of it
	quotes     func(*channelpb.HubQuoteResponse)
	downloader *client.HubPurses
	now        time.Time
	ahead      atomic.Int64 // how many seconds both ledgers are ahead of the clock
}

func newHubBench(t *testing.T, deposit uint64) *hubBench {
	t.Helper()
	payer := wallettest.Key(t)
	b := &hubBench{t: t, domain: channel.Domain{ChainID: 9, Contract: wallettest.Key(t).Address()}, key: wallettest.Key(t), seeder: wallettest.Key(t), now: time.Now()}
	b.in = channel.Terms{Payer: payer.Address(), Payee: b.key.Address(), Signer: payer.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{1}}
	b.out = channel.Terms{Payer: b.key.Address(), Payee: b.seeder.Address(), Signer: b.key.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{2}}
	b.serve(filepath.Join(t.TempDir(), "hub.db"), deposit)
	purses := &client.Purses{Store: openStore(t, "purses.db"), Domain: b.domain, Signer: payer, Now: func() time.Time { return b.now }, TailLength: 8}
	if err := purses.Add(t.Context(), b.in, channel.NewAmount(100_000)); err != nil {
		t.Fatal(err)
	}
	b.downloader = &client.HubPurses{Purses: purses, Hub: b.dial().Hub(b.domain, payer)}
	return b
}

func openStore(t *testing.T, name string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// serve starts the hub on a store, with both channels in its first block.
func (b *hubBench) serve(path string, deposit uint64) {
	b.t.Helper()
	ctx, log := b.t.Context(), wallettest.Log(b.t)
	s, err := store.Open(ctx, path)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.hub, err = hub.New(hub.Config{Domain: b.domain, Key: b.key, Assets: map[channel.Asset]hub.Terms{channel.TRX: {Deposit: channel.NewAmount(1000)}}, Log: log}); err != nil {
		b.t.Fatal(err)
	}
	b.ledger, err = ledger.Open(ctx, ledger.Config{
		Store: s, Domain: b.domain, Log: log, Now: b.clock, StaleAfter: time.Hour, Takes: b.hub.Takes, Dropping: b.hub.Dropping, Hold: b.hub.Hold, Facts: b.hub.Facts, Kept: b.hub.Kept,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.hub.Join(b.ledger, s)
	follow(b.t, b.ledger, opened(b.in, 100_000), opened(b.out, deposit))
	g := api.New(api.Config{Ledger: b.ledger, Store: s, Hub: b.hub, Chain: quoting{payee: b.key.Address()}, Token: "a token of this test", Log: log}).GRPC(grpc.ChainUnaryInterceptor(b.lose))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	b.address = listener.Addr().String()
	go func() { _ = g.Serve(listener) }()
	b.t.Cleanup(func() { g.Stop(); _, _ = b.ledger.Close(), s.Close() })
}

// quoting is what a hub's client asks of its server's chain: whose the hub is.
type quoting struct {
	api.Chain
	payee wallet.Address
}

func (q quoting) Quote(context.Context) (api.Quote, error) { return api.Quote{Payee: q.payee}, nil }

func opened(terms channel.Terms, deposit uint64) channel.Event {
	return channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(deposit), Block: 1}
}

func follow(t *testing.T, l *ledger.Ledger, facts ...channel.Event) {
	t.Helper()
	now := l.Now()
	block := channel.Block{Number: l.Cursor().Solid.Number + 1, Time: now.UnixMilli()} // one that was seen says nothing new
	if err := l.Follow(t.Context(), channel.View{Head: block, Solid: block, Facts: facts, SeenAt: now}); err != nil {
		t.Fatal(err)
	}
}

// lose lets a call be done and says that the server is away, or never answers it.
func (b *hubBench) lose(ctx context.Context, request any, info *grpc.UnaryServerInfo, do grpc.UnaryHandler) (any, error) {
	if method := b.hangs.Load(); method != nil && strings.HasSuffix(info.FullMethod, *method) {
		b.hung.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	answer, err := do(ctx, request)
	if quote, is := answer.(*channelpb.HubQuoteResponse); is && b.quotes != nil {
		b.quotes(quote)
	}
	if method := b.loses.Load(); method != nil && strings.HasSuffix(info.FullMethod, *method) {
		return nil, status.Error(codes.Unavailable, "the answer is lost")
	}
	return answer, err
}

// clock is the ledgers'.
func (b *hubBench) clock() time.Time {
	return time.Now().Add(time.Duration(b.ahead.Load()) * time.Second)
}

func (b *hubBench) dial() *client.Server {
	b.t.Helper()
	s, err := client.Dial(b.address, client.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (b *hubBench) purse() *client.HubPurse {
	b.t.Helper()
	purse, err := b.downloader.For(b.t.Context(), channel.TRX, b.seeder.Address())
	if err != nil {
		b.t.Fatal(err)
	}
	return purse
}

// books are the seeder's own.
func (b *hubBench) books() *ledger.Ledger {
	b.t.Helper()
	l, err := ledger.Open(b.t.Context(), ledger.Config{Store: openStore(b.t, "seeder.db"), Domain: b.domain, Log: wallettest.Log(b.t), Now: b.clock, StaleAfter: time.Hour})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = l.Close() })
	follow(b.t, l, opened(b.out, 1000))
	return l
}

func (b *hubBench) redeemer(books *ledger.Ledger) *client.Redeemer {
	b.t.Helper()
	return &client.Redeemer{Hub: b.dial().Hub(b.domain, b.seeder), Address: b.key.Address(), Ledger: books}
}

// session opens one and hands the hub's voucher to the seeder.
func (b *hubBench) session(r *client.Redeemer, unit uint64) client.Promise {
	b.t.Helper()
	promise, err := b.purse().Open(b.t.Context(), channel.NewAmount(unit))
	if err == nil {
		_, err = r.Accept(b.t.Context(), channel.Payment{Channel: b.out.ID(), Voucher: &promise.Voucher})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return promise
}

// step reveals so many steps of a session to the seeder.
func (b *hubBench) step(ctx context.Context, r *client.Redeemer, of client.Promise, count uint32) error {
	b.t.Helper()
	reveal, err := b.purse().Reveal(b.t.Context(), of.Tail.Anchor, count)
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = r.Accept(ctx, channel.Payment{Channel: b.out.ID(), Reveal: &reveal})
	return err
}

func (b *hubBench) sessions() []channel.Session {
	b.t.Helper()
	list, err := b.hub.Sessions(b.t.Context(), b.in.ID(), 100)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

// The hub has opened a session and its answer never comes: the downloader goes on with that one, and the hub's deposit is reserved once.
func TestLostSession(t *testing.T) {
	b := newHubBench(t, 1000)
	method := "/OpenSession"
	b.loses.Store(&method)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := b.purse().Open(ctx, channel.NewAmount(10)); err == nil {
		t.Fatal("there was no answer")
	}
	before := b.sessions()
	if len(before) != 1 {
		t.Fatalf("the hub has %d sessions", len(before))
	}
	b.loses.Store(nil)
	promise, err := b.purse().Open(t.Context(), channel.NewAmount(10))
	if err != nil || promise.Tail.Anchor != before[0].Anchor || len(b.sessions()) != 1 {
		t.Fatalf("%d sessions, tail %x: %v", len(b.sessions()), promise.Tail.Anchor[:4], err)
	}
	if other, err := b.purse().Open(t.Context(), channel.NewAmount(11)); err != nil || other.Tail.Anchor == promise.Tail.Anchor {
		t.Fatalf("a session at another price: %v", err)
	}
}

// A hub that asks more for a session than a step, or for a step more than twice the seeder's price, gets nothing signed: it could take the whole deposit by one quote.
func TestDearHub(t *testing.T) {
	for name, quotes := range map[string]func(*channelpb.HubQuoteResponse){
		"a session": func(q *channelpb.HubQuoteResponse) { q.SessionFee = "90000" },
		"a step":    func(q *channelpb.HubQuoteResponse) { q.UnitIn = "21" },
	} {
		t.Run(name, func(t *testing.T) {
			b := newHubBench(t, 1000)
			b.quotes = quotes
			if _, err := b.purse().Open(t.Context(), channel.NewAmount(10)); !errors.Is(err, client.ErrDearHub) {
				t.Errorf("got %v", err)
			}
			held, err := b.downloader.Purses.Purse(b.in.ID()).Held(t.Context())
			if err != nil || held.HasVoucher() {
				t.Errorf("%s is promised to the hub (%v)", held.Promised(), err)
			}
		})
	}
}

// A hub whose deposit holds no step is asked for one all the same, once in a while: that is how it learns what to top up.
func TestWish(t *testing.T) {
	b := newHubBench(t, 5)
	wanted := func() channel.Amount {
		p, err := b.hub.Position(t.Context())
		if err != nil || len(p.Seeders) != 1 {
			t.Fatalf("%+v %v", p.Seeders, err)
		}
		return p.Seeders[0].Wanted
	}
	var short *channel.ExhaustedError
	if _, err := b.purse().Open(t.Context(), channel.NewAmount(10)); !errors.As(err, &short) || short.Available != channel.NewAmount(5) {
		t.Fatalf("got %v", err)
	}
	if wanted() != channel.NewAmount(10) {
		t.Fatalf("the hub knows of %s that are wanted", wanted())
	}
	calls := b.hub.Stats().Calls
	if _, err := b.purse().Open(t.Context(), channel.NewAmount(10)); !errors.As(err, &short) || b.hub.Stats().Calls != calls {
		t.Fatalf("asked again at once: %v", err)
	}
	b.now = b.now.Add(time.Minute)
	if _, err := b.purse().Open(t.Context(), channel.NewAmount(10)); !errors.As(err, &short) || b.hub.Stats().Calls == calls {
		t.Fatalf("not asked again after a while: %v", err)
	}
}

// The hub books a redemption and its answer is lost: the seeder holds what it held, asks again, and has every step once.
func TestLostRedemption(t *testing.T) {
	b := newHubBench(t, 1000)
	l := b.books()
	r := b.redeemer(l)
	promise := b.session(r, 10)
	method := "/Redeem"
	for _, count := range []uint32{3, 5, promise.Tail.Length} { // the last answer is that of a tail which is over
		if err := b.step(t.Context(), r, promise, count); err != nil {
			t.Fatal(err)
		}
		b.loses.Store(&method)
		if _, err := r.Redeem(t.Context(), b.out.ID()); !errors.Is(err, client.ErrServerAway) {
			t.Fatalf("got %v", err)
		}
		b.loses.Store(nil)
		if booked, err := r.Redeem(t.Context(), b.out.ID()); err != nil || !booked.IsZero() {
			t.Fatalf("asked again: %s booked, %v", booked, err)
		}
		record, err := l.Record(t.Context(), b.out.ID())
		if want := channel.NewAmount(10).Mul(uint64(count)); err != nil || record.Held.Cumulative != want {
			t.Fatalf("after %d steps the seeder holds a voucher of %s, want %s (%v)", count, record.Held.Cumulative, want, err)
		}
	}
}

// A hub that was restored from a backup waits for the voucher that its seeder holds. The seeder shows it after a start, and once in a while when nothing is due.
func TestShow(t *testing.T) {
	b := newHubBench(t, 1000)
	books := b.books()
	r := b.redeemer(books)
	b.session(r, 10)
	looks := func(what string, r *client.Redeemer, show time.Duration, want uint64) {
		t.Helper()
		before := b.hub.Stats().Calls
		if err := r.Look(t.Context(), b.out.ID(), client.RedeemPolicy{Steps: 256, Age: time.Hour, Show: show}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if calls := b.hub.Stats().Calls - before; calls != want {
			t.Fatalf("%s: the hub was called %d times, want %d", what, calls, want)
		}
	}
	looks("the hub has signed just now", r, time.Hour, 0)
	if err := b.hub.StartRecovery(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := channel.NewAmount(11)
	if _, err := b.purse().Open(t.Context(), other); !errors.Is(err, channel.ErrRecovering) {
		t.Fatalf("a session of a hub that waits for the seeder: %v", err)
	}
	looks("it is time", r, time.Nanosecond, 1)
	if _, err := b.purse().Open(t.Context(), other); err != nil {
		t.Fatalf("the seeder has shown what it holds: %v", err)
	}
	looks("it was shown just now", r, time.Hour, 0)
	again := b.redeemer(books)
	looks("after a start", again, time.Hour, 1)
	looks("once", again, time.Hour, 0)
}

// A seeder that was away when a session ended, with steps that it had not redeemed, has lost these; the next session is paid like any other.
func TestSeederThatWasAway(t *testing.T) {
	b := newHubBench(t, 1000)
	l := b.books()
	r := b.redeemer(l)
	if err := b.step(t.Context(), r, b.session(r, 10), 3); err != nil {
		t.Fatal(err)
	}
	b.ahead.Store(8 * 3600)
	b.now = b.now.Add(8 * time.Hour)
	follow(t, b.ledger)
	follow(t, l)
	r = b.redeemer(l) // started again
	if booked, err := r.Redeem(t.Context(), b.out.ID()); !errors.Is(err, channel.ErrTailExpired) {
		t.Fatalf("the hub cannot collect any more: %s booked, %v", booked, err)
	}
	promise := b.session(r, 10)
	if err := b.step(t.Context(), r, promise, 5); err != nil {
		t.Fatalf("a step of the next session: %v", err)
	}
	if booked, err := r.Redeem(t.Context(), b.out.ID()); err != nil || booked != channel.NewAmount(50) {
		t.Fatalf("redeeming it: %s booked, %v", booked, err)
	}
}

// A hub that does not know a seeder, having forgotten it or gone back to a backup from before, knows it again while it seeds.
func TestRegisteredAgain(t *testing.T) {
	b := newHubBench(t, 1000)
	other := wallettest.Key(t)
	r := &client.Redeemer{
		Hub: b.dial().Hub(b.domain, other), Address: b.key.Address(), Assets: []channel.Asset{channel.TRX}, Ledger: b.books(), Log: wallettest.Log(t),
		Policy: client.RedeemPolicy{Look: time.Millisecond, Show: time.Millisecond},
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for {
		_, err := b.hub.Quote(ctx, other.Address(), channel.TRX, channel.NewAmount(10))
		if err == nil {
			break
		}
		if !errors.Is(err, channel.ErrUnknownSeeder) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
