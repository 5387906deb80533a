package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// OpenRequest is a downloader's wish for a session with a seeder.
type OpenRequest struct {
	Key     string // idempotency; empty: the anchor
	Payee   wallet.Address
	Unit    channel.Amount // what a step is to the seeder's price
	Anchor  channel.Anchor // the voucher's tail that is the session's
	Voucher channel.SignedVoucher
}

// Opened is a session: the voucher is the hub's, for the seeder to be shown.
type Opened struct {
	Session channel.Session
	Terms   channel.Terms // of the hub's channel to the seeder
	Deposit channel.Amount
	Voucher channel.SignedVoucher
}

// Open opens a session: the downloader's voucher is accepted, the deposit towards the seeder reserved, and the hub's voucher with the same anchor signed, in one
// transaction. Asked again with the same key or anchor it gives the same voucher. Errors: those of channel.Rule, ErrNoHub, ErrUnknownSeeder, ErrQuote,
// ErrShortChallenge, ErrSessionOpen, ErrRecovering, ErrKeyReused, ErrStaleView, ErrNoReserve, *ExhaustedError.
func (h *Hub) Open(ctx context.Context, q OpenRequest) (Opened, error) {
	h.stats.calls.Add(1)
	if q.Key == "" {
		q.Key = fmt.Sprintf("%x", q.Anchor)
	}
	if out, done, err := h.answered(ctx, &q); done || err != nil {
		return out, err
	}
	if err := h.ledger.Fresh(); err != nil {
		return Opened{}, err
	}
	if err := h.verify(ctx, &q.Voucher); err != nil {
		return Opened{}, err
	}
	var out Opened
	err := h.transact(ctx, func(t *ledger.Txn) error {
		in, err := t.Record(q.Voucher.Channel) // it is ours alone from here on, so that what another server answered meanwhile is seen
		if err != nil {
			return err
		}
		again, done, err := h.answer(t.Tx, &q)
		if done || err != nil {
			out = again
			return err
		}
		out, err = h.open(t, in, &q)
		return err
	})
	var short *channel.ExhaustedError
	if errors.As(err, &short) {
		err = errors.Join(err, h.want(ctx, &q))
	}
	if err != nil {
		return Opened{}, err
	}
	h.stats.sessions.Add(1)
	return out, nil
}

// verify checks the signature outside the transaction, so that nobody waits for it.
func (h *Hub) verify(ctx context.Context, v *channel.SignedVoucher) error {
	in, err := h.ledger.Record(ctx, v.Channel)
	if err != nil {
		return err
	}
	if !h.Takes(in.Terms) {
		return channel.ErrUnknownChannel
	}
	outcome, err := h.rule.CheckVoucher(&in, v, h.ledger.Now())
	if err != nil || outcome == channel.Replayed {
		return err
	}
	return h.rule.VerifySignature(in.Terms.Signer, v)
}

func (h *Hub) open(t *ledger.Txn, in *channel.Record, q *OpenRequest) (Opened, error) {
	terms, deals := h.cfg.Assets[in.Terms.Asset]
	switch {
	case !deals:
		return Opened{}, fmt.Errorf("%w: %s", channel.ErrNoHub, in.Terms.Asset)
	case in.Terms.Challenge < h.cfg.Policy.MinChallenge:
		return Opened{}, fmt.Errorf("%w: %s, want %s", channel.ErrShortChallenge, in.Terms.Challenge, h.cfg.Policy.MinChallenge)
	}
	if _, err := t.Session(q.Anchor); !errors.Is(err, store.ErrNotFound) {
		return Opened{}, errors.Join(fmt.Errorf("%w: the anchor has a session", channel.ErrKeyReused), err)
	}
	if err := h.accept(t, in, &q.Voucher); err != nil {
		return Opened{}, err
	}
	indebted, err := h.indebted(t.Tx, q.Payee, in.Terms.Asset)
	if err != nil {
		return Opened{}, err
	}
	b := h.book(t.Tx, "session", fmt.Sprintf("%x", q.Anchor))
	session, err := h.session(in, q, terms, indebted)
	if err != nil {
		return Opened{}, err
	}
	if b.unbooked(in).Less(terms.sessionFee()) {
		return Opened{}, fmt.Errorf("%w: a session costs %s", channel.ErrQuote, terms.sessionFee())
	}
	b.move(in.Terms.Asset, Inbound(in.ID), Fees, terms.sessionFee())
	b.catchUp(in)
	out, found, err := h.promised(t, q, in)
	if err == nil && !found {
		out, err = h.promise(t, b, in.Terms.Asset, q.Payee, &session)
	}
	if err != nil {
		return Opened{}, err
	}
	t.Keep(in)
	if err := errors.Join(t.PutSession(out.Session), h.keepAnswer(t, q, &out), b.done()); err != nil {
		return Opened{}, err
	}
	return out, nil
}

