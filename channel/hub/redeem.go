package hub

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
)

// RedeemRequest is what a seeder shows: the furthest reveal of each of its tails, as it holds them. The preimages are proof enough: whoever shows them, the seeder is paid.
type RedeemRequest struct {
	Channel channel.ID // hub → seeder
	Reveals []channel.Reveal
	Held    *channel.SignedVoucher // what the seeder holds; a hub that was restored from a backup needs it
}

// Redeemed is the hub's answer: a voucher in which what was shown has moved into the cumulative amount.
type Redeemed struct {
	Voucher channel.SignedVoucher
	Booked  channel.Amount // by this request
}

// Redeem books what the seeder shows on both legs and signs the voucher that follows, in one transaction. What was redeemed before adds nothing, and the answer is the
// voucher that stands. Errors: channel.ErrUnknownChannel, ErrMalformed, ErrUnknownTail, ErrBadPreimage, ErrTailExpired, ErrClosing, ErrClosed, ErrStaleView, ErrRecovering.
func (h *Hub) Redeem(ctx context.Context, q RedeemRequest) (Redeemed, error) {
	h.stats.calls.Add(1)
	if len(q.Reveals) > channel.MaxTails || q.Held != nil && q.Held.Channel != q.Channel {
		return Redeemed{}, fmt.Errorf("%w: %d reveals on channel %s", channel.ErrMalformed, len(q.Reveals), q.Channel.Short())
	}
	if err := h.ledger.Fresh(); err != nil {
		return Redeemed{}, err
	}
	if err := h.merge(ctx, &q); err != nil {
		return Redeemed{}, err
	}
	var out Redeemed
	var steps uint64
	err := h.transact(ctx, func(t *ledger.Txn) error {
		var err error
		out, steps, err = h.redeem(t, &q)
		return err
	})
	if err != nil {
		return Redeemed{}, fmt.Errorf("redeeming on channel %s: %w", q.Channel.Short(), err)
	}
	if steps > 0 {
		h.stats.redeems.Add(1)
		h.stats.steps.Add(steps)
	}
	return out, nil
}

func (h *Hub) redeem(t *ledger.Txn, q *RedeemRequest) (Redeemed, uint64, error) {
	shown, unknown, err := h.locate(t, q.Channel, q.Reveals)
	if err != nil {
		return Redeemed{}, 0, err
	}
	if err := lockInbound(t, shown); err != nil {
		return Redeemed{}, 0, err
	}
	out, err := t.Record(q.Channel)
	if err != nil {
		return Redeemed{}, 0, err
	}
	switch {
	case h.Takes(out.Terms):
		return Redeemed{}, 0, channel.ErrUnknownChannel
	case out.State == channel.Closed:
		return Redeemed{}, 0, channel.ErrClosed
	case out.State == channel.Closing || out.Frozen:
		return Redeemed{}, 0, channel.ErrClosing
	}
	b := h.book(t.Tx, "redeem", out.ID.String())
	steps, more, refused, err := h.collect(t, b, out, shown)
	if err != nil {
		return Redeemed{}, 0, err
	}
	if steps == 0 {
		if errors.Is(unknown, channel.ErrUnknownTail) && older(q.Held, out) { // it has not got our last answers: the tail was redeemed to its end
			unknown = nil
		}
		return Redeemed{Voucher: out.Held}, 0, cmp.Or(refused, unknown)
	}
	before := out.Held.Cumulative
	v, _ := h.follow(out, more)
	if err := errors.Join(v.Validate(), h.expire(t, out.ID)); err != nil {
		return Redeemed{}, 0, err
	}
	h.sign(t, out, v)
	return Redeemed{Voucher: out.Held, Booked: v.Cumulative.Sub(before)}, steps, b.done()
}

// step is how far a session is shown.
type step struct {
	session  channel.Session
	count    uint32 // from the session's anchor
	preimage [32]byte
}

