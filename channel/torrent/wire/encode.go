package wire

import (
	"github.com/piecework/piecework/channel"
)

// Marshal is the message as one bencoded dictionary.
func Marshal(m Message) []byte {
	d := m.dict()
	d.SetInt("t", int64(m.Type()))
	return d.Append(nil)
}

func (m *Terms) dict() Dict {
	d := Dict{}
	asset := m.Asset.Word()
	d.SetInt("v", Version)
	d.SetInt("chain", int64(m.Domain.ChainID))
	d.SetBytes("contract", m.Domain.Contract[:])
	d.SetBytes("asset", asset[:])
	d.SetBytes("payee", m.Payee[:])
	d.SetBytes("price", m.Price.Bytes())
	d.SetInt("unit", m.UnitBytes)
	d.SetInt("w", m.Window)
	d.SetInt("wmax", m.WindowMax)
	d.SetInt("exp", m.Expiry)
	d.SetBytes("n", m.Nonce[:])
	d.SetInt("more", m.More)
	if len(m.Payers) > 0 {
		payers := make([]Raw, len(m.Payers))
		for i, p := range m.Payers {
			payers[i] = bytesRaw(p[:])
		}
		d.SetList("payers", payers)
	}
	return d
}

func (m *Open) dict() Dict {
	d := Dict{}
	d.SetInt("v", m.Version)
	d.SetBytes("n", m.Nonce[:])
	d.SetDict("vo", voucherDict(m.Voucher))
	d.SetBytes("tail", m.Tail[:])
	if m.Prev != nil {
		d.SetBytes("prev", m.Prev[:])
	}
	d.SetBytes("price", m.Price.Bytes())
	d.SetBytes("bid", m.Bid.Bytes())
	if m.Received >= 0 {
		d.SetInt("rc", m.Received)
	}
	return d
}

func (m *Accept) dict() Dict {
	d := Dict{}
	d.SetBytes("ch", m.Channel[:])
	d.SetInt("w", m.Window)
	d.SetInt("sent", m.Sent)
	d.SetBytes("paid", m.Paid.Bytes())
	d.SetInt("since", m.Since)
	d.SetBytes("charged", m.Charged.Bytes())
	return d
}

func (m *Pay) dict() Dict {
	d := Dict{}
	if m.Reveal != nil {
		d.SetDict("re", revealDict(*m.Reveal))
	}
	if m.Voucher != nil {
		d.SetDict("vo", voucherDict(*m.Voucher))
	}
	if m.Tail != nil {
		d.SetBytes("tail", m.Tail[:])
	}
	return d
}

func (m *Ack) dict() Dict {
	d := Dict{}
	d.SetBytes("paid", m.Paid.Bytes())
	d.SetInt("w", m.Window)
	return d
}

func (m *Need) dict() Dict {
	d := Dict{}
	d.SetInt("due", m.Due)
	return d
}

func (m *Error) dict() Dict {
	d := Dict{}
	d.SetInt("as", int64(m.Role))
	d.SetInt("c", int64(m.Code))
	d.SetBytes("m", []byte(m.Text[:min(len(m.Text), MaxText)]))
	if m.Voucher != nil {
		d.SetDict("vo", voucherDict(*m.Voucher))
	}
	if m.Reveal != nil {
		d.SetDict("re", revealDict(*m.Reveal))
	}
	return d
}

func (m *Close) dict() Dict {
	d := Dict{}
	d.SetInt("as", int64(m.Role))
	d.SetBytes("ch", m.Channel[:])
	d.SetBytes("paid", m.Paid.Bytes())
	return d
}

func voucherDict(v channel.SignedVoucher) Dict {
	d := Dict{}
	d.SetBytes("ch", v.Channel[:])
	d.SetBytes("cum", v.Cumulative.Bytes())
	d.SetBytes("sig", v.Signature[:])
	tails := make([]Raw, len(v.Tails))
	for i, t := range v.Tails {
		tails[i] = listRaw([]Raw{bytesRaw(t.Anchor[:]), bytesRaw(t.Unit.Bytes()), intRaw(int64(t.Length)), intRaw(t.Expiry)})
	}
	d.SetList("tails", tails)
	return d
}

func revealDict(r channel.Reveal) Dict {
	d := Dict{}
	d.SetBytes("a", r.Tail[:])
	d.SetInt("k", int64(r.Count))
	d.SetBytes("x", r.Preimage[:])
	return d
}
