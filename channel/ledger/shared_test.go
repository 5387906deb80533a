package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store/storetest"
)

// servers are ledgers of several servers over one PostgreSQL database.
func servers(t *testing.T, n int) []*world {
	where := storetest.Postgres(t)
	list := make([]*world, n)
	for i := range list {
		list[i] = &world{t: t, where: where, now: time.Unix(1_800_000_000, 0), block: 100}
		list[i].open()
		t.Cleanup(list[i].close)
	}
	return list
}

// see makes every server's view fresh, as each follows the chain by itself; whoever comes second is told so, and goes on from the shared cursor.
func see(t *testing.T, list []*world, block int64, facts, pending []channel.Event) {
	t.Helper()
	for _, w := range list {
		w.block = block
		err := w.tryFollow(facts, pending)
		if errors.Is(err, ledger.ErrMoved) {
			if got := w.l.Cursor().Solid.Number; got != block+1 {
				t.Fatalf("the shared cursor is at %d", got)
			}
			w.block = block
			err = w.tryFollow(nil, pending)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Every payment goes to a random one of four servers, some twice at once to two: nothing that was acknowledged is lost, and nothing counts twice.
func TestSeveralServers(t *testing.T) {
	list := servers(t, 4)
	const payers, steps = 5, 120
	var all [payers]*payer
	var chains [payers]*channel.Chain
	var opened []channel.Event
	for i := range all {
		all[i] = list[0].newPayer(byte(i + 1))
		opened = append(opened, channel.Event{Kind: channel.EventOpened, Channel: all[i].id, Terms: all[i].terms, Deposit: channel.NewAmount(1_000_000)})
	}
	see(t, list, 100, opened, nil)
	for i, p := range all {
		chain, tail := p.chain(steps, 3)
		chains[i] = chain
		list[i%len(list)].accept(p.voucher(0, tail))
	}
	var group sync.WaitGroup
	for i, p := range all {
		group.Go(func() {
			for count := uint32(1); count <= steps; count++ {
				var both sync.WaitGroup
				payment := p.reveal(chains[i], count)
				for k := range 2 {
					both.Go(func() {
						l := list[(i+int(count)*(k+1))%len(list)].l
						r, err := l.Accept(context.Background(), payment)
						if err != nil || r.Paid != channel.NewAmount(uint64(count)*3) {
							t.Errorf("payer %d, step %d: %+v %v", i, count, r, err)
						}
					})
				}
				both.Wait()
			}
		})
	}
	group.Wait()
	for _, w := range list {
		for _, p := range all {
			if got := w.paid(p); got != "360" {
				t.Errorf("a server reads %s", got)
			}
		}
	}
}

// A server that has not heard of a close, a freeze or a smaller deposit cannot accept against it: the database decides.
func TestOtherServersNews(t *testing.T) {
	list := servers(t, 2)
	a, b := list[0], list[1]
	p, q := a.newPayer(1), a.newPayer(2)
	see(t, list, 100, []channel.Event{
		{Kind: channel.EventOpened, Channel: p.id, Terms: p.terms, Deposit: channel.NewAmount(1_000)},
		{Kind: channel.EventOpened, Channel: q.id, Terms: q.terms, Deposit: channel.NewAmount(1_000)},
	}, nil)
	b.accept(p.voucher(10))
	b.accept(q.voucher(10))
	if _, err := a.l.Freeze(context.Background(), p.id); err != nil {
		t.Fatal(err)
	}
	b.refuse(p.voucher(20), channel.ErrClosing)
	a.follow(nil, []channel.Event{{Kind: channel.EventClosing, Channel: q.id, CloseAt: a.now.Unix() + 3600}})
	b.refuse(q.voucher(20), channel.ErrClosing)
	if got := b.paid(q); got != "10" {
		t.Errorf("%s is paid", got)
	}
	// A voucher that both get at once with different figures: the higher one stands, the lower one is stale.
	r := a.newPayer(3)
	see(t, list, 110, []channel.Event{{Kind: channel.EventOpened, Channel: r.id, Terms: r.terms, Deposit: channel.NewAmount(1_000)}}, nil)
	a.accept(r.voucher(100))
	b.accept(r.voucher(200))
	var stale *channel.StaleError
	if _, err := a.l.Accept(context.Background(), r.voucher(150)); !errors.As(err, &stale) || stale.Paid != channel.NewAmount(200) {
		t.Errorf("got %v", err)
	}
	if got := a.accept(r.voucher(300)); got.Paid != channel.NewAmount(300) {
		t.Errorf("got %+v", got)
	}
}
