package client

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Payee is a seeder's ledger: channel/ledger, or a Server.
type Payee interface {
	// Accept makes a payment durable before it returns nil.
	Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error)
	// AcceptLater may put off making it durable until it is waited for.
	AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error)
	Record(ctx context.Context, id channel.ID) (channel.Record, error)
}

// RedeemPolicy is when a seeder redeems. Zero fields are the defaults.
type RedeemPolicy struct {
	Steps uint32        // so many steps; 0 is 256
	Age   time.Duration // or when the oldest that is not redeemed is so old; 0 is 10 minutes
	Lead  time.Duration // and always so long before a tail ends; 0 is 25 minutes: before the settlement plan takes what is left on chain
	Show  time.Duration // so long after the hub has last answered, what is held is shown also when nothing is due: it may have been restored from a backup; 0 is an hour
	Look  time.Duration // how often it looks; 0 is a second
}

func (p RedeemPolicy) withDefaults() RedeemPolicy {
	if p.Steps == 0 {
		p.Steps = 256
	}
	if p.Age == 0 {
		p.Age = 10 * time.Minute
	}
	if p.Lead == 0 {
		p.Lead = 25 * time.Minute
	}
	if p.Show == 0 {
		p.Show = time.Hour
	}
	if p.Look == 0 {
		p.Look = time.Second
	}
	return p
}

// retryAfter is how long a refusing or absent hub is left alone.
const retryAfter = 5 * time.Second

// Redeemer stands before a seeder's ledger and redeems at the hub what comes in on the hub's channels, while the download goes on. A redemption re-anchors the session's tail; the
// downloader does not know that and reveals on as before, so here its reveals are told in the terms of the tail as it is now. It is a Payee itself.
type Redeemer struct {
	Hub     *Hub
	Assets  []channel.Asset // what the seeder is registered for; Run registers it again as often as it shows what is held
	Address wallet.Address  // the hub's, from Register
	Ledger  Payee
	Policy  RedeemPolicy
	Log     *slog.Logger

	mu       sync.Mutex // covers channels and what is in them; never held over a call
	channels map[channel.ID]*hubChannel
	redeems  uint64
	steps    uint64
}

// hubChannel is what is known of the tails on a channel from the hub, by the anchors that downloaders know them by.
type hubChannel struct {
	moving *semaphore.Weighted // all of it is held while a voucher is accepted, which may move tails, and one while a reveal is; taken before mu; never changes

	tails map[channel.Anchor]*redeemedTail
	since time.Time // when something came that is not redeemed

	cumulative, promise channel.Amount // of the newest voucher that was followed
	pause               time.Time      // until then the hub is left alone
	shown               time.Time      // when the hub last saw what is held, or had just signed it; zero after a start
}

// allMoving is all of hubChannel.moving. It is a semaphore because the seeder's ledger may be a server that does not answer: who waits behind such a call goes when its own ctx ends.
const allMoving = 1 << 20

// redeemedTail is a session's tail: as it was promised, and where it is now.
type redeemedTail struct {
	length uint32
	expiry int64          // unix seconds
	at     channel.Anchor // the anchor of the tail as it is held
	moved  uint32         // steps from the session's anchor to there
	shown  uint32         // steps that were accepted
	gone   bool           // all of it was redeemed, or it is over
}

// Accept implements Payee.
func (r *Redeemer) Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	pending, err := r.AcceptLater(ctx, p)
	if err != nil {
		return channel.Receipt{}, err
	}
	return pending.Wait(ctx)
}

// AcceptLater implements Payee. A voucher is durable when it returns.
func (r *Redeemer) AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error) {
	if p.Voucher != nil {
		receipt, err := r.acceptVoucher(ctx, p)
		return channel.Durable(receipt), err
	}
	r.mu.Lock()
	c := r.channels[p.Channel]
	known := c != nil && c.tails[p.Reveal.Tail] != nil
	r.mu.Unlock()
	if !known {
		return r.Ledger.AcceptLater(ctx, p)
	}
	pending, err := r.acceptReveal(ctx, c, p)
	for again := range movedTries { // another gate's voucher has moved it, and may not be durable yet
		if !errors.Is(err, channel.ErrUnknownTail) || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Duration(again) * movedPause)
		if err := r.refresh(ctx, p.Channel); err != nil {
			return nil, err
		}
		pending, err = r.acceptReveal(ctx, c, p)
	}
	if err == nil && !pending.Receipt().Replayed {
		r.noted(p.Channel, p.Reveal)
	}
	return pending, err
}

// How often, and how far apart, a reveal is offered again while somebody else's voucher is on its way to the disk.
const (
	movedTries = 6
	movedPause = 20 * time.Millisecond
)

// acceptReveal tells a reveal of a session's tail in the terms of the tail as it is now.
func (r *Redeemer) acceptReveal(ctx context.Context, c *hubChannel, p channel.Payment) (channel.Pending, error) {
	if err := c.moving.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer c.moving.Release(1)
	r.mu.Lock()
	t := *c.tails[p.Reveal.Tail]
	r.mu.Unlock()
	switch {
	case t.gone && p.Reveal.Count > t.moved:
		return nil, channel.ErrTailExpired
	case t.gone || p.Reveal.Count <= t.moved:
		return r.replayed(ctx, p, t)
	}
	moved := channel.Reveal{Tail: t.at, Count: p.Reveal.Count - t.moved, Preimage: p.Reveal.Preimage}
	return r.Ledger.AcceptLater(ctx, channel.Payment{Channel: p.Channel, Reveal: &moved})
}

