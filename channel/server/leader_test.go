package server

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel/store"
)

// A transaction that sends something looks at the lease, and the store has one writer: whoever asks the store for the lease waits for that transaction's end. If it kept the
// transaction from looking meanwhile, neither would ever go on.
func TestLeaseIsLookedAtWhileItIsAskedFor(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "lease.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	asking := make(chan struct{}, 1)
	clock := func() time.Time {
		select {
		case asking <- struct{}{}:
		default:
		}
		return time.Now()
	}
	l := newLeader(s, time.Minute, clock, wallettest.Log(t))
	leads := make(chan error, 1)
	err = s.Update(t.Context(), func(*store.Tx) error {
		go func() {
			_, err := l.leads(t.Context())
			leads <- err
		}()
		<-asking // it has what it locks, and waits for this transaction, or is about to
		looked := make(chan struct{})
		go func() {
			_, _ = l.current(), l.holds()
			close(looked)
		}()
		select {
		case <-looked:
		case <-time.After(10 * time.Second):
			t.Error("the lease cannot be looked at while the store is asked for it")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-leads; err != nil || !l.holds() {
		t.Fatalf("leads %v: %v", l.holds(), err)
	}
}
