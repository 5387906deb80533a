package settle

import (
	"math"
	"math/big"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Price is what an asset is worth to the operator: Units smallest units for Sun. A ratio, so that no float comes near money. For no Sun it is no price: not known is not worthless.
type Price struct {
	Sun   wallet.Sun
	Units uint64
}

// Prices is what things cost and are worth at the time of a plan.
type Prices struct {
	Energy    wallet.Sun              // of one unit of energy that is burnt for, e.g. 100 sun
	Byte      wallet.Sun              // of one byte of bandwidth that is burnt for, e.g. 1,000 sun
	Staked    int64                   // energy that the settling account has left from staking
	Balance   wallet.Sun              // what it has to burn
	Assets    map[channel.Asset]Price // TRX needs no entry. An asset without one is settled only when it must be or when somebody asks
	Penalties map[channel.Asset]int64 // dynamic energy factor of a token's contract, in ten-thousandths on top (10,000 doubles its energy)
}

// Worth is the value of an amount, and whether the asset has a price. It never overflows: more than a Sun can hold is the most it can hold.
func (p *Prices) Worth(a channel.Asset, amount channel.Amount) (wallet.Sun, bool) {
	price, ok := p.Assets[a]
	if a == channel.TRX {
		price, ok = Price{Sun: 1, Units: 1}, true
	}
	if !ok || price.Units == 0 || price.Sun <= 0 {
		return 0, false
	}
	worth := amount.Big()
	worth.Mul(worth, big.NewInt(int64(price.Sun)))
	worth.Quo(worth, new(big.Int).SetUint64(price.Units))
	if !worth.IsInt64() {
		return math.MaxInt64, true
	}
	return wallet.Sun(worth.Int64()), true
}

// Work is what a transaction takes from the network.
type Work struct {
	Energy int64
	Bytes  int64
}

// Energy and bytes of a settleBatch: fixed, per item, per tail that is shown and per step of it. Upper ends of what was measured on the contract; the sender asks a node
// again before it signs.
const (
	batchEnergy      = 7_500
	batchEnergyTRC20 = 15_500 // its transfer included
	itemEnergy       = 9_700
	tailEnergy       = 1_500
	stepEnergy       = 51
	batchBytes       = 420 // the transaction around the items, with its signature and the 64 bytes that Tron adds for its result
	itemBytes        = 134
	tailBytes        = 128
)

// BatchWork is what comes once for a batch of an asset.
func (p *Prices) BatchWork(a channel.Asset) Work {
	energy := int64(batchEnergy)
	if a.Kind() == channel.KindTRC20 {
		const transfer = batchEnergyTRC20 - batchEnergy
		energy += transfer + transfer*p.Penalties[a]/10_000
	}
	return Work{Energy: energy, Bytes: batchBytes}
}

// ItemWork is what one more channel in a batch takes.
func ItemWork(reveals []channel.Reveal) Work {
	w := Work{Energy: itemEnergy, Bytes: itemBytes}
	for _, r := range reveals {
		w.Energy += tailEnergy + stepEnergy*int64(r.Count)
		w.Bytes += tailBytes
	}
	return w
}

// Add is the sum.
func (w Work) Add(o Work) Work { return Work{w.Energy + o.Energy, w.Bytes + o.Bytes} }

// Cost is what work burns when so much staked energy is left, and how much of that it uses.
func (p *Prices) Cost(w Work, staked int64) (cost wallet.Sun, used int64) {
	used = min(max(staked, 0), w.Energy)
	return wallet.Sun(w.Energy-used)*p.Energy + wallet.Sun(w.Bytes)*p.Byte, used
}
