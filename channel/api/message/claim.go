package message

import (
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// FromClaim is a channel's best evidence as a claim kit holds it.
func FromClaim(r *channel.Record) *channelpb.Claim {
	shown := FromRecord(*r)
	return &channelpb.Claim{Terms: shown.GetTerms(), Voucher: shown.GetVoucher(), Reveals: shown.GetReveals(), Deposit: shown.GetDeposit(), Settled: shown.GetSettled()}
}

// ToClaim reads a claim as the record that a payee keeps. It does not check the evidence: channel.Rule.CheckEvidence does.
func ToClaim(m *channelpb.Claim) (channel.Record, error) {
	terms, err := ToTerms(m.GetTerms())
	if err != nil {
		return channel.Record{}, err
	}
	id := terms.ID()
	return ToRecord(&channelpb.Channel{
		Id: id[:], Terms: m.GetTerms(), State: channelpb.ChannelState_CHANNEL_STATE_OPEN, Deposit: m.GetDeposit(), Settled: m.GetSettled(),
		Voucher: m.GetVoucher(), Reveals: m.GetReveals(),
	})
}

// ToDomain reads what a kit's vouchers were signed for.
func ToDomain(m *channelpb.ClaimKit) (channel.Domain, error) {
	contract, err := wallet.ParseAddress(m.GetContract())
	if err != nil {
		return channel.Domain{}, fmt.Errorf("%w: contract: %w", channel.ErrMalformed, err)
	}
	return channel.Domain{ChainID: m.GetChainId(), Contract: contract}, nil
}
