package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Cursor is how far the chain was followed.
func (l *Ledger) Cursor() channel.Cursor { return *l.view.Load() }

// Stored is how far the store has followed: further than Cursor when another server was first, and this one has not noticed yet.
func (l *Ledger) Stored(ctx context.Context) (c channel.Cursor, err error) {
	err = l.cfg.Store.View(ctx, func(t *store.Tx) error {
		c, err = t.Cursor()
		return err
	})
	return c, err
}

// Follow records what the follower found: one atomic write, with the cursor, and none at all when there is no news. Solid events are facts. Of pending events only the
// start of a close counts, and at once: bad news at the head, good news when solid. A close that was seen and is not among the facts when its block is solid was undone by a fork,
// and the channel is open again.
//
// ErrMoved: another server has followed further; read Cursor. On any other error nothing is recorded and the same View can be given again.
func (l *Ledger) Follow(ctx context.Context, p channel.View) error {
	err := l.between(ctx, func() error { return l.follow(ctx, p) })
	if err != nil {
		return fmt.Errorf("recording blocks up to %d: %w", p.Head.Number, err)
	}
	return nil
}

func (l *Ledger) follow(ctx context.Context, p channel.View) error {
	from := l.Cursor()
	to := channel.Cursor{Head: p.Head, Solid: p.Solid, Window: p.Window}
	if p.Solid.Number < from.Solid.Number {
		return fmt.Errorf("solid block %d is behind %d: the node is behind, or on another chain", p.Solid.Number, from.Solid.Number)
	}
	if p.Solid != from.Solid || l.newsIn(p.Pending) {
		if err := l.record(ctx, p, from, to); err != nil {
			return err
		}
	}
	l.view.Store(&to)
	l.clock.Store(max(l.clock.Load(), p.Head.Time/1000))
	seen := p.SeenAt
	if last := l.seen.Load(); last != nil && last.After(seen) && !last.After(l.cfg.Now()) { // else the clock was set back, and the last one counts no more
		seen = *last
	}
	l.seen.Store(&seen)
	return nil
}

func (l *Ledger) record(ctx context.Context, p channel.View, from, to channel.Cursor) error {
	err := l.transact(ctx, func(t *Txn) error {
		if err := t.PutCursor(from, to); err != nil {
			return err
		}
		for i := range p.Facts {
			if err := t.fact(&p.Facts[i]); err != nil {
				return err
			}
		}
		for i := range p.Pending {
			if err := t.pending(&p.Pending[i]); err != nil {
				return err
			}
		}
		if err := t.reopen(p.Solid.Number); err != nil {
			return err
		}
		if l.cfg.Facts != nil && len(p.Facts) > 0 {
			return l.cfg.Facts(t, p.Facts)
		}
		return nil
	})
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrUnknownOutcome) {
		return l.moved(ctx, err)
	}
	return err
}

