package channel

import (
	"fmt"
	"slices"
	"time"

	"github.com/piecework/piecework/wallet"
)

// DefaultMargin is how far away a tail's expiry must be for its reveals to be accepted: the payee's time to settle them.
const DefaultMargin = 10 * time.Minute

// Outcome says what accepting a payment did.
type Outcome uint8

// The outcomes. They come with a nil error.
const (
	Accepted Outcome = iota + 1 // the record holds more than before
	Replayed                    // the record held it already and has not changed
)

// Rule is the rule by which a payee accepts payments, for one contract on one chain. It has no state: build it once and share it.
//
// The order of vouchers is (cumulative, promise): a voucher is news when it is greater than the held one in that order and what was paid does not fall by
// it. Because of both, cumulative never falls, and no voucher that was once replaced can ever be accepted again, in whatever order messages are replayed.
type Rule struct {
	separator [32]byte
	margin    time.Duration
	lapsing   bool
}

// NewRule builds the rule; a margin of 0 is DefaultMargin.
func NewRule(domain Domain, margin time.Duration) Rule {
	if margin == 0 {
		margin = DefaultMargin
	}
	return Rule{separator: domain.Separator(), margin: margin}
}

// LapseTime is how long after a tail's expiry a payee asks for what was revealed of it. A hub that can still collect pays within half an hour, a sponsor within an hour; and
// every block in which the contract could have paid is read and final.
const LapseTime = 2 * time.Hour

// Lapsing is the rule of who is paid by somebody that is paid itself, a hub or a sponsor: its payer cannot pay later what it was not shown in time. What a tail revealed whose expiry
// is LapseTime ago may so be missing in the next voucher, for it is worth nothing to anybody; without that the channel would be of no use any more. Who pays onward itself (a hub) has
// no such rule: its payers are never short of what they revealed.
func (u Rule) Lapsing() Rule {
	u.lapsing = true
	return u
}

// Separator is the hash of the rule's domain.
func (u Rule) Separator() [32]byte { return u.separator }

// Margin is how far away a tail's expiry must be for its reveals to be accepted.
func (u Rule) Margin() time.Duration { return u.margin }

// AcceptVoucher checks a voucher with its signature and, when it is news, makes r hold it. It changes r only when it returns Accepted.
// Errors: ErrUnknownChannel, ErrMalformed, ErrClosing, ErrClosed, ErrOverDeposit, ErrBadTail, ErrTailExpired, ErrBadSignature, *StaleError.
func (u Rule) AcceptVoucher(r *Record, v *SignedVoucher, now time.Time) (Outcome, error) {
	outcome, err := u.CheckVoucher(r, v, now)
	if err != nil || outcome == Replayed {
		return outcome, err
	}
	if err := u.VerifySignature(r.Terms.Signer, v); err != nil {
		return 0, err
	}
	return u.ApplyVoucher(r, v, now)
}

// CheckVoucher does what needs no signature. It returns Replayed for exactly what is held, and otherwise 0: the signature is to be checked next.
// That a voucher is stale is said only after its signature was found good (by ApplyVoucher), so that nobody else can ask where a channel stands.
func (u Rule) CheckVoucher(r *Record, v *SignedVoucher, now time.Time) (Outcome, error) {
	if v.Channel != r.ID {
		return 0, ErrUnknownChannel
	}
	if r.holds(v) {
		return Replayed, nil
	}
	if err := v.Validate(); err != nil {
		return 0, err
	}
	if err := r.standing(); err != nil {
		return 0, err
	}
	if r.Deposit.Less(v.Promise()) {
		return 0, fmt.Errorf("%w: %s is promised, %s is deposited and solid", ErrOverDeposit, v.Promise(), r.Deposit)
	}
	return 0, nil
}

// VerifySignature checks that signer signed the voucher: low s, and v of 27 or 28 (or 0 or 1), whichever it is. contract.ClaimOf writes the one that the contract needs. Who knows the
// signer's key may use SignedVoucher.VerifyKey instead.
func (u Rule) VerifySignature(signer wallet.Address, v *SignedVoucher) error {
	_, err := v.RecoverKey(u.separator, signer)
	return err
}

// ApplyVoucher makes r hold a voucher whose signature was checked. It repeats the cheap checks, because r may have moved on meanwhile.
func (u Rule) ApplyVoucher(r *Record, v *SignedVoucher, now time.Time) (Outcome, error) {
	if outcome, err := u.CheckVoucher(r, v, now); err != nil || outcome == Replayed {
		return outcome, err
	}
	reveals, paid, err := u.carryOver(r, v, now)
	if err != nil {
		return 0, err
	}
	if paid.Less(u.least(r, now)) || paid.Less(r.Settled) || !r.newer(v) {
		return 0, r.stale()
	}
	r.Held, r.Reveals = *v, reveals
	r.Held.Tails = slices.Clone(v.Tails)
	r.accepted(now)
	return Accepted, nil
}

// least is what a new voucher must be worth.
func (u Rule) least(r *Record, now time.Time) Amount {
	if u.lapsing {
		return r.paidBy(now.Add(-LapseTime))
	}
	return r.Paid()
}

