package client

import (
	"context"
	"fmt"
	"maps"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// ahead is how far a tail was revealed, and up to which count the store holds it for revealed; 0: that is not known.
type ahead struct {
	shown   channel.Progress
	written uint32
}

// RevealAhead is Reveal, but where it writes it counts so many steps more as revealed, so that the next ones need no write. A payer that is killed meanwhile takes these for paid: it reveals
// them when it goes on, and they count there. Rest takes back what was counted so and not revealed.
func (p *Purse) RevealAhead(ctx context.Context, tail channel.Anchor, count, steps uint32) (channel.Reveal, error) {
	return p.reveal(ctx, tail, count, steps, p.remember)
}

// Rest writes what was revealed, and no more.
func (p *Purse) Rest(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ahead) == 0 {
		return nil
	}
	err := p.update(ctx, func(t *store.Tx, _ *channel.Record) (bool, error) { return true, p.remember(t) })
	if err != nil {
		return fmt.Errorf("writing what was revealed on channel %s: %w", p.id.Short(), err)
	}
	return nil
}

// Recount goes by a payee that holds only count steps of a tail: an earlier run was killed when it had counted more than it had revealed. Nothing is written, and nothing is changed where
// this run knows what it has revealed. A payee that says less than it holds is shown again what it holds.
func (p *Purse) Recount(ctx context.Context, tail channel.Anchor, count uint32) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.ahead[tail]; known {
		return nil
	}
	err := p.update(ctx, func(t *store.Tx, r *channel.Record) (bool, error) {
		i := tailOf(r, tail)
		if i < 0 || count >= r.Reveals[i].Count {
			return false, nil
		}
		chain, err := p.chain(t, r, i)
		if err != nil {
			return false, err
		}
		a := ahead{written: r.Reveals[i].Count}
		if count > 0 {
			a.shown = channel.Progress{Count: count, Preimage: chain.Reveal(count).Preimage}
		}
		p.ahead[tail], r.Reveals[i] = a, a.shown
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("recounting what was revealed on channel %s: %w", p.id.Short(), err)
	}
	return nil
}

// counted reveals what is written already.
func (p *Purse) counted(tail channel.Anchor, count uint32) (channel.Reveal, bool) {
	a, chain := p.ahead[tail], p.chains[tail]
	if p.record == nil || chain == nil || count <= a.shown.Count || count > a.written {
		return channel.Reveal{}, false
	}
	i := tailOf(p.record, tail)
	if i < 0 {
		return channel.Reveal{}, false
	}
	reveal := chain.Reveal(count)
	a.shown = channel.Progress{Count: count, Preimage: reveal.Preimage}
	p.ahead[tail], p.record.Reveals[i] = a, a.shown
	return reveal, true
}

// exact brings a record that was read to what was revealed.
func (p *Purse) exact(r *channel.Record) {
	for tail, a := range p.ahead {
		if i := tailOf(r, tail); i >= 0 && a.shown.Count < r.Reveals[i].Count {
			r.Reveals[i] = a.shown
		}
	}
}

// reveal is RevealAhead; remember writes what else is to be written in the same transaction.
func (p *Purse) reveal(ctx context.Context, tail channel.Anchor, count, steps uint32, remember func(*store.Tx) error) (channel.Reveal, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reveal, ok := p.counted(tail, count); ok {
		return reveal, nil
	}
	var reveal channel.Reveal
	var kept map[channel.Anchor]ahead
	err := p.updateLast(ctx, func(t *store.Tx, r *channel.Record) (bool, error) {
		i := tailOf(r, tail)
		if i < 0 {
			return false, channel.ErrUnknownTail
		}
		if count == 0 || count > r.Held.Tails[i].Length {
			return false, fmt.Errorf("%w: %d steps of a tail of %d", channel.ErrMalformed, count, r.Held.Tails[i].Length)
		}
		chain, err := p.chain(t, r, i)
		if err != nil {
			return false, err
		}
		reveal = chain.Reveal(count)
		if count <= r.Reveals[i].Count {
			return false, nil
		}
		to := ahead{channel.Progress{Count: count, Preimage: reveal.Preimage}, count + min(steps, r.Held.Tails[i].Length-count)}
		if _, known := p.ahead[tail]; !known {
			p.ahead[tail] = ahead{shown: r.Reveals[i]} // until this is known to be written
		}
		kept = maps.Clone(p.ahead)
		kept[tail] = to
		for other, a := range kept { // of other tails what is counted stays counted
			j, chain := tailOf(r, other), p.chains[other]
			switch {
			case j < 0 || chain == nil || a.written <= a.shown.Count:
				delete(kept, other)
			default:
				written := chain.Reveal(a.written)
				r.Reveals[j] = channel.Progress{Count: written.Count, Preimage: written.Preimage}
			}
		}
		if _, more := kept[tail]; !more {
			r.Reveals[i] = to.shown
		}
		return true, remember(t)
	})
	if err != nil {
		return channel.Reveal{}, fmt.Errorf("revealing on channel %s: %w", p.id.Short(), err)
	}
	if kept != nil {
		p.ahead = kept
		p.exact(p.record)
	}
	return reveal, nil
}

// Recount is Purse.Recount.
func (p *HubPurse) Recount(ctx context.Context, tail channel.Anchor, count uint32) error {
	return p.purse.Recount(ctx, tail, count)
}

// Rest is Purse.Rest.
func (p *HubPurse) Rest(ctx context.Context) error { return p.purse.Rest(ctx) }