// Correct records what the contract itself was read to hold of channels, where events were missed: figures are absolute, so it heals, and never takes anything back.
// The cursor stays. It says of how many channels something was news.
func (l *Ledger) Correct(ctx context.Context, facts []channel.Event) (news int, err error) {
	if len(facts) == 0 {
		return 0, nil
	}
	err = l.Transact(ctx, func(t *Txn) error {
		var told []channel.Event
		for i := range facts {
			before := len(t.changed)
			if err := t.fact(&facts[i]); err != nil {
				return err
			}
			// What was settled is in the next event's figure too, and a hub may still learn the preimages for it. Nothing follows an end.
			if len(t.changed) > before && facts[i].Kind != channel.EventSettled {
				told = append(told, facts[i])
			}
		}
		news = len(t.changed)
		if l.cfg.Facts != nil && len(told) > 0 {
			return l.cfg.Facts(t, told)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("recording what the contract holds: %w", err)
	}
	return news, nil
}

// recordedWithin is how many blocks before the cursor a close may be recorded that another server has taken from the contract's own word.
const recordedWithin = 200

// moved reads where the cursor is after another server, or a commit of unknown outcome, may have moved it. What ended meanwhile is not kept in memory.
func (l *Ledger) moved(ctx context.Context, cause error) error {
	from := l.Cursor().Solid.Number - recordedWithin
	var ended []channel.ID
	err := l.cfg.Store.View(ctx, func(t *store.Tx) (err error) {
		cursor, err := t.Cursor()
		if err != nil {
			return err
		}
		l.view.Store(&cursor)
		ended, err = t.ClosedSince(from)
		return err
	})
	for _, id := range ended {
		l.end(id)
	}
	return errors.Join(ErrMoved, cause, err)
}

// end lets go of a channel that is closed in the store. Payments that are on their way to it are lost there first, and then it goes; who asks for it again reads the store.
func (l *Ledger) end(id channel.ID) {
	found, ok := l.byID.Load(id)
	if !ok {
		return
	}
	e := found.(*entry)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unknown = true; e.batch == nil {
		l.byID.Delete(id)
	}
}

// ended lets go of a channel that was found closed. The caller holds e.mu.
func (l *Ledger) ended(e *entry) {
	if e.durable.State == channel.Closed {
		l.byID.Delete(e.durable.ID)
	}
}

// newsIn says whether a close has started, among our channels, that is not known yet.
func (l *Ledger) newsIn(pending []channel.Event) bool {
	for i := range pending {
		ev := &pending[i]
		found, ok := l.byID.Load(ev.Channel)
		if !ok || !ev.Closes() {
			continue
		}
		e := found.(*entry)
		e.mu.Lock()
		known := e.durable.State != channel.Open && (e.durable.ClosingSeen == 0 || e.durable.ClosingSeen >= ev.Block)
		e.mu.Unlock()
		if !known {
			return true
		}
	}
	return false
}

// fact applies a solid event.
func (t *Txn) fact(ev *channel.Event) error {
	if ev.Kind == channel.EventOpened {
		return t.opened(ev)
	}
	r, err := t.Record(ev.Channel)
	switch {
	case errors.Is(err, channel.ErrUnknownChannel):
		return nil // not ours
	case err != nil:
		return err
	}
	before := r.Settled
	if !r.Apply(ev) {
		return nil
	}
	t.Keep(r)
	if err := t.tell(kinds[ev.Kind], r, ev); err != nil {
		return err
	}
	if ev.Kind != channel.EventSettled && ev.Kind != channel.EventClosed {
		return nil
	}
	amount := r.Settled.Excess(before)
	return t.PutSettlement(channel.Settlement{
		Channel: r.ID, TxID: ev.TxID, Block: ev.Block, Time: ev.Time, Index: ev.Index, Settled: r.Settled, Amount: amount, Refund: ev.Refund, Closed: ev.Kind == channel.EventClosed,
	})
}

func (t *Txn) opened(ev *channel.Event) error {
	if ev.Terms.ID() != ev.Channel {
		return fmt.Errorf("event Opened of channel %s does not match its terms", ev.Channel.Short())
	}
	if keep := t.ledger.cfg.Keep; keep != nil && !keep(ev.Terms, ev.Deposit) {
		return nil
	}
	_, err := t.Record(ev.Channel)
	if errors.Is(err, channel.ErrUnknownChannel) {
		r := channel.NewRecord(ev.Terms, ev.Deposit)
		t.Keep(&r)
		return t.tell(channel.NewsOpened, &r, ev)
	}
	return err
}

// pending applies what is not solid: the start of a close, and nothing else.
func (t *Txn) pending(ev *channel.Event) error {
	if !ev.Closes() {
		return nil
	}
	r, err := t.Record(ev.Channel)
	switch {
	case errors.Is(err, channel.ErrUnknownChannel):
		return nil
	case err != nil:
		return err
	}
	if !r.SeeClosing(ev) {
		return nil
	}
	t.Keep(r)
	return t.tell(channel.NewsClosing, r, ev)
}

// reopen takes back the closes whose block is solid without them.
func (t *Txn) reopen(solid int64) error {
	ids, err := t.UndoneClosings(solid)
	if err != nil {
		return err
	}
	for _, id := range ids {
		r, err := t.Record(id)
		if err != nil {
			return err
		}
		if !r.Reopen(solid) {
			continue
		}
		t.Keep(r)
		if err := t.tell(channel.NewsReopened, r, nil); err != nil {
			return err
		}
	}
	return nil
}
