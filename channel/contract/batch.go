package contract

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// MaxBatch is the most items that the contract takes in one batch. Mainnet gives a transaction 80 ms, and running over it costs the whole fee limit:
// 16 items never did in measurements, 32 hardly, so DefaultBatch is what a settler should pack.
const (
	MaxBatch     = 32
	DefaultBatch = 16
)

// signerFlag in an item's first byte says that the signer, who is not the payer, follows the signature; its low five bits count the tails.
const signerFlag = 0x80

// itemBytes is the size of an item whose payer signs and that has no tails.
const itemBytes = 1 + 20 + 4 + 32 + 13 + 64

// SettleBatch settles claims of one payee and asset by one transfer. The contract skips items that are worth nothing (EventSkipped).
func SettleBatch(claims []Claim) (Call, error) {
	if len(claims) == 0 || len(claims) > MaxBatch {
		return Call{}, fmt.Errorf("%w: %d claims in a batch, want 1 to %d", ErrCall, len(claims), MaxBatch)
	}
	payee, asset := claims[0].Terms.Payee, claims[0].Terms.Asset
	var items []byte
	for _, c := range claims {
		if c.Terms.Payee != payee || c.Terms.Asset != asset {
			return Call{}, fmt.Errorf("%w: channel %s has another payee or asset than its batch", ErrCall, c.Terms.ID().Short())
		}
		item, err := packItem(c)
		if err != nil {
			return Call{}, err
		}
		items = append(items, item...)
	}
	return settleItems(payee, asset, items), nil
}

func settleItems(payee wallet.Address, asset channel.Asset, items []byte) Call {
	p := method("settleBatch", 4*32+len(items)+31).address(payee).word(asset.Word()).number(3 * 32).number(uint64(len(items)))
	p.data = append(p.data, items...)
	p.data = append(p.data, make([]byte, -len(items)&31)...)
	return Call{Data: p.data}
}

func packItem(c Claim) ([]byte, error) {
	shown, err := c.shown()
	if err != nil {
		return nil, err
	}
	r, vs, err := compact(c.Voucher.Signature)
	if err != nil {
		return nil, err
	}
	if !c.Voucher.Cumulative.Fits() {
		return nil, fmt.Errorf("%w: cumulative %s: %w", ErrCall, c.Voucher.Cumulative, channel.ErrAmount)
	}
	payer, signer, cumulative := c.Terms.Payer.EVM(), c.Terms.Signer.EVM(), c.Voucher.Cumulative.Word()
	flags := byte(len(shown))
	if signer != payer {
		flags |= signerFlag
	}
	p := &packer{data: make([]byte, 0, itemBytes+20+len(shown)*shownBytes)}
	p.data = append(append(p.data, flags), payer[:]...)
	p.data = binary.BigEndian.AppendUint32(p.data, uint32(c.Terms.Challenge/time.Second))
	p.data = append(append(p.data, c.Terms.Seed[:]...), cumulative[32-13:]...)
	p.word(r).word(vs)
	if signer != payer {
		p.data = append(p.data, signer[:]...)
	}
	return p.tails(shown).data, nil
}