// replayed answers a reveal that was redeemed already, when it is one of the chain.
func (r *Redeemer) replayed(ctx context.Context, p channel.Payment, t redeemedTail) (channel.Pending, error) {
	if p.Reveal.Count == 0 || p.Reveal.Count > t.length || channel.HashForward(p.Reveal.Preimage, p.Reveal.Count) != p.Reveal.Tail {
		return nil, channel.ErrBadPreimage
	}
	record, err := r.Ledger.Record(ctx, p.Channel)
	return channel.Durable{Channel: p.Channel, Paid: record.Paid(), Replayed: true}, err
}

// acceptVoucher takes a session's voucher. One downloader's may be older than another's, or than what was redeemed since: it carries the hub's signature, so its tails are known from it.
// On a channel that is not known to be a hub's no tail is told in other terms, so nothing waits there.
func (r *Redeemer) acceptVoucher(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	r.mu.Lock()
	known := r.channels[p.Channel]
	r.mu.Unlock()
	if known != nil {
		if err := known.moving.Acquire(ctx, allMoving); err != nil {
			return channel.Receipt{}, err
		}
		defer known.moving.Release(allMoving)
	}
	receipt, err := r.Ledger.Accept(ctx, p)
	var stale *channel.StaleError
	if err != nil && !errors.As(err, &stale) {
		return receipt, err
	}
	record, failed := r.Ledger.Record(ctx, p.Channel)
	if failed != nil {
		return receipt, failed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if record.Terms.Payer != r.Address {
		return receipt, err
	}
	c := r.channel(p.Channel)
	if err == nil && !receipt.Replayed {
		c.shown = time.Now()
	}
	for _, t := range p.Voucher.Tails {
		if c.tails[t.Anchor] == nil && !c.reached(t.Anchor) {
			c.tails[t.Anchor] = &redeemedTail{length: t.Length, expiry: t.Expiry, at: t.Anchor}
		}
	}
	c.follow(&record, time.Now())
	if stale != nil {
		return channel.Receipt{Channel: p.Channel, Paid: stale.Paid, Replayed: true}, nil
	}
	return receipt, nil
}

// Record implements Payee: the channel as the downloaders know it, every session's tail whole, with what was redeemed of it among its reveals.
func (r *Redeemer) Record(ctx context.Context, id channel.ID) (channel.Record, error) {
	record, err := r.Ledger.Record(ctx, id)
	if err != nil {
		return record, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.channels[id]
	if c == nil {
		return record, nil
	}
	c.follow(&record, time.Now())
	shown := record.Clone()
	shown.Held.Tails = append([]channel.Tail(nil), record.Held.Tails...)
	for anchor, t := range c.tails {
		i := tailOf(&record, t.at)
		if i < 0 || t.gone || t.moved == 0 {
			continue
		}
		held, progress := &shown.Held.Tails[i], &shown.Reveals[i]
		if progress.Count == 0 {
			progress.Preimage = held.Anchor
		}
		held.Anchor, held.Length = anchor, held.Length+t.moved
		progress.Count += t.moved
		shown.Held.Cumulative = shown.Held.Cumulative.Excess(held.Unit.Mul(uint64(t.moved)))
	}
	return shown, nil
}

// channel is a hub's channel; mu must be held.
func (r *Redeemer) channel(id channel.ID) *hubChannel {
	if r.channels == nil {
		r.channels = map[channel.ID]*hubChannel{}
	}
	if r.channels[id] == nil {
		r.channels[id] = &hubChannel{moving: semaphore.NewWeighted(allMoving), tails: map[channel.Anchor]*redeemedTail{}}
	}
	return r.channels[id]
}

func (r *Redeemer) noted(id channel.ID, reveal *channel.Reveal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.channel(id)
	if c.since.IsZero() {
		c.since = time.Now()
	}
	if t := c.tails[reveal.Tail]; t != nil {
		t.shown = max(t.shown, reveal.Count)
		if t.gone && t.shown == t.length {
			t.moved = t.length
		}
	}
}

// reached says whether an anchor is where a known tail is now: then it is no session of its own.
func (c *hubChannel) reached(anchor channel.Anchor) bool {
	for _, t := range c.tails {
		if t.at == anchor {
			return true
		}
	}
	return false
}

// tailKept is how long after its end a tail is known that the held voucher has no more: so long a repeated reveal is answered as one.
const tailKept = time.Hour

// follow finds where the sessions' tails are in the held voucher, and forgets those that ended long ago.
func (c *hubChannel) follow(r *channel.Record, now time.Time) {
	maps.DeleteFunc(c.tails, func(_ channel.Anchor, t *redeemedTail) bool {
		return t.gone && now.After(time.Unix(t.expiry, 0).Add(tailKept))
	})
	promise := r.Promised()
	if order := r.Held.Cumulative.Cmp(c.cumulative); order < 0 || order == 0 && promise.Less(c.promise) {
		return // read before another that was followed
	}
	c.cumulative, c.promise = r.Held.Cumulative, promise
	for _, t := range c.tails {
		if t.gone || tailOf(r, t.at) >= 0 {
			continue
		}
		if t.gone = true; t.shown == t.length {
			t.moved = t.length
		}
		for _, held := range r.Held.Tails {
			moved := t.length - held.Length
			if held.Length > t.length || moved <= t.moved || channel.HashForward(held.Anchor, moved-t.moved) != t.at {
				continue
			}
			t.at, t.moved, t.gone = held.Anchor, moved, false
			break
		}
	}
}

// refresh looks where the tails of a channel are now.
func (r *Redeemer) refresh(ctx context.Context, id channel.ID) error {
	record, err := r.Ledger.Record(ctx, id)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.channel(id).follow(&record, time.Now())
	return nil
}
