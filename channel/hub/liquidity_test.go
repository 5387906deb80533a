package hub_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// Who lacks nothing is not looked at again before something is written that may change it, and then at once: a session that takes most of a deposit, a refusal, the end of a channel.
func TestLooked(t *testing.T) {
	each(t, func(w *world) {
		s, d := w.seeder(1, 20_000), w.downloader(2, 1_000_000, 24*time.Hour)
		looks := func(want int) {
			t.Helper()
			w.looked()
			if p, err := w.h.Position(ctx); err != nil || len(p.Seeders) != want {
				t.Fatalf("%d seeders are looked at, want %d (%v)", len(p.Seeders), want, err)
			}
		}
		looks(0)
		_, chain := d.session(s, 10)
		looks(0)
		w.redeem(s, chain.Reveal(10))
		looks(1) // of 20,000 less than a quarter of what a channel begins with is left
		w.follow(channel.Event{Kind: channel.EventDeposited, Channel: s.ID(), Deposit: amount(120_000)})
		looks(0)
		d.held.Cumulative, d.held.Tails = amount(10*in+1), nil
		d.session(s, 500)
		q, _ := d.ask(s, 800) // a quarter is left, but no 80,000
		var short *channel.ExhaustedError
		if _, err := w.h.Open(ctx, q); !errors.As(err, &short) {
			t.Fatal(err)
		}
		looks(1)
		w.follow(channel.Event{Kind: channel.EventDeposited, Channel: s.ID(), Deposit: amount(400_000)})
		looks(0)
		w.follow(channel.Event{Kind: channel.EventClosed, Channel: s.ID(), Settled: amount(1_000)})
		looks(1) // it is to have another
		w.sound()
	})
}

// Where more seeders may lack something than are looked at in a round, they take turns; of those that wait for their first channel no more are read than may have one.
func TestLooksTakeTurns(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	const many = 600
	if err := w.s.Update(ctx, func(t *store.Tx) error {
		for i := range many {
			short, waits := channel.Seeder{Payee: numbered(1, i), Created: int64(i)}, channel.Seeder{Payee: numbered(2, i), Created: int64(i)}
			if err := errors.Join(t.PutSeeder(short), t.PutSeeder(waits), t.NoteLook(store.Look{Seeder: short}), t.NoteLook(store.Look{Seeder: waits, Waits: true})); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	seen := map[wallet.Address]bool{}
	for range 2 {
		p, err := w.h.Position(ctx)
		if err != nil || len(p.Seeders) > 512+w.h.Policy().Idle {
			t.Fatalf("%d seeders, %v", len(p.Seeders), err)
		}
		for _, s := range p.Seeders {
			seen[s.Payee] = true
		}
	}
	if len(seen) != many+w.h.Policy().Idle {
		t.Fatalf("%d were looked at in two rounds", len(seen))
	}
}

// A process that starts over a store in which nothing was added up, or with other terms, counts it once.
func TestLockedIsCounted(t *testing.T) {
	each(t, func(w *world) {
		w.seeder(1, 20_000)
		w.looked()
		if err := w.s.Downgrade(ctx, 6); err != nil {
			t.Fatal(err)
		}
		w.close()
		w.open()
		w.follow()
		p, err := w.h.Position(ctx)
		if err != nil || p.Locked[channel.TRX] != (store.Locked{Amount: amount(20_000), Idle: 1}) {
			t.Fatalf("%+v %v", p, err)
		}
		w.sound()
	})
}

// What two servers do at the same time is added up once each.
func TestLockedOfTwoServers(t *testing.T) {
	a, b := twoServers(t)
	s, d, e := a.seeder(1, 100_000), a.downloader(2, 100_000, 24*time.Hour), a.downloader(4, 100_000, 24*time.Hour)
	a.seeder(3, 50_000)
	b.see(a)
	one, first := d.ask(s, 10)
	two, second := e.ask(s, 10)
	requests, chains := [2]hub.OpenRequest{one, two}, [2]*channel.Chain{first, second}
	for _, err := range race([2]*world{a, b}, func(i int, w *world) error {
		if _, err := w.h.Open(ctx, requests[i]); err != nil {
			return err
		}
		_, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: []channel.Reveal{chains[i].Reveal(10)}})
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []*world{a, b} {
		p, err := w.h.Position(ctx)
		if err != nil || p.Locked[channel.TRX] != (store.Locked{Amount: amount(150_000), Idle: 1}) {
			t.Fatalf("%+v %v", p.Locked, err)
		}
		w.looked()
	}
}

// A hub promises nothing on a frozen channel, and quotes nothing of it either.
func TestQuoteOfAFrozenChannel(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	s := w.seeder(1, 20_000)
	available := func() channel.Amount {
		t.Helper()
		q, err := w.h.Quote(ctx, s.Payee, channel.TRX, amount(unit))
		if err != nil {
			t.Fatal(err)
		}
		return q.Available
	}
	if available() != amount(20_000) {
		t.Fatalf("%s", available())
	}
	if _, err := w.l.Freeze(ctx, s.ID()); err != nil {
		t.Fatal(err)
	}
	if !available().IsZero() {
		t.Fatalf("%s of a frozen channel are quoted", available())
	}
	w.looked()
}
