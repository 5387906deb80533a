package client

import (
	"context"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Pay signs a plain voucher that is worth amount more than all that was paid so far: what was revealed of tails moves into it, and the tails end. It is durable
// before it is returned, so that a payer whose connection breaks sends the same one again (Held) and never pays twice.
// ErrPurseEmpty when the deposit does not hold it.
func (p *Purse) Pay(ctx context.Context, amount channel.Amount) (channel.SignedVoucher, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var voucher channel.SignedVoucher
	err := p.update(ctx, func(t *store.Tx, r *channel.Record) (bool, error) {
		if r.State != channel.Open {
			return false, channel.ErrClosing
		}
		all := r.Paid().Add(amount)
		if amount.IsZero() || r.Deposit.Less(all) {
			return false, fmt.Errorf("%w: %s is deposited, %s would be paid", ErrPurseEmpty, r.Deposit, all)
		}
		if err := p.endChains(t, r); err != nil {
			return false, err
		}
		voucher = channel.Voucher{Channel: p.id, Cumulative: all}.SignUnder(p.purses.Signer, p.purses.separator())
		r.Held, r.Reveals = voucher, nil
		p.chains = map[channel.Anchor]*channel.Chain{}
		return true, nil
	})
	if err != nil {
		return channel.SignedVoucher{}, fmt.Errorf("paying on channel %s: %w", p.id.Short(), err)
	}
	return voucher, nil
}

// Held is the channel's record as the payer keeps it, its last voucher with it.
func (p *Purse) Held(ctx context.Context) (r channel.Record, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.purses.Store.View(ctx, func(t *store.Tx) error {
		r, err = t.Channel(p.id)
		return err
	})
	p.exact(&r)
	return r, err
}
