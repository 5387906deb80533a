package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

func TestLease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		now := time.Unix(1_800_000_000, 0)
		acquire := func(who string, after time.Duration) (store.Lease, bool) {
			t.Helper()
			l, ok, err := s.AcquireLease(ctx, "settle", who, now.Add(after), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return l, ok
		}
		write := func(l store.Lease, txid byte) error {
			return s.Update(ctx, func(t *store.Tx) error {
				if err := t.Fenced(l); err != nil {
					return err
				}
				return t.PutIntent(channel.Intent{TxID: [32]byte{txid}, State: channel.IntentSigned, Raw: []byte{1}, Fence: l.Fence})
			})
		}
		first, ok := acquire("a", 0)
		if !ok {
			t.Fatal("the first one did not get it")
		}
		if other, ok := acquire("b", 59*time.Second); ok || other.Holder != "a" {
			t.Fatalf("two hold it: %+v", other)
		}
		again, ok := acquire("a", 30*time.Second)
		if !ok || again.Fence != first.Fence {
			t.Fatalf("prolonging: %+v", again)
		}
		if err := write(first, 1); err != nil {
			t.Fatal(err)
		}
		// a is paused; b takes over; a wakes up and does not know.
		second, ok := acquire("b", 90*time.Second)
		if !ok || second.Fence <= first.Fence {
			t.Fatalf("taking over: %+v", second)
		}
		if err := write(first, 2); !errors.Is(err, store.ErrConflict) {
			t.Fatalf("the paused holder wrote: %v", err)
		}
		if err := write(second, 2); err != nil {
			t.Fatal(err)
		}
		if err := s.ReleaseLease(ctx, first); err != nil {
			t.Fatal(err)
		}
		if _, ok := acquire("a", 91*time.Second); ok {
			t.Fatal("an old holder released what it does not have")
		}
		if err := s.ReleaseLease(ctx, second); err != nil {
			t.Fatal(err)
		}
		third, ok := acquire("a", 92*time.Second)
		if !ok || third.Fence <= second.Fence {
			t.Fatalf("after it was released: %+v", third)
		}
		// The same holder, after its own lease ran out, is a new holder: something may have happened in between.
		if fourth, ok := acquire("a", time.Hour); !ok || fourth.Fence <= third.Fence {
			t.Fatalf("after it ran out: %+v", fourth)
		}
	})
}

func TestLeaseRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		now := time.Unix(1_800_000_000, 0)
		var group sync.WaitGroup
		var mu sync.Mutex
		holders := 0
		for n := range 8 {
			group.Go(func() {
				_, ok, err := s.AcquireLease(ctx, "settle", string(rune('a'+n)), now, time.Minute)
				if err != nil && !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
				if ok {
					mu.Lock()
					holders++
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if holders != 1 {
			t.Fatalf("%d hold it", holders)
		}
	})
}
