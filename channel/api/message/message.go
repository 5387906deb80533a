package message

import (
	"bytes"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// FromAsset is the asset as the API shows it.
func FromAsset(a channel.Asset) *channelpb.Asset {
	switch a.Kind() {
	case channel.KindTRC10:
		return &channelpb.Asset{Kind: channelpb.Asset_KIND_TRC10, TokenId: a.TokenID()}
	case channel.KindTRC20:
		return &channelpb.Asset{Kind: channelpb.Asset_KIND_TRC20, Contract: a.Contract().String()}
	default:
		return &channelpb.Asset{Kind: channelpb.Asset_KIND_TRX}
	}
}

// ToAsset reads an asset; a missing or contradictory one is malformed.
func ToAsset(m *channelpb.Asset) (channel.Asset, error) {
	kind := m.GetKind()
	if (m.GetTokenId() != 0 && kind != channelpb.Asset_KIND_TRC10) || (m.GetContract() != "" && kind != channelpb.Asset_KIND_TRC20) {
		return channel.Asset{}, fmt.Errorf("%w: the asset is of kind %s and names another", channel.ErrMalformed, kind)
	}
	switch kind {
	case channelpb.Asset_KIND_TRX:
		return channel.TRX, nil
	case channelpb.Asset_KIND_TRC10:
		a, err := channel.TRC10(m.GetTokenId())
		return a, malformed(err)
	case channelpb.Asset_KIND_TRC20:
		contract, err := wallet.ParseAddress(m.GetContract())
		if err != nil {
			return channel.Asset{}, malformed(err)
		}
		a, err := channel.TRC20(contract)
		return a, malformed(err)
	default:
		return channel.Asset{}, fmt.Errorf("%w: the asset's kind is missing", channel.ErrMalformed)
	}
}

// FromTerms is the terms as the API shows them.
func FromTerms(t channel.Terms) *channelpb.Terms {
	return &channelpb.Terms{
		Payer: t.Payer.String(), Payee: t.Payee.String(), Signer: t.Signer.String(), Asset: FromAsset(t.Asset),
		ChallengeSeconds: int64(t.Challenge / time.Second), Seed: t.Seed[:],
	}
}

// ToTerms reads terms.
func ToTerms(m *channelpb.Terms) (channel.Terms, error) {
	var t channel.Terms
	for _, field := range []struct {
		text string
		to   *wallet.Address
	}{{m.GetPayer(), &t.Payer}, {m.GetPayee(), &t.Payee}, {m.GetSigner(), &t.Signer}} {
		a, err := wallet.ParseAddress(field.text)
		if err != nil {
			return channel.Terms{}, malformed(err)
		}
		*field.to = a
	}
	asset, err := ToAsset(m.GetAsset())
	if err != nil {
		return channel.Terms{}, err
	}
	t.Asset, t.Challenge = asset, time.Duration(m.GetChallengeSeconds())*time.Second
	if t.Challenge < channel.MinChallenge || t.Challenge > channel.MaxChallenge {
		return channel.Terms{}, fmt.Errorf("%w: a challenge of %d s", channel.ErrMalformed, m.GetChallengeSeconds())
	}
	t.Seed, err = word("seed", m.GetSeed())
	return t, err
}

// FromVoucher is a signed voucher as the API shows it; without a signature it is nil, the held voucher of a channel that nothing was paid on.
func FromVoucher(v channel.SignedVoucher) *channelpb.Voucher {
	if v.Channel == (channel.ID{}) {
		return nil
	}
	m := &channelpb.Voucher{Cumulative: v.Cumulative.String(), Signature: v.Signature[:]}
	for _, t := range v.Tails {
		m.Tails = append(m.Tails, &channelpb.Tail{Anchor: t.Anchor[:], Unit: t.Unit.String(), Length: t.Length, Expiry: t.Expiry})
	}
	return m
}

// ToVoucher reads a signed voucher of the channel.
func ToVoucher(id channel.ID, m *channelpb.Voucher) (channel.SignedVoucher, error) {
	var v channel.SignedVoucher
	v.Channel = id
	if len(m.GetTails()) > channel.MaxTails {
		return v, fmt.Errorf("%w: %d tails, at most %d", channel.ErrMalformed, len(m.GetTails()), channel.MaxTails)
	}
	cumulative, err := channel.ParseAmount(m.GetCumulative())
	if err != nil {
		return v, malformed(err)
	}
	v.Cumulative = cumulative
	for _, t := range m.GetTails() {
		tail, err := toTail(t)
		if err != nil {
			return v, err
		}
		v.Tails = append(v.Tails, tail)
	}
	v.Signature, err = wallet.SignatureFromBytes(m.GetSignature())
	return v, malformed(err)
}

// FromReveal is a reveal as the API shows it.
func FromReveal(r channel.Reveal) *channelpb.Reveal {
	return &channelpb.Reveal{Tail: r.Tail[:], Count: r.Count, Preimage: r.Preimage[:]}
}

// ToReveal reads a reveal.
func ToReveal(m *channelpb.Reveal) (channel.Reveal, error) {
	anchor, err := word("tail", m.GetTail())
	if err != nil {
		return channel.Reveal{}, err
	}
	preimage, err := word("preimage", m.GetPreimage())
	return channel.Reveal{Tail: anchor, Count: m.GetCount(), Preimage: preimage}, err
}

// FromPayment is a payment as the API carries it.
func FromPayment(p channel.Payment) *channelpb.Payment {
	if p.Voucher != nil {
		return &channelpb.Payment{Kind: &channelpb.Payment_Voucher{Voucher: FromVoucher(*p.Voucher)}}
	}
	return &channelpb.Payment{Kind: &channelpb.Payment_Reveal{Reveal: FromReveal(*p.Reveal)}}
}

// ToPayment reads a payment on the channel.
func ToPayment(id channel.ID, m *channelpb.Payment) (channel.Payment, error) {
	switch kind := m.GetKind().(type) {
	case *channelpb.Payment_Voucher:
		v, err := ToVoucher(id, kind.Voucher)
		return channel.Payment{Channel: id, Voucher: &v}, err
	case *channelpb.Payment_Reveal:
		r, err := ToReveal(kind.Reveal)
		return channel.Payment{Channel: id, Reveal: &r}, err
	default:
		return channel.Payment{}, fmt.Errorf("%w: a payment is a voucher or a reveal", channel.ErrMalformed)
	}
}

// FromRecord is the payee's record of a channel as the API shows it.
func FromRecord(r channel.Record) *channelpb.Channel {
	m := &channelpb.Channel{
		Id: r.ID[:], Terms: FromTerms(r.Terms), State: FromState(r.State), Deposit: r.Deposit.String(), Settled: r.Settled.String(),
		Paid: r.Paid().String(), Voucher: FromVoucher(r.Held), Reveals: FromReveals(r.Furthest(time.Time{})),
	}
	if r.State == channel.Closing {
		m.CloseTime = timestamppb.New(time.Unix(r.CloseAt, 0))
	}
	return m
}

// FromReveals is FromReveal of each.
func FromReveals(reveals []channel.Reveal) []*channelpb.Reveal {
	var list []*channelpb.Reveal
	for _, r := range reveals {
		list = append(list, FromReveal(r))
	}
	return list
}

// ToReveals is ToReveal of each; more than a voucher can have tails is malformed.
func ToReveals(list []*channelpb.Reveal) ([]channel.Reveal, error) {
	if len(list) > channel.MaxTails {
		return nil, fmt.Errorf("%w: %d reveals, at most %d", channel.ErrMalformed, len(list), channel.MaxTails)
	}
	var reveals []channel.Reveal
	for _, m := range list {
		r, err := ToReveal(m)
		if err != nil {
			return nil, err
		}
		reveals = append(reveals, r)
	}
	return reveals, nil
}

// FromState is the state as the API shows it.
func FromState(s channel.State) channelpb.ChannelState {
	switch s {
	case channel.Open:
		return channelpb.ChannelState_CHANNEL_STATE_OPEN
	case channel.Closing:
		return channelpb.ChannelState_CHANNEL_STATE_CLOSING
	case channel.Closed:
		return channelpb.ChannelState_CHANNEL_STATE_CLOSED
	}
	return channelpb.ChannelState_CHANNEL_STATE_UNSPECIFIED
}

// ToID reads a channel id of 32 bytes.
func ToID(b []byte) (channel.ID, error) {
	id, err := word("channel id", b)
	return channel.ID(id), err
}

func toTail(m *channelpb.Tail) (channel.Tail, error) {
	anchor, err := word("anchor", m.GetAnchor())
	if err != nil {
		return channel.Tail{}, err
	}
	unit, err := channel.ParseAmount(m.GetUnit())
	return channel.Tail{Anchor: anchor, Unit: unit, Length: m.GetLength(), Expiry: m.GetExpiry()}, malformed(err)
}

func word(what string, b []byte) ([32]byte, error) {
	if len(b) != 32 {
		return [32]byte{}, fmt.Errorf("%w: the %s has %d bytes, want 32", channel.ErrMalformed, what, len(b))
	}
	return [32]byte(b), nil
}

// malformed makes an error of reading a field one that callers can tell.
func malformed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", channel.ErrMalformed, err)
}

