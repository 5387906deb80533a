package message_test

import (
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// FuzzPayment: whatever bytes come, reading a payment ends in a payment that writes itself the same again, or in an error.
func FuzzPayment(f *testing.F) {
	key, err := wallet.NewKey()
	if err != nil {
		f.Fatal(err)
	}
	v := channel.Voucher{Channel: channel.ID{1}, Cumulative: channel.NewAmount(7), Tails: []channel.Tail{{Unit: channel.NewAmount(3), Length: 8, Expiry: 99}}}
	signed := v.Sign(key, channel.Domain{ChainID: 1, Contract: key.Address()})
	for _, p := range []channel.Payment{{Channel: v.Channel, Voucher: &signed}, {Channel: v.Channel, Reveal: &channel.Reveal{Count: 2}}} {
		raw, err := proto.Marshal(message.FromPayment(p))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := &channelpb.Payment{}
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		p, err := message.ToPayment(channel.ID{1}, m)
		if err != nil {
			return
		}
		again, err := message.ToPayment(channel.ID{1}, message.FromPayment(p))
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("%+v came back as %+v, %v", p, again, err)
		}
	})
}

// FuzzChannel: the same for a channel's record, which a client reads from a server that it need not trust.
func FuzzChannel(f *testing.F) {
	key, err := wallet.NewKey()
	if err != nil {
		f.Fatal(err)
	}
	terms := channel.Terms{Payer: key.Address(), Payee: key.Address(), Signer: key.Address(), Challenge: channel.MinChallenge}
	raw, err := proto.Marshal(message.FromRecord(channel.NewRecord(terms, channel.NewAmount(9))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := &channelpb.Channel{}
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		r, err := message.ToRecord(m)
		if err != nil {
			return
		}
		if again, err := message.ToRecord(message.FromRecord(r)); err != nil || again.Paid() != r.Paid() || again.ID != r.ID {
			t.Errorf("came back as %+v, %v", again, err)
		}
	})
}

// FuzzClaim: a claim kit is a file that anybody may have written.
func FuzzClaim(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, raw []byte) {
		m := &channelpb.ClaimKit{}
		if proto.Unmarshal(raw, m) != nil {
			return
		}
		_, _ = message.ToDomain(m)
		for _, claim := range m.GetClaims() {
			_, _ = message.ToClaim(claim)
		}
	})
}