// accept makes the downloader's channel hold its voucher, which carries on the tails of all its sessions.
func (h *Hub) accept(t *ledger.Txn, in *channel.Record, v *channel.SignedVoucher) error {
	if err := t.TakesNew(in); err != nil {
		return err
	}
	var dropped []channel.Anchor
	for _, held := range in.Held.Tails {
		if find(v.Tails, held.Anchor) == nil {
			dropped = append(dropped, held.Anchor)
		}
	}
	if err := h.mayDrop(t.Tx, dropped); err != nil {
		return err
	}
	_, err := h.rule.ApplyVoucher(in, v, h.ledger.Now())
	return err
}

// session checks the tail against what the hub quotes, and the time rule: whatever the seeder can still show reaches the hub before the downloader's refund.
func (h *Hub) session(in *channel.Record, q *OpenRequest, terms Terms, indebted bool) (channel.Session, error) {
	tail := find(q.Voucher.Tails, q.Anchor)
	if tail == nil || q.Unit.IsZero() || !q.Unit.Fits() {
		return channel.Session{}, fmt.Errorf("%w: the voucher does not hold the session's tail", channel.ErrMalformed)
	}
	p, now, policy := h.price(terms, q.Unit, indebted), h.ledger.Now(), h.cfg.Policy
	until := now.Add(min(policy.Life, in.Terms.Challenge-policy.Margin))
	if last := time.Unix(tail.Expiry, 0).Add(-policy.Margin); last.Before(until) {
		until = last
	}
	switch {
	case tail.Unit.Less(p.in):
		return channel.Session{}, fmt.Errorf("%w: a step of %s costs %s", channel.ErrQuote, q.Unit, p.in)
	case until.Before(now.Add(policy.MinLife)):
		return channel.Session{}, fmt.Errorf("%w: the tail must not expire before %s", channel.ErrQuote, now.Add(policy.MinLife+policy.Margin).UTC().Format(time.RFC3339))
	}
	return channel.Session{
		Anchor: q.Anchor, Inbound: in.ID, UnitIn: tail.Unit, UnitOut: p.out, Withheld: p.withheld, Length: tail.Length, ExpiryIn: tail.Expiry, ExpiryOut: until.Unix(),
		State: channel.SessionOpen, Created: now.UnixMilli(),
	}, nil
}

