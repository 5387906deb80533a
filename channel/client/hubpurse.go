package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

const (
	// usableFor is how much longer a session must last to be gone on with: seeders take nothing in the last ten minutes.
	usableFor = 12 * time.Minute
	// hubTimeout bounds what is asked of a hub: one that takes calls and never answers must not keep others waiting.
	hubTimeout = 20 * time.Second
	// wishEvery is how often a hub whose deposit holds no further step is asked for one all the same: what it refuses it knows to be wanted, and tops up.
	wishEvery = 30 * time.Second
)

// HubPurses pays any number of seeders through a hub out of one channel to it.
type HubPurses struct {
	Purses *Purses
	Hub    *Hub

	mu      sync.Mutex
	opening sync.Mutex // one session is opened at a time: its voucher carries on all others
	open    map[hubPayee]*HubPurse
	address wallet.Address // the hub's, once it is known
}

type hubPayee struct {
	payee wallet.Address
	asset channel.Asset
}

// For gives the purse that pays a seeder through the hub. ErrNoPurse when there is no channel to the hub in that asset, or the hub does not know the seeder.
func (p *HubPurses) For(ctx context.Context, asset channel.Asset, payee wallet.Address) (*HubPurse, error) {
	key := hubPayee{payee, asset}
	p.mu.Lock()
	found := p.open[key]
	p.mu.Unlock()
	if found != nil {
		return found, nil
	}
	hub, err := p.find(ctx, key)
	if err != nil {
		return nil, err
	}
	purse, err := p.Purses.For(ctx, asset, hub)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.open[key]; found != nil {
		return found, nil
	}
	if p.open == nil {
		p.open = map[hubPayee]*HubPurse{}
	}
	p.open[key] = &HubPurse{purses: p, purse: purse, payee: payee, asset: asset}
	return p.open[key], nil
}

