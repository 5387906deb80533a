package hub_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
)

func amount(n uint64) channel.Amount { return channel.NewAmount(n) }

// A session's whole life: opened, revealed, redeemed while more is revealed, settled on both sides. Every voucher of the hub is taken by the seeder's rule.
func TestLife(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
		p := w.payee(s, 100_000)
		opened, chain := d.session(s, 100)
		p.take(opened.Voucher)
		p.reveal(chain, 40)
		shown := p.r.Furthest(time.Time{})
		p.reveal(chain, 55) // while the hub is asked
		out := w.redeem(s, shown...)
		if out.Booked != amount(40*unit) {
			w.t.Fatalf("booked %s", out.Booked)
		}
		p.take(out.Voucher)
		if p.r.Paid() != amount(55*unit) {
			w.t.Fatalf("after the redemption the seeder holds %s", p.r.Paid())
		}
		p.reveal(chain, 100)
		p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
		if len(p.r.Held.Tails) != 0 || p.r.Paid() != amount(100*unit) {
			w.t.Fatalf("%d tails, paid %s", len(p.r.Held.Tails), p.r.Paid())
		}
		if got := w.record(d.terms.ID()); got.Paid() != amount(100*in+1) {
			w.t.Fatalf("the hub can claim %s", got.Paid())
		}
		sheet := w.sound()
		if sheet.Owed != amount(100*unit) || sheet.Fees != amount(100*(in-unit)+1) || sheet.Float != amount(100_000) {
			w.t.Fatalf("%+v", sheet)
		}
		w.follow(channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: amount(100 * unit)}, channel.Event{Kind: channel.EventSettled, Channel: d.terms.ID(), Settled: amount(100*in + 1)})
		if sheet = w.sound(); !sheet.Owed.IsZero() || !sheet.Claimable.IsZero() || sheet.Wallet != amount(100*in+1) {
			w.t.Fatalf("%+v", sheet)
		}
		statements(w, s)
	})
}

func statements(w *world, s channel.Terms) {
	w.t.Helper()
	whole, err := w.h.Statement(ctx, hub.Owed(s.Payee), channel.TRX, 0, 1000)
	if err != nil || len(whole.Lines) != 3 || !whole.Closing.IsZero() {
		w.t.Fatalf("%+v %v", whole, err)
	}
	var csv bytes.Buffer
	if err := errors.Join(whole.Check(), whole.WriteCSV(&csv)); err != nil || bytes.Count(csv.Bytes(), []byte("\n")) != 6 {
		w.t.Fatalf("%v\n%s", err, csv.String())
	}
	first, err := w.h.Statement(ctx, hub.Owed(s.Payee), channel.TRX, 0, 1)
	if err != nil || !first.More {
		w.t.Fatalf("%+v %v", first, err)
	}
	rest, err := w.h.Statement(ctx, hub.Owed(s.Payee), channel.TRX, first.Lines[0].Entry, 1000)
	if err != nil || rest.More || rest.Opening != first.Lines[0].Balance || errors.Join(rest.Check()) != nil {
		w.t.Fatalf("%+v %v", rest, err)
	}
	rest.Lines[0].Balance = amount(7)
	if rest.Check() == nil {
		w.t.Fatal("a statement that does not add up passes")
	}
}

