package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store/storetest"
)

// canon is a chain that becomes solid, with what the contract says in its blocks. Forks beside it are made up as they are seen.
type canon struct {
	rng    *rand.Rand
	all    []*payer
	blocks [][]channel.Event
	want   []channel.Record // what the chain alone makes of every channel
}

func newCanon(w *world, seed uint64) *canon {
	c := &canon{rng: rand.New(rand.NewPCG(seed, 5))}
	for i := range byte(5) {
		p := w.newPayer(i + 1)
		c.all = append(c.all, p)
		c.want = append(c.want, channel.NewRecord(p.terms, channel.NewAmount(1_000)))
	}
	for n := range 60 {
		var events []channel.Event
		for i, p := range c.all {
			ev := c.event(n, i, p)
			if ev.Kind == 0 {
				continue
			}
			c.want[i].Apply(&ev)
			events = append(events, ev)
		}
		c.blocks = append(c.blocks, events)
	}
	return c
}

func (c *canon) event(n, i int, p *payer) channel.Event {
	ev, r := channel.Event{Channel: p.id}, &c.want[i]
	switch roll := c.rng.IntN(30); {
	case n == 0:
		ev.Kind, ev.Terms, ev.Deposit = channel.EventOpened, p.terms, r.Deposit
	case roll == 0 && r.State == channel.Open:
		ev.Kind, ev.Deposit = channel.EventDeposited, r.Deposit.Add(channel.NewAmount(100))
	case roll == 1:
		ev.Kind, ev.Settled = channel.EventSettled, r.Settled.Add(channel.NewAmount(1))
	case roll == 2 && r.State == channel.Open && n > 20:
		ev.Kind, ev.CloseAt = channel.EventClosing, int64(n)+1
	case roll < 6 && r.State == channel.Closing:
		ev.Kind, ev.Settled, ev.Refund = channel.EventClosed, r.Settled, channel.NewAmount(1)
	}
	return ev
}

// view is what a node shows: the chain up to solid, and behind it some blocks that are the chain's, or a fork's.
func (c *canon) view(w *world, from, solid int) (v channel.View, closing map[channel.ID]bool) {
	const first = 1_000
	closing = map[channel.ID]bool{}
	block := func(n int, fork byte) channel.Block {
		return channel.Block{Number: int64(first + n), Hash: [32]byte{byte(n), fork}, Time: w.now.UnixMilli()}
	}
	v = channel.View{Solid: block(solid, 0), SeenAt: w.now}
	for n := from + 1; n <= solid; n++ {
		v.Facts = append(v.Facts, at(c.blocks[n], int64(first+n))...)
	}
	n := solid + 1
	for ; n < len(c.blocks) && n <= solid+4; n++ {
		events := c.blocks[n]
		if c.rng.IntN(3) == 0 { // from here on it is a fork
			events = nil
			if c.rng.IntN(2) == 0 {
				p := c.all[c.rng.IntN(len(c.all))]
				events = []channel.Event{{Kind: channel.EventClosing, Channel: p.id, CloseAt: 5}, {Kind: channel.EventDeposited, Channel: p.id, Deposit: channel.NewAmount(1 << 40)}}
			}
		}
		for _, ev := range events {
			closing[ev.Channel] = closing[ev.Channel] || ev.Closes()
		}
		v.Pending = append(v.Pending, at(events, int64(first+n))...)
	}
	v.Head = block(n-1, 1)
	return v, closing
}

func at(events []channel.Event, block int64) []channel.Event {
	list := make([]channel.Event, len(events))
	for i, ev := range events {
		ev.Block, ev.Index = block, i
		list[i] = ev
	}
	return list
}

