package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// What is paid is told to watchers a while after it is durable, and together: a payment costs no row of its own.
const (
	tellEvery  = time.Second
	tellAtOnce = 256 // channels; the others wait for the next turn, so that telling never stops paying for long
)

// kinds are how solid events are told.
var kinds = map[channel.EventKind]string{
	channel.EventDeposited: channel.NewsDeposited, channel.EventSettled: channel.NewsSettled, channel.EventClosing: channel.NewsClosing, channel.EventClosed: channel.NewsClosed,
}

// tell writes news of a channel into the transaction that makes it so.
func (t *Txn) tell(kind string, r *channel.Record, ev *channel.Event) error {
	news := channel.NewsOf(kind, r, ev)
	news.At = t.ledger.cfg.Now().UnixMilli()
	return t.Tell(&news)
}

// untell notes that something was paid on a channel. Only the committer calls it, or who opens the ledger.
func (l *Ledger) untell(e *entry) {
	if e.untold {
		return
	}
	e.untold = true
	l.untold = append(l.untold, e)
	if l.tellNow == nil {
		l.tellNow = time.After(tellEvery)
	}
}

// tellPaid tells what was paid on the channels that wait for it. What fails is told with the next turn.
func (l *Ledger) tellPaid() {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	n := min(len(l.untold), tellAtOnce)
	turn := l.untold[:n]
	l.tellNow = time.After(tellEvery)
	records := make([]channel.Record, n) // read before the transaction: who reads a channel again holds its lock while it waits for the store
	for i, e := range turn {
		e.mu.Lock()
		records[i] = e.durable.Clone()
		e.mu.Unlock()
	}
	err := l.transact(ctx, func(t *Txn) error {
		for i := range records {
			if err := t.tellPaid(&records[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.cfg.Log.Warn("telling what was paid; it is tried again", "channels", n, "error", err)
		return
	}
	for _, e := range turn {
		e.untold = false
	}
	if l.untold = l.untold[n:]; len(l.untold) == 0 {
		l.untold, l.tellNow = nil, nil
	}
}

// tellPaid tells of one channel, unless the last that was told of it says as much: after a restart nobody knows what was told, and another server may have told more.
func (t *Txn) tellPaid(r *channel.Record) error {
	last, err := t.LastNews(r.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if body, err := last.Read(); err == nil && body.Paid != nil && !body.Paid.Less(r.Paid()) {
		return nil
	}
	return t.tell(channel.NewsPaid, r, nil)
}