// locate finds the sessions that reveals belong to. A seeder may name a tail by the session's anchor, by where it was last redeemed to, or, when it has not got the hub's last
// answers, by any link between. A reveal that belongs to none leaves the others alone: refused says why, for the last of them.
func (h *Hub) locate(t *ledger.Txn, out channel.ID, reveals []channel.Reveal) (shown []step, refused, err error) {
	if len(reveals) == 0 {
		return nil, nil, nil
	}
	sessions, err := t.OpenSessions(out)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range reveals {
		s, err := h.sessionOf(t, out, sessions, r)
		switch {
		case errors.Is(err, channel.ErrMalformed):
			return nil, nil, err
		case refusal(err):
			refused = err
		case err != nil:
			return nil, nil, err
		case s != nil:
			shown = append(shown, *s)
		}
	}
	return shown, refused, nil
}

// sessionOf finds the session of one reveal; nil when all of it was redeemed and the session is over.
func (h *Hub) sessionOf(t *ledger.Txn, out channel.ID, sessions []channel.Session, r channel.Reveal) (*step, error) {
	if r.Count == 0 || r.Count > channel.MaxTailLength {
		return nil, fmt.Errorf("%w: %d steps", channel.ErrMalformed, r.Count)
	}
	sessions = slices.DeleteFunc(slices.Clone(sessions), func(s channel.Session) bool { return s.Outbound != out })
	for i := range sessions {
		if base, ok := knownPosition(&sessions[i], r.Tail); ok && base+r.Count <= sessions[i].Length {
			return &step{session: sessions[i], count: base + r.Count, preimage: r.Preimage}, nil // whether the preimage leads there collect sees
		}
	}
	if channel.HashForward(r.Preimage, r.Count) != r.Tail {
		return nil, channel.ErrBadPreimage
	}
	if s, base := oldPosition(sessions, r.Tail); s != nil && base+r.Count <= s.Length {
		return &step{session: *s, count: base + r.Count, preimage: r.Preimage}, nil
	}
	return h.overSession(t, out, r)
}

// knownPosition is how many steps from the session's anchor a link lies, if it is the anchor or where the session was last redeemed to.
func knownPosition(s *channel.Session, link channel.Anchor) (uint32, bool) {
	switch link {
	case s.Anchor:
		return 0, true
	case s.Tip():
		return s.Redeemed, true
	}
	return 0, false
}

// oldPosition finds the session with a link between the two, for who lost our answers, and how many steps from its anchor that lies. Strangers show links, too: one walk asks for all sessions.
func oldPosition(sessions []channel.Session, link channel.Anchor) (*channel.Session, uint32) {
	anchors, furthest := map[channel.Anchor]*channel.Session{}, uint32(0)
	for i := range sessions {
		s := &sessions[i]
		anchors[s.Anchor], furthest = s, max(furthest, s.Redeemed)
	}
	for x, n := [32]byte(link), uint32(1); n < furthest; n++ {
		x = channel.HashForward(x, 1)
		if s := anchors[channel.Anchor(x)]; s != nil && n < s.Redeemed {
			return s, n
		}
	}
	return nil, 0
}

// overSession tells a replay of a session that is done from a reveal of a tail that never was.
func (h *Hub) overSession(t *ledger.Txn, out channel.ID, r channel.Reveal) (*step, error) {
	s, err := t.Session(r.Tail)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if known, err := h.finished(t, out, r); known || err != nil {
			return nil, err
		}
		return h.rebuild(t, out, r)
	case err != nil:
		return nil, err
	case s.Outbound != out:
		return nil, channel.ErrUnknownTail
	case s.State == channel.SessionDone || s.Redeemed >= r.Count:
		return nil, nil
	}
	return nil, channel.ErrTailExpired
}

// finished says whether a reveal belongs to a session that was redeemed to its end, by a link of its chain that is not its anchor: a seeder that lost our last answer shows it, to us or
// on chain. A voucher carries MaxTails tails, so older sessions are not asked about.
func (h *Hub) finished(t *ledger.Txn, out channel.ID, r channel.Reveal) (bool, error) {
	sessions, err := t.Sessions(out, 2*channel.MaxTails) // the open ones come first
	if err != nil {
		return false, err
	}
	sessions = slices.DeleteFunc(sessions, func(s channel.Session) bool { return s.State != channel.SessionDone || s.Outbound != out })
	s, base := oldPosition(sessions, r.Tail)
	return s != nil && base+r.Count <= s.Redeemed, nil
}

