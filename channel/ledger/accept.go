package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
)

// Ticket is a payment that the rule has accepted and that is on its way to the disk. The zero Ticket is none.
type Ticket struct {
	ledger  *Ledger
	payment channel.Payment
	receipt channel.Receipt
	entry   *entry
	batch   *batch // nil: durable already
	gen     uint64
	ask     bool // nobody may have asked for the commit
}

// Receipt is what the payee will hold once the ticket is durable. A payee may serve on the strength of it within its credit window, and acknowledges after Wait.
func (t *Ticket) Receipt() channel.Receipt { return t.receipt }

// Accept takes a payment and returns when it is durable. Errors: those of channel.Rule, channel.ErrUnknownChannel, channel.ErrStaleView, ErrNotStored, ErrStopped, and the
// context's, after which the payment may or may not be held.
func (l *Ledger) Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	t, err := l.Offer(ctx, p)
	if err != nil {
		return channel.Receipt{}, err
	}
	return t.Wait(ctx)
}

// Offer runs the rule on a payment, its signature check included, and puts it into the open batch. It does not wait for the disk.
func (l *Ledger) Offer(ctx context.Context, p channel.Payment) (Ticket, error) {
	return l.offerTwice(ctx, p, offering{})
}

// AcceptLater is Offer for who acknowledges several payments at once: the payment goes to the disk when it is waited for, with any other that is, or within LaterTime.
func (l *Ledger) AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error) {
	t, err := l.offerTwice(ctx, p, offering{later: true})
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// offering is how a payment is offered.
type offering struct {
	verified bool // its signature is known to be good
	later    bool // nobody waits for it yet
}

// offerTwice offers a payment again when its refusal may only mean that another server knows more.
func (l *Ledger) offerTwice(ctx context.Context, p channel.Payment, how offering) (Ticket, error) {
	t, err := l.offer(ctx, p, how)
	if err != nil && l.cfg.Store.Shared() && mayHaveMoved(err) && l.refresh(ctx, p.Channel) {
		t, err = l.offer(ctx, p, how)
	}
	if err != nil {
		l.count.refused.Add(1)
	}
	return t, err
}

// mayHaveMoved says whether a refusal may only mean that another server knows more of the channel than this one's memory.
func mayHaveMoved(err error) bool {
	var stale *channel.StaleError
	return errors.As(err, &stale) || errors.Is(err, channel.ErrUnknownTail) || errors.Is(err, channel.ErrOverDeposit) || errors.Is(err, channel.ErrBadTail) ||
		errors.Is(err, channel.ErrBadPreimage) || errors.Is(err, channel.ErrTailExpired) || errors.Is(err, channel.ErrClosing)
}

// refresh takes what the store holds into memory and says whether it was news. Payments under way are waited for first: they are about to find out themselves.
func (l *Ledger) refresh(ctx context.Context, id channel.ID) bool {
	found, ok := l.byID.Load(id)
	if !ok {
		return false
	}
	e := found.(*entry)
	for {
		e.mu.Lock()
		if e.batch == nil {
			break
		}
		done := e.batch.done
		e.mu.Unlock()
		l.ask()
		select {
		case <-done:
		case <-ctx.Done():
			return false
		}
	}
	defer e.mu.Unlock()
	version := e.durable.Version
	return l.reload(ctx, e) == nil && e.durable.Version != version
}

// Wait returns when the ticket's payment is durable, or could not be made so (ErrNotStored).
func (t *Ticket) Wait(ctx context.Context) (channel.Receipt, error) {
	for range maxAttempts {
		if t.batch == nil {
			return t.receipt, nil
		}
		if !over(t.batch) { // most of a frame's tickets are answered by one commit
			if t.ask {
				t.ledger.ask()
			}
			select {
			case <-t.batch.done:
			case <-ctx.Done():
				return channel.Receipt{}, ctx.Err()
			}
		}
		lost, ok := t.batch.lost[t.entry]
		switch {
		case t.batch.err != nil:
			return channel.Receipt{}, t.batch.err
		case !ok || t.gen > lost:
			return t.receipt, nil
		}
		if err := t.again(ctx); err != nil {
			return channel.Receipt{}, err
		}
	}
	return channel.Receipt{}, fmt.Errorf("%w: other servers keep writing channel %s", ErrNotStored, t.receipt.Channel.Short())
}

func over(b *batch) bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// again offers the payment to what the store holds now. Its signature is known to be good.
func (t *Ticket) again(ctx context.Context) error {
	replayed := t.receipt.Replayed
	retry, err := t.ledger.offer(ctx, t.payment, offering{verified: true})
	if err == nil {
		*t = retry
		t.receipt.Replayed = t.receipt.Replayed && replayed
	}
	return err
}

func (l *Ledger) offer(ctx context.Context, p channel.Payment, how offering) (Ticket, error) {
	if l.stopped.Load() {
		return Ticket{}, ErrStopped
	}
	if err := p.Validate(); err != nil {
		return Ticket{}, err
	}
	e, err := l.entry(ctx, p.Channel)
	if err != nil {
		return Ticket{}, err
	}
	if e.foreign {
		return Ticket{}, channel.ErrUnknownChannel
	}
	if p.Voucher != nil && !how.verified {
		replayed, err := l.verify(ctx, e, p.Voucher)
		if err != nil {
			return Ticket{}, err
		}
		how.verified = !replayed // what is held needs no check; if it is replaced meanwhile, apply checks it under the lock
	}
	return l.join(ctx, e, p, how)
}

// verify does the cheap checks on the channel's state and then, outside any lock, the signature: of the first voucher since the start by recovering the signer, of all others by the key
// that this gave, which costs a fifth less. v is not looked at then; a claim computes it (contract.ClaimOf).
func (l *Ledger) verify(ctx context.Context, e *entry, v *channel.SignedVoucher) (replayed bool, err error) {
	e.mu.Lock()
	if e.unknown {
		err = l.reload(ctx, e)
	}
	var outcome channel.Outcome
	if err == nil {
		outcome, err = l.rule.CheckVoucher(e.next(), v, l.Now())
	}
	address, key := e.durable.Terms.Signer, e.signer
	e.mu.Unlock()
	if err != nil || outcome == channel.Replayed {
		return true, err
	}
	if key != nil {
		return false, v.VerifyKey(l.rule.Separator(), key)
	}
	recovered, err := v.RecoverKey(l.rule.Separator(), address)
	if err != nil {
		return false, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.signer = &recovered
	return false, nil
}

// join applies the payment to the channel's next state and puts the channel into the open batch.
func (l *Ledger) join(ctx context.Context, e *entry, p channel.Payment, how offering) (Ticket, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.unknown {
		if err := l.reload(ctx, e); err != nil {
			return Ticket{}, err
		}
	}
	outcome, err := l.apply(ctx, e, p, how)
	if err != nil {
		return Ticket{}, err
	}
	// Of a replay too: what it repeats may still be on its way to the disk.
	t := Ticket{
		ledger: l, payment: p, entry: e, batch: e.batch, gen: e.gen, ask: how.later || outcome == channel.Replayed,
		receipt: channel.Receipt{Channel: p.Channel, Paid: e.next().Paid(), Replayed: outcome == channel.Replayed},
	}
	if outcome == channel.Replayed {
		l.count.replayed.Add(1)
		return t, nil
	}
	l.count.accepted.Add(1)
	return t, nil
}

// apply runs the rule. The fresh view is asked for under the entry's lock and only for news: a replay is answered at any time.
func (l *Ledger) apply(ctx context.Context, e *entry, p channel.Payment, how offering) (channel.Outcome, error) {
	stale, now := l.Fresh(), l.Now()
	if stale != nil {
		return l.replayOnly(e, p, stale)
	}
	if err := l.takesNew(e.next()); err != nil {
		return 0, err
	}
	defer e.rest()
	next := e.begin()
	if err := l.mayDrop(ctx, next, p.Voucher); err != nil {
		return 0, err
	}
	var outcome channel.Outcome
	var err error
	switch {
	case p.Reveal != nil:
		outcome, err = l.rule.AcceptReveal(next, p.Reveal, now)
	case how.verified:
		outcome, err = l.rule.ApplyVoucher(next, p.Voucher, now)
	default:
		outcome, err = l.rule.AcceptVoucher(next, p.Voucher, now)
	}
	if err != nil || outcome == channel.Replayed {
		return outcome, err
	}
	l.enter(e, how.later)
	return outcome, nil
}

// mayDrop asks whether the tails that a voucher lets go of may go. It is rare that there are any.
func (l *Ledger) mayDrop(ctx context.Context, r *channel.Record, v *channel.SignedVoucher) error {
	if l.cfg.Dropping == nil || v == nil {
		return nil
	}
	var dropped []channel.Anchor
	for _, held := range r.Held.Tails {
		if !slices.ContainsFunc(v.Tails, func(t channel.Tail) bool { return t.Anchor == held.Anchor }) {
			dropped = append(dropped, held.Anchor)
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	return l.cfg.Dropping(ctx, r.ID, dropped)
}

// replayOnly answers what is held already while the view is stale, and refuses everything else.
func (l *Ledger) replayOnly(e *entry, p channel.Payment, stale error) (channel.Outcome, error) {
	held := e.next().Clone()
	var outcome channel.Outcome
	var err error
	if p.Reveal != nil {
		outcome, err = l.rule.AcceptReveal(&held, p.Reveal, l.Now())
	} else {
		outcome, err = l.rule.CheckVoucher(&held, p.Voucher, l.Now())
	}
	if err == nil && outcome == channel.Replayed {
		return outcome, nil
	}
	return 0, stale
}

// AcceptAll takes payments of one channel in their order and answers when all are durable, with the last receipt: it covers all before it. At the first that is refused it
// stops; what came before that stands and is durable when AcceptAll returns, with the receipt for it and the refusal.
func (l *Ledger) AcceptAll(ctx context.Context, payments []channel.Payment) (last channel.Receipt, err error) {
	var ticket Ticket
	taken := 0
	for ; taken < len(payments) && err == nil; taken++ {
		var t Ticket
		if t, err = l.Offer(ctx, payments[taken]); err == nil {
			ticket = t
		}
	}
	if ticket.ledger == nil {
		return channel.Receipt{}, err
	}
	receipt, failed := ticket.Wait(ctx)
	if failed != nil {
		return channel.Receipt{}, failed
	}
	return receipt, err
}