// Random forks, with restarts between: the end is what the canonical chain alone says (P11); what a fork showed of a close stopped the channel at once (P10), and a
// deposit that was only pending never counted.
func TestForks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		for seed := range uint64(4) {
			w := &world{t: t, where: fresh(t, where), now: time.Unix(1_800_000_000, 0)}
			w.open()
			t.Cleanup(w.close)
			c := newCanon(w, seed)
			amount := uint64(0)
			for solid, from := 0, -1; from < len(c.blocks)-1; solid = min(solid+c.rng.IntN(4), len(c.blocks)-1) {
				v, closing := c.view(w, from, solid)
				if err := w.l.Follow(context.Background(), v); err != nil {
					t.Fatal(err)
				}
				from = solid
				if c.rng.IntN(10) == 0 {
					w.close()
					w.open()
					again := v
					again.Facts = nil
					if err := w.l.Follow(context.Background(), again); err != nil {
						t.Fatal(err)
					}
				}
				for _, p := range c.all {
					amount++
					if r, err := w.l.Accept(context.Background(), p.voucher(amount)); closing[p.id] && err == nil && !r.Replayed {
						t.Fatalf("seed %d: accepted although a close was seen", seed)
					}
					if _, err := w.l.Accept(context.Background(), p.voucher(1<<30)); err == nil {
						t.Fatalf("seed %d: a deposit that is not solid counted", seed)
					}
				}
			}
			for i, p := range c.all {
				got, err := w.l.Record(context.Background(), p.id)
				if err != nil {
					t.Fatal(err)
				}
				want := &c.want[i]
				if got.State != want.State || got.Deposit != want.Deposit || got.Settled != want.Settled || got.ClosingSeen != 0 {
					t.Errorf("seed %d, channel %d: %s deposit %s settled %s seen %d, want %s %s %s", seed, i, got.State, got.Deposit, got.Settled, got.ClosingSeen, want.State, want.Deposit, want.Settled)
				}
			}
		}
	})
}

// The payee goes on from an old backup: what its payers send again is all there, and what they promised since comes in with the next voucher.
func TestOldBackup(t *testing.T) {
	w := newWorld(t)
	p := w.payer(10_000)
	chain, tail := p.chain(100, 7)
	first := p.voucher(1_000, tail)
	w.accept(first)
	w.accept(p.reveal(chain, 10))
	backup := w.where + ".backup"
	if err := w.s.Backup(context.Background(), backup); err != nil {
		t.Fatal(err)
	}
	w.accept(p.reveal(chain, 40))
	chain2, tail2 := p.chain(100, 7)
	later := p.voucher(1_280, tail2)
	w.accept(later)
	w.accept(p.reveal(chain2, 5))
	w.close()
	w.where = backup
	w.open()
	w.follow(nil, nil)
	if got := w.paid(p); got != "1070" {
		t.Fatalf("the backup says %s", got)
	}
	w.refuse(p.reveal(chain2, 5), channel.ErrUnknownTail) // the payer sees that its voucher is not held, and sends it
	w.accept(later)
	w.accept(p.reveal(chain2, 5))
	if got := w.paid(p); got != "1315" {
		t.Fatalf("after the payer has sent again, %s", got)
	}
	// What the chain has paid out since is a floor too: a voucher below it is stale.
	w.follow([]channel.Event{{Kind: channel.EventSettled, Channel: p.id, Settled: channel.NewAmount(2_000)}}, nil)
	var stale *channel.StaleError
	if _, err := w.l.Accept(context.Background(), p.voucher(1_999)); !errors.As(err, &stale) || stale.Paid != channel.NewAmount(2_000) {
		t.Fatalf("got %v", err)
	}
	w.accept(p.voucher(2_001))
}

// A transaction that accepts a payment and books it is there whole or not at all, whatever fails.
func TestTransact(t *testing.T) {
	w := newWorld(t)
	p := w.payer(10_000)
	chain, tail := p.chain(100, 7)
	w.accept(p.voucher(0, tail))
	book := func(t *ledger.Txn, count uint32, debit, credit uint64) error {
		if _, err := t.Accept(p.reveal(chain, count)); err != nil {
			return err
		}
		return t.Book(&channel.Entry{Kind: "redeem", Lines: []channel.Line{
			{Account: "claimable", Debit: channel.NewAmount(debit)}, {Account: "owed", Credit: channel.NewAmount(credit)},
		}})
	}
	err := w.l.Transact(context.Background(), func(t *ledger.Txn) error { return book(t, 10, 70, 69) })
	if !errors.Is(err, channel.ErrUnbalanced) {
		t.Fatal(err)
	}
	if got := w.paid(p); got != "0" {
		t.Fatalf("half of it is there: %s", got)
	}
	if err := w.l.Transact(context.Background(), func(t *ledger.Txn) error { return book(t, 10, 70, 70) }); err != nil {
		t.Fatal(err)
	}
	if r := w.accept(p.reveal(chain, 10)); !r.Replayed || fmt.Sprint(r.Paid) != "70" {
		t.Fatalf("%+v", r)
	}
	w.reopen()
	if got := w.paid(p); got != "70" {
		t.Fatalf("after reopening %s", got)
	}
}
