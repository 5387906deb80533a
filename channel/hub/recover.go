package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
)

// A hub that was restored from an old backup does not know what it has signed since. It signs nothing on a channel of its own before the channel's seeder has shown the voucher
// that it holds, which carries the hub's own signature. The operator says so (StartRecovery), or the hub finds out: by a seeder's voucher that is newer than its own, or by a
// payment on chain that is more than it remembers to have promised.

// clockSlack is by how much a clock may be behind: channels that were opened until so long after a recovery began, and not by what was sent since, are among the forgotten.
const clockSlack = 10 * time.Minute

// StartRecovery stops all signing until the seeders have shown what they hold.
func (h *Hub) StartRecovery(ctx context.Context) error {
	return h.transact(ctx, func(t *ledger.Txn) error { return h.startRecovery(t, h.ledger.Now().UnixMilli()) })
}

// AskRecovery begins or ends a recovery as StartRecovery and EndRecovery do, once for each word in this store: what asks may stand in a configuration and be read at every start.
func (h *Hub) AskRecovery(ctx context.Context, r store.Recovery) error {
	return h.transact(ctx, func(t *ledger.Txn) error {
		now := h.ledger.Now().UnixMilli()
		since, first, err := t.AskRecovery(r, now)
		switch {
		case err != nil:
			return err
		case !first:
			h.cfg.Log.Warn("a recovery is not "+verb(r)+" again: it was asked for before. If the store was restored from a backup since, ask with a word that is new, such as today's date",
				"word", r.Word, "asked", time.UnixMilli(since).UTC().Format(time.RFC3339))
			return nil
		case r.Ends:
			return h.endRecovery(t)
		}
		return h.startRecovery(t, now)
	})
}

func verb(r store.Recovery) string {
	if r.Ends {
		return "ended"
	}
	return "begun"
}

func (h *Hub) startRecovery(t *ledger.Txn, since int64) error {
	h.cfg.Log.Warn("the hub's store is older than what it has signed: nothing is signed on a channel before its seeder has shown the voucher that it holds")
	return errors.Join(h.eachOwn(t, func(id channel.ID) error { return t.PutUnmerged(id, since) }), t.PutRecovery(since))
}

// EndRecovery goes on signing on the channels whose seeders have not shown anything: they hold nothing, or are gone. A seeder that shows a newer voucher later is still believed.
func (h *Hub) EndRecovery(ctx context.Context) error { return h.transact(ctx, h.endRecovery) }

func (h *Hub) endRecovery(t *ledger.Txn) error {
	return errors.Join(h.eachOwn(t, t.DropUnmerged), t.DropUnmerged(channel.ID{}))
}

// eachOwn calls fn for every live channel that the hub pays from, until it fails. They are read before: a transaction does one thing at a time.
func (h *Hub) eachOwn(t *ledger.Txn, fn func(channel.ID) error) error {
	var own []channel.ID
	err := t.Channels(channel.Query{Live: true, Payer: h.me}, func(r channel.Record) error {
		own = append(own, r.ID)
		return nil
	})
	for i := 0; i < len(own) && err == nil; i++ {
		err = fn(own[i])
	}
	return err
}

// Recovering says whether there are channels on which the hub does not sign yet, or may be found by it.
func (h *Hub) Recovering(ctx context.Context) (recovering bool, err error) {
	err = h.store.View(ctx, func(t *store.Tx) error {
		waits, _, err := t.Recovery()
		if err != nil || waits {
			recovering = waits
			return err
		}
		recovering, err = h.finding(t)
		return err
	})
	return recovering, err
}

