package contract

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Claim is what a settlement shows to the contract: terms, a signed voucher, and of each tail how far it was revealed. Without a voucher it claims nothing.
type Claim struct {
	Terms   channel.Terms
	Voucher channel.SignedVoucher
	Reveals []channel.Reveal // at most one for each tail of the voucher; tails without one show nothing
}

// ClaimOf is the payee's best claim in a block of that time, for the contract of a domain separator: expired tails are left unshown, the contract would give nothing for them, and the
// signature has the v that ecrecover needs, whatever its payer wrote.
func ClaimOf(separator [32]byte, r *channel.Record, at time.Time) Claim {
	c := Claim{Terms: r.Terms, Voucher: r.Held, Reveals: r.Furthest(at)}
	if c.hasVoucher() {
		c.Voucher = c.Voucher.Recovering(separator, r.Terms.Signer)
	}
	return c
}

// shownTail is a tail with what is shown of it.
type shownTail struct {
	channel.Tail
	count    uint32
	preimage [32]byte
}

func (c Claim) shown() ([]shownTail, error) {
	if id := c.Terms.ID(); c.hasVoucher() && c.Voucher.Channel != id {
		return nil, fmt.Errorf("%w: a voucher for channel %s with the terms of %s", ErrCall, c.Voucher.Channel.Short(), id.Short())
	}
	if len(c.Voucher.Tails) > channel.MaxTails {
		return nil, fmt.Errorf("%w: %d tails, at most %d", ErrCall, len(c.Voucher.Tails), channel.MaxTails)
	}
	shown := make([]shownTail, len(c.Voucher.Tails))
	for i, t := range c.Voucher.Tails {
		shown[i].Tail = t
	}
	for _, r := range c.Reveals {
		i := c.unshown(shown, r.Tail)
		if i < 0 {
			return nil, fmt.Errorf("%w: a reveal of tail %x, which the voucher does not promise", ErrCall, r.Tail[:4])
		}
		shown[i].count, shown[i].preimage = r.Count, r.Preimage
	}
	return shown, nil
}

// unshown finds the tail of a reveal; of two tails with one anchor each takes one.
func (c Claim) unshown(shown []shownTail, anchor channel.Anchor) int {
	for i := range shown {
		if shown[i].Anchor == anchor && shown[i].count == 0 {
			return i
		}
	}
	return -1
}

func (c Claim) hasVoucher() bool { return c.Voucher.Channel != channel.ID{} }

// compact is a signature in the contract's 64-byte form: r, and s with the parity of v in its highest bit.
func compact(s wallet.Signature) (r, vs [32]byte, err error) {
	r, vs = [32]byte(s[:32]), [32]byte(s[32:64])
	if vs[0] >= 0x80 {
		return r, vs, fmt.Errorf("%w: the signature's s is not in the lower half", ErrCall)
	}
	switch s[64] {
	case 0, 27:
	case 1, 28:
		vs[0] |= 0x80
	default:
		return r, vs, fmt.Errorf("%w: the signature's v is %d, want 27 or 28", ErrCall, s[64])
	}
	return r, vs, nil
}