// ToRecord reads a record. It does not check its evidence: channel.Rule.CheckEvidence does, for whoever needs to.
func ToRecord(m *channelpb.Channel) (channel.Record, error) {
	terms, err := ToTerms(m.GetTerms())
	if err != nil {
		return channel.Record{}, err
	}
	r := channel.NewRecord(terms, channel.Amount{})
	if !bytes.Equal(r.ID[:], m.GetId()) {
		return channel.Record{}, fmt.Errorf("%w: the id is not the hash of the terms", channel.ErrMalformed)
	}
	if r.Deposit, err = channel.ParseAmount(m.GetDeposit()); err != nil {
		return channel.Record{}, malformed(err)
	}
	if r.Settled, err = channel.ParseAmount(m.GetSettled()); err != nil {
		return channel.Record{}, malformed(err)
	}
	r.State = ToState(m.GetState())
	if m.GetCloseTime() != nil {
		r.CloseAt = m.GetCloseTime().AsTime().Unix()
	}
	if m.GetVoucher() == nil {
		return r, nil
	}
	return r, setEvidence(&r, m)
}

func setEvidence(r *channel.Record, m *channelpb.Channel) error {
	held, err := ToVoucher(r.ID, m.GetVoucher())
	if err != nil {
		return err
	}
	reveals, err := ToReveals(m.GetReveals())
	if err != nil {
		return err
	}
	r.Held, r.Reveals = held, make([]channel.Progress, len(held.Tails))
	for i, t := range held.Tails {
		for _, reveal := range reveals {
			if reveal.Tail == t.Anchor {
				r.Reveals[i] = channel.Progress{Count: reveal.Count, Preimage: reveal.Preimage}
			}
		}
	}
	return nil
}

// ToState reads a state; what it cannot read is closed, which nobody pays on.
func ToState(s channelpb.ChannelState) channel.State {
	switch s {
	case channelpb.ChannelState_CHANNEL_STATE_OPEN:
		return channel.Open
	case channelpb.ChannelState_CHANNEL_STATE_CLOSING:
		return channel.Closing
	default:
		return channel.Closed
	}
}
