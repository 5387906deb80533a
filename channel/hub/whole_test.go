package hub

import (
	"context"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Whole is a position for which everything was read: every seeder, every channel, every session. What Position gives is to lead to the same plan.
func (h *Hub) Whole(ctx context.Context) (p Position, err error) {
	p = Position{At: h.ledger.Now(), Busy: map[channel.ID]bool{}, Opening: map[Pair]bool{}, Locked: map[channel.Asset]store.Locked{}}
	err = h.store.View(ctx, func(t *store.Tx) error {
		if p.Seeders, err = t.Seeders(); err != nil {
			return err
		}
		sessions, err := t.OpenSessions(channel.ID{})
		if err != nil {
			return err
		}
		p.Returnable = h.returnable(sessions)
		return t.Channels(channel.Query{Live: true}, func(r channel.Record) error {
			switch {
			case h.Keeps(r.Terms):
				p.Outbound = append(p.Outbound, r)
				lock(p.Locked, &r)
			case r.Terms.Payee == h.me && r.DueSince > 0:
				p.Inbound = append(p.Inbound, r)
			}
			return nil
		})
	})
	slices.SortFunc(p.Seeders, inOrder)
	return p, err
}