// One key is one session over restarts, with the same bytes; an anchor is one session; nothing is counted twice (P13).
func TestOnce(t *testing.T) {
	each(t, func(w *world) {
		s, other, d := w.seeder(1, 100_000), w.seeder(3, 100_000), w.downloader(2, 100_000, 24*time.Hour)
		q, chain := d.ask(s, 50)
		var asked [8]hub.Opened
		var asking sync.WaitGroup
		for i := range asked { // at once, as a client does that tries again too soon
			asking.Go(func() {
				var err error
				if asked[i], err = w.h.Open(ctx, q); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		first := asked[0]
		for _, same := range asked {
			if same.Voucher.Signature != first.Voucher.Signature {
				w.t.Fatal("one request is given two vouchers")
			}
		}
		w.redeem(s, chain.Reveal(10))
		w.close()
		w.open()
		again, err := w.h.Open(ctx, q) // even before the chain was looked at
		if err != nil || again.Voucher.Signature != first.Voucher.Signature || again.Session.Anchor != first.Session.Anchor || again.Deposit != first.Deposit {
			w.t.Fatalf("%+v %v", again, err)
		}
		w.follow()
		elsewhere := q
		elsewhere.Payee, elsewhere.Key = other.Payee, "another"
		if _, err := w.h.Open(ctx, elsewhere); !errors.Is(err, channel.ErrKeyReused) {
			w.t.Fatalf("one chain for two seeders: %v", err)
		}
		elsewhere.Key = ""
		if _, err := w.h.Open(ctx, elsewhere); !errors.Is(err, channel.ErrKeyReused) {
			w.t.Fatalf("one key for two requests: %v", err)
		}
		before := w.record(s.ID()).Held.Signature
		for _, r := range []channel.Reveal{chain.Reveal(10), chain.Reveal(4)} {
			if out := w.redeem(s, r); !out.Booked.IsZero() || out.Voucher.Signature != before {
				w.t.Fatalf("a replay booked %s", out.Booked)
			}
		}
		if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: other.ID(), Reveals: []channel.Reveal{chain.Reveal(20)}}); !errors.Is(err, channel.ErrUnknownTail) {
			w.t.Fatalf("another seeder shows the preimages: %v", err)
		}
		var group sync.WaitGroup
		for n := uint32(11); n <= 30; n++ {
			r := chain.Reveal(n)
			group.Go(func() {
				if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: []channel.Reveal{r}}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if sheet := w.sound(); sheet.Owed != amount(30*unit) {
			w.t.Fatalf("30 steps are owed as %s", sheet.Owed)
		}
	})
}

// What the hub refuses, and why; none of it changes anything.
func TestRefusals(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 10_000), w.downloader(2, 100_000, 24*time.Hour)
		quick := w.downloader(4, 100_000, 11*time.Hour)
		var short *channel.ExhaustedError
		for name, c := range map[string]struct {
			ask  func() hub.OpenRequest
			want error
		}{
			"short challenge":  {func() hub.OpenRequest { q, _ := quick.ask(s, 10); return q }, channel.ErrShortChallenge},
			"unknown seeder":   {func() hub.OpenRequest { q, _ := d.ask(s, 10); q.Payee = wallettest.Numbered(77).Address(); return q }, channel.ErrUnknownSeeder},
			"another signer":   {func() hub.OpenRequest { q, _ := d.ask(s, 10); q.Voucher = q.Voucher.Sign(quick.key, domain); return q }, channel.ErrBadSignature},
			"less than quoted": {func() hub.OpenRequest { q, _ := d.ask(s, 10); q.Unit = amount(101); return q }, channel.ErrQuote},
			"over the deposit": {func() hub.OpenRequest { q, _ := d.ask(s, 1000); return q }, channel.ErrOverDeposit},
			"no session fee": {func() hub.OpenRequest {
				q, _ := d.ask(s, 10)
				v := q.Voucher.Voucher
				v.Cumulative = amount(0)
				q.Voucher = v.Sign(d.key, domain)
				return q
			}, channel.ErrQuote},
			"ends too soon": {func() hub.OpenRequest {
				q, _ := d.ask(s, 10)
				v := q.Voucher.Voucher
				v.Tails[len(v.Tails)-1].Expiry = w.now.Add(49 * time.Minute).Unix()
				q.Voucher = v.Sign(d.key, domain)
				return q
			}, channel.ErrQuote},
			"the hub's own channel": {func() hub.OpenRequest {
				q, _ := d.ask(s, 10)
				v := q.Voucher.Voucher
				v.Channel = s.ID()
				q.Voucher = v.Sign(w.key, domain)
				return q
			}, channel.ErrUnknownChannel},
		} {
			d.held.Tails = nil
			if _, err := w.h.Open(ctx, c.ask()); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		d.held.Tails = nil
		q, _ := d.ask(s, 101)
		if _, err := w.h.Open(ctx, q); !errors.As(err, &short) || short.Available != amount(10_000) || short.Retry <= 0 {
			t.Errorf("more than there is: %v", err)
		}
		if err := w.s.View(ctx, func(tx *store.Tx) error {
			seeder, err := tx.Seeder(s.Payee, channel.TRX)
			if seeder.Wanted != amount(101*unit) {
				t.Errorf("%s is wanted", seeder.Wanted)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if out, in := w.record(s.ID()), w.record(d.terms.ID()); out.HasVoucher() || in.HasVoucher() {
			t.Error("something was signed or accepted")
		}
		w.now = w.now.Add(31 * time.Second)
		d.held.Tails = nil
		if q, _ = d.ask(s, 10); true {
			if _, err := w.h.Open(ctx, q); !errors.Is(err, channel.ErrStaleView) {
				t.Errorf("on a stale view: %v", err)
			}
		}
	})
}

// A downloader cannot take the tail of an open session out of its voucher, nor can the operator close its channel; both can once every block in which the seeder could show
// preimages was read.
func TestTailsStay(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
		opened, _ := d.session(s, 50)
		bare := channel.Voucher{Channel: d.terms.ID(), Cumulative: amount(500)}.Sign(d.key, domain)
		if _, err := w.l.Accept(ctx, channel.Payment{Channel: bare.Channel, Voucher: &bare}); !errors.Is(err, channel.ErrSessionOpen) {
			t.Fatalf("dropped by a plain voucher: %v", err)
		}
		d.held.Tails = nil
		q, _ := d.ask(s, 10)
		if _, err := w.h.Open(ctx, q); !errors.Is(err, channel.ErrSessionOpen) {
			t.Fatalf("dropped by another session: %v", err)
		}
		if _, err := w.l.Freeze(ctx, d.terms.ID()); !errors.Is(err, channel.ErrSessionOpen) {
			t.Fatalf("frozen: %v", err)
		}
		w.now = time.Unix(opened.Session.ExpiryOut+1, 0)
		w.follow()
		if _, err := w.l.Accept(ctx, channel.Payment{Channel: bare.Channel, Voucher: &bare}); err != nil {
			t.Fatal(err)
		}
		// Its reservation is free again, though nothing of it was paid.
		d.held.Cumulative, d.held.Tails = amount(500), nil
		next, _ := d.session(s, 900)
		if len(next.Voucher.Tails) != 1 || next.Voucher.Cumulative != amount(1) {
			t.Fatalf("%+v", next.Voucher)
		}
		w.sound()
	})
}

// The downloader starts to close right after a session was opened: what the seeder shows at the last moment still reaches the hub before the refund (the time rule).
func TestTimeRule(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 12*time.Hour)
		opened, chain := d.session(s, 50)
		closeAt := w.now.Add(12 * time.Hour)
		if margin := w.h.Policy().Margin; opened.Session.ExpiryOut > closeAt.Add(-margin).Unix() || opened.Session.ExpiryIn < opened.Session.ExpiryOut+int64(margin.Seconds()) {
			t.Fatalf("the session ends at %d, the downloader is gone at %d", opened.Session.ExpiryOut, closeAt.Unix())
		}
		w.follow(channel.Event{Kind: channel.EventClosing, Channel: d.terms.ID(), CloseAt: closeAt.Unix()})
		if q, _ := d.ask(s, 5); true {
			if _, err := w.h.Open(ctx, q); !errors.Is(err, channel.ErrClosing) {
				t.Fatalf("a new session on a closing channel: %v", err)
			}
		}
		w.redeem(s, chain.Reveal(20))
		w.now = time.Unix(opened.Session.ExpiryOut, 0)
		r := chain.Reveal(50)
		w.follow(
			channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: amount(50 * unit)},
			channel.Event{Kind: channel.EventRevealed, Channel: s.ID(), Reveal: channel.Reveal{Tail: chain.Anchor(), Count: 50, Preimage: r.Preimage}})
		if got := w.record(d.terms.ID()); got.Due(w.now) != amount(50*in+1) {
			t.Fatalf("the hub can collect %s", got.Due(w.now))
		}
		if sheet := w.sound(); !sheet.Lost.IsZero() || !sheet.Owed.IsZero() {
			t.Fatalf("%+v", sheet)
		}
	})
}

