package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// batch is what is made durable by one commit.
type batch struct {
	entries []*entry          // channels with something in it; an entry that was dropped may be there twice
	done    chan struct{}     // closed when the commit is over
	later   bool              // a commit within LaterTime was asked for; guarded by Ledger.mu
	err     error             // why nothing of it is durable; read after done
	lost    map[*entry]uint64 // generations of channels of which nothing is in it after all; written by the committer, read after done
}

// lose notes that what the entry had in the batch was dropped. Only the committer calls it, before done.
func (b *batch) lose(e *entry) {
	if b.lost == nil {
		b.lost = make(map[*entry]uint64)
	}
	b.lost[e] = e.gen
}

// enter puts a channel into the open batch, and asks for the commit, now or later. The caller holds e.mu.
func (l *Ledger) enter(e *entry, later bool) {
	l.mu.Lock()
	if e.batch != l.open {
		l.open.entries = append(l.open.entries, e)
		e.batch = l.open
	}
	if later && !l.open.later {
		l.open.later = true
		l.askLater(l.open)
	}
	l.mu.Unlock()
	if !later {
		l.ask()
	}
}

// askLater asks for the commit of a batch if nobody has by then.
func (l *Ledger) askLater(b *batch) {
	time.AfterFunc(LaterTime, func() {
		l.mu.Lock()
		waits := l.open == b
		l.mu.Unlock()
		if waits {
			l.ask()
		}
	})
}

// ask asks for a commit of the open batch.
func (l *Ledger) ask() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run is the committer: the only writer of this ledger.
func (l *Ledger) run() {
	defer close(l.done)
	for {
		select {
		case j := <-l.jobs:
			l.commit() // what was accepted before it comes before it
			j.answer <- j.do()
		case <-l.wake:
			l.commit()
		case <-l.tellNow:
			l.tellPaid()
		case <-l.quit:
			l.drain()
			return
		}
	}
}

// drain commits what is left and leaves a batch that is over, so that whoever comes too late is told so.
func (l *Ledger) drain() {
	over := &batch{done: make(chan struct{}), err: ErrStopped}
	close(over.done)
	for {
		l.mu.Lock()
		if len(l.open.entries) == 0 {
			l.open = over
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.commit()
	}
}

// commit writes the open batch, then updates memory, then answers everybody.
func (l *Ledger) commit() {
	b := l.take()
	if b == nil {
		return
	}
	defer close(b.done)
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	lost, err := l.cfg.Store.SaveEvidence(ctx, l.records)
	if err != nil {
		b.err = l.failed(b, err)
		return
	}
	for i, e := range l.saving {
		if slices.Contains(lost, l.records[i].ID) {
			l.overtaken(b, e)
		} else {
			e.saved(b)
			l.untell(e)
		}
	}
	l.count.commits.Add(1)
	l.count.written.Add(uint64(len(l.records) - len(lost)))
}

// take closes the open batch, opens the next, and takes a picture of every channel in it.
func (l *Ledger) take() *batch {
	l.mu.Lock()
	b := l.open
	if len(b.entries) == 0 {
		l.mu.Unlock()
		return nil
	}
	l.open = &batch{done: make(chan struct{}), entries: make([]*entry, 0, len(b.entries))}
	l.mu.Unlock()
	l.records, l.saving = l.records[:0], l.saving[:0]
	for _, e := range b.entries {
		e.mu.Lock()
		if e.batch != nil && e.taken != b { // nil: dropped, and nothing new came
			e.work.saving.CopyFrom(&e.work.next)
			e.work.saving.Version = e.durable.Version
			e.taken = b
			l.saving = append(l.saving, e)
			l.records = append(l.records, e.work.saving)
		}
		e.mu.Unlock()
	}
	return b
}

// saved makes what was written the durable state.
func (e *entry) saved(b *batch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.durable.CopyFrom(&e.work.saving)
	e.durable.Version++
	e.done(b)
}

// done notes that what the entry had in b is durable. The caller holds e.mu.
func (e *entry) done(b *batch) {
	e.work.next.Version = e.durable.Version
	if e.batch == b {
		e.batch = nil
		e.rest()
	}
}

// overtaken handles a channel that another server wrote first, or that was closed or frozen meanwhile: the payments in it are tried again on what the store holds.
func (l *Ledger) overtaken(b *batch, e *entry) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	e.mu.Lock()
	defer e.mu.Unlock()
	row, err := l.read(ctx, e.durable.ID)
	if err != nil {
		l.cfg.Log.Error("reading a channel again", "channel", e.durable.ID, "error", err)
		row = e.durable.Clone()
	}
	e.drop(&row, b)
	e.unknown = err != nil
	l.ended(e)
}

// failed handles a commit that did not say that it succeeded. What the store holds decides: the batch is one transaction, so either all of it is there or nothing.
// It returns nil when all is there.
func (l *Ledger) failed(b *batch, cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	rows, err := l.readAll(ctx, l.records)
	if err == nil && holdsAll(rows, l.records) {
		l.cfg.Log.Warn("a commit failed after it was durable", "error", cause)
		for i, e := range l.saving {
			e.mu.Lock()
			e.durable.CopyFrom(&rows[i])
			e.done(b)
			e.mu.Unlock()
		}
		return nil
	}
	l.cfg.Log.Error("storing payments", "channels", len(l.records), "error", cause)
	for i, e := range l.saving {
		e.mu.Lock()
		row := &e.durable
		if err == nil {
			row = &rows[i]
		}
		e.drop(row, b)
		e.unknown = err != nil
		l.ended(e)
		e.mu.Unlock()
	}
	return fmt.Errorf("%w: %w", ErrNotStored, cause)
}

// readAll reads the rows of those channels in one snapshot.
func (l *Ledger) readAll(ctx context.Context, of []channel.Record) ([]channel.Record, error) {
	rows := make([]channel.Record, len(of))
	err := l.cfg.Store.View(ctx, func(t *store.Tx) (err error) {
		for i := range of {
			if rows[i], err = t.Channel(of[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

func holdsAll(rows, records []channel.Record) bool {
	for i := range rows {
		if rows[i].Version <= records[i].Version || !sameEvidence(&rows[i], &records[i]) {
			return false
		}
	}
	return true
}

// job is something that the committer does between two batches.
type job struct {
	do     func() error
	answer chan error
}

// between runs do in the committer.
func (l *Ledger) between(ctx context.Context, do func() error) error {
	j := job{do: do, answer: make(chan error, 1)}
	select {
	case l.jobs <- j:
	case <-l.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.answer:
		return err
	case <-time.After(2 * commitTimeout):
		return fmt.Errorf("%w: the store does not answer", ErrNotStored)
	}
}
