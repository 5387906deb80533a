package wire

import (
	"fmt"
	"math"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Unmarshal reads one message. It gives nil and no error for a type that this version does not know: such a message is passed over.
// Errors wrap ErrMalformed. The message keeps none of b.
func Unmarshal(b []byte) (Message, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(b), MaxMessage)
	}
	dict, err := ParseDict(b)
	if err != nil {
		return nil, err
	}
	d := reader{Dict: dict}
	m := d.message()
	if d.err != nil {
		return nil, d.err
	}
	return m, nil
}

// reader reads typed fields and keeps the first error.
type reader struct {
	Dict
	err error
}

func (d *reader) message() Message {
	switch Type(d.int("t", math.MaxInt64)) {
	case TypeTerms:
		return d.terms()
	case TypeOpen:
		return d.open()
	case TypeAccept:
		return &Accept{
			Channel: channel.ID(d.word("ch")), Window: d.bytesCount("w"), Sent: d.bytesCount("sent"), Paid: d.amount("paid"),
			Since: d.bytesCount("since"), Charged: d.amount("charged"),
		}
	case TypePay:
		return d.pay()
	case TypeAck:
		return &Ack{Paid: d.amount("paid"), Window: d.bytesCount("w")}
	case TypeNeed:
		return &Need{Due: d.bytesCount("due")}
	case TypeError:
		return d.refusal()
	case TypeClose:
		return &Close{Role: d.role(), Channel: channel.ID(d.word("ch")), Paid: d.amount("paid")}
	default:
		return nil
	}
}

func (d *reader) terms() *Terms {
	m := &Terms{
		Domain: channel.Domain{ChainID: uint32(d.int("chain", math.MaxUint32)), Contract: d.address("contract")},
		Payee:  d.address("payee"), Price: d.amount("price"), UnitBytes: d.bytesCount("unit"),
		Window: d.bytesCount("w"), WindowMax: d.bytesCount("wmax"), Expiry: d.int("exp", math.MaxInt64), Nonce: Nonce(d.fixed("n", 16)),
		More: d.int("more", MaxOffers-1),
	}
	var err error
	if m.Asset, err = channel.AssetFromWord(d.word("asset")); err != nil {
		d.fail("asset")
	}
	if _, some := d.Dict["payers"]; some {
		m.Payers = d.addresses("payers")
	}
	if v := d.int("v", math.MaxInt64); v < Version {
		d.fail("v")
	}
	return m
}

func (d *reader) open() *Open {
	m := &Open{
		Version: d.int("v", math.MaxInt64), Nonce: Nonce(d.fixed("n", 16)), Voucher: d.voucher("vo"), Tail: channel.Anchor(d.word("tail")),
		Price: d.amount("price"), Bid: d.amount("bid"), Received: -1,
	}
	if _, known := d.Dict["rc"]; known {
		m.Received = d.bytesCount("rc")
	}
	m.Prev = d.anchorIf("prev")
	return m
}

func (d *reader) pay() *Pay {
	m := &Pay{Reveal: d.revealIf("re"), Voucher: d.voucherIf("vo"), Tail: d.anchorIf("tail")}
	if m.Reveal == nil && m.Voucher == nil {
		d.fail("re")
	}
	return m
}

func (d *reader) refusal() *Error {
	m := &Error{Role: d.role(), Code: Code(d.int("c", math.MaxInt64)), Voucher: d.voucherIf("vo"), Reveal: d.revealIf("re")}
	text, _ := d.Bytes("m")
	m.Text = string(text[:min(len(text), MaxText)])
	return m
}

func (d *reader) role() Role { return Role(d.int("as", int64(Payee))) }

func (d *reader) anchorIf(key string) *channel.Anchor {
	if _, some := d.Dict[key]; !some {
		return nil
	}
	a := channel.Anchor(d.word(key))
	return &a
}

func (d *reader) voucherIf(key string) *channel.SignedVoucher {
	if _, some := d.Dict[key]; !some {
		return nil
	}
	v := d.voucher(key)
	return &v
}

func (d *reader) voucher(key string) channel.SignedVoucher {
	inner, ok := d.Dict.Dict(key)
	if !ok {
		d.fail(key)
		return channel.SignedVoucher{}
	}
	in := reader{Dict: inner}
	v := channel.SignedVoucher{
		Voucher:   channel.Voucher{Channel: channel.ID(in.word("ch")), Cumulative: in.amount("cum"), Tails: in.tails("tails")},
		Signature: wallet.Signature(in.fixed("sig", 65)),
	}
	d.join(in.err)
	return v
}

func (d *reader) tails(key string) []channel.Tail {
	raw, ok := d.List(key)
	if !ok || len(raw) > channel.MaxTails {
		d.fail(key)
		return nil
	}
	var tails []channel.Tail
	for _, r := range raw {
		fields, ok := r.list()
		if !ok || len(fields) != 4 {
			d.fail(key)
			return nil
		}
		in := reader{Dict: Dict{"a": fields[0], "u": fields[1], "l": fields[2], "e": fields[3]}}
		tails = append(tails, channel.Tail{
			Anchor: channel.Anchor(in.word("a")), Unit: in.amount("u"),
			Length: uint32(in.int("l", channel.MaxTailLength)), Expiry: in.int("e", math.MaxInt64),
		})
		d.join(in.err)
	}
	return tails
}

func (d *reader) revealIf(key string) *channel.Reveal {
	if _, some := d.Dict[key]; !some {
		return nil
	}
	inner, ok := d.Dict.Dict(key)
	if !ok {
		d.fail(key)
		return nil
	}
	in := reader{Dict: inner}
	r := &channel.Reveal{Tail: channel.Anchor(in.word("a")), Count: uint32(in.int("k", channel.MaxTailLength)), Preimage: in.word("x")}
	d.join(in.err)
	return r
}

func (d *reader) fail(key string) {
	d.join(fmt.Errorf("%w: the field %q is missing or out of range", ErrMalformed, key))
}

func (d *reader) join(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *reader) int(key string, most int64) int64 {
	n, ok := d.Int(key)
	if !ok || n > most {
		d.fail(key)
		return 0
	}
	return n
}

// MaxBytes bounds every count of bytes in a message, so that sums and products of them stay far from overflow: 4 EiB.
const MaxBytes = 1 << 62

func (d *reader) bytesCount(key string) int64 { return d.int(key, MaxBytes) }

func (d *reader) fixed(key string, n int) []byte {
	b, ok := d.Bytes(key)
	if !ok || len(b) != n {
		d.fail(key)
		return make([]byte, n)
	}
	return b
}

func (d *reader) word(key string) [32]byte { return [32]byte(d.fixed(key, 32)) }

func (d *reader) amount(key string) channel.Amount {
	a, err := channel.AmountFromBytes(d.fixed(key, 16))
	if err != nil {
		d.fail(key)
	}
	return a
}

func (d *reader) address(key string) wallet.Address {
	a, err := wallet.AddressFromBytes(d.fixed(key, 21))
	if err != nil {
		d.fail(key)
	}
	return a
}

func (d *reader) addresses(key string) []wallet.Address {
	raw, ok := d.List(key)
	if !ok || len(raw) > MaxPayers {
		d.fail(key)
		return nil
	}
	var list []wallet.Address
	for _, r := range raw {
		in := reader{Dict: Dict{key: r}}
		list = append(list, in.address(key))
		d.join(in.err)
	}
	return list
}