// While the reserve for settling is short a session is no first payment on a channel either; channels that were paid on before go on.
func TestNoSessionOnANewChannelWithoutReserve(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/hub.db")
	s, old, fresh := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour), w.downloader(3, 100_000, 24*time.Hour)
	old.session(s, 10)
	w.new = func() error { return channel.ErrNoReserve }
	q, _ := fresh.ask(s, 10)
	if _, err := w.h.Open(ctx, q); !errors.Is(err, channel.ErrNoReserve) {
		t.Errorf("a first session: %v", err)
	}
	old.session(s, 10)
	w.new = nil
	if _, err := w.h.Open(ctx, q); err != nil {
		t.Errorf("the reserve is back: %v", err)
	}
}

// The hub refuses to redeem: the seeder settles voucher and preimages on chain, which publishes them, which pays the hub. The next session goes on from there.
func TestRevealedOnChain(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
		p := w.payee(s, 100_000)
		opened, chain := d.session(s, 50)
		p.take(opened.Voucher)
		p.reveal(chain, 30)
		w.follow(
			channel.Event{Kind: channel.EventRevealed, Channel: s.ID(), Reveal: chain.Reveal(30)},
			channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: amount(30 * unit)})
		p.r.Settled = amount(30 * unit)
		if got := w.record(d.terms.ID()); got.Paid() != amount(30*in+1) {
			t.Fatalf("the hub can claim %s", got.Paid())
		}
		next, more := d.session(s, 20)
		p.take(next.Voucher)
		p.reveal(more, 20)
		p.reveal(chain, 50)
		p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
		if p.r.Paid() != amount(70*unit) {
			t.Fatalf("paid %s", p.r.Paid())
		}
		if sheet := w.sound(); sheet.Owed != amount(40*unit) || !sheet.Lost.IsZero() {
			t.Fatalf("%+v", sheet)
		}
	})
}