// promised finds the session's chain on a channel to the seeder: a backup has forgotten the session, and its downloader asks for it again. Promised a second time, on another of the
// seeder's channels, it would be paid twice; so nothing is while one of them waits for what its seeder holds.
func (h *Hub) promised(t *ledger.Txn, q *OpenRequest, in *channel.Record) (Opened, bool, error) {
	list, err := h.channels(t.Tx, in.Terms.Asset, q.Payee)
	if err != nil {
		return Opened{}, false, err
	}
	for _, id := range list {
		out, err := t.Record(id)
		if err != nil {
			return Opened{}, false, err
		}
		if unmerged, err := t.Unmerged(id); err != nil || unmerged {
			return Opened{}, false, cmp.Or(err, channel.ErrRecovering)
		}
		sessions, err := t.OpenSessions(id)
		if err != nil {
			return Opened{}, false, err
		}
		for _, tail := range out.Held.Tails {
			if slices.ContainsFunc(sessions, func(s channel.Session) bool { return s.Tip() == tail.Anchor }) {
				continue // not forgotten
			}
			if s := sessionBehind(*find(q.Voucher.Tails, q.Anchor), in.ID, tail, id); s != nil {
				s.Created = h.ledger.Now().UnixMilli()
				return Opened{Session: *s, Terms: out.Terms, Deposit: out.Deposit, Voucher: out.Held}, true, nil
			}
		}
	}
	return Opened{}, false, nil
}

// promise reserves the session on a channel to the seeder and signs the voucher for it.
func (h *Hub) promise(t *ledger.Txn, b *booking, asset channel.Asset, payee wallet.Address, s *channel.Session) (Opened, error) {
	tail := channel.Tail{Anchor: s.Anchor, Unit: s.UnitOut, Length: s.Length, Expiry: s.ExpiryOut}
	out, err := h.room(t, asset, payee, s.Reserved())
	if err != nil {
		return Opened{}, err
	}
	v, gift := h.follow(out, channel.Amount{})
	if gift {
		b.move(asset, Fees, Owed(payee), channel.NewAmount(1))
	}
	v.Tails = append(v.Tails, tail)
	if err := errors.Join(v.Validate(), h.expire(t, out.ID)); err != nil {
		return Opened{}, err
	}
	h.sign(t, out, v)
	s.Outbound = out.ID
	return Opened{Session: *s, Terms: out.Terms, Deposit: out.Deposit, Voucher: out.Held}, nil
}

// room finds a channel to the seeder that can reserve so much.
func (h *Hub) room(t *ledger.Txn, asset channel.Asset, payee wallet.Address, reserve channel.Amount) (*channel.Record, error) {
	list, err := h.channels(t.Tx, asset, payee)
	if err != nil {
		return nil, err
	}
	var most channel.Amount
	for _, id := range list {
		out, err := t.Record(id)
		if err != nil {
			return nil, err
		}
		spare, slot, err := h.spareOf(t.Tx, out)
		if err != nil {
			return nil, err
		}
		if out.State != channel.Open || out.Frozen || !slot {
			continue
		}
		if !spare.Less(reserve) {
			return out, nil
		}
		if most.Less(spare) {
			most = spare
		}
	}
	if _, err := t.Seeder(payee, asset); errors.Is(err, store.ErrNotFound) && len(list) == 0 {
		return nil, channel.ErrUnknownSeeder
	}
	return nil, &channel.ExhaustedError{Available: most, Retry: h.cfg.Policy.Retry}
}

// channels lists the hub's channels to a seeder that are not closed.
func (h *Hub) channels(t *store.Tx, asset channel.Asset, payee wallet.Address) (list []channel.ID, err error) {
	err = t.Channels(channel.Query{Live: true, Payer: h.me, Payee: payee}, func(r channel.Record) error {
		if r.Terms.Asset == asset {
			list = append(list, r.ID)
		}
		return nil
	})
	return list, err
}

// expire ends the sessions of a channel that are over.
func (h *Hub) expire(t *ledger.Txn, id channel.ID) error {
	sessions, err := t.OpenSessions(id)
	for i := range sessions {
		if s := &sessions[i]; err == nil && h.over(s) {
			s.State = channel.SessionExpired
			err = t.UpdateSession(*s)
		}
	}
	return err
}

// indebted says whether a seeder still owes for the opening of its channel.
func (h *Hub) indebted(t *store.Tx, payee wallet.Address, asset channel.Asset) (bool, error) {
	b, err := t.Balance(Opening(payee), asset)
	return b.Credit.Less(b.Debit), err
}

