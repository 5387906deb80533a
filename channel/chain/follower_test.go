package chain_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/wallettest"
)

func drop(*tronpb.Transaction) bool { return false }
func keep(*tronpb.Transaction) bool { return true }

func expect(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// Good news counts when solid: an opening and a deposit at the head are worth nothing yet.
func TestGoodNewsWhenSolid(t *testing.T) {
	w := newWorld(t)
	txid := w.open(1_000, 1)
	w.mine(1)
	terms := w.terms(txid)
	expect(t, w.pay(terms, 1), channel.ErrUnknownChannel)
	w.mine(lag - 1)
	expect(t, w.pay(terms, 1), channel.ErrUnknownChannel)
	w.mine(1)
	expect(t, w.pay(terms, 1_000), nil)

	call, err := contract.Deposit(terms, channel.NewAmount(500))
	w.send(carol, call, err)
	w.mine(1)
	expect(t, w.pay(terms, 1_001), channel.ErrOverDeposit)
	w.mine(lag)
	expect(t, w.pay(terms, 1_500), nil)
}

// An opening and a deposit that a fork takes back never counted; one that the fork keeps counts once the new branch is solid.
func TestForkedGoodNews(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	call, err := contract.Deposit(terms, channel.NewAmount(500))
	w.send(carol, call, err)
	w.mine(2)
	if _, err := w.net.Chain.Reorg(2, 3, drop); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(3 * time.Second)
	w.mine(2 * lag)
	expect(t, w.pay(terms, 1_001), channel.ErrOverDeposit)

	call, err = contract.Deposit(terms, channel.NewAmount(600))
	w.send(carol, call, err)
	w.mine(2)
	if _, err := w.net.Chain.Reorg(2, 4, keep); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(6 * time.Second)
	w.mine(2 * lag)
	expect(t, w.pay(terms, 1_600), nil)
}

// Bad news counts at the head: the very next look after a close has started refuses, and a fork without it takes it back only when that fork is solid.
func TestBadNewsAtHead(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	expect(t, w.pay(terms, 1), nil)
	w.send(carol, contract.StartClose(terms), nil)
	w.mine(1)
	expect(t, w.pay(terms, 2), channel.ErrClosing)
	if _, err := w.net.Chain.Reorg(1, 2, drop); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(3 * time.Second)
	w.look()
	expect(t, w.pay(terms, 2), channel.ErrClosing)
	w.mine(lag)
	expect(t, w.pay(terms, 2), nil)

	w.send(carol, contract.StartClose(terms), nil)
	w.mine(2 * lag)
	if r := w.record(terms); r.State != channel.Closing || r.ClosingSeen != 0 || r.CloseAt == 0 {
		t.Fatalf("after a solid close: %+v", r)
	}
	expect(t, w.pay(terms, 3), channel.ErrClosing)
}

// A follower that starts again in the middle of a fork ends where the chain is.
func TestRestartInFork(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	for i := range 12 {
		if i%3 == 0 {
			call, err := contract.Deposit(terms, channel.NewAmount(100))
			w.send(carol, call, err)
		}
		w.mine(2)
		if _, err := w.net.Chain.Reorg(1+i%2, 3, keep); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(6 * time.Second)
		if i%4 == 1 {
			w.restart()
		}
		w.look()
	}
	w.mine(2 * lag)
	word, err := w.net.Figures(terms.ID())
	if err != nil {
		t.Fatal(err)
	}
	if r := w.record(terms); r.Deposit != word.Deposit || word.Deposit != channel.NewAmount(1_400) {
		t.Fatalf("recorded %s, the contract holds %s", r.Deposit, word.Deposit)
	}
}

// A node that stands still for 31 seconds, and one that is away, fail closed; both resume by themselves. Replays are answered all the time.
func TestFrozenNode(t *testing.T) {
	for name, stop := range map[string]func(*world) func(){
		"frozen": func(w *world) func() { w.first.Freeze(); return w.first.Thaw },
		"away":   func(w *world) func() { w.first.SetAway(true); return func() { w.first.SetAway(false) } },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			terms := w.opened(1_000, 1)
			expect(t, w.pay(terms, 1), nil)
			again := stop(w)
			step := func() {
				w.quietly(1)
				_ = w.follower.Step(t.Context())
			}
			for range 10 {
				step()
			}
			expect(t, w.pay(terms, 2), nil)
			step()
			expect(t, w.pay(terms, 3), channel.ErrStaleView)
			expect(t, w.pay(terms, 2), nil)
			again()
			w.look()
			expect(t, w.pay(terms, 3), nil)
		})
	}
}