// forgotten says whether a channel may have been opened, and vouchers signed on it, before the recovery began.
func (h *Hub) forgotten(t *store.Tx, ev *channel.Event) (bool, error) {
	finding, err := h.finding(t)
	if err != nil || !finding || ev.Kind != channel.EventOpened {
		return false, err
	}
	_, since, err := t.Recovery()
	if err != nil {
		return false, err
	}
	sent, err := t.Intent(ev.TxID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return sent.Created < since, err
}

// finding says whether blocks are still being read in which the hub may have opened channels that it has forgotten.
func (h *Hub) finding(t *store.Tx) (bool, error) {
	_, since, err := t.Recovery()
	return since > 0 && h.ledger.Cursor().Solid.Time <= since+clockSlack.Milliseconds(), err
}

// merge takes what a seeder holds when the hub may have forgotten it.
func (h *Hub) merge(ctx context.Context, q *RedeemRequest) error {
	out, err := h.ledger.Record(ctx, q.Channel)
	if err != nil {
		return err
	}
	if h.Takes(out.Terms) {
		return channel.ErrUnknownChannel
	}
	var unmerged bool
	if err := h.store.View(ctx, func(t *store.Tx) (err error) { unmerged, err = t.Unmerged(q.Channel); return err }); err != nil {
		return err
	}
	switch {
	case q.Held == nil && unmerged:
		return fmt.Errorf("%w: show the voucher that you hold", channel.ErrRecovering)
	case q.Held == nil || !unmerged && !newer(q.Held, &out):
		return nil
	}
	if err := q.Held.Validate(); err != nil {
		return err
	}
	if err := q.Held.Verify(h.rule.Separator(), h.me); err != nil {
		return err
	}
	return h.transact(ctx, func(t *ledger.Txn) error { return h.mergeIn(t, q) })
}

func (h *Hub) mergeIn(t *ledger.Txn, q *RedeemRequest) error {
	sessions, err := t.OpenSessions(q.Channel)
	if err != nil {
		return err
	}
	steps := make([]step, 0, len(sessions))
	for _, s := range sessions {
		steps = append(steps, step{session: s})
	}
	if err := lockInbound(t, steps); err != nil {
		return err
	}
	out, err := t.Record(q.Channel)
	if err != nil {
		return err
	}
	if newer(q.Held, out) {
		if unmerged, err := t.Unmerged(q.Channel); err != nil || !unmerged {
			if err == nil {
				err = h.startRecovery(t, h.ledger.Now().UnixMilli())
			}
			if err != nil {
				return err
			}
		}
		if err := h.adopt(t, out, q.Held, steps); err != nil {
			return err
		}
	}
	return t.DropUnmerged(q.Channel)
}

// newer says whether a voucher of ours comes after the one that we remember.
func newer(held *channel.SignedVoucher, out *channel.Record) bool { return after(held, &out.Held) }

// older says whether a voucher that a seeder shows comes before the one that we remember.
func older(held *channel.SignedVoucher, out *channel.Record) bool {
	return held != nil && after(&out.Held, held)
}

// after is the order of vouchers.
func after(a, b *channel.SignedVoucher) bool {
	if order := a.Cumulative.Cmp(b.Cumulative); order != 0 {
		return order > 0
	}
	return b.Promise().Less(a.Promise())
}

// adopt goes on from a voucher that the hub had forgotten. What it had redeemed by it is booked as a loss until the downloader's side of it is known again.
func (h *Hub) adopt(t *ledger.Txn, out *channel.Record, held *channel.SignedVoucher, sessions []step) error {
	b := h.book(t.Tx, "recovered", out.ID.String())
	forgotten := held.Cumulative.Excess(out.Paid())
	b.move(out.Terms.Asset, Lost, Owed(out.Terms.Payee), forgotten)
	out.Held, out.Reveals = *held, make([]channel.Progress, len(held.Tails))
	t.Keep(out)
	for _, s := range sessions {
		if err := h.moveOn(t, b, out, s.session); err != nil {
			return err
		}
	}
	return b.done()
}

// moveOn brings a session to where the voucher says that it was redeemed to. One that the voucher does not carry any more is over: all of it was redeemed, or it had expired.
func (h *Hub) moveOn(t *ledger.Txn, b *booking, out *channel.Record, s channel.Session) error {
	for _, tail := range out.Held.Tails {
		if tail.Unit != s.UnitOut || tail.Length > s.Length-s.Redeemed {
			continue
		}
		n := s.Length - tail.Length
		if channel.HashForward(tail.Anchor, n-s.Redeemed) != s.Tip() {
			continue
		}
		if n == s.Redeemed {
			return nil
		}
		in, err := t.Record(s.Inbound)
		if err != nil {
			return err
		}
		b.catchUp(in)
		if _, err := h.rule.Collect(in, &channel.Reveal{Tail: s.Anchor, Count: n, Preimage: tail.Anchor}, h.ledger.Now()); err == nil {
			gained := b.unbooked(in)
			back := s.UnitOut.Mul(uint64(n - s.Redeemed)).Min(gained)
			b.move(in.Terms.Asset, Inbound(in.ID), Lost, back)
			b.move(in.Terms.Asset, Inbound(in.ID), Fees, gained.Sub(back))
			t.Keep(in)
		}
		s.Redeemed, s.Preimage = n, tail.Anchor
		return t.UpdateSession(s)
	}
	s.State = channel.SessionExpired
	return t.UpdateSession(s)
}

// rebuild makes the session again that stood behind a tail of the hub's own, from the voucher of the downloader that has the same chain.
func (h *Hub) rebuild(t *ledger.Txn, id channel.ID, r channel.Reveal) (*step, error) {
	out, err := t.Channel(id)
	if err != nil {
		return nil, err
	}
	i := tailAt(&out, r.Tail)
	if i < 0 {
		return nil, channel.ErrUnknownTail
	}
	var found *channel.Session
	err = t.Channels(channel.Query{Live: true, Payee: h.me}, func(in channel.Record) error {
		for _, tail := range in.Held.Tails {
			if s := sessionBehind(tail, in.ID, out.Held.Tails[i], id); found == nil && in.Terms.Asset == out.Terms.Asset && s != nil {
				found = s
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("%w: the downloader has not shown its voucher yet", channel.ErrRecovering)
	}
	found.Created = h.ledger.Now().UnixMilli()
	return &step{session: *found, count: found.Redeemed + r.Count, preimage: r.Preimage}, t.PutSession(*found)
}

// sessionBehind is the session that a tail of a downloader and one to a seeder make, nil when they are of different chains.
func sessionBehind(in channel.Tail, inbound channel.ID, out channel.Tail, outbound channel.ID) *channel.Session {
	if out.Length > in.Length || in.Unit.Less(out.Unit) || channel.HashForward(out.Anchor, in.Length-out.Length) != in.Anchor {
		return nil
	}
	s := &channel.Session{
		Anchor: in.Anchor, Inbound: inbound, Outbound: outbound, UnitIn: in.Unit, UnitOut: out.Unit, Length: in.Length, ExpiryIn: in.Expiry, ExpiryOut: out.Expiry,
		Redeemed: in.Length - out.Length, State: channel.SessionOpen,
	}
	if s.Redeemed > 0 {
		s.Preimage = out.Anchor
	}
	return s
}
