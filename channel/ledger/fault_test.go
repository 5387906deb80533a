package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// fault is how a write goes wrong.
type fault int

const (
	none       fault = iota
	refused          // nothing is persisted, and the store says so
	persisted        // all is persisted, and the store says that it does not know
	unreadable       // as persisted, and the next read fails too
	crash            // nothing is persisted, and the process ends
	crashAfter       // all is persisted, and the process ends before anybody is answered
)

func (f fault) String() string {
	return [...]string{"none", "refused", "persisted anyway", "persisted anyway and unreadable", "crash before", "crash after"}[f]
}

var errInjected = errors.New("injected fault")

// faulty is a store whose writes go wrong where the test says.
type faulty struct {
	ledger.Store
	mu     sync.Mutex
	next   func(write int) fault
	writes int
	blind  bool // the next read fails
	dead   bool // the process has ended
}

func (f *faulty) draw() fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return crash
	}
	f.writes++
	what := f.next(f.writes)
	f.blind = what == unreadable
	f.dead = what == crash || what == crashAfter
	return what
}

func (f *faulty) Update(ctx context.Context, fn func(*store.Tx) error) error {
	switch what := f.draw(); what {
	case refused, crash:
		return errInjected
	case persisted, unreadable, crashAfter:
		if err := f.Store.Update(ctx, fn); err != nil {
			return err
		}
		return fmt.Errorf("%w: %w", store.ErrUnknownOutcome, errInjected)
	}
	return f.Store.Update(ctx, fn)
}

func (f *faulty) SaveEvidence(ctx context.Context, records []channel.Record) ([]channel.ID, error) {
	switch what := f.draw(); what {
	case refused, crash:
		return nil, errInjected
	case persisted, unreadable, crashAfter:
		if _, err := f.Store.SaveEvidence(ctx, records); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", store.ErrUnknownOutcome, errInjected)
	}
	return f.Store.SaveEvidence(ctx, records)
}

func (f *faulty) View(ctx context.Context, fn func(*store.Tx) error) error {
	f.mu.Lock()
	fail := f.blind || f.dead
	f.blind = false
	f.mu.Unlock()
	if fail {
		return errInjected
	}
	return f.Store.View(ctx, fn)
}

// faultyWorld is a world whose store goes wrong, and what was acknowledged in it.
type faultyWorld struct {
	*world
	f      *faulty
	acked  map[channel.ID]channel.Amount
	frozen map[channel.ID]bool
	sent   []channel.Payment // everything, for replaying
}

func newFaultyWorld(t testing.TB, where string, next func(int) fault) *faultyWorld {
	w := &faultyWorld{world: &world{t: t, where: where, now: time.Unix(1_800_000_000, 0), block: 100}, acked: map[channel.ID]channel.Amount{}, frozen: map[channel.ID]bool{}}
	w.open()
	w.f = &faulty{Store: w.s, next: func(int) fault { return none }}
	w.restart()
	w.f.next = next
	t.Cleanup(w.close)
	return w
}

// restart is a new process over the same store: what was only in memory is gone.
func (w *faultyWorld) restart() {
	w.t.Helper()
	w.f.mu.Lock()
	w.f.dead, w.f.blind = true, false // whatever the old process still does comes to nothing
	w.f.mu.Unlock()
	_ = w.l.Close()
	_ = w.s.Close()
	var err error
	if w.s, err = store.Open(context.Background(), w.where); err != nil {
		w.t.Fatal(err)
	}
	w.f = &faulty{Store: w.s, next: w.f.next, writes: w.f.writes}
	w.cfg.Store = w.f
	if w.l, err = ledger.Open(context.Background(), w.cfg); err != nil {
		w.t.Fatal(err)
	}
}

// pay sends a payment as a client does: again after a restart or a failure to store, until it is answered.
func (w *faultyWorld) pay(p channel.Payment) error {
	w.t.Helper()
	w.sent = append(w.sent, p)
	return w.retry(func() error {
		r, err := w.l.Accept(context.Background(), p)
		if err == nil {
			w.ack(r)
		}
		return err
	})
}

func (w *faultyWorld) ack(r channel.Receipt) {
	if w.acked[r.Channel].Less(r.Paid) {
		w.acked[r.Channel] = r.Paid
	}
}

