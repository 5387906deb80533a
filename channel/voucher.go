package channel

import (
	"github.com/piecework/piecework/wallet"
)

// Voucher is the payer's promise: "of this channel, Cumulative is yours, plus what the tails reveal".
type Voucher struct {
	Channel    ID
	Cumulative Amount
	Tails      []Tail // at most MaxTails, often none
}

// SignedVoucher is a voucher with the signature of the channel's signer over its Digest.
type SignedVoucher struct {
	Voucher
	Signature wallet.Signature
}

// Promise is the most that the voucher can be worth: Cumulative + Σ Length·Unit.
func (v Voucher) Promise() Amount {
	most := v.Cumulative
	for _, t := range v.Tails {
		most = most.Add(t.Unit.Mul(uint64(t.Length)))
	}
	return most
}
