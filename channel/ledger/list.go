package ledger

import (
	"context"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Record is a channel as it is durable. channel.ErrUnknownChannel when there is none.
func (l *Ledger) Record(ctx context.Context, id channel.ID) (channel.Record, error) {
	found, ok := l.byID.Load(id)
	if !ok || l.cfg.Store.Shared() {
		return l.read(ctx, id)
	}
	e := found.(*entry)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unknown {
		if err := l.reload(ctx, e); err != nil {
			return channel.Record{}, err
		}
	}
	return e.durable.Clone(), nil
}

// List is the channels that a query selects, in the order of their ids, as they are durable.
func (l *Ledger) List(ctx context.Context, q channel.Query) (list []channel.Record, err error) {
	err = l.cfg.Store.View(ctx, func(t *store.Tx) error {
		list = list[:0]
		return t.Channels(q, func(r channel.Record) error {
			list = append(list, r)
			return nil
		})
	})
	return list, err
}
