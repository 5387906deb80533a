package ledger

import (
	"bytes"
	"context"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Record is a channel as it is durable. channel.ErrUnknownChannel when there is none.
func (l *Ledger) Record(ctx context.Context, id channel.ID) (channel.Record, error) {
	found, ok := l.byID.Load(id)
	if !ok || l.cfg.Store.Shared() {
		return l.read(ctx, id)
	}
	return l.known(ctx, found.(*entry))
}

// known is a channel in memory as it is durable.
func (l *Ledger) known(ctx context.Context, e *entry) (channel.Record, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unknown {
		if err := l.reload(ctx, e); err != nil {
			return channel.Record{}, err
		}
	}
	return e.durable.Clone(), nil
}

// List is the channels that a query selects, in the order of their ids, as they are durable. Those on which something is due are found in memory, unless other servers write to the
// store, too: what SQLite holds of them may lie in its log.
func (l *Ledger) List(ctx context.Context, q channel.Query) (list []channel.Record, err error) {
	if q.Due && q.Live && !l.cfg.Store.Shared() {
		return l.due(ctx, q)
	}
	err = l.cfg.Store.View(ctx, func(t *store.Tx) error {
		list = list[:0]
		return t.Channels(q, func(r channel.Record) error {
			list = append(list, r)
			return nil
		})
	})
	return list, err
}

// due is List for what is due, from memory: every live channel is there.
func (l *Ledger) due(ctx context.Context, q channel.Query) (list []channel.Record, err error) {
	type candidate struct { // sorted, since records are large
		id channel.ID
		e  *entry
	}
	var found []candidate
	l.byID.Range(func(id, value any) bool {
		e := value.(*entry)
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.unknown || e.durable.DueSince > 0 && q.Selects(&e.durable) {
			found = append(found, candidate{id.(channel.ID), e})
		}
		return true
	})
	slices.SortFunc(found, func(a, b candidate) int { return bytes.Compare(a.id[:], b.id[:]) })
	list = make([]channel.Record, 0, len(found))
	for _, c := range found {
		if q.Limit > 0 && len(list) == q.Limit {
			break
		}
		r, err := l.known(ctx, c.e)
		if err != nil {
			return nil, err
		}
		if q.Selects(&r) {
			list = append(list, r)
		}
	}
	return list, nil
}
