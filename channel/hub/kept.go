package hub

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// What the hub's own channels add up to, and which seeders may lack something, is kept in the store with each write of a channel, so that a look at the liquidity takes the same
// time with any number of them. The sums are exact for all servers on one store; a seeder may be noted that lacks nothing, but none that does is left out.

// Kept adds up what is locked and notes whose channel has become short. The ledger runs it at the end of each transaction that writes channels.
func (h *Hub) Kept(t *ledger.Txn, changes []ledger.Change) error {
	was, is := map[channel.Asset]store.Locked{}, map[channel.Asset]store.Locked{}
	var short []store.Look
	for _, c := range changes {
		r := c.After
		if !h.Keeps(r.Terms) {
			continue
		}
		lock(was, c.Before)
		lock(is, r)
		lacks, err := h.short(t.Tx, r)
		if err != nil {
			return err
		}
		if lacks {
			short = append(short, h.look(r.Terms.Payee, r.Terms.Asset))
		}
	}
	for _, a := range h.assets() {
		if err := t.MoveLocked(a, was[a], is[a]); err != nil {
			return err
		}
	}
	return h.note(t.Tx, short)
}

// lock adds a channel's share to the sums; one that is new had none, and one that is closed has none.
func lock(sums map[channel.Asset]store.Locked, r *channel.Record) {
	if r == nil || r.State == channel.Closed {
		return
	}
	sum := sums[r.Terms.Asset]
	sum.Amount = sum.Amount.Add(r.Deposit.Excess(r.Settled))
	if r.Paid().IsZero() {
		sum.Idle++
	}
	sums[r.Terms.Asset] = sum
}

// short says whether the seeder of a channel may lack something for what the channel is now: time alone only makes room. Plan decides whether it does.
func (h *Hub) short(t *store.Tx, r *channel.Record) (bool, error) {
	sessions, err := t.OpenSessions(r.ID)
	if err != nil {
		return false, err
	}
	s, err := t.Seeder(r.Terms.Payee, r.Terms.Asset)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	return h.lacks(r, h.returnable(sessions)[r.ID], s.Wanted), nil
}

func (h *Hub) lacks(r *channel.Record, returnable, wanted channel.Amount) bool {
	left, slot := h.spare(r, returnable)
	return r.State != channel.Open || r.Frozen || !slot || left.Less(wanted.Max(quarter(h.cfg.Assets[r.Terms.Asset].Deposit)))
}

// note notes seeders, in the order in which every transaction does.
func (h *Hub) note(t *store.Tx, looks []store.Look) error {
	slices.SortFunc(looks, func(a, b store.Look) int {
		return cmp.Or(bytes.Compare(a.Seeder.Payee[:], b.Seeder.Payee[:]), strings.Compare(a.Seeder.Asset.String(), b.Seeder.Asset.String()))
	})
	for _, l := range slices.Compact(looks) {
		if err := t.NoteLook(l); err != nil {
			return err
		}
	}
	return nil
}

// look is what is noted of a seeder that may lack something now.
func (h *Hub) look(payee wallet.Address, a channel.Asset) store.Look {
	return store.Look{Seeder: channel.Seeder{Payee: payee, Asset: a}, Since: h.ledger.Now().UnixMilli()}
}

// assets are what the hub deals in, always in the same order.
func (h *Hub) assets() []channel.Asset {
	list := make([]channel.Asset, 0, len(h.cfg.Assets))
	for a := range h.cfg.Assets {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b channel.Asset) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// count adds up all of the hub's channels, and notes all seeders that may lack something: once in each process, whose terms may be others than those of the last one.
func (h *Hub) count(ctx context.Context) error {
	err := h.store.Update(ctx, func(t *store.Tx) error {
		seeders, err := t.Seeders()
		if err != nil {
			return err
		}
		c := counting{h: h, short: map[Pair]bool{}, wanted: map[Pair]channel.Amount{}}
		for _, s := range seeders {
			c.wanted[Pair{s.Payee, s.Asset}] = s.Wanted
		}
		if err := t.CountLocked(func() (map[channel.Asset]store.Locked, error) { return c.all(t) }); err != nil {
			return err
		}
		return c.note(t, seeders)
	})
	if err == nil {
		h.counted.Store(true)
	}
	return err
}

// counting is what is found while all channels are read.
type counting struct {
	h      *Hub
	wanted map[Pair]channel.Amount
	short  map[Pair]bool // of the seeders with a channel, whether one of theirs is short
}

// all adds up the hub's live channels.
func (c *counting) all(t *store.Tx) (map[channel.Asset]store.Locked, error) {
	sums := map[channel.Asset]store.Locked{}
	for _, a := range c.h.assets() {
		sums[a] = store.Locked{}
	}
	sessions, err := t.OpenSessions(channel.ID{})
	if err != nil {
		return nil, err
	}
	returnable := c.h.returnable(sessions)
	return sums, t.Channels(channel.Query{Live: true, Payer: c.h.me}, func(r channel.Record) error {
		if c.h.Keeps(r.Terms) {
			lock(sums, &r)
			pair := Pair{r.Terms.Payee, r.Terms.Asset}
			c.short[pair] = c.short[pair] || c.h.lacks(&r, returnable[r.ID], c.wanted[pair])
		}
		return nil
	})
}

// note notes the seeders whose channels are short, and those that have none.
func (c *counting) note(t *store.Tx, seeders []channel.Seeder) error {
	var looks []store.Look
	for _, s := range seeders {
		lacks, has := c.short[Pair{s.Payee, s.Asset}]
		l := c.h.look(s.Payee, s.Asset)
		if l.Waits = !has && s.Wanted.IsZero(); l.Waits {
			l.Since = s.Created
		}
		if lacks || !has {
			looks = append(looks, l)
		}
	}
	return c.h.note(t, looks)
}
