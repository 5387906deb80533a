package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Defaults and bounds.
const (
	// DefaultStaleAfter is the age of the newest view of the chain at which the ledger stops accepting: ten blocks.
	DefaultStaleAfter = 30 * time.Second
	// LaterTime is how long a payment that nobody waits for may stay in memory.
	LaterTime = 250 * time.Millisecond
	// commitTimeout bounds one write; past it every waiter is told that nothing is known to be stored.
	commitTimeout = 30 * time.Second
	// maxAttempts bounds how often a payment is tried again because another server wrote the same channel.
	maxAttempts = 16
)

// Errors of the ledger itself; those of the rule are package channel's.
var (
	// ErrNotStored: the payment was good but could not be made durable. Send it again; it counts once.
	ErrNotStored = errors.New("payment could not be stored")
	// ErrStopped: the ledger is closed or closing.
	ErrStopped = errors.New("ledger is stopped")
	// ErrMoved: another server has moved the cursor; read Cursor and follow on from there.
	ErrMoved = errors.New("another server follows the chain further")
)

// Store is what the ledger needs of package store: transactions that are durable when they return nil, and the hot write.
type Store interface {
	Update(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context, fn func(*store.Tx) error) error
	SaveEvidence(ctx context.Context, records []channel.Record) (lost []channel.ID, err error)
	Shared() bool
}

// Config is what a ledger needs. Store, Domain and Log are required.
type Config struct {
	Store  Store
	Domain channel.Domain
	Log    *slog.Logger

	Margin     time.Duration                                             // see channel.NewRule; 0 is the default
	StaleAfter time.Duration                                             // 0 is DefaultStaleAfter
	Now        func() time.Time                                          // nil is time.Now
	Keep       func(channel.Terms, channel.Amount) bool                  // which opened channels are ours; nil keeps all
	Takes      func(channel.Terms) bool                                  // which kept channels payments are taken on; nil takes all. A hub keeps those that it pays from, too
	Dropping   func(context.Context, channel.ID, []channel.Anchor) error // asked before a voucher is accepted that lets go of held tails; nil lets all go
	Hold       func(*Txn, channel.ID) error                              // asked before a channel is frozen; an error keeps it open
	Facts      func(*Txn, []channel.Event) error                         // runs in the transaction that records solid events: a hub books what was revealed on chain
	Kept       func(*Txn, []Change) error                                // runs at the end of each transaction that writes channels, payments apart: a hub adds up what it has locked
	TakesNew   func() error                                              // says why no first payment on a channel is taken now; nil always takes. Must not block
	Changed    func(channel.Record)                                      // called after a fact or a freeze was recorded, not for payments; must not block
}

// Ledger is the payee's ledger over one store. Its methods may be called from many goroutines.
type Ledger struct {
	cfg  Config
	rule channel.Rule

	seen  atomic.Pointer[time.Time]      // when the chain was looked at last; nil: not yet
	clock atomic.Int64                   // unix seconds of the head block: the chain's clock
	view  atomic.Pointer[channel.Cursor] // as last followed
	doubt sync.Map                       // source → error: why the view is not to be trusted
	byID  sync.Map                       // channel.ID → *entry, all live channels
	count struct{ accepted, replayed, refused, commits, written atomic.Uint64 }

	mu      sync.Mutex // covers open; taken inside entry.mu, never around it
	open    *batch
	stopped atomic.Bool

	wake chan struct{} // a batch has something in it
	jobs chan job
	quit chan struct{}
	done chan struct{}

	records []channel.Record // the committer's, reused
	saving  []*entry         // the committer's, reused

	untold  []*entry         // the committer's: channels on which something was paid that watchers were not told yet
	tellNow <-chan time.Time // the committer's: when they are told; nil while there are none
}

// Open reads the live channels, checks their evidence again, and starts the committer. Until the first Follow every payment is ErrStaleView.
func Open(ctx context.Context, cfg Config) (*Ledger, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.StaleAfter == 0 {
		cfg.StaleAfter = DefaultStaleAfter
	}
	rule := channel.NewRule(cfg.Domain, cfg.Margin)
	if cfg.Dropping == nil { // nobody pays onward by what is revealed here
		rule = rule.Lapsing()
	}
	l := &Ledger{
		cfg: cfg, rule: rule, open: &batch{done: make(chan struct{})},
		wake: make(chan struct{}, 1), jobs: make(chan job), quit: make(chan struct{}), done: make(chan struct{}),
	}
	if err := l.load(ctx); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	go l.run()
	return l, nil
}

// Close stops taking payments, commits what was accepted, and returns when nothing is left to write. The store stays open.
func (l *Ledger) Close() error {
	if !l.stopped.Swap(true) {
		close(l.quit)
	}
	<-l.done
	return nil
}

// Rule is the rule that the ledger accepts by.
func (l *Ledger) Rule() channel.Rule { return l.rule }

// Now is the time by which tails expire: the clock of this machine or of the chain's head, whichever is later, so that a slow clock accepts nothing that is over.
func (l *Ledger) Now() time.Time {
	now := l.cfg.Now()
	if head := time.Unix(l.clock.Load(), 0); head.After(now) {
		return head
	}
	return now
}

// Fresh is nil when the view of the chain is young enough to accept payments, and otherwise wraps channel.ErrStaleView.
func (l *Ledger) Fresh() error {
	var doubt error
	l.doubt.Range(func(_, reason any) bool {
		doubt = fmt.Errorf("%w: %w", channel.ErrStaleView, reason.(error))
		return false
	})
	if doubt != nil {
		return doubt
	}
	seen := l.seen.Load()
	if seen == nil {
		return fmt.Errorf("%w: the chain has not been read yet", channel.ErrStaleView)
	}
	switch age := channel.AgeOf(*seen, l.cfg.Now()); {
	case age > l.cfg.StaleAfter:
		return fmt.Errorf("%w: it is %s old", channel.ErrStaleView, age.Round(time.Second))
	case age < 0: // how old it is nobody knows
		return fmt.Errorf("%w: this machine's clock was set back by %s since", channel.ErrStaleView, -age.Round(time.Second))
	}
	return nil
}

// Suspend stops accepting at once while somebody has a reason not to trust the view of the chain, and lets it go on when the same source has none any more (nil).
func (l *Ledger) Suspend(source string, reason error) {
	if reason == nil {
		l.doubt.Delete(source)
		return
	}
	l.doubt.Store(source, reason)
}

// takesNew says why a payment cannot be the first one on its channel now.
func (l *Ledger) takesNew(r *channel.Record) error {
	if r.HasVoucher() || l.cfg.TakesNew == nil {
		return nil
	}
	return l.cfg.TakesNew()
}

// Stats counts what the ledger did since it was opened.
type Stats struct {
	Accepted, Replayed, Refused uint64 // payments
	Commits, Written            uint64 // batches, and channels written in them
}

// Stats reads the counters.
func (l *Ledger) Stats() Stats {
	c := &l.count
	return Stats{c.accepted.Load(), c.replayed.Load(), c.refused.Load(), c.commits.Load(), c.written.Load()}
}
