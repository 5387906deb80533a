package contract

import (
	"encoding/binary"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// packer appends the words of a call. The first problem stays in err.
type packer struct {
	data []byte
	err  error
}

// method begins a call of the named method with room for its arguments.
func method(name string, arguments int) *packer {
	selector := Interface().MustMethod(name).Selector()
	return &packer{data: append(make([]byte, 0, 4+arguments), selector[:]...)}
}

func (p *packer) word(w [32]byte) *packer {
	p.data = append(p.data, w[:]...)
	return p
}

func (p *packer) number(n uint64) *packer {
	var w [32]byte
	binary.BigEndian.PutUint64(w[24:], n)
	return p.word(w)
}

func (p *packer) amount(a channel.Amount) *packer { return p.word(a.Word()) }

func (p *packer) address(a wallet.Address) *packer {
	var w [32]byte
	evm := a.EVM()
	copy(w[12:], evm[:])
	return p.word(w)
}

func (p *packer) terms(t channel.Terms) *packer {
	p.address(t.Payer).address(t.Payee).address(t.Signer)
	return p.word(t.Asset.Word()).number(uint64(t.Challenge / time.Second)).word(t.Seed)
}

func (p *packer) signature(s wallet.Signature) *packer {
	r, vs, err := compact(s)
	if p.err == nil {
		p.err = err
	}
	return p.word(r).word(vs)
}

// shownBytes is the size of a tail with what is shown of it.
const shownBytes = 6 * 32

func voucherBytes(tails int) int { return 5*32 + tails*shownBytes }

// voucher appends the claim's voucher: cumulative, r, vs, the place of the tails, and the tails.
func (p *packer) voucher(c Claim, shown []shownTail) *packer {
	p.amount(c.Voucher.Cumulative)
	if c.hasVoucher() {
		p.signature(c.Voucher.Signature)
	} else {
		p.word([32]byte{}).word([32]byte{})
	}
	return p.number(4 * 32).number(uint64(len(shown))).tails(shown)
}

func (p *packer) tails(shown []shownTail) *packer {
	for _, t := range shown {
		p.word(t.Anchor).amount(t.Unit).number(uint64(t.Length)).number(uint64(t.Expiry)).number(uint64(t.count)).word(t.preimage)
	}
	return p
}
