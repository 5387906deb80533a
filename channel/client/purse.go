package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Purse pays one payee out of one channel. What its methods return is durable before they return, so a payer that restarts goes on where it was and never
// promises twice. It is safe for concurrent use.
type Purse struct {
	purses *Purses
	id     channel.ID

	mu       sync.Mutex
	record   *channel.Record                   // as it was revealed, and but for ahead as it was written last; nil: read it
	ahead    map[channel.Anchor]ahead          // tails of which more may be written than was revealed
	chains   map[channel.Anchor]*channel.Chain // of the tails in use
	received int64                             // bytes, as last noted
	written  int64                             // bytes, as last stored
}

// errChainLost: the tail was adopted from the payee, and the secret behind it is gone.
var errChainLost = errors.New("the hash chain of the tail is lost")

// Promise is what a session is opened with.
type Promise struct {
	Voucher  channel.SignedVoucher
	Tail     channel.Tail    // the session's tail in Voucher
	Revealed uint32          // steps of it that were revealed before
	Prev     *channel.Anchor // the tail that it continues, if any
	Paid     channel.Amount  // on the channel, reveals included
	Received int64           // bytes received, as last noted
	Step     channel.Amount  // what a step takes out of the payer's channel, when that is more than Tail.Unit: a hub's fee
}

// ID is the purse's channel.
func (p *Purse) ID() channel.ID { return p.id }

// Open gives a voucher with a tail that has steps left: the tail in use when its unit is the same and it does not end soon, else a fresh one that continues
// it, whose voucher has all earlier reveals moved into its cumulative amount. ErrPurseEmpty when the deposit holds no further step.
func (p *Purse) Open(ctx context.Context, unit channel.Amount) (Promise, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var promise Promise
	err := p.update(ctx, func(t *store.Tx, r *channel.Record) (bool, error) {
		if r.State != channel.Open {
			return false, channel.ErrClosing
		}
		i, err := p.usable(t, r, unit)
		if err != nil {
			return false, err
		}
		if err := p.recall(t); err != nil {
			return false, err
		}
		if i >= 0 {
			promise = p.promise(r, i, nil)
			return false, nil
		}
		return true, p.begin(t, r, unit, &promise)
	})
	if err != nil {
		return Promise{}, fmt.Errorf("promising on channel %s: %w", p.id.Short(), err)
	}
	return promise, nil
}

// Reveal gives the preimage that stands for count steps of a tail that Open gave. Counts only grow; an older count is given again and changes nothing.
func (p *Purse) Reveal(ctx context.Context, tail channel.Anchor, count uint32) (channel.Reveal, error) {
	return p.reveal(ctx, tail, count, 0, p.remember)
}

// Note keeps how many bytes were received, for Promise.Received. It is stored with the next reveal; a crash loses the last few notes.
func (p *Purse) Note(_ context.Context, received int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = max(p.received, received)
	return nil
}