// AcceptReveal checks a reveal and, when it is further than what is held, makes r hold it. It changes r only when it returns Accepted, and allocates nothing then.
// An older reveal of the same tail is Replayed. Errors: ErrMalformed, ErrUnknownTail, ErrClosing, ErrClosed, ErrTailExpired, ErrBadPreimage.
func (u Rule) AcceptReveal(r *Record, reveal *Reveal, now time.Time) (Outcome, error) {
	return u.acceptReveal(r, reveal, now, r.standing)
}

// Collect is AcceptReveal for who pays onward by the same preimages: what was promised before the payer started to close still settles, so it is taken until the
// challenge is nearly over. A frozen channel takes nothing: its close is signed.
func (u Rule) Collect(r *Record, reveal *Reveal, now time.Time) (Outcome, error) {
	return u.acceptReveal(r, reveal, now, func() error {
		if r.State == Closing && !r.Frozen && now.Add(u.margin).Unix() < r.CloseAt {
			return nil
		}
		return r.standing()
	})
}

func (u Rule) acceptReveal(r *Record, reveal *Reveal, now time.Time, standing func() error) (Outcome, error) {
	i := r.tail(reveal.Tail)
	if i < 0 {
		return 0, ErrUnknownTail
	}
	t, held := &r.Held.Tails[i], &r.Reveals[i]
	if reveal.Count == 0 || reveal.Count > t.Length {
		return 0, fmt.Errorf("%w: %d steps of a tail of %d", ErrMalformed, reveal.Count, t.Length)
	}
	if reveal.Count <= held.Count {
		if HashForward(held.Preimage, held.Count-reveal.Count) != reveal.Preimage {
			return 0, ErrBadPreimage
		}
		return Replayed, nil
	}
	if err := standing(); err != nil {
		return 0, err
	}
	if t.Expiry <= now.Add(u.margin).Unix() {
		return 0, ErrTailExpired
	}
	last := [32]byte(t.Anchor)
	if held.Count > 0 {
		last = held.Preimage
	}
	if HashForward(reveal.Preimage, reveal.Count-held.Count) != last {
		return 0, ErrBadPreimage
	}
	*held = Progress{Count: reveal.Count, Preimage: reveal.Preimage}
	r.accepted(now)
	return Accepted, nil
}

// accepted counts a payment and notes since when something is due.
func (r *Record) accepted(now time.Time) {
	r.Accepted++
	if r.DueSince == 0 && r.Settled.Less(r.Paid()) {
		r.DueSince = now.Unix()
	}
}

// carryOver finds what the record's reveals count for under a new voucher: a tail of the same anchor keeps them, a tail that begins where they have come to keeps what lies
// beyond; of any other tail they must have moved into cumulative.
func (u Rule) carryOver(r *Record, v *SignedVoucher, now time.Time) ([]Progress, Amount, error) {
	reveals, paid := make([]Progress, len(v.Tails)), v.Cumulative
	steps := uint32(MaxTails * MaxTailLength)
	for j := range v.Tails {
		t := &v.Tails[j]
		was, kept := r.continued(t, &steps)
		if was == nil {
			if t.Expiry <= now.Add(u.margin).Unix() {
				return nil, Amount{}, ErrTailExpired
			}
			continue
		}
		if t.Unit != was.Unit || t.Length < kept.Count || t.Expiry < was.Expiry {
			return nil, Amount{}, ErrBadTail
		}
		reveals[j] = kept
		paid = paid.Add(t.Unit.Mul(uint64(kept.Count)))
	}
	return reveals, paid, nil
}

// continued finds the held tail that t goes on with, and what was revealed of t by it: the tail of the same anchor, or one that was re-anchored at a preimage which is held
// (its steps up to there have gone from its length). nil for a fresh tail. It hashes at most steps times, after a signature that was good, so that a payer whose tails look alike cannot make it many more.
func (r *Record) continued(t *Tail, steps *uint32) (*Tail, Progress) {
	if i := r.tail(t.Anchor); i >= 0 {
		return &r.Held.Tails[i], r.Reveals[i]
	}
	for i := range r.Held.Tails {
		was, held := &r.Held.Tails[i], r.Reveals[i]
		if was.Unit != t.Unit || was.Expiry != t.Expiry || t.Length >= was.Length || was.Length-t.Length > held.Count {
			continue
		}
		moved := was.Length - t.Length
		if beyond := held.Count - moved; beyond > *steps {
			continue
		} else if *steps -= beyond; HashForward(held.Preimage, beyond) != t.Anchor {
			continue
		}
		if held.Count == moved {
			return was, Progress{}
		}
		return was, Progress{Count: held.Count - moved, Preimage: held.Preimage}
	}
	return nil, Progress{}
}

// standing says whether the channel takes new payments.
func (r *Record) standing() error {
	switch {
	case r.State == Closed:
		return ErrClosed
	case r.State == Closing || r.Frozen:
		return ErrClosing
	}
	return nil
}

// holds says whether v is the held voucher, signature included.
func (r *Record) holds(v *SignedVoucher) bool {
	return v.Cumulative == r.Held.Cumulative && v.Signature == r.Held.Signature && v.Channel == r.Held.Channel && slices.Equal(v.Tails, r.Held.Tails)
}

// newer says whether v comes after the held voucher in the order of vouchers.
func (r *Record) newer(v *SignedVoucher) bool {
	if !r.HasVoucher() {
		return true
	}
	if order := v.Cumulative.Cmp(r.Held.Cumulative); order != 0 {
		return order > 0
	}
	return r.Held.Promise().Less(v.Promise())
}
