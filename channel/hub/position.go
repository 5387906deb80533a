package hub

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// looksAtOnce is how many seeders in an asset are looked at in a round, besides those that wait for their first channel. Where more may lack something they take turns.
const looksAtOnce = 512

// Position reads where the hub's money stands: the seeders that may lack something, their channels, and what all channels add up to. The caller adds what its open transactions
// are about.
func (h *Hub) Position(ctx context.Context) (p Position, err error) {
	if !h.counted.Load() {
		if err := h.count(ctx); err != nil {
			return p, fmt.Errorf("adding up what is locked: %w", err)
		}
	}
	err = h.store.View(ctx, func(t *store.Tx) error {
		p = Position{At: h.ledger.Now(), Busy: map[channel.ID]bool{}, Opening: map[Pair]bool{}, Locked: map[channel.Asset]store.Locked{}, Returnable: map[channel.ID]channel.Amount{}}
		for _, a := range h.assets() {
			if err := h.lookAt(t, a, &p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	slices.SortFunc(p.Seeders, inOrder)
	if len(p.Seeders) > 0 {
		p.Inbound, err = h.ledger.List(ctx, channel.Query{Live: true, Payee: h.me, Due: true})
	}
	return p, err
}

// lookAt reads the sums of an asset, and who may lack something in it.
func (h *Hub) lookAt(t *store.Tx, a channel.Asset, p *Position) (err error) {
	p.Locked[a], err = t.Locked(a)
	if errors.Is(err, store.ErrNotFound) {
		h.counted.Store(false) // sums that did not fit are counted anew
		return fmt.Errorf("what is locked in %s is counted anew in the next round", a)
	}
	if err != nil {
		return err
	}
	looks, err := h.page(t, a)
	if err != nil {
		return err
	}
	for _, l := range looks {
		p.looks, p.Seeders = append(p.looks, l), append(p.Seeders, l.Seeder)
		if err := h.channelsOf(t, &l.Seeder, p); err != nil {
			return err
		}
	}
	return nil
}

// page is the next of those that may lack something, and as many of those that wait for their first channel as may have one.
func (h *Hub) page(t *store.Tx, a channel.Asset) ([]store.Look, error) {
	h.turning.Lock()
	defer h.turning.Unlock()
	looks, err := t.Looks(a, false, h.turn[a], looksAtOnce)
	if err != nil {
		return nil, err
	}
	h.turn[a] = store.Look{}
	if len(looks) == looksAtOnce {
		h.turn[a] = looks[looksAtOnce-1]
	}
	waiting, err := t.Looks(a, true, store.Look{}, h.cfg.Policy.Idle)
	return append(looks, waiting...), err
}

// inOrder puts those of whom most is wanted first, and the first registered first among them.
func inOrder(a, b channel.Seeder) int {
	return cmp.Or(b.Wanted.Cmp(a.Wanted), cmp.Compare(a.Created, b.Created), bytes.Compare(a.Payee[:], b.Payee[:]), strings.Compare(a.Asset.String(), b.Asset.String()))
}

// channelsOf reads a seeder's channels, and what may come back to it of what is withheld.
func (h *Hub) channelsOf(t *store.Tx, s *channel.Seeder, p *Position) error {
	before := len(p.Outbound)
	err := t.Channels(channel.Query{Live: true, Payer: h.me, Payee: s.Payee}, func(r channel.Record) error {
		if r.Terms.Asset == s.Asset && h.Keeps(r.Terms) {
			p.Outbound = append(p.Outbound, r)
		}
		return nil
	})
	for _, r := range p.Outbound[before:] {
		if err != nil {
			return err
		}
		var sessions []channel.Session
		if sessions, err = t.OpenSessions(r.ID); err == nil {
			p.Returnable[r.ID] = h.returnable(sessions)[r.ID]
		}
	}
	return err
}

// Looked forgets the seeders of a position that lack nothing, until something is written that may change that.
func (h *Hub) Looked(ctx context.Context, p Position) error {
	l := h.liquidity(p)
	needs := map[Pair]need{}
	for _, s := range p.Seeders {
		if terms, deals := h.cfg.Assets[s.Asset]; deals {
			_, needs[Pair{s.Payee, s.Asset}] = l.provide(s, terms)
		}
	}
	looks := slices.DeleteFunc(slices.Clone(p.looks), func(l store.Look) bool {
		need := needs[Pair{l.Seeder.Payee, l.Seeder.Asset}]
		return need == something || need == waiting && l.Waits
	})
	if len(looks) == 0 {
		return nil
	}
	return h.store.Update(ctx, func(t *store.Tx) error {
		for _, l := range looks {
			forget := t.DropLook
			if needs[Pair{l.Seeder.Payee, l.Seeder.Asset}] == waiting {
				forget = t.WaitLook
			}
			if err := forget(l); err != nil {
				return err
			}
		}
		return nil
	})
}
