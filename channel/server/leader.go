package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/piecework/piecework/channel/store"
)

// leaseName is the lease of the one server that settles. How long it is (Config.Takeover) is how long a server that dies keeps the others from settling. Half of it is
// how late a server may be told that it has lost the lease; what it sends in that time is refused by the fence.
const leaseName = "settle"

// leader holds the lease of a job that only one server may do, or tries to get it.
type leader struct {
	store  *store.Store
	holder string
	length time.Duration // of the lease
	now    func() time.Time
	log    *slog.Logger

	asking sync.Mutex // one call to the store at a time; taken before mu, and never inside a transaction
	tried  time.Time  // guarded by asking

	mu    sync.Mutex // covers what follows; transactions look at it, so it is never held while the store is asked
	lease store.Lease
	held  bool
}

func newLeader(s *store.Store, length time.Duration, now func() time.Time, log *slog.Logger) *leader {
	holder := "only" // a file has one process by its lock, so that a restart takes over its own lease at once
	if s.Shared() {
		var id [8]byte
		_, _ = rand.Read(id[:]) // never fails
		holder = hex.EncodeToString(id[:])
	}
	return &leader{store: s, holder: holder, length: length, now: now, log: log}
}

// leads says whether this server settles; it takes or prolongs the lease when it is time to.
func (l *leader) leads(ctx context.Context) (bool, error) {
	l.asking.Lock()
	defer l.asking.Unlock()
	now, known, held := l.now(), l.current(), l.holds()
	if fresh := held && now.Before(known.Until.Add(-l.length/2)) && !now.Before(l.tried); fresh {
		return true, nil
	}
	if !held && now.Sub(l.tried) < l.length/10 && !now.Before(l.tried) {
		return false, nil
	}
	l.tried = now
	lease, ok, err := l.store.AcquireLease(ctx, leaseName, l.holder, now, l.length)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.held = l.held && now.Before(l.lease.Until)
		return l.held, fmt.Errorf("taking the lease to settle: %w", err)
	}
	if ok != l.held {
		l.log.Info("settling", "leads", ok, "holder", lease.Holder, "fence", lease.Fence)
	}
	l.lease, l.held = lease, ok
	return ok, nil
}

// current is the lease as this server last saw it; the store says whether it still holds.
func (l *leader) current() store.Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lease
}

// holds says whether this server settles, as far as it knows.
func (l *leader) holds() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// lost notes that a write was refused by the fence.
func (l *leader) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = false
}

// release lets another server take over at once.
func (l *leader) release(ctx context.Context) error {
	l.asking.Lock()
	defer l.asking.Unlock()
	lease, held := l.current(), l.holds()
	if !held {
		return nil
	}
	l.lost()
	return l.store.ReleaseLease(ctx, lease)
}
