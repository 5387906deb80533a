package store_test

import (
	"database/sql"
	"errors"
	"strings"
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
		passed := time.Duration(0)
		acquire := func(who string, after time.Duration) (store.Lease, bool) {
			t.Helper()
			pass(t, where, after-passed)
			passed = after
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

// pass lets time pass for a database that goes by its own clock.
func pass(t *testing.T, where string, d time.Duration) {
	t.Helper()
	if !strings.Contains(where, "://") {
		return
	}
	db, err := sql.Open("pgx", where)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, `UPDATE leases SET until = until - $1 WHERE until > 0`, d.Milliseconds()); err != nil {
		t.Fatal(err)
	}
}

// Servers on one database go by its clock: one whose own is an hour ahead takes nothing from who has a lease, one whose own is an hour behind keeps no lease for longer, and each is told
// by its own clock until when.
func TestLeaseGoesByTheStoresClock(t *testing.T) {
	where := storetest.Postgres(t)
	s := open(t, where)
	acquire := func(who string, ahead time.Duration) (store.Lease, bool) {
		t.Helper()
		now := time.Now().Add(ahead)
		l, ok, err := s.AcquireLease(ctx, "settle", who, now, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if left := l.Until.Sub(now); left < 30*time.Second || left > time.Minute+time.Second {
			t.Errorf("%s is told that %s are left of a minute", who, left)
		}
		return l, ok
	}
	first, ok := acquire("exact", 0)
	if !ok {
		t.Fatal("the first one did not get it")
	}
	if other, ok := acquire("ahead", time.Hour); ok || other.Holder != "exact" {
		t.Fatalf("taken from its holder: %+v", other)
	}
	if again, ok := acquire("exact", 0); !ok || again.Fence != first.Fence {
		t.Fatalf("prolonging: %+v", again)
	}
	pass(t, where, time.Minute)
	behind, ok := acquire("behind", -time.Hour)
	if !ok {
		t.Fatalf("a lease that is over was not taken: %+v", behind)
	}
	pass(t, where, time.Minute)
	if after, ok := acquire("exact", 0); !ok || after.Fence <= behind.Fence {
		t.Fatalf("one who is behind keeps it: %+v", after)
	}
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