// want notes that a downloader, with the money for it, wanted more of a seeder than there was.
func (h *Hub) want(ctx context.Context, q *OpenRequest) error {
	in, err := h.ledger.Record(ctx, q.Voucher.Channel)
	tail := find(q.Voucher.Tails, q.Anchor)
	if err != nil || tail == nil {
		return err
	}
	return h.store.Update(ctx, func(t *store.Tx) error {
		s, err := t.Seeder(q.Payee, in.Terms.Asset)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if reserve := q.Unit.Mul(uint64(tail.Length)); err == nil && s.Wanted.Less(reserve) && reserve.Fits() {
			err = errors.Join(t.WantSeeder(q.Payee, in.Terms.Asset, reserve), t.NoteLook(h.look(q.Payee, in.Terms.Asset)))
		}
		return err
	})
}

func find(tails []channel.Tail, anchor channel.Anchor) *channel.Tail {
	for i := range tails {
		if tails[i].Anchor == anchor {
			return &tails[i]
		}
	}
	return nil
}

// hash is what makes a request with a used key the same request.
func (q *OpenRequest) hash(separator [32]byte) [32]byte {
	digest, unit := q.Voucher.Digest(separator), q.Unit.Word()
	return wallet.Keccak256(digest[:], q.Voucher.Signature[:], q.Anchor[:], q.Payee[:], unit[:])
}

func (q *OpenRequest) scope() string { return "hub/open/" + q.Voucher.Channel.String() }

// answered looks whether the request was answered before.
func (h *Hub) answered(ctx context.Context, q *OpenRequest) (out Opened, done bool, err error) {
	err = h.store.View(ctx, func(t *store.Tx) error {
		out, done, err = h.answer(t, q)
		return err
	})
	return out, done, err
}

func (h *Hub) answer(t *store.Tx, q *OpenRequest) (Opened, bool, error) {
	a, err := t.Answer(q.scope(), q.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Opened{}, false, nil
	case err != nil:
		return Opened{}, false, err
	case a.Request != q.hash(h.rule.Separator()):
		return Opened{}, false, channel.ErrKeyReused
	}
	out, err := h.readAnswer(t, a.Body)
	return out, err == nil, err
}

// keepAnswer stores the hub's voucher as it was signed: the anchor, the deposit, and the channel's evidence of that moment.
func (h *Hub) keepAnswer(t *ledger.Txn, q *OpenRequest, out *Opened) error {
	record := channel.Record{ID: out.Session.Outbound, Held: out.Voucher, Reveals: make([]channel.Progress, len(out.Voucher.Tails))}
	body := append(append([]byte{}, out.Session.Anchor[:]...), out.Deposit.Bytes()...)
	return t.PutAnswer(channel.Answer{
		Scope: q.scope(), Key: q.Key, Request: q.hash(h.rule.Separator()), Body: record.AppendEvidence(body), Created: h.ledger.Now().UnixMilli(),
	})
}

var errAnswer = errors.New("a stored answer is damaged")

func (h *Hub) readAnswer(t *store.Tx, body []byte) (Opened, error) {
	if len(body) < 48 {
		return Opened{}, errAnswer
	}
	s, err := t.Session(channel.Anchor(body[:32]))
	if err != nil {
		return Opened{}, err
	}
	s.Redeemed, s.Preimage, s.State = 0, [32]byte{}, channel.SessionOpen // as it was answered
	r, err := t.Channel(s.Outbound)
	if err != nil {
		return Opened{}, err
	}
	if err := r.SetEvidence(body[48:]); err != nil {
		return Opened{}, err
	}
	deposit, err := channel.AmountFromBytes(body[32:48])
	return Opened{Session: s, Terms: r.Terms, Deposit: deposit, Voucher: r.Held}, err
}
