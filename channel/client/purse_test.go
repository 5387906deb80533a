package client_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// bench is a payer's purse beside the payee's record, both by the same rule.
type bench struct {
	t      *testing.T
	path   string
	domain channel.Domain
	payer  *wallet.Key
	purses *client.Purses
	payee  channel.Record
	rule   channel.Rule
	now    time.Time
}

func newBench(t *testing.T, deposit uint64) *bench {
	t.Helper()
	payer, payee := wallettest.Key(t), wallettest.Key(t)
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "purse.db"), payer: payer, now: time.Unix(1_700_000_000, 0)}
	b.domain = channel.Domain{ChainID: 9, Contract: wallettest.Key(t).Address()}
	b.rule = channel.NewRule(b.domain, 0)
	terms := channel.Terms{Payer: payer.Address(), Payee: payee.Address(), Signer: payer.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{1}}
	b.payee = channel.NewRecord(terms, channel.NewAmount(deposit))
	b.reopen()
	if err := b.purses.Add(t.Context(), terms, channel.NewAmount(deposit)); err != nil {
		t.Fatal(err)
	}
	return b
}

// reopen is a restart of the payer: nothing is left but the file.
func (b *bench) reopen() {
	b.t.Helper()
	if b.purses != nil {
		if err := b.purses.Store.Close(); err != nil {
			b.t.Fatal(err)
		}
	}
	s, err := store.Open(b.t.Context(), b.path)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	b.purses = &client.Purses{Store: s, Domain: b.domain, Signer: b.payer, Now: func() time.Time { return b.now }, TailLength: 8}
}

func (b *bench) purse() *client.Purse { return b.purses.Purse(b.payee.ID) }

func (b *bench) open(unit uint64) client.Promise {
	b.t.Helper()
	promise, err := b.purse().Open(b.t.Context(), channel.NewAmount(unit))
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.rule.AcceptVoucher(&b.payee, &promise.Voucher, b.now); err != nil {
		b.t.Fatalf("the payee refuses the voucher: %v", err)
	}
	return promise
}

func (b *bench) reveal(promise client.Promise, count uint32) {
	b.t.Helper()
	reveal, err := b.purse().Reveal(b.t.Context(), promise.Tail.Anchor, count)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.rule.AcceptReveal(&b.payee, &reveal, b.now); err != nil {
		b.t.Fatalf("the payee refuses the reveal: %v", err)
	}
}

func (b *bench) paid(want uint64) {
	b.t.Helper()
	if got := b.payee.Paid(); got != channel.NewAmount(want) {
		b.t.Errorf("the payee holds %s, want %d", got, want)
	}
}

// TestPurseRenewsTails pays on through several tails; what was paid moves into the cumulative amount.
func TestPurseRenewsTails(t *testing.T) {
	b := newBench(t, 1000)
	promise := b.open(3)
	for step := 1; step <= 20; step++ {
		if promise.Revealed == promise.Tail.Length {
			promise = b.open(3)
		}
		promise.Revealed++
		b.reveal(promise, promise.Revealed)
	}
	b.paid(60)
}

// TestPurseSurvivesRestart goes on with the same tail after a restart, and never behind what was revealed.
func TestPurseSurvivesRestart(t *testing.T) {
	b := newBench(t, 1000)
	first := b.open(5)
	if err := b.purse().Note(t.Context(), 4096); err != nil {
		t.Fatal(err)
	}
	b.reveal(first, 3)
	b.reopen()
	again := b.open(5)
	if again.Tail.Anchor != first.Tail.Anchor || again.Revealed != 3 || again.Paid != channel.NewAmount(15) || again.Received != 4096 {
		t.Fatalf("after the restart: tail %x, %d revealed, %s paid, %d bytes", again.Tail.Anchor, again.Revealed, again.Paid, again.Received)
	}
	b.reveal(again, 4)
	b.paid(20)
}

// TestPurseChangesUnitWithoutReveals: a voucher that replaces one of which nothing was revealed must still be newer for the payee.
func TestPurseChangesUnitWithoutReveals(t *testing.T) {
	b := newBench(t, 1000)
	for unit := uint64(9); unit > 4; unit-- {
		b.open(unit)
	}
	b.reveal(b.open(3), 2)
	b.paid(6)
	b.reveal(b.open(2), 1)
	b.paid(8)
}

// TestPurseStopsAtDeposit promises what the deposit holds and not a unit more.
func TestPurseStopsAtDeposit(t *testing.T) {
	b := newBench(t, 25)
	promise := b.open(10)
	if promise.Tail.Length != 2 {
		t.Fatalf("a tail of %d steps on a deposit of 25", promise.Tail.Length)
	}
	b.reveal(promise, 2)
	if _, err := b.purse().Open(t.Context(), channel.NewAmount(10)); !errors.Is(err, client.ErrPurseEmpty) {
		t.Errorf("got %v, want ErrPurseEmpty", err)
	}
	b.reveal(b.open(5), 1)
	b.paid(25)
}

// TestPurseAdoptsItsOwnPast: a payer that lost its file goes on from what the payee shows; a voucher of somebody else is refused.
func TestPurseAdoptsItsOwnPast(t *testing.T) {
	b := newBench(t, 1000)
	b.reveal(b.open(7), 6)
	held, reveals := b.payee.Held, b.payee.Furthest(time.Time{})

	b.path = filepath.Join(t.TempDir(), "lost.db")
	b.reopen()
	if err := b.purses.Add(t.Context(), b.payee.Terms, b.payee.Deposit); err != nil {
		t.Fatal(err)
	}
	forged := held.Voucher.Sign(wallettest.Key(t), b.domain)
	if err := b.purse().Adopt(t.Context(), forged, reveals); !errors.Is(err, client.ErrForeignVoucher) {
		t.Errorf("a forged voucher: got %v", err)
	}
	if err := b.purse().Adopt(t.Context(), held, reveals); err != nil {
		t.Fatal(err)
	}
	b.reveal(b.open(7), 1)
	b.paid(49)
}