// lockInbound locks the downloaders' channels before the seeder's, in the order of their ids, as every transaction does.
func lockInbound(t *ledger.Txn, shown []step) error {
	slices.SortFunc(shown, func(a, b step) int { return bytes.Compare(a.session.Inbound[:], b.session.Inbound[:]) })
	for i := range shown {
		if _, err := t.Record(shown[i].session.Inbound); err != nil {
			return err
		}
	}
	return nil
}

// collect books steps on both legs: what the downloader's channel can claim, what the seeder is owed. more is what the seeder gets beyond its tails: the part of what was withheld
// that its opening cost did not take. A session that cannot be collected leaves the others alone: refused says why, for the last of them.
func (h *Hub) collect(t *ledger.Txn, b *booking, out *channel.Record, shown []step) (steps uint64, more channel.Amount, refused, err error) {
	for i := range shown {
		s, err := t.Session(shown[i].session.Anchor)
		if err != nil {
			return 0, more, nil, err
		}
		if shown[i].count <= s.Redeemed {
			continue
		}
		n, back, err := h.collectOne(t, b, out, s, shown[i])
		switch {
		case refusal(err):
			refused = err
		case err != nil:
			return 0, more, nil, err
		}
		steps, more = steps+n, more.Add(back)
	}
	return steps, more, refused, nil
}

// refusal says whether an error is the rule's answer to one session, and nothing was changed.
func refusal(err error) bool {
	for _, refusal := range []error{
		channel.ErrUnknownTail, channel.ErrTailExpired, channel.ErrClosing, channel.ErrClosed, channel.ErrBadPreimage, channel.ErrRecovering, channel.ErrMalformed,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

func (h *Hub) collectOne(t *ledger.Txn, b *booking, out *channel.Record, s channel.Session, to step) (uint64, channel.Amount, error) {
	n := to.count - s.Redeemed
	i := tailAt(out, s.Tip())
	if i < 0 {
		return 0, channel.Amount{}, channel.ErrUnknownTail
	}
	in, err := t.Record(s.Inbound)
	if err != nil {
		return 0, channel.Amount{}, err
	}
	b.catchUp(in)
	if shown := progress(in, s.Anchor); shown != s.Redeemed && channel.HashForward(to.preimage, n) != s.Tip() { // where they are equal, Collect asks the same
		return 0, channel.Amount{}, channel.ErrBadPreimage
	}
	if _, err := h.rule.Collect(in, &channel.Reveal{Tail: s.Anchor, Count: to.count, Preimage: to.preimage}, h.ledger.Now()); err != nil {
		return 0, channel.Amount{}, err
	}
	t.Keep(in)
	more := h.bookSteps(b, in, out, &s, uint64(n), b.unbooked(in))
	out.Reveals[i] = channel.Progress{Count: out.Reveals[i].Count + n, Preimage: to.preimage}
	s.Redeemed, s.Preimage = to.count, to.preimage
	if s.Redeemed == s.Length {
		s.State = channel.SessionDone
	}
	return uint64(n), more, t.UpdateSession(s)
}

// progress is how far a tail was revealed.
func progress(r *channel.Record, anchor channel.Anchor) uint32 {
	for i := range r.Held.Tails {
		if r.Held.Tails[i].Anchor == anchor {
			return r.Reveals[i].Count
		}
	}
	return 0
}

// bookSteps divides what n steps have brought on the downloader's channel: to the seeder what its tail promises, to the opening cost what was withheld for it, the rest is fee.
func (h *Hub) bookSteps(b *booking, in, out *channel.Record, s *channel.Session, n uint64, gained channel.Amount) (more channel.Amount) {
	asset, payee := out.Terms.Asset, out.Terms.Payee
	account := Inbound(in.ID)
	owed, withheld := s.UnitOut.Mul(n), s.Withheld.Mul(n)
	debt := b.balance(Opening(payee), asset)
	left := debt.Debit.Excess(debt.Credit)
	pays := withheld.Min(left)
	more = withheld.Sub(pays)
	// A downloader that showed its preimages to the hub itself has paid already: then the money came as a direct payment.
	from := func(credit string, amount channel.Amount) {
		now := amount.Min(gained)
		gained = gained.Sub(now)
		b.move(asset, account, credit, now)
		b.move(asset, Direct, credit, amount.Sub(now))
	}
	from(Owed(payee), owed.Add(more))
	from(Opening(payee), pays)
	b.move(asset, account, Fees, gained)
	return more
}
