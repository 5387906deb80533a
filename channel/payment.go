package channel

import "fmt"

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
