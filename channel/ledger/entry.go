package ledger

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// entry is one live channel in memory.
type entry struct {
	mu      sync.Mutex        // covers all below
	durable channel.Record    // what the store holds
	work    *work             // what is on its way there; nil when nothing is
	batch   *batch            // the newest batch that work.next has something in; nil when nothing is on its way
	taken   *batch            // the batch that saving belongs to, so that an entry is written once in it
	gen     uint64            // counts the times that next was dropped
	signer  *wallet.PublicKey // the signer's key, once a voucher has recovered it; nil until then, since there are many channels
	foreign bool              // payments are not taken on it; never changes
	unknown bool              // a write failed and could not be read again: load before use

	untold bool // the committer's: it is in Ledger.untold
}

// work is what an entry needs only while payments are on their way to the disk.
type work struct {
	next   channel.Record // durable, and what the batches that are not yet on disk will make of it
	saving channel.Record // what the committer is writing
}

var works = sync.Pool{New: func() any { return new(work) }}

// next is the channel as it will be. The caller holds e.mu, and changes nothing.
func (e *entry) next() *channel.Record {
	if e.work != nil {
		return &e.work.next
	}
	return &e.durable
}

// begin is next for changing it; rest must follow. The caller holds e.mu.
func (e *entry) begin() *channel.Record {
	if e.work == nil {
		e.work = works.Get().(*work)
		e.work.next.CopyFrom(&e.durable)
	}
	return &e.work.next
}

// rest gives the work back when nothing is on its way. The caller holds e.mu.
func (e *entry) rest() {
	if e.batch == nil && e.work != nil {
		works.Put(e.work)
		e.work = nil
	}
}

// load brings every live channel into memory and checks its evidence on all cores.
func (l *Ledger) load(ctx context.Context) error {
	checks, _ := errgroup.WithContext(ctx)
	checks.SetLimit(runtime.GOMAXPROCS(0))
	err := l.cfg.Store.View(ctx, func(t *store.Tx) error {
		cursor, err := t.Cursor()
		if err != nil {
			return err
		}
		l.view.Store(&cursor)
		l.clock.Store(cursor.Head.Time / 1000)
		return t.Channels(channel.Query{Live: true}, func(r channel.Record) error {
			checks.Go(func() error { return l.rule.CheckEvidence(&r) })
			e := l.newEntry(r)
			l.byID.Store(r.ID, e)
			if r.HasVoucher() {
				l.untell(e) // what was paid just before a crash may not have been told
			}
			return nil
		})
	})
	if failed := checks.Wait(); err == nil {
		err = failed
	}
	return err
}

func (l *Ledger) newEntry(r channel.Record) *entry {
	return &entry{durable: r, foreign: l.cfg.Takes != nil && !l.cfg.Takes(r.Terms)}
}

// entry finds a channel in memory, or reads it: another server may have recorded its opening, or it may be closed (then it is not kept).
func (l *Ledger) entry(ctx context.Context, id channel.ID) (*entry, error) {
	if e, ok := l.byID.Load(id); ok {
		return e.(*entry), nil
	}
	r, err := l.read(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.State == channel.Closed {
		return l.newEntry(r), nil
	}
	e, _ := l.byID.LoadOrStore(id, l.newEntry(r))
	return e.(*entry), nil
}

func (l *Ledger) read(ctx context.Context, id channel.ID) (r channel.Record, err error) {
	err = l.cfg.Store.View(ctx, func(t *store.Tx) error {
		r, err = t.Channel(id)
		return err
	})
	return r, err
}

// reload takes an entry from the store. Nothing of it is under way, and the caller holds e.mu.
func (l *Ledger) reload(ctx context.Context, e *entry) error {
	r, err := l.read(ctx, e.durable.ID)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotStored, err)
	}
	e.durable.CopyFrom(&r)
	e.unknown = false
	e.gen++
	l.ended(e)
	return nil
}

// drop forgets what next has beyond row, which is what the store holds. Whoever waits for what was dropped, in a batch that is being written or in the open
// one, is told to try again. The caller is the committer and holds e.mu.
func (e *entry) drop(row *channel.Record, written *batch) {
	e.durable.CopyFrom(row)
	for _, b := range []*batch{written, e.batch} {
		if b != nil {
			b.lose(e)
		}
	}
	e.gen++
	e.batch, e.unknown = nil, false
	e.rest()
}

// adopt takes what the store holds after facts were recorded. Payments that are under way stay, unless the facts or another server's payments stand against them.
// The caller is the committer and holds e.mu.
func (e *entry) adopt(row *channel.Record) {
	next := e.next()
	stands := row.State == channel.Open && !row.Frozen && !row.Deposit.Less(next.Promised()) && !next.Paid().Less(row.Settled)
	if e.batch == nil || !stands || !sameEvidence(row, &e.durable) {
		e.drop(row, nil)
		return
	}
	e.durable.CopyFrom(row)
	next.Deposit, next.Settled, next.Version = row.Deposit, row.Settled, row.Version
	next.State, next.CloseAt, next.ClosingSeen, next.Frozen = row.State, row.CloseAt, row.ClosingSeen, row.Frozen
}

func sameEvidence(a, b *channel.Record) bool {
	return a.Held.Signature == b.Held.Signature && a.Held.Cumulative == b.Held.Cumulative && slices.Equal(a.Reveals, b.Reveals)
}