// Adopt goes on from a later state that the payee holds, for a payer that lost its memory. The voucher must carry our own signature and every reveal must lead to its
// anchor; since the chains behind its tails may be lost too, all that was revealed counts as cumulative and the tails end.
func (p *Purse) Adopt(ctx context.Context, voucher channel.SignedVoucher, reveals []channel.Reveal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.update(ctx, func(_ *store.Tx, r *channel.Record) (bool, error) {
		shown := channel.Record{ID: p.id, Terms: r.Terms, Held: voucher, Reveals: make([]channel.Progress, len(voucher.Tails))}
		for _, reveal := range reveals {
			if i := tailOf(&shown, reveal.Tail); i >= 0 {
				shown.Reveals[i] = channel.Progress{Count: reveal.Count, Preimage: reveal.Preimage}
			}
		}
		if err := p.purses.rule().CheckEvidence(&shown); err != nil || voucher.Channel != p.id {
			return false, errors.Join(ErrForeignVoucher, err)
		}
		if !r.Paid().Less(shown.Paid()) && !r.Held.Cumulative.Less(voucher.Cumulative) {
			return false, nil
		}
		r.Held, r.Reveals = shown.Held, shown.Reveals
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("adopting what the payee of channel %s holds: %w", p.id.Short(), err)
	}
	return nil
}

// begin signs a voucher with a fresh tail, as long as the deposit allows.
func (p *Purse) begin(t *store.Tx, r *channel.Record, unit channel.Amount, promise *Promise) error {
	cumulative, prev := r.Paid(), lastTail(r)
	length := p.fits(r, cumulative, unit)
	if length == 0 {
		return ErrPurseEmpty
	}
	if err := p.endChains(t, r); err != nil {
		return err
	}
	chain, err := p.draw(t, length)
	if err != nil {
		return err
	}
	tail := channel.Tail{Anchor: chain.Anchor(), Unit: unit, Length: length, Expiry: p.purses.now().Add(p.purses.tailLife()).Unix()}
	voucher := channel.Voucher{Channel: p.id, Cumulative: cumulative, Tails: append(p.keptTails(r, cumulative), tail)}
	if r.Deposit.Less(voucher.Promise()) {
		return ErrPurseEmpty
	}
	r.Held, r.Reveals = voucher.SignUnder(p.purses.Signer, p.purses.separator()), make([]channel.Progress, len(voucher.Tails))
	p.chains = map[channel.Anchor]*channel.Chain{tail.Anchor: chain}
	*promise = p.promise(r, len(voucher.Tails)-1, prev)
	return nil
}

// keptTails are the tails that a new voucher has to carry on. A payee takes a voucher for newer only when its cumulative amount or, at an equal one, its
// promise is greater; so when nothing was revealed since the last voucher, that one's tails stay, unused, and the fresh tail comes on top.
func (p *Purse) keptTails(r *channel.Record, cumulative channel.Amount) []channel.Tail {
	if !r.HasVoucher() || r.Held.Cumulative.Less(cumulative) || len(r.Held.Tails) == channel.MaxTails {
		return nil
	}
	return append([]channel.Tail(nil), r.Held.Tails...)
}

// fits is how many steps of a fresh tail the deposit holds, at most the usual length.
func (p *Purse) fits(r *channel.Record, cumulative, unit channel.Amount) uint32 {
	base := cumulative
	for _, kept := range p.keptTails(r, cumulative) {
		base = base.Add(kept.Unit.Mul(uint64(kept.Length)))
	}
	length := p.purses.tailLength()
	for length > 0 && r.Deposit.Less(base.Add(unit.Mul(uint64(length)))) {
		length--
	}
	return length
}

// usable finds a tail to go on with, or -1. A tail whose chain is lost is none.
func (p *Purse) usable(t *store.Tx, r *channel.Record, unit channel.Amount) (int, error) {
	soon := p.purses.now().Add(renewBefore).Unix()
	for i := len(r.Held.Tails) - 1; i >= 0; i-- {
		tail := &r.Held.Tails[i]
		if tail.Unit != unit || tail.Expiry <= soon || r.Reveals[i].Count >= tail.Length {
			continue
		}
		_, err := p.chain(t, r, i)
		if err == nil {
			return i, nil
		}
		if !errors.Is(err, errChainLost) {
			return -1, err
		}
	}
	return -1, nil
}

func (p *Purse) promise(r *channel.Record, i int, prev *channel.Anchor) Promise {
	return Promise{Voucher: r.Held, Tail: r.Held.Tails[i], Revealed: r.Reveals[i].Count, Prev: prev, Paid: r.Paid(), Received: p.received}
}

// recall reads the count of bytes after a restart.
func (p *Purse) recall(t *store.Tx) error {
	if p.written > 0 {
		return nil
	}
	stored, err := t.Received(p.id)
	p.written, p.received = stored, max(p.received, stored)
	return err
}

// remember writes the count of bytes with what else is written.
func (p *Purse) remember(t *store.Tx) error {
	if p.received == p.written {
		return nil
	}
	p.written = p.received
	return t.PutReceived(p.id, p.received)
}

// draw makes a chain and stores its secret in the same transaction as the voucher that promises it.
func (p *Purse) draw(t *store.Tx, length uint32) (*channel.Chain, error) {
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fmt.Errorf("drawing a hash chain: %w", err)
	}
	chain, err := channel.ChainFrom(secret, length)
	if err != nil {
		return nil, err
	}
	return chain, t.PutSecret(store.Secret{Anchor: chain.Anchor(), Channel: p.id, Secret: secret})
}