// What a seeder took on chain is known by the contract's word before the preimages are read: the next voucher does not promise it a second time.
func TestSettledBeforeRevealed(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
		p := w.payee(s, 100_000)
		opened, chain := d.session(s, 50)
		p.take(opened.Voucher)
		p.reveal(chain, 30)
		if _, err := w.l.Correct(ctx, []channel.Event{{Kind: channel.EventSettled, Channel: s.ID(), Settled: amount(30 * unit)}}); err != nil {
			w.t.Fatal(err)
		}
		p.r.Settled = amount(30 * unit)
		next, _ := d.session(s, 10)
		p.take(next.Voucher)
		if p.r.Paid() != amount(30*unit) {
			w.t.Fatalf("30 steps are paid as %s", p.r.Paid())
		}
		p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
		if p.r.Paid() != amount(30*unit) || w.claimable(d) != amount(30*in+2) {
			w.t.Fatalf("30 steps are paid as %s", p.r.Paid())
		}
	})
}

// Tops-up and ends whose events a node kept back are booked when the contract's own word makes them good: no later event would bring them.
func TestMissedEventsAreBooked(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 10_000), w.downloader(2, 100_000, 24*time.Hour)
		_, chain := d.session(s, 50)
		w.redeem(s, chain.Reveal(30))
		correct := func(facts ...channel.Event) {
			w.t.Helper()
			for range 2 { // another server may find the same
				if _, err := w.l.Correct(ctx, facts); err != nil {
					w.t.Fatal(err)
				}
			}
		}
		correct(channel.Event{Kind: channel.EventDeposited, Channel: s.ID(), Deposit: amount(15_000)})
		if sheet := w.sound(); sheet.Locked != amount(15_000) || sheet.Float != amount(15_000) {
			t.Fatalf("topped up: %+v", sheet)
		}
		correct(
			channel.Event{Kind: channel.EventClosed, Channel: s.ID(), Settled: amount(30 * unit)},
			channel.Event{Kind: channel.EventClosed, Channel: d.terms.ID(), Settled: amount(30*in + 1)})
		if sheet := w.sound(); !sheet.Locked.IsZero() || !sheet.Owed.IsZero() || !sheet.Claimable.IsZero() || sheet.Wallet != amount(15_000-30*unit+30*in+1) {
			t.Fatalf("closed: %+v", sheet)
		}
		if list, err := w.h.Sessions(ctx, s.ID(), 10); err != nil || len(list) != 1 || list[0].State != channel.SessionExpired {
			t.Fatalf("%+v %v", list, err)
		}
	})
}

