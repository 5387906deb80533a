package message

import (
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// FromSession is a hub's session as the API shows it.
func FromSession(s channel.Session) *channelpb.Session {
	m := &channelpb.Session{
		Anchor: s.Anchor[:], Inbound: s.Inbound[:], Outbound: s.Outbound[:], UnitIn: s.UnitIn.String(), UnitOut: s.UnitOut.String(), Withheld: s.Withheld.String(),
		Length: s.Length, ExpiryIn: s.ExpiryIn, ExpiryOut: s.ExpiryOut, Redeemed: s.Redeemed, State: string(s.State),
	}
	if s.Redeemed > 0 {
		m.Preimage = s.Preimage[:]
	}
	return m
}

// ToSession reads a session.
func ToSession(m *channelpb.Session) (s channel.Session, err error) {
	s = channel.Session{
		Length: m.GetLength(), ExpiryIn: m.GetExpiryIn(), ExpiryOut: m.GetExpiryOut(), Redeemed: m.GetRedeemed(), State: channel.SessionState(m.GetState()),
	}
	for _, f := range []struct {
		name string
		b    []byte
		to   *[32]byte
	}{
		{"anchor", m.GetAnchor(), (*[32]byte)(&s.Anchor)}, {"channel", m.GetInbound(), (*[32]byte)(&s.Inbound)}, {"channel", m.GetOutbound(), (*[32]byte)(&s.Outbound)},
	} {
		if *f.to, err = word(f.name, f.b); err != nil {
			return s, err
		}
	}
	if s.Redeemed > 0 {
		if s.Preimage, err = word("preimage", m.GetPreimage()); err != nil {
			return s, err
		}
	}
	return s, errors.Join(ToAmount("unit", m.GetUnitIn(), &s.UnitIn), ToAmount("unit", m.GetUnitOut(), &s.UnitOut), ToAmount("withheld part", m.GetWithheld(), &s.Withheld))
}

// ToAmount reads an amount.
func ToAmount(what, text string, to *channel.Amount) error {
	a, err := channel.ParseAmount(text)
	if err != nil {
		return fmt.Errorf("%w: the %s: %w", channel.ErrMalformed, what, err)
	}
	*to = a
	return nil
}

// ToAddress reads an address.
func ToAddress(text string) (wallet.Address, error) {
	a, err := wallet.ParseAddress(text)
	return a, malformed(err)
}

// proofAge is how far a proof's time may be from the server's clock.
const proofAge = 10 * time.Minute

// NewProof signs that the key's account itself calls a hub.
func NewProof(key *wallet.Key, separator [32]byte, hub wallet.Address, call string, now time.Time) *channelpb.Proof {
	signature := key.Sign(channel.Access{Account: key.Address(), Hub: hub, Call: call, Time: now.Unix()}.Digest(separator))
	return &channelpb.Proof{Account: key.Address().String(), Time: now.Unix(), Signature: signature[:], Hub: hub.String()}
}

// CheckProof says whose call it is to a hub. The error is channel.ErrNotYours.
func CheckProof(m *channelpb.Proof, separator [32]byte, hub wallet.Address, call string, now time.Time) (wallet.Address, error) {
	account, err := ToAddress(m.GetAccount())
	if err != nil {
		return account, err
	}
	signature, err := wallet.SignatureFromBytes(m.GetSignature())
	if err != nil {
		return account, malformed(err)
	}
	if age := now.Sub(time.Unix(m.GetTime(), 0)); age > proofAge || age < -proofAge {
		return account, fmt.Errorf("%w: it was signed %s ago by this server's clock", channel.ErrNotYours, age.Round(time.Second))
	}
	if m.GetHub() != hub.String() {
		return account, fmt.Errorf("%w: it was signed for %.40q, and this hub is %s", channel.ErrNotYours, m.GetHub(), hub)
	}
	return account, channel.Access{Account: account, Hub: hub, Call: call, Time: m.GetTime()}.Verify(separator, signature)
}