// endChains forgets the chains whose tails a fresh one replaces: what they revealed has moved into the cumulative amount.
func (p *Purse) endChains(t *store.Tx, r *channel.Record) error {
	if len(p.keptTails(r, r.Paid())) > 0 {
		return nil
	}
	secrets, err := t.Secrets(p.id)
	if err != nil {
		return err
	}
	for _, s := range secrets {
		if err := t.DropSecret(s.Anchor); err != nil {
			return err
		}
	}
	return nil
}

// chain finds the chain behind a tail, from memory or from the store.
func (p *Purse) chain(t *store.Tx, r *channel.Record, i int) (*channel.Chain, error) {
	anchor := r.Held.Tails[i].Anchor
	if chain := p.chains[anchor]; chain != nil {
		return chain, nil
	}
	secrets, err := t.Secrets(p.id)
	if err != nil {
		return nil, err
	}
	for _, s := range secrets {
		if s.Anchor != anchor {
			continue
		}
		chain, err := channel.ChainFrom(s.Secret, r.Held.Tails[i].Length)
		if err != nil {
			return nil, err
		}
		p.chains[anchor] = chain
		return chain, nil
	}
	return nil, errChainLost
}

// update changes the record in one transaction that is durable when it returns nil. fn says whether there is anything to write.
func (p *Purse) update(ctx context.Context, fn func(*store.Tx, *channel.Record) (bool, error)) error {
	return p.updateFrom(ctx, nil, (*store.Tx).PutChannel, fn)
}

// updateLast is update upon the record that was written last, without reading it again, for what happens with every piece. fn changes nothing but the evidence, and must write:
// the store takes it only when nobody else has written since.
func (p *Purse) updateLast(ctx context.Context, fn func(*store.Tx, *channel.Record) (bool, error)) error {
	if p.record == nil {
		return p.update(ctx, fn)
	}
	err := p.updateFrom(ctx, p.record, (*store.Tx).PutEvidence, fn)
	if errors.Is(err, store.ErrConflict) || errors.Is(err, channel.ErrUnknownTail) {
		return p.update(ctx, fn)
	}
	return err
}

func (p *Purse) updateFrom(ctx context.Context, known *channel.Record, put func(*store.Tx, *channel.Record) error,
	fn func(*store.Tx, *channel.Record) (bool, error),
) error {
	var r channel.Record
	p.record = nil
	if p.ahead == nil {
		p.ahead = map[channel.Anchor]ahead{}
	}
	written := false
	err := p.purses.Store.Update(ctx, func(t *store.Tx) (err error) {
		if known == nil {
			r, err = t.Channel(p.id)
		} else {
			r = *known
			r.Reveals = slices.Clone(r.Reveals) // the only part that is changed in place
		}
		if err != nil {
			return err
		}
		p.exact(&r)
		written, err = fn(t, &r)
		if err != nil || !written {
			return err
		}
		return put(t, &r)
	})
	switch {
	case err != nil:
		for tail, a := range p.ahead {
			p.ahead[tail] = ahead{shown: a.shown} // the write may have been done all the same
		}
		return err
	case written:
		clear(p.ahead)
	}
	p.record = &r
	return nil
}

func (p *Purses) rule() channel.Rule { return channel.NewRule(p.Domain, 0) }

func (p *Purses) separator() [32]byte { return p.Domain.Separator() }

func tailOf(r *channel.Record, anchor channel.Anchor) int {
	for i := range r.Held.Tails {
		if r.Held.Tails[i].Anchor == anchor {
			return i
		}
	}
	return -1
}

func lastTail(r *channel.Record) *channel.Anchor {
	if len(r.Held.Tails) == 0 {
		return nil
	}
	anchor := r.Held.Tails[len(r.Held.Tails)-1].Anchor
	return &anchor
}