// A seeder that has lost the hub's answers shows links by older anchors; one that shows nonsense gets nothing.
func TestOldAnchors(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/hub.db")
	s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
	_, chain := d.session(s, 100)
	for _, at := range []struct{ from, to uint32 }{{0, 10}, {10, 20}, {10, 35}, {0, 50}, {20, 60}} {
		r := channel.Reveal{Tail: chain.Anchor(), Count: at.to - at.from, Preimage: chain.Reveal(at.to).Preimage}
		if at.from > 0 {
			r.Tail = chain.Reveal(at.from).Preimage
		}
		w.redeem(s, r)
	}
	if sheet := w.sound(); sheet.Owed != amount(60*unit) {
		t.Fatalf("%s is owed", sheet.Owed)
	}
	for name, r := range map[string]channel.Reveal{
		"no preimage": {Tail: chain.Anchor(), Count: 70, Preimage: [32]byte{1}}, "no steps": {Tail: chain.Anchor()},
		"too many": {Tail: chain.Anchor(), Count: 1 << 30, Preimage: [32]byte{1}}, "another tail": {Tail: channel.HashForward([32]byte{9}, 3), Count: 3, Preimage: [32]byte{9}},
	} {
		if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: []channel.Reveal{r}}); err == nil {
			t.Errorf("%s was booked", name)
		}
	}
}

// A seeder that has not got the answer in which its tail came to an end shows a tail that nobody knows any more: it is given the voucher that stands. Another session goes on.
func TestLostLastAnswer(t *testing.T) {
	w := newWorld(t, t.TempDir()+"/hub.db")
	s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
	p := w.payee(s, 100_000)
	opened, chain := d.session(s, 20)
	p.take(opened.Voucher)
	p.reveal(chain, 5)
	p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher) // the tail begins at step 5 now
	p.reveal(chain, 20)
	held, shown := p.r.Held, p.r.Furthest(time.Time{})
	lost := w.redeem(s, shown...)
	q := hub.RedeemRequest{Channel: s.ID(), Reveals: shown, Held: &held}
	again, err := w.h.Redeem(ctx, q)
	if err != nil || !again.Booked.IsZero() || again.Voucher.Signature != lost.Voucher.Signature {
		t.Fatalf("asked again: %+v %v", again, err)
	}
	p.take(again.Voucher)
	if p.r.Paid() != amount(20*unit) {
		t.Fatalf("the seeder holds %s", p.r.Paid())
	}
	current := again.Voucher
	for _, q.Held = range []*channel.SignedVoucher{&current, nil} { // by its newest voucher, or as the chain shows it
		if again, err := w.h.Redeem(ctx, q); err != nil || !again.Booked.IsZero() || again.Voucher.Signature != current.Signature {
			t.Fatalf("a link of a session that is over: %+v %v", again, err)
		}
	}
	next, other := d.session(s, 10)
	p.take(next.Voucher)
	p.reveal(other, 4)
	q = hub.RedeemRequest{Channel: s.ID(), Reveals: append(shown, p.r.Furthest(time.Time{})...), Held: &held}
	if out, err := w.h.Redeem(ctx, q); err != nil || out.Booked != amount(4*unit) {
		t.Fatalf("beside a tail that is over: %+v %v", out, err)
	}
	w.sound()
}