// A close that began while the node was frozen is known before anything is accepted again.
func TestCloseWhileFrozen(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	expect(t, w.pay(terms, 1), nil)
	w.first.Freeze()
	w.send(carol, contract.StartClose(terms), nil)
	w.quietly(20)
	_ = w.follower.Step(t.Context())
	expect(t, w.pay(terms, 2), channel.ErrStaleView)
	w.first.Thaw()
	w.look()
	expect(t, w.pay(terms, 2), channel.ErrClosing)
}

// A node that tells of a chain without the solid block that was followed to suspends everything, at once.
func TestForkedSolid(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	w.first.SetLie(func(b *chain.Block) { b.Hash[31] ^= 1; b.Parent[31] ^= 1 })
	w.quietly(1)
	expect(t, w.follower.Step(t.Context()), chain.ErrForkedSolid)
	expect(t, w.pay(terms, 1), channel.ErrStaleView)
	w.first.SetLie(nil)
	w.look()
	expect(t, w.pay(terms, 1), nil)
}

// Of two nodes one lies: about a block, or about what the contract said in it. While they disagree on what is solid nothing is accepted, and nothing false was recorded.
func TestLyingNode(t *testing.T) {
	hideLogs := func(b *chain.Block) {
		for i := range b.Transactions {
			b.Transactions[i].Logs = nil
		}
	}
	for name, lie := range map[string]func(w *world){
		"second hides events": func(w *world) { w.second.SetLie(hideLogs) },
		"first hides events":  func(w *world) { w.first.SetLie(hideLogs) },
		"second's blocks":     func(w *world) { w.second.SetLie(func(b *chain.Block) { b.Hash[31] ^= 1 }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.follower.Second = w.second
			terms := w.opened(1_000, 1)
			expect(t, w.pay(terms, 1), nil)
			lie(w)
			call, err := contract.Deposit(terms, channel.NewAmount(500))
			w.send(carol, call, err)
			var failed error
			for range 2 * lag {
				w.quietly(1)
				failed = w.follower.Step(t.Context())
				if failed != nil {
					break
				}
			}
			expect(t, failed, chain.ErrDisagree)
			expect(t, w.pay(terms, 2), channel.ErrStaleView)
			if r := w.record(terms); r.Deposit != channel.NewAmount(1_000) {
				t.Fatalf("a deposit counted of which the nodes disagree: %s", r.Deposit)
			}
			w.first.SetLie(nil)
			w.second.SetLie(nil)
			w.restart()
			w.follower.Second = w.second
			w.mine(lag + 1)
			expect(t, w.pay(terms, 1_500), nil)
		})
	}
}

// A second node that is away or behind keeps good news back and nothing else: payments go on, a close stops them at the head.
func TestSecondNodeAway(t *testing.T) {
	w := newWorld(t)
	w.follower.Second = w.second
	terms := w.opened(1_000, 1)
	w.second.Freeze()
	late := w.open(1_000, 2)
	w.mine(2 * lag)
	expect(t, w.pay(terms, 1), nil)
	expect(t, w.pay(w.terms(late), 1), channel.ErrUnknownChannel)
	w.send(carol, contract.StartClose(terms), nil)
	w.second.SetAway(true)
	w.mine(1)
	expect(t, w.pay(terms, 2), channel.ErrClosing)
	w.second.SetAway(false)
	w.second.Thaw()
	w.mine(1)
	expect(t, w.pay(w.terms(late), 1), nil)
}

// A clock that is behind the chain's by more than 30 seconds judges nothing; one that is ahead makes every head look old.
func TestClockSteps(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	right := w.now
	w.now = right.Add(-31 * time.Second)
	expect(t, w.follower.Step(t.Context()), chain.ErrClock)
	expect(t, w.pay(terms, 1), channel.ErrStaleView)
	w.now = right.Add(31 * time.Second)
	_ = w.follower.Step(t.Context())
	expect(t, w.pay(terms, 1), channel.ErrStaleView)
	w.now = right
	w.mine(1)
	expect(t, w.pay(terms, 1), nil)
}

