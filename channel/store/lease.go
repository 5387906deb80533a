package store

import (
	"context"
	"time"
)

// Lease says who does a job that only one server may do, and until when.
type Lease struct {
	Name   string
	Holder string
	Fence  int64 // grows with every change of holder; what is written under an old one is refused
	Until  time.Time
}

// AcquireLease takes or prolongs a lease for the holder until now + length. ok is false when somebody else has it: the Lease then says who and until when.
// Every server must be called by a name of its own. now is the caller's clock, and Until is told by it; where servers share a store, the store's own clock decides, so that it does not
// matter how theirs differ. How long they run between two looks at it is for Fenced.
func (s *Store) AcquireLease(ctx context.Context, name, holder string, now time.Time, length time.Duration) (lease Lease, ok bool, err error) {
	err = s.Update(ctx, func(t *Tx) error {
		clock, err := t.s.kind.clock(t, now)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO leases (name, holder, fence, until) VALUES ($1, $2, 1, $3)
			ON CONFLICT (name) DO UPDATE SET holder = $2, until = $3, fence = leases.fence + CASE WHEN leases.holder = $2 AND leases.until > $4 THEN 0 ELSE 1 END
			WHERE leases.holder = $2 OR leases.until <= $4`, name, holder, clock.Add(length).UnixMilli(), clock.UnixMilli())
		if err != nil {
			return err
		}
		lease, err = t.Lease(name)
		lease.Until = lease.Until.Add(now.Sub(clock))
		return err
	})
	return lease, err == nil && lease.Holder == holder, err
}

// ReleaseLease gives a lease back before its time, if the holder still has it.
func (s *Store) ReleaseLease(ctx context.Context, lease Lease) error {
	return s.Update(ctx, func(t *Tx) error {
		_, err := t.exec(`UPDATE leases SET until = 0 WHERE name = $1 AND holder = $2 AND fence = $3`, lease.Name, lease.Holder, lease.Fence)
		return err
	})
}

// Lease reads a lease, its Until by the store's clock; ErrNotFound when nobody ever had it.
func (t *Tx) Lease(name string) (Lease, error) {
	l := Lease{Name: name}
	var until int64
	err := t.get(`SELECT holder, fence, until FROM leases WHERE name = $1`+t.lock(), []any{name}, &l.Holder, &l.Fence, &until)
	l.Until = time.UnixMilli(until)
	return l, err
}

// Fenced is called in every transaction that only the holder of a lease may make: ErrConflict when somebody has taken the lease over since, however long this
// process slept in between.
func (t *Tx) Fenced(lease Lease) error {
	now, err := t.Lease(lease.Name)
	if err == nil && (now.Holder != lease.Holder || now.Fence != lease.Fence) {
		err = ErrConflict
	}
	return err
}