// newDear is a hub whose seeders owe a cost for the opening of their channels.
func newDear(t *testing.T, cost uint64) *world {
	t.Helper()
	w := newWorld(t, t.TempDir()+"/hub.db")
	w.close()
	w.terms.OpeningCost = amount(cost)
	w.open()
	w.follow()
	return w
}

// The opening cost comes out of the first earnings, at most half of each step, and what was withheld too much comes back.
func TestOpeningCost(t *testing.T) {
	w := newDear(t, 1_030)
	s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
	p := w.payee(s, 100_000)
	opened, chain := d.session(s, 100)
	p.take(opened.Voucher)
	p.reveal(chain, 100)
	p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
	if p.r.Paid() != amount(100*unit-1_030) {
		t.Fatalf("the seeder has %s", p.r.Paid())
	}
	if sheet := w.sound(); !sheet.Opening.IsZero() || sheet.Recovered != amount(1_030) {
		t.Fatalf("%+v", sheet)
	}
	next, _ := d.session(s, 10)
	if next.Session.UnitOut != amount(unit) {
		t.Fatalf("still withheld: %s", next.Session.UnitOut)
	}
}

// What was withheld too much comes back within the deposit, however much of it other sessions have reserved: a voucher over it would be refused by its seeder (P8).
func TestOpeningCostStaysWithinTheDeposit(t *testing.T) {
	w := newDear(t, 30)
	s, d := w.seeder(1, 10_000), w.downloader(2, 100_000, 24*time.Hour)
	p := w.payee(s, 10_000)
	var chains []*channel.Chain
	for range 2 { // as many sessions, and as long, as the hub says that it can reserve
		q, err := w.h.Quote(ctx, s.Payee, channel.TRX, amount(unit))
		if err != nil {
			t.Fatal(err)
		}
		steps := uint32(0)
		for steps < 100 && !q.Available.Less(q.UnitOut.Mul(uint64(steps+1))) {
			steps++
		}
		if steps == 0 {
			continue
		}
		opened, chain := d.session(s, steps)
		p.take(opened.Voucher)
		chains = append(chains, chain)
	}
	for _, chain := range chains {
		p.reveal(chain, chain.Length())
		p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
		w.sound()
	}
	if p.r.Paid() != amount(100*unit-30) {
		t.Fatalf("the seeder has %s", p.r.Paid())
	}
}

// What was withheld too much comes back also when the seeder shows its preimages on chain instead of to the hub.
func TestOpeningCostOfAChannelThatIsSettled(t *testing.T) {
	w := newDear(t, 30)
	s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
	p := w.payee(s, 100_000)
	opened, chain := d.session(s, 100)
	p.take(opened.Voucher)
	p.reveal(chain, 100)
	w.follow(
		channel.Event{Kind: channel.EventRevealed, Channel: s.ID(), Reveal: chain.Reveal(100)},
		channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: p.r.Paid()})
	p.take(w.redeem(s).Voucher)
	if p.r.Paid() != amount(100*unit-30) {
		t.Fatalf("the seeder has %s", p.r.Paid())
	}
	if sheet := w.sound(); sheet.Owed != amount(50*unit-30) {
		t.Fatalf("%+v", sheet)
	}
}