// Events that a node kept back are made good by the contract's own word; a word below what was recorded suspends.
func TestComparer(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	other := w.opened(1_000, 2)
	expect(t, w.pay(terms, 400), nil)
	w.first.SetLie(func(b *chain.Block) { b.Transactions = nil }) // every event is dropped
	call, err := contract.Deposit(terms, channel.NewAmount(500))
	w.send(carol, call, err)
	r := w.record(terms)
	call, err = contract.Settle(contract.ClaimOf(w.net.Domain.Separator(), &r, w.now))
	w.send(payee, call, err)
	w.send(carol, contract.StartClose(other), nil)
	w.mine(2 * lag)
	if r := w.record(terms); r.Deposit != channel.NewAmount(1_000) || !r.Settled.IsZero() {
		t.Fatalf("the lie did not hold: %+v", r)
	}
	if n, err := w.comparer.Compare(t.Context()); n != 2 || err != nil {
		t.Fatalf("corrected %d: %v", n, err)
	}
	if r := w.record(terms); r.Deposit != channel.NewAmount(1_500) || r.Settled != channel.NewAmount(400) {
		t.Fatalf("after comparing: %+v", r)
	}
	expect(t, w.pay(other, 1), channel.ErrClosing)
	if n, err := w.comparer.Compare(t.Context()); n != 0 || err != nil {
		t.Fatalf("corrected %d again: %v", n, err)
	}
	w.comparer.Words = liar{}
	_, err = w.comparer.Compare(t.Context())
	expect(t, err, chain.ErrDisagree)
	expect(t, w.pay(terms, 401), channel.ErrStaleView)
	w.comparer.Words = w.first
	if _, err := w.comparer.Compare(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, w.pay(terms, 401), nil)
}

// A comparison just ahead of the follower corrects nothing: the events are on their way.
func TestComparerAhead(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	call, err := contract.Deposit(terms, channel.NewAmount(500))
	w.send(carol, call, err)
	w.quietly(2 * lag)
	done := make(chan int)
	go func() {
		n, _ := w.comparer.Compare(t.Context())
		done <- n
	}()
	for { // until it waits for the follower
		select {
		case n := <-done:
			if n != 0 {
				t.Fatalf("corrected %d", n)
			}
			return
		case <-time.After(10 * time.Millisecond):
			w.look()
		}
	}
}

// A server whose node is a block behind that of another one on the same store finds a record ahead of the contract's word. It waits for its node instead of crying out.
func TestComparerBehindAnotherServer(t *testing.T) {
	w := newWorld(t)
	terms := w.opened(1_000, 1)
	clock, log := func() time.Time { return w.now }, wallettest.Log(t)
	other, err := ledger.Open(t.Context(), ledger.Config{Store: w.store, Domain: w.net.Domain, Log: log, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	follower := &chain.Follower{Node: w.second, Contract: w.net.Contract, Decode: contract.DecodeEvent, Sink: other, Now: clock, Log: log}
	if err := follower.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := w.second.Figures(t.Context(), terms.ID())
	if err != nil {
		t.Fatal(err)
	}
	w.second.Freeze()
	call, err := contract.Deposit(terms, channel.NewAmount(500))
	w.send(carol, call, err)
	w.mine(2 * lag)
	comparer := &chain.Comparer{Node: w.second, Words: &behind{w.second, &before}, Book: other, Log: log}
	if n, err := comparer.Compare(t.Context()); n != 0 || err != nil {
		t.Errorf("corrected %d: %v", n, err)
	}
	expect(t, other.Fresh(), nil)
}

// behind is a node that has the next block once it was asked.
type behind struct {
	*chaintest.Node
	old *contract.Figures
}

func (b *behind) Figures(ctx context.Context, id channel.ID) (contract.Figures, error) {
	if old := b.old; old != nil {
		b.old = nil
		b.Thaw()
		return *old, nil
	}
	return b.Node.Figures(ctx, id)
}

type liar struct{}

func (liar) Figures(_ context.Context, _ channel.ID) (contract.Figures, error) {
	return contract.Figures{Deposit: channel.NewAmount(1)}, nil
}
