package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Txn is a transaction of the store in which payments are accepted too: all of it is durable together, or nothing. A hub books both legs of a redemption in one.
type Txn struct {
	*store.Tx
	ledger  *Ledger
	records map[channel.ID]*channel.Record
	changed []channel.ID
	was     map[channel.ID]*channel.Record // what was read, for Config.Kept
}

// Change is a channel that a transaction writes.
type Change struct {
	Before *channel.Record // nil: it is new
	After  *channel.Record
}

// Transact runs fn in one transaction, between two batches of payments, and returns when it is durable. An error of fn is returned as it is and nothing has happened.
func (l *Ledger) Transact(ctx context.Context, fn func(*Txn) error) error {
	return l.between(ctx, func() error { return l.transact(ctx, fn) })
}

func (l *Ledger) transact(ctx context.Context, fn func(*Txn) error) error {
	var t *Txn
	err := l.cfg.Store.Update(ctx, func(tx *store.Tx) error {
		t = &Txn{Tx: tx, ledger: l, records: make(map[channel.ID]*channel.Record), was: make(map[channel.ID]*channel.Record)}
		if err := fn(t); err != nil {
			return err
		}
		return t.flush()
	})
	if t == nil {
		return err
	}
	if err != nil {
		l.recheck(t, err)
		return err
	}
	for _, id := range t.changed {
		l.remember(t.records[id])
	}
	return nil
}

// Record reads a channel for changing it; Keep writes what was changed.
func (t *Txn) Record(id channel.ID) (*channel.Record, error) {
	if r, ok := t.records[id]; ok {
		return r, nil
	}
	r, err := t.Channel(id)
	if err != nil {
		return nil, err
	}
	t.records[id] = &r
	if t.ledger.cfg.Kept != nil {
		was := r.Clone()
		t.was[id] = &was
	}
	return &r, nil
}

// Keep writes a record, new or from Record, at the end of the transaction.
func (t *Txn) Keep(r *channel.Record) {
	t.records[r.ID] = r
	for _, id := range t.changed {
		if id == r.ID {
			return
		}
	}
	t.changed = append(t.changed, r.ID)
}

// Accept runs the rule on a payment, its signature check included. Errors are those of Ledger.Accept.
func (t *Txn) Accept(p channel.Payment) (channel.Receipt, error) {
	if err := p.Validate(); err != nil {
		return channel.Receipt{}, err
	}
	if err := t.ledger.Fresh(); err != nil {
		return channel.Receipt{}, err
	}
	r, err := t.Record(p.Channel)
	if err != nil {
		return channel.Receipt{}, err
	}
	if err := t.TakesNew(r); err != nil {
		return channel.Receipt{}, err
	}
	var outcome channel.Outcome
	if p.Reveal != nil {
		outcome, err = t.ledger.rule.AcceptReveal(r, p.Reveal, t.ledger.Now())
	} else {
		outcome, err = t.ledger.rule.AcceptVoucher(r, p.Voucher, t.ledger.Now())
	}
	if err != nil {
		return channel.Receipt{}, err
	}
	if outcome == channel.Accepted {
		t.Keep(r)
	}
	return channel.Receipt{Channel: r.ID, Paid: r.Paid(), Replayed: outcome == channel.Replayed}, nil
}

// TakesNew says why a payment cannot be the first one on its channel now, for who runs the rule himself.
func (t *Txn) TakesNew(r *channel.Record) error { return t.ledger.takesNew(r) }

func (t *Txn) flush() error {
	for _, id := range t.changed {
		if err := t.PutChannel(t.records[id]); err != nil {
			return err
		}
	}
	if t.ledger.cfg.Kept == nil || len(t.changed) == 0 {
		return nil
	}
	changes := make([]Change, len(t.changed))
	for i, id := range t.changed {
		changes[i] = Change{Before: t.was[id], After: t.records[id]}
	}
	return t.ledger.cfg.Kept(t, changes)
}

// remember takes a record that is now in the store into memory, and tells who asked to be told. It runs in the committer.
func (l *Ledger) remember(r *channel.Record) {
	if found, ok := l.byID.Load(r.ID); ok {
		e := found.(*entry)
		e.mu.Lock()
		e.adopt(r)
		e.mu.Unlock()
	} else if r.State != channel.Closed {
		l.byID.Store(r.ID, l.newEntry(r.Clone()))
	}
	if r.State == channel.Closed {
		l.byID.Delete(r.ID)
	}
	if l.cfg.Changed != nil {
		l.cfg.Changed(r.Clone())
	}
}

// recheck reads what a transaction of unknown outcome may have written. Where that fails too, the channels are read before their next use.
func (l *Ledger) recheck(t *Txn, cause error) {
	if !errors.Is(cause, store.ErrUnknownOutcome) && !errors.Is(cause, store.ErrConflict) {
		return
	}
	for _, id := range t.changed {
		row, err := l.read(context.Background(), id)
		switch {
		case err == nil:
			l.remember(&row)
		case !errors.Is(err, channel.ErrUnknownChannel):
			l.forget(id)
		}
	}
}

// forget makes a channel's state unknown: what is under way is dropped, and it is read again before its next use.
func (l *Ledger) forget(id channel.ID) {
	if found, ok := l.byID.Load(id); ok {
		e := found.(*entry)
		e.mu.Lock()
		e.drop(&e.durable, nil)
		e.unknown = true
		e.mu.Unlock()
	}
}

// Freeze stops a channel for good, before a refund or a close is signed, and returns it as it then stands: nothing that is acknowledged later can be missing from
// what is signed. Freezing twice is no error.
func (l *Ledger) Freeze(ctx context.Context, id channel.ID) (frozen channel.Record, err error) {
	err = l.Transact(ctx, func(t *Txn) error {
		r, err := t.Record(id)
		if err != nil {
			return err
		}
		if hold := l.cfg.Hold; hold != nil && !r.Frozen {
			if err := hold(t, id); err != nil {
				return err
			}
		}
		if !r.Frozen {
			r.Frozen = true
			t.Keep(r)
			err = t.tell(channel.NewsFrozen, r, nil)
		}
		frozen = *r
		return err
	})
	if err != nil {
		return channel.Record{}, fmt.Errorf("freezing channel %s: %w", id.Short(), err)
	}
	return frozen.Clone(), nil
}
