package contract

import (
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

func (w *walk) doTime() { w.next(1 + w.rand.Int64N(400)) }

// doMischief: gifts that belong to nobody, bans, a pause, and calls back from tokens and receivers.
func (w *walk) doMischief() {
	w.said = "mischief"
	asset := pick(w, w.assets)
	switch w.rand.IntN(5) {
	case 0:
		w.gift(asset, 1+w.rand.Uint64N(50))
	case 1:
		who := pick(w, w.people).Address()
		w.banned[who] = !w.banned[who]
		w.tell(deployer, w.named("Blacklists").Contract(), "ban(address,bool)", who, w.banned[who])
	case 2:
		w.paused = !w.paused && w.chance(30)
		w.tell(deployer, w.named("Blacklists").Contract(), "pause(bool)", w.paused)
	default:
		inner := Call{}
		if c := w.some(); c != nil {
			inner = pick(w, []Call{FinishClose(c.terms), StartClose(c.terms), mustCall(w.t)(Settle(w.makeClaim(c)))})
		}
		for _, who := range []wallet.Address{w.reenters, w.named("Reenters").Contract()} {
			w.tell(deployer, who, "arm(address,bytes)", w.contract, inner.Data)
		}
	}
	w.conserved(asset)
}

func (w *walk) named(name string) channel.Asset {
	for a, n := range w.names {
		if n == name {
			return a
		}
	}
	panic("no token " + name)
}

func (w *walk) gift(asset channel.Asset, amount uint64) {
	from := w.people[0].Address()
	switch asset.Kind() {
	case channel.KindTRX:
		w.fund(w.contract, wallet.Sun(amount))
	case channel.KindTRC10:
		w.trc10(asset.TokenID(), int64(amount), w.contract)
	default:
		if name := w.names[asset]; name != "Own" && name != "Plain" {
			return
		}
		w.tell(from, asset.Contract(), "transfer(address,uint256)", w.contract, amount)
	}
	w.gifts[asset] += amount
}

// doGarbage sends a good call with some bytes changed. Whatever it does, no figure may fall, nothing may be created, and nobody is paid more than was signed.
func (w *walk) doGarbage() {
	c := w.some()
	if c == nil {
		return
	}
	claim := w.makeClaim(c)
	calls := []Call{StartClose(c.terms), FinishClose(c.terms), mustCall(w.t)(Settle(claim)), mustCall(w.t)(Close(claim)), mustCall(w.t)(SettleBatch([]Claim{claim, claim}))}
	call := pick(w, calls)
	data := slices.Clone(call.Data)
	for range 1 + w.rand.IntN(3) {
		at := w.rand.IntN(len(data))
		data[at] = byte(w.rand.IntN(256))
	}
	if w.chance(20) {
		data = data[:w.rand.IntN(len(data))]
	}
	w.said = fmt.Sprintf("garbage %x", data)
	w.call(w.rogue(), Call{Data: data})
	for _, c := range w.channels {
		w.adopt(c)
	}
	for _, a := range w.assets {
		w.conserved(a)
	}
}

// rogue is nobody's payer or payee.
func (w *walk) rogue() wallet.Address { return deployer }