// Every write of a session's life goes wrong once, before and after it was done, with and without the process ending: asked again, each thing is there once.
func TestEveryWriteFails(t *testing.T) {
	for _, what := range []fault{none, refused, persisted, crash, crashAfter} {
		for at, struck := 1, true; struck; at++ {
			w := newWorld(t, t.TempDir()+"/hub.db")
			s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
			w.close()
			f := &faulty{at: at, what: what}
			w.wrap = func(inner ledgerStore) ledgerStore { f.Store = inner; return f }
			w.open()
			w.again(f, func() error { return w.tryFollow() })
			q, chain := d.ask(s, 50)
			var first hub.Opened
			w.again(f, func() (err error) { first, err = w.h.Open(ctx, q); return err })
			second, err := w.h.Open(ctx, q)
			if err != nil || second.Voucher.Signature != first.Voucher.Signature {
				t.Fatalf("write %d, fault %d: %v", at, what, err)
			}
			for _, n := range []uint32{20, 50} {
				w.again(f, func() error {
					_, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: []channel.Reveal{chain.Reveal(n)}})
					return err
				})
			}
			w.again(f, func() error {
				if w.record(s.ID()).Settled == amount(50*unit) {
					return nil
				}
				return w.tryFollow(channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: amount(50 * unit)})
			})
			w.close()
			w.wrap = nil
			w.open()
			sheet := w.sound()
			if !sheet.Owed.IsZero() || sheet.Claimable != amount(50*in+1) || sheet.Fees != amount(50*(in-unit)+1) || !sheet.Lost.IsZero() {
				t.Fatalf("write %d, fault %d: %+v", at, what, sheet)
			}
			if got := w.record(s.ID()); got.Held.Cumulative != amount(50*unit) || len(got.Held.Tails) != 0 {
				t.Fatalf("write %d, fault %d: %+v", at, what, got.Held)
			}
			if struck = f.struck; what == none {
				break
			}
		}
	}
}

// again does something until it is done, restarting the hub when it has ended.
func (w *world) again(f *faulty, do func() error) {
	w.t.Helper()
	var err error
	for range 4 {
		if err = do(); err == nil {
			return
		}
		if f.dead {
			w.close()
			f.dead = false
			w.open()
		}
		if w.l.Fresh() != nil {
			w.block = max(w.block, w.l.Cursor().Solid.Number)
			_ = w.tryFollow()
		}
		w.block = max(w.block, w.l.Cursor().Solid.Number)
	}
	w.t.Fatal(err)
}

// The fee of a session that was refused comes with the next voucher: the book has it as a direct payment, and the downloader's own statement shows it beside the session's.
func TestRefusedFee(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	s, d := w.seeder(1, 20*unit), w.downloader(2, 100_000, 24*time.Hour)
	q, _ := d.ask(s, 21)
	var short *channel.ExhaustedError
	if _, err := w.h.Open(ctx, q); !errors.As(err, &short) {
		t.Fatal(err)
	}
	if sheet := w.sound(); !sheet.Fees.IsZero() || !sheet.Direct.IsZero() {
		t.Fatalf("a refusal cost something: %+v", sheet)
	}
	d.held = q.Voucher.Voucher // it is signed: the next one must be greater
	d.held.Tails = nil
	d.session(s, 5)
	if sheet := w.sound(); sheet.Fees != amount(1) || sheet.Direct != amount(1) {
		t.Fatalf("%+v", sheet)
	}
	st, err := w.h.Statement(ctx, hub.Inbound(d.terms.ID()), channel.TRX, 0, 100)
	if err != nil || st.Check() != nil || len(st.Lines) != 2 || st.Closing != amount(2) {
		t.Fatalf("%+v %v", st, err)
	}
}
