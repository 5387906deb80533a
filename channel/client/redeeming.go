package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
)

// Watch makes the redeemer look after a channel from the hub from now on, also when nothing comes in on it.
func (r *Redeemer) Watch(id channel.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.channel(id)
}

// Run redeems by the policy until ctx ends, and then once more what is left.
func (r *Redeemer) Run(ctx context.Context) error {
	policy := r.Policy.withDefaults()
	tick := time.NewTicker(policy.Look)
	defer tick.Stop()
	registered := time.Now()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), retryAfter)
			defer cancel()
			err := r.RedeemAll(last)
			if err != nil {
				r.Log.Warn("what is left was not redeemed at the hub: it is when seeding goes on, and settled on chain near its tail's end", "err", err)
			}
			return errors.Join(ctx.Err(), err)
		case now := <-tick.C:
			if now.Sub(registered) >= policy.Show {
				registered = now
				r.register(ctx)
			}
		}
		for _, id := range r.list() {
			if err := r.look(ctx, id, policy); err != nil && ctx.Err() == nil {
				r.Log.Warn("redeeming at the hub; what is left near a tail's end is settled on chain", "channel", id.Short(), "err", err)
			}
		}
	}
}

// register registers the seeder again: a hub forgets who waits long for a channel, and may have been restored from a backup that does not know it.
func (r *Redeemer) register(ctx context.Context) {
	for _, a := range r.Assets {
		asking, cancel := context.WithTimeout(ctx, hubTimeout)
		if _, err := r.Hub.Register(asking, a); err != nil && ctx.Err() == nil {
			r.Log.Warn("registering again at the hub", "asset", a, "err", err)
		}
		cancel()
	}
}

func (r *Redeemer) list() (ids []channel.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.channels {
		ids = append(ids, id)
	}
	return ids
}

// look redeems when the policy says so.
func (r *Redeemer) look(ctx context.Context, id channel.ID, policy RedeemPolicy) error {
	r.mu.Lock()
	c := r.channel(id)
	since, pause, shown := c.since, c.pause, c.shown
	r.mu.Unlock()
	now := time.Now()
	if now.Before(pause) {
		return nil
	}
	record, err := r.Ledger.Record(ctx, id)
	if err == nil && record.State == channel.Closed {
		r.forget(id)
		return nil
	}
	show := record.HasVoucher() && record.State == channel.Open && now.Sub(shown) >= policy.Show
	if err != nil || !show && !due(&record, policy, now, since) {
		return err
	}
	if _, err = r.Redeem(ctx, id); err != nil {
		r.mu.Lock()
		c.pause = now.Add(retryAfter)
		r.mu.Unlock()
	}
	return err
}

// forget lets go of a channel that is closed in a solid block: nothing comes in on it any more, and nothing of it is redeemed.
func (r *Redeemer) forget(id channel.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.channels, id)
}

func due(r *channel.Record, policy RedeemPolicy, now, since time.Time) bool {
	var steps uint32
	for i, p := range r.Reveals {
		t := r.Held.Tails[i]
		if p.Count == 0 {
			continue
		}
		steps += p.Count
		if p.Count == t.Length || time.Unix(t.Expiry, 0).Sub(now) < policy.Lead {
			return true
		}
	}
	return steps >= policy.Steps || steps > 0 && !since.IsZero() && now.Sub(since) >= policy.Age
}

// Redeem hands the hub what a channel's tails have revealed and takes its voucher for it. The ledger's rule decides about the voucher: one that is worth less than what is held is
// refused, and what is held stays as good as it was.
func (r *Redeemer) Redeem(ctx context.Context, id channel.ID) (channel.Amount, error) {
	record, err := r.Ledger.Record(ctx, id)
	if err != nil {
		return channel.Amount{}, err
	}
	var held *channel.SignedVoucher
	if record.HasVoucher() {
		held = &record.Held
	}
	reveals := record.Furthest(time.Time{})
	started := time.Now()
	asking, cancel := context.WithTimeout(ctx, hubTimeout)
	defer cancel()
	voucher, booked, err := r.Hub.Redeem(asking, id, reveals, held)
	if err != nil {
		return channel.Amount{}, err
	}
	r.mu.Lock()
	r.channel(id).shown = started
	r.mu.Unlock()
	if voucher.Channel != id {
		return channel.Amount{}, nil
	}
	if err := r.take(ctx, &voucher); err != nil {
		var stale *channel.StaleError
		if !errors.As(err, &stale) || stale.Voucher.Cumulative.Less(voucher.Cumulative) {
			return channel.Amount{}, fmt.Errorf("the hub's voucher is not what was redeemed: %w", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.channel(id); !c.since.IsZero() {
		c.since = started // what came meanwhile waits from here; nothing is due before the first step of it
	}
	if !booked.IsZero() {
		r.redeems++
		for _, reveal := range reveals {
			r.steps += uint64(reveal.Count)
		}
	}
	return booked, nil
}

// take accepts the hub's voucher and sees where the tails are now, before the next reveal is told.
func (r *Redeemer) take(ctx context.Context, v *channel.SignedVoucher) error {
	r.mu.Lock()
	c := r.channel(v.Channel)
	r.mu.Unlock()
	if err := c.moving.Acquire(ctx, allMoving); err != nil {
		return err
	}
	defer c.moving.Release(allMoving)
	if _, err := r.Ledger.Accept(ctx, channel.Payment{Channel: v.Channel, Voucher: v}); err != nil {
		return err
	}
	return r.refresh(ctx, v.Channel)
}

// RedeemAll redeems what is left on every channel.
func (r *Redeemer) RedeemAll(ctx context.Context) (failed error) {
	for _, id := range r.list() {
		if _, err := r.Redeem(ctx, id); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// Redeemed counts the redemptions that brought something, and the steps in them.
func (r *Redeemer) Redeemed() (redeems, steps uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.redeems, r.steps
}