func (w *faultyWorld) facts(facts, pending []channel.Event) {
	w.t.Helper()
	if err := w.retry(func() error {
		if w.l.Cursor().Solid.Number >= w.block+1 { // what seemed to fail is there
			w.block++
			return w.tryFollow(nil, pending)
		}
		err := w.tryFollow(facts, pending)
		if err != nil {
			w.block--
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *faultyWorld) freeze(id channel.ID) {
	w.t.Helper()
	if err := w.retry(func() error { _, err := w.l.Freeze(context.Background(), id); return err }); err != nil {
		w.t.Fatal(err)
	}
	w.frozen[id] = true
}

func (w *faultyWorld) retry(do func() error) error {
	w.t.Helper()
	for range 20 {
		err := do()
		if !errors.Is(err, errInjected) && !errors.Is(err, ledger.ErrNotStored) && !errors.Is(err, channel.ErrStaleView) && !errors.Is(err, ledger.ErrMoved) {
			return err
		}
		if w.f.dead {
			w.restart()
		}
		if w.l.Fresh() != nil {
			_ = w.tryFollow(nil, nil)
		}
	}
	return errors.New("20 tries were not enough")
}

// check is P1 to P5 on what a new process reads.
func (w *faultyWorld) check() {
	w.t.Helper()
	w.restart()
	w.f.next = func(int) fault { return none }
	w.facts(nil, nil)
	for id, paid := range w.acked {
		r, err := w.l.Record(context.Background(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		if r.Paid().Less(paid) {
			w.t.Fatalf("%s was acknowledged, %s is there", paid, r.Paid())
		}
		if r.Deposit.Less(r.Promised()) {
			w.t.Fatalf("%s is promised of %s", r.Promised(), r.Deposit)
		}
		if err := w.l.Rule().CheckEvidence(&r); err != nil {
			w.t.Fatal(err)
		}
		if w.frozen[id] && !r.Frozen {
			w.t.Fatal("it is not frozen any more")
		}
	}
	w.replayAll()
}

// replayAll sends everything again, backwards: nothing may change but what was never acknowledged.
func (w *faultyWorld) replayAll() {
	w.t.Helper()
	for range 2 {
		for i := len(w.sent) - 1; i >= 0; i-- {
			_, _ = w.l.Accept(context.Background(), w.sent[i])
		}
	}
	before := map[channel.ID]channel.Record{}
	for id := range w.acked {
		before[id], _ = w.l.Record(context.Background(), id)
	}
	for _, p := range w.sent {
		if r, err := w.l.Accept(context.Background(), p); err == nil && !r.Replayed {
			w.t.Fatalf("the third time it was still news: %+v", r)
		}
	}
	for id, b := range before {
		after, err := w.l.Record(context.Background(), id)
		if err != nil || after.Paid() != b.Paid() || after.Version != b.Version {
			w.t.Fatalf("replays changed %s to %s: %v", b.Paid(), after.Paid(), err)
		}
	}
}

// script is one life of two channels, each step a write or more.
func (w *faultyWorld) script() {
	a, b := w.newPayer(1), w.newPayer(2)
	opened := func(p *payer, deposit uint64) channel.Event {
		return channel.Event{Kind: channel.EventOpened, Channel: p.id, Terms: p.terms, Deposit: channel.NewAmount(deposit)}
	}
	w.facts([]channel.Event{opened(a, 1_000), opened(b, 500)}, nil)
	chain, tail := a.chain(50, 2)
	w.must(w.pay(a.voucher(100, tail)))
	w.must(w.pay(a.reveal(chain, 5)))
	w.must(w.pay(b.voucher(7)))
	w.must(w.pay(a.reveal(chain, 6)))
	w.facts([]channel.Event{{Kind: channel.EventDeposited, Channel: a.id, Deposit: channel.NewAmount(2_000)}}, nil)
	w.must(w.pay(a.voucher(1_500, tail)))
	w.facts([]channel.Event{{Kind: channel.EventSettled, Channel: a.id, Settled: channel.NewAmount(1_512)}}, nil)
	w.must(w.pay(b.voucher(9)))
	w.facts(nil, []channel.Event{{Kind: channel.EventClosing, Channel: b.id, CloseAt: w.now.Add(time.Hour).Unix()}})
	if err := w.pay(b.voucher(10)); !errors.Is(err, channel.ErrClosing) {
		w.t.Fatalf("after the close was seen: %v", err)
	}
	w.freeze(a.id)
	if err := w.pay(a.voucher(1_600, tail)); !errors.Is(err, channel.ErrClosing) {
		w.t.Fatalf("after freezing: %v", err)
	}
}

func (w *faultyWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// Every write of the script fails once in every way: P1 to P5 hold after a restart.
func TestFaultTable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		writes := 0
		t.Run("without faults", func(t *testing.T) {
			w := newFaultyWorld(t, fresh(t, where), func(int) fault { return none })
			w.script()
			writes = w.f.writes
			w.check()
		})
		for _, kind := range []fault{refused, persisted, unreadable, crash, crashAfter} {
			for at := 1; at <= writes; at++ {
				t.Run(fmt.Sprintf("%s at write %d", kind, at), func(t *testing.T) {
					w := newFaultyWorld(t, fresh(t, where), func(n int) fault {
						if n == at {
							return kind
						}
						return none
					})
					w.script()
					w.check()
				})
			}
		}
	})
}

// TestACommitOfUnknownOutcomeIsReadAgain: what turns out to be durable is acknowledged as what it was, at once; what is not there is not.
func TestACommitOfUnknownOutcomeIsReadAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		what := none
		w := newFaultyWorld(t, where, func(int) fault { return what })
		p := w.newPayer(1)
		w.facts([]channel.Event{{Kind: channel.EventOpened, Channel: p.id, Terms: p.terms, Deposit: channel.NewAmount(1_000)}}, nil)
		for i, c := range []struct {
			kind   fault
			stored bool
		}{{persisted, true}, {refused, false}, {unreadable, false}} {
			payment := p.voucher(uint64(100 * (i + 1)))
			what = c.kind
			r, err := w.l.Accept(t.Context(), payment)
			what = none
			if c.stored && (err != nil || r.Replayed) || !c.stored && !errors.Is(err, ledger.ErrNotStored) {
				t.Errorf("%s: %+v, %v", c.kind, r, err)
			}
			if r, err := w.l.Accept(t.Context(), payment); err != nil || r.Replayed != (c.kind != refused) {
				t.Errorf("%s, sent again: %+v, %v", c.kind, r, err)
			}
		}
	})
}

