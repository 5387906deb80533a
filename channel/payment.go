package channel

import (
	"context"
	"fmt"
)

// Payment is one message of a payer: exactly one of a voucher and a reveal.
type Payment struct {
	Channel ID
	Voucher *SignedVoucher
	Reveal  *Reveal
}

// Receipt is the payee's answer to a payment that it holds durably.
type Receipt struct {
	Channel  ID
	Paid     Amount // what the payee now holds evidence for
	Replayed bool   // the payee held it already; nothing was added
}

// Pending is a payment that a payee has accepted and that may still be on its way to the disk.
type Pending interface {
	// Receipt is what Wait will say. Nobody is told of it before.
	Receipt() Receipt
	// Wait returns when the payment is durable. Its errors are those of accepting it; after one that is not the rule's it may be accepted again.
	Wait(ctx context.Context) (Receipt, error)
}

// Durable is a payment that is held durably, as a Pending.
type Durable Receipt

// Receipt implements Pending.
func (d Durable) Receipt() Receipt { return Receipt(d) }

// Wait implements Pending.
func (d Durable) Wait(context.Context) (Receipt, error) { return Receipt(d), nil }

// Validate says whether the payment has one part and names one channel.
func (p Payment) Validate() error {
	switch {
	case (p.Voucher == nil) == (p.Reveal == nil):
		return fmt.Errorf("%w: want either a voucher or a reveal", ErrMalformed)
	case p.Voucher != nil && p.Voucher.Channel != p.Channel:
		return fmt.Errorf("%w: the voucher is for channel %s", ErrMalformed, p.Voucher.Channel.Short())
	}
	return nil
}