// TestPursesFindTheFullest picks, of the channels to a payee, the one with the most left.
func TestPursesFindTheFullest(t *testing.T) {
	b := newBench(t, 100)
	more := b.payee.Terms
	more.Seed = [32]byte{2}
	if err := b.purses.Add(t.Context(), more, channel.NewAmount(500)); err != nil {
		t.Fatal(err)
	}
	purse, err := b.purses.For(t.Context(), channel.TRX, more.Payee)
	if err != nil || purse.ID() != more.ID() {
		t.Errorf("got %v, %v", purse, err)
	}
	if _, err := b.purses.For(t.Context(), channel.TRX, b.payer.Address()); !errors.Is(err, client.ErrNoPurse) {
		t.Errorf("got %v, want ErrNoPurse", err)
	}
	if _, err := b.purses.Purse(channel.ID{}).Open(context.Background(), channel.NewAmount(1)); !errors.Is(err, channel.ErrUnknownChannel) {
		t.Errorf("got %v, want ErrUnknownChannel", err)
	}
}

// A purse that counts ahead writes seldom, and is never behind what it has revealed, whenever it is killed: what it then takes for paid is at most what it was allowed to count ahead. Rest
// takes that back, and no voucher pays for what was only counted.
func TestPurseCountsAhead(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 7))
		b := newBench(t, 1_000_000)
		b.purses.TailLength = 40
		units := []uint64{3, 5}
		stored := func() (r channel.Record) { // as a payer that is killed now finds it
			err := b.purses.Store.View(t.Context(), func(tx *store.Tx) (err error) {
				r, err = tx.Channel(b.payee.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		held := func() uint64 {
			r := stored()
			paid, _ := r.Paid().Uint64()
			return paid
		}
		shown := func() uint64 { paid, _ := b.payee.Paid().Uint64(); return paid }
		most := map[channel.Anchor]uint64{} // that may be counted ahead, by tail
		promise, unit := b.open(units[0]), units[0]
		renew := func() {
			if promise = b.open(unit); promise.Prev != nil {
				clear(most) // a fresh tail is written with what was revealed
			}
		}
		for range 60 {
			switch rng.IntN(8) {
			case 0:
				if err := b.purse().Rest(t.Context()); err != nil {
					t.Fatal(err)
				}
				if clear(most); held() != shown() {
					t.Fatalf("seed %d: %d is held at rest, %d was revealed", seed, held(), shown())
				}
			case 1: // killed: what was counted is taken back, as the payee says, or revealed
				b.reopen()
				b.purses.TailLength = 40
				for i, tail := range stored().Held.Tails {
					count := stored().Reveals[i].Count
					j := slices.IndexFunc(b.payee.Held.Tails, func(t channel.Tail) bool { return t.Anchor == tail.Anchor })
					if j >= 0 && rng.IntN(2) == 0 {
						if err := b.purse().Recount(t.Context(), tail.Anchor, b.payee.Reveals[j].Count); err != nil {
							t.Fatal(err)
						}
					} else if count > 0 {
						b.reveal(client.Promise{Tail: tail}, count)
					}
				}
				if err := b.purse().Rest(t.Context()); err != nil {
					t.Fatal(err)
				}
				if clear(most); held() != shown() {
					t.Fatalf("seed %d: after a kill %d is held, %d was revealed", seed, held(), shown())
				}
				renew()
			case 2:
				unit = units[rng.IntN(2)]
				renew()
			default:
				step := promise.Revealed + 1 + uint32(rng.IntN(2))
				if step > promise.Tail.Length {
					renew()
					continue
				}
				ahead := uint32(rng.IntN(10))
				reveal, err := b.purse().RevealAhead(t.Context(), promise.Tail.Anchor, step, ahead)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.rule.AcceptReveal(&b.payee, &reveal, b.now); err != nil {
					t.Fatal(err)
				}
				promise.Revealed, most[promise.Tail.Anchor] = step, 10*unit
			}
			ahead := uint64(0)
			for _, n := range most {
				ahead += n
			}
			if h, s := held(), shown(); h < s || h > s+ahead {
				t.Fatalf("seed %d: %d was revealed, %d is held", seed, s, h)
			}
		}
		if err := b.purses.Store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What is counted ahead needs no write.
func TestCountedStepsAreNotWritten(t *testing.T) {
	b := newBench(t, 1000)
	promise := b.open(1)
	writes := func(how func()) uint64 {
		read := func() (version uint64) {
			err := b.purses.Store.View(t.Context(), func(tx *store.Tx) error {
				r, err := tx.Channel(b.payee.ID)
				version = r.Version
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return version
		}
		before := read()
		how()
		return read() - before
	}
	ahead := func(from, to uint32) func() {
		return func() {
			for count := from; count <= to; count++ {
				if _, err := b.purse().RevealAhead(t.Context(), promise.Tail.Anchor, count, 3); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n := writes(ahead(1, 8)); n != 2 {
		t.Errorf("eight steps took %d writes, want two", n)
	}
	if err := b.purse().Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	promise = b.open(2)
	if n := writes(ahead(1, 1)); n != 1 {
		t.Errorf("a step of a fresh tail took %d writes, want one", n)
	}
}