// fresh is another empty database of the same kind.
func fresh(t *testing.T, where string) string {
	if len(where) > 8 && where[:8] == "postgres" {
		return storetest.Postgres(t)
	}
	return storetest.SQLite(t)
}

// Many payers at once over a store that fails at random: whatever was acknowledged is there after every restart.
func TestRandomFaults(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { randomFaults(t, storetest.SQLite(t), seed) })
	}
	t.Run("postgres", func(t *testing.T) { randomFaults(t, storetest.Postgres(t), 1000) })
}

func randomFaults(t *testing.T, where string, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 3)) // used under faulty.mu only
	quiet := func(int) fault { return none }
	noisy := func(int) fault {
		if n := rng.IntN(20); n < 5 {
			return []fault{refused, persisted, unreadable, crash, crashAfter}[n]
		}
		return none
	}
	w := newFaultyWorld(t, where, quiet)
	const payers = 6
	var all [payers]*payer
	var chains [payers]*channel.Chain
	for i := range all {
		all[i] = w.newPayer(byte(i + 1))
		w.facts([]channel.Event{{Kind: channel.EventOpened, Channel: all[i].id, Terms: all[i].terms, Deposit: channel.NewAmount(1_000_000)}}, nil)
		chain, tail := all[i].chain(1_000, 3)
		chains[i] = chain
		w.must(w.pay(all[i].voucher(0, tail)))
	}
	var counts [payers]uint32
	for range 15 { // lives of the process
		w.f.mu.Lock()
		w.f.next = noisy
		w.f.mu.Unlock()
		var group sync.WaitGroup
		for i := range all {
			group.Go(func() {
				for range 4 {
					count := w.pipeline(all[i], chains[i], counts[i])
					counts[i] = max(count, counts[i]) // each payer has its own
				}
			})
		}
		group.Wait()
		w.f.mu.Lock()
		w.f.next = quiet
		w.f.mu.Unlock()
		w.restart()
		w.facts(nil, nil)
		for i, p := range all {
			r, err := w.l.Record(context.Background(), p.id)
			if err != nil || r.Paid().Less(w.acked[p.id]) {
				t.Fatalf("payer %d: %s was acknowledged, %s is there: %v", i, w.acked[p.id], r.Paid(), err)
			}
			counts[i] = r.Reveals[0].Count
		}
	}
	w.check()
}

// pipeline sends some reveals without waiting for their answers, so that one batch is on its way to the disk while the next gathers, and then waits for them all. Every second one asks for
// no commit.
// It returns the last count that was acknowledged.
func (w *faultyWorld) pipeline(p *payer, chain *channel.Chain, from uint32) uint32 {
	ctx, acked := context.Background(), uint32(0)
	var tickets []channel.Pending
	for n := range uint32(8) {
		reveal := p.reveal(chain, from+n+1)
		var t channel.Pending
		var err error
		if n%2 == 0 {
			t, err = w.l.AcceptLater(ctx, reveal)
		} else {
			var now ledger.Ticket
			now, err = w.l.Offer(ctx, reveal)
			t = &now
		}
		if err == nil {
			tickets = append(tickets, t)
		} else if errors.Is(err, channel.ErrUnknownTail) {
			w.t.Errorf("%d steps: %v", from+n+1, err)
		}
		runtime.Gosched()
	}
	for i := range tickets {
		r, err := tickets[i].Wait(ctx)
		if err != nil {
			continue
		}
		w.f.mu.Lock()
		w.ack(r)
		w.f.mu.Unlock()
		paid, _ := r.Paid.Uint64()
		acked = max(acked, uint32(paid/3))
	}
	return acked
}