// find is the hub's account; it is asked for the first time, with nothing locked meanwhile.
func (p *HubPurses) find(ctx context.Context, to hubPayee) (wallet.Address, error) {
	if known := p.Address(); !known.IsZero() {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, hubTimeout)
	defer cancel()
	q, err := p.Hub.Quote(ctx, to.payee, to.asset, channel.NewAmount(1))
	if errors.Is(err, channel.ErrUnknownSeeder) || errors.Is(err, channel.ErrNoHub) {
		return wallet.Address{}, fmt.Errorf("%w: %w", ErrNoPurse, err)
	}
	if err != nil {
		return wallet.Address{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.address = q.Hub
	return q.Hub, nil
}

// Address is the hub's account, zero until it was asked for a quote.
func (p *HubPurses) Address() wallet.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// HubPurse pays one seeder through a hub. What its methods return is durable before they return. It is safe for concurrent use.
type HubPurse struct {
	purses *HubPurses
	purse  *Purse // of our channel to the hub
	payee  wallet.Address
	asset  channel.Asset

	mu       sync.Mutex
	received int64 // bytes from the seeder, as last noted
	written  int64
	wished   time.Time // when the hub was last asked for more than it has; guarded by purses.opening
}

// Open gives the hub's voucher for a session with the seeder: the session that is open, when its unit is the same, steps are left and it does not end soon, else a new one.
// ErrPurseEmpty when our deposit holds no further step; *channel.ExhaustedError when the hub's does not; ErrDearHub when it asks more than a hub may.
func (p *HubPurse) Open(ctx context.Context, unit channel.Amount) (Promise, error) {
	p.purses.opening.Lock()
	defer p.purses.opening.Unlock()
	promise, prev, found, err := p.standing(ctx, unit)
	if err != nil || found {
		return promise, err
	}
	ctx, cancel := context.WithTimeout(ctx, hubTimeout)
	defer cancel()
	quote, err := p.purses.Hub.Quote(ctx, p.payee, p.asset, unit)
	if errors.Is(err, channel.ErrUnknownSeeder) {
		return Promise{}, fmt.Errorf("%w: %w", ErrNoPurse, err)
	}
	if err != nil {
		return Promise{}, err
	}
	sessions, err := p.purses.Hub.Sessions(ctx, p.purse.id)
	if err != nil {
		return Promise{}, err
	}
	kept, voucher, lost, err := p.lost(ctx, unit, sessions)
	if err != nil {
		return Promise{}, err
	}
	if lost {
		if promise, err = p.ask(ctx, quote, kept, voucher, prev); !errors.Is(err, channel.ErrQuote) { // else the price is another one by now
			return promise, err
		}
	}
	if err := quote.fair(unit); err != nil {
		return Promise{}, err
	}
	kept, voucher, err = p.promise(ctx, unit, quote, sessions)
	if err != nil {
		return Promise{}, fmt.Errorf("promising on channel %s: %w", p.purse.id.Short(), err)
	}
	return p.ask(ctx, quote, kept, voucher, prev)
}

// standing finds the session to go on with, and else the last one, which a new one continues.
func (p *HubPurse) standing(ctx context.Context, unit channel.Amount) (promise Promise, prev *channel.Anchor, found bool, err error) {
	err = p.purse.purses.Store.View(ctx, func(t *store.Tx) error {
		r, err := t.Channel(p.purse.id)
		if err != nil {
			return err
		}
		p.purse.mu.Lock()
		p.purse.exact(&r)
		p.purse.mu.Unlock()
		if r.State != channel.Open {
			return channel.ErrClosing
		}
		list, err := t.Promises(p.purse.id)
		if err != nil {
			return err
		}
		received, err := t.Received(p.noteID())
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.received, p.written = max(p.received, received), received
		p.mu.Unlock()
		for _, one := range list {
			i := tailOf(&r, one.Anchor)
			if one.Payee != p.payee || len(one.Voucher) == 0 {
				continue
			}
			anchor := one.Anchor
			prev = &anchor
			soon := p.purse.purses.now().Add(usableFor).Unix()
			if i < 0 || one.Ended || one.Unit != unit || one.Expiry <= soon || r.Reveals[i].Count >= one.Length {
				continue
			}
			found = true
			promise, err = p.promiseOf(&r, i, one)
			return err
		}
		return nil
	})
	return promise, prev, found, err
}

// lost finds the session that the hub has opened and whose answer did not come: asked for again, it is answered again. Another one would lock the hub's deposit twice.
func (p *HubPurse) lost(ctx context.Context, unit channel.Amount, sessions []channel.Session) (kept store.Promise, v channel.SignedVoucher, found bool, err error) {
	err = p.purse.purses.Store.View(ctx, func(t *store.Tx) error {
		r, err := t.Channel(p.purse.id)
		if err != nil || len(r.Held.Tails) == 0 {
			return err
		}
		newest := r.Held.Tails[len(r.Held.Tails)-1] // an older one was asked for with another voucher
		soon := p.purse.purses.now().Add(usableFor).Unix()
		open := slices.ContainsFunc(sessions, func(s channel.Session) bool {
			return s.Anchor == newest.Anchor && s.State == channel.SessionOpen && s.ExpiryOut > soon
		})
		list, err := t.Promises(p.purse.id)
		for _, one := range list {
			if open && one.Anchor == newest.Anchor && one.Payee == p.payee && one.Unit == unit && len(one.Voucher) == 0 {
				kept, v, found = one, r.Held, true
			}
		}
		return err
	})
	return kept, v, found, err
}

func (p *HubPurse) promiseOf(r *channel.Record, i int, one store.Promise) (Promise, error) {
	shown := channel.Record{ID: one.Outbound}
	if err := shown.SetEvidence(one.Voucher); err != nil {
		return Promise{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	count := r.Reveals[i].Count
	return Promise{
		Voucher: shown.Held, Tail: channel.Tail{Anchor: one.Anchor, Unit: one.Unit, Length: one.Length, Expiry: one.Expiry}, Revealed: count,
		Paid: one.Unit.Mul(uint64(count)), Received: p.received, Step: r.Held.Tails[i].Unit,
	}, nil
}

// promise signs a voucher to the hub that carries the tails of the open sessions and one more, and keeps it with its chain before anybody sees it.
func (p *HubPurse) promise(ctx context.Context, unit channel.Amount, q HubQuote, sessions []channel.Session) (kept store.Promise, v channel.SignedVoucher, err error) {
	p.purse.mu.Lock()
	defer p.purse.mu.Unlock()
	err = p.purse.update(ctx, func(t *store.Tx, r *channel.Record) (bool, error) {
		if r.Terms.Challenge < q.LeastOfChallenge {
			return false, fmt.Errorf("%w: %s, the hub wants %s", channel.ErrShortChallenge, r.Terms.Challenge, q.LeastOfChallenge)
		}
		asked, err := t.Promises(r.ID)
		if err != nil {
			return false, err
		}
		next, reveals, dropped := p.carry(r, sessions, asked)
		next.Cumulative = next.Cumulative.Add(q.SessionFee)
		length := max(p.fits(r, &next, q), p.wish(r, &next, q))
		if length == 0 || len(next.Tails) == channel.MaxTails {
			return false, p.full(q)
		}
		chain, err := p.purse.draw(t, length)
		if err != nil {
			return false, err
		}
		now := p.purse.purses.now()
		tail := channel.Tail{Anchor: chain.Anchor(), Unit: q.UnitIn, Length: length, Expiry: now.Add(q.Life + q.Margin + time.Minute).Unix()}
		next.Tails = append(next.Tails, tail)
		if err := p.forget(t, dropped); err != nil {
			return false, err
		}
		p.purse.chains[tail.Anchor] = chain
		r.Held, r.Reveals = next.SignUnder(p.purse.purses.Signer, p.purse.purses.separator()), append(reveals, channel.Progress{})
		v = r.Held
		kept = store.Promise{Anchor: tail.Anchor, Payee: p.payee, Inbound: r.ID, Unit: unit, Length: length, Created: now.UnixMilli()}
		return true, t.PutPromise(kept)
	})
	return kept, v, err
}

// carry is the voucher after the held one: the tails of sessions that are over are dropped, for what the hub has collected of them and proves; so are those of which the hub knows
// nothing, when it never answered or they have expired. The others go on.
func (p *HubPurse) carry(r *channel.Record, sessions []channel.Session, kept []store.Promise) (v channel.Voucher, reveals []channel.Progress, dropped []channel.Anchor) {
	v = channel.Voucher{Channel: r.ID, Cumulative: r.Held.Cumulative}
	now := p.purse.purses.now().Unix()
	for i, t := range r.Held.Tails {
		at := slices.IndexFunc(sessions, func(s channel.Session) bool { return s.Anchor == t.Anchor })
		asked := slices.IndexFunc(kept, func(k store.Promise) bool { return k.Anchor == t.Anchor })
		switch {
		case at >= 0 && ended(&sessions[at], &t):
			v.Cumulative = v.Cumulative.Add(t.Unit.Mul(uint64(sessions[at].Redeemed)))
		case at < 0 && asked >= 0 && len(kept[asked].Voucher) == 0:
		case at < 0 && t.Expiry < now:
			v.Cumulative = v.Cumulative.Add(t.Unit.Mul(uint64(r.Reveals[i].Count)))
		default:
			v.Tails, reveals = append(v.Tails, t), append(reveals, r.Reveals[i])
			continue
		}
		dropped = append(dropped, t.Anchor)
	}
	return v, reveals, dropped
}

// ended says whether a session is over, and the hub has shown what it collected of it.
func ended(s *channel.Session, t *channel.Tail) bool {
	return s.State != channel.SessionOpen && s.Redeemed <= t.Length && (s.Redeemed == 0 || channel.HashForward(s.Preimage, s.Redeemed) == t.Anchor)
}

// fits is how many steps both deposits hold, at most the usual length.
func (p *HubPurse) fits(r *channel.Record, next *channel.Voucher, q HubQuote) uint32 {
	length, base := p.purse.purses.tailLength(), next.Promise()
	for length > 0 && (r.Deposit.Less(base.Add(q.UnitIn.Mul(uint64(length)))) || q.Available.Less(q.UnitOut.Mul(uint64(length)))) {
		length--
	}
	return length
}

// wish is a step to ask for, now and then, while the hub's deposit holds none and ours does.
func (p *HubPurse) wish(r *channel.Record, next *channel.Voucher, q HubQuote) uint32 {
	now := p.purse.purses.now()
	if !q.Available.Less(q.UnitOut) || r.Deposit.Less(next.Promise().Add(q.UnitIn)) || now.Sub(p.wished) < wishEvery {
		return 0
	}
	p.wished = now
	return 1
}

// full says whose deposit it is that holds no further step.
func (p *HubPurse) full(q HubQuote) error {
	if q.Available.Less(q.UnitOut) {
		return &channel.ExhaustedError{Available: q.Available, Retry: wishEvery}
	}
	return ErrPurseEmpty
}

// forget drops what belongs to tails that no voucher carries any more.
func (p *HubPurse) forget(t *store.Tx, dropped []channel.Anchor) error {
	for _, anchor := range dropped {
		if err := t.DropSecret(anchor); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := t.DropPromise(anchor); err != nil {
			return err
		}
		delete(p.purse.chains, anchor)
	}
	return nil
}

// ask has the hub open the session, and keeps its voucher.
func (p *HubPurse) ask(ctx context.Context, q HubQuote, kept store.Promise, v channel.SignedVoucher, prev *channel.Anchor) (Promise, error) {
	session, err := p.purses.Hub.open(ctx, p.payee, kept.Unit, kept.Anchor, v)
	if err == nil {
		err = session.check(p.purse.purses.Domain, q, p.payee, p.asset, kept.Anchor, kept.Length)
	}
	if err != nil {
		return Promise{}, fmt.Errorf("opening a session with %s: %w", p.payee, err)
	}
	shown := channel.Record{Held: session.Voucher, Reveals: make([]channel.Progress, len(session.Voucher.Tails))}
	kept.Outbound, kept.Voucher, kept.Expiry = session.Voucher.Channel, shown.AppendEvidence(nil), session.Session.ExpiryOut
	if err := p.purse.purses.Store.Update(ctx, func(t *store.Tx) error { return t.PutPromise(kept) }); err != nil {
		return Promise{}, fmt.Errorf("keeping a session: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return Promise{
		Voucher: session.Voucher, Tail: channel.Tail{Anchor: kept.Anchor, Unit: kept.Unit, Length: kept.Length, Expiry: kept.Expiry}, Prev: prev, Received: p.received, Step: q.UnitIn,
	}, nil
}

// Reveal gives the preimage that stands for count steps of a session's tail.
func (p *HubPurse) Reveal(ctx context.Context, tail channel.Anchor, count uint32) (channel.Reveal, error) {
	return p.RevealAhead(ctx, tail, count, 0)
}

// RevealAhead is Purse.RevealAhead.
func (p *HubPurse) RevealAhead(ctx context.Context, tail channel.Anchor, count, steps uint32) (channel.Reveal, error) {
	return p.purse.reveal(ctx, tail, count, steps, func(t *store.Tx) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.received == p.written {
			return nil
		}
		p.written = p.received
		return t.PutReceived(p.noteID(), p.received)
	})
}

// Note keeps how many bytes were received from the seeder; it is stored with the next reveal.
func (p *HubPurse) Note(_ context.Context, received int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = max(p.received, received)
	return nil
}

// Adopt refuses: what a seeder holds in a session is the hub's, not ours.
func (p *HubPurse) Adopt(context.Context, channel.SignedVoucher, []channel.Reveal) error {
	return fmt.Errorf("%w: the session is paid through a hub", ErrForeignVoucher)
}

// noteID is under what the bytes from the seeder are noted: one channel serves many seeders.
func (p *HubPurse) noteID() channel.ID {
	return channel.ID(wallet.Keccak256(p.purse.id[:], p.payee[:]))
}
