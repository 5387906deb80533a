package contract

import (
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// tracked is the model of one channel.
type tracked struct {
	terms            channel.Terms
	id               channel.ID
	signer           *wallet.Key
	deposit, settled uint64
	closeAt          int64
	closed           bool
}

// check compares the model of a channel with the chain, and what the contract holds of its asset.
func (w *walk) check(c *tracked) {
	w.t.Helper()
	w.checkFigures(c)
	w.conserved(c.terms.Asset)
}

func (w *walk) checkFigures(c *tracked) {
	w.t.Helper()
	f := w.stored(c.id)
	want := Figures{Deposit: channel.NewAmount(c.deposit), Settled: channel.NewAmount(c.settled), CloseAt: c.closeAt}
	if c.closed {
		want = Figures{Settled: channel.NewAmount(c.settled), Closed: true}
	}
	if f != want {
		w.fail("channel %s is %+v, want %+v", c.id.Short(), f, want)
	}
}

// conserved is property 1.
func (w *walk) conserved(asset channel.Asset) {
	w.t.Helper()
	want := w.gifts[asset]
	for _, c := range w.channels {
		if c.terms.Asset == asset && !c.closed {
			want += c.deposit - c.settled
		}
	}
	if held := w.balance(asset, w.contract); !held.IsUint64() || held.Uint64() != want {
		w.fail("the contract holds %s of %s, its channels %d", held, w.names[asset], want)
	}
}

func (w *walk) checkAll() {
	w.said = "at the end"
	for _, c := range w.channels {
		w.check(c)
	}
	for _, a := range w.assets {
		w.conserved(a)
	}
}

// arrives is what a deposit grows by, or the error.
func (w *walk) arrives(asset channel.Asset, from wallet.Address, amount uint64) (uint64, string) {
	grown := amount
	switch w.names[asset] {
	case "SaysTrue":
		grown = 0
	case "TakesFee":
		grown = amount - amount/100
	case "GivesMore":
		grown = amount + amount/100
	case "Doubles":
		grown = 2 * amount
	case "Blacklists":
		if w.paused || w.banned[from] {
			return 0, "DepositFailed"
		}
	}
	if grown == 0 {
		return 0, "NothingDeposited"
	}
	return grown, ""
}

// pays says whether payments of these amounts to these go through.
func (w *walk) pays(asset channel.Asset, amounts map[wallet.Address]uint64) bool {
	for to, amount := range amounts {
		if amount == 0 {
			continue
		}
		switch w.names[asset] {
		case "TRX", "TRC-10":
			if to == w.refuser {
				return false
			}
		case "ChargesSender":
			if amount >= 100 {
				return false
			}
		case "Doubles":
			return false
		case "Blacklists":
			if w.paused || w.banned[to] {
				return false
			}
		}
	}
	return true
}

// evaluate is what a claim must be worth now, by Go's own reading of the rule: what is due, or why nothing is.
func (w *walk) evaluate(c *tracked, claim Claim) (uint64, string) {
	if c == nil || c.closed {
		return 0, "UnknownChannel"
	}
	due := func(worth uint64) (uint64, string) {
		if worth = min(worth, c.deposit); worth > c.settled {
			return worth - c.settled, ""
		}
		return 0, "Stale"
	}
	worth, _ := claim.Voucher.Cumulative.Uint64()
	if len(claim.Voucher.Tails) == 0 {
		if _, reason := due(worth); reason != "" {
			return 0, reason
		}
	}
	if claim.Voucher.Verify(w.sep, c.terms.Signer) != nil {
		return 0, "BadSignature"
	}
	shown, err := claim.shown()
	if err != nil {
		w.fail("%v", err)
	}
	for _, t := range shown {
		switch {
		case t.Length > channel.MaxTailLength || t.count > t.Length:
			return 0, "BadTail"
		case t.count == 0 || w.now() > t.Expiry:
		case channel.HashForward(t.preimage, t.count) != t.Anchor:
			return 0, "BadPreimage"
		default:
			unit, _ := t.Unit.Uint64()
			worth += unit * uint64(t.count)
		}
	}
	return due(worth)
}

func (w *walk) find(id channel.ID) *tracked {
	for _, c := range w.channels {
		if c.id == id {
			return c
		}
	}
	return nil
}

func (w *walk) liveOnes(good func(*tracked) bool) []*tracked {
	var list []*tracked
	for _, c := range w.channels {
		if !c.closed && good(c) {
			list = append(list, c)
		}
	}
	return list
}

// some gives a channel, mostly a live one, or nil.
func (w *walk) some() *tracked {
	if live := w.liveOnes(func(*tracked) bool { return true }); len(live) > 0 && w.chance(90) {
		return pick(w, live)
	}
	if len(w.channels) == 0 {
		return nil
	}
	return pick(w, w.channels)
}

func (w *walk) keyOf(a wallet.Address) *wallet.Key {
	for _, k := range w.people {
		if k.Address() == a {
			return k
		}
	}
	return nil
}

// holds is what a channel's payee has of its asset; got checks what a payment added.
func (w *walk) holds(t channel.Terms) uint64 { return w.balance(t.Asset, t.Payee).Uint64() }

func (w *walk) got(t channel.Terms, had, due uint64) {
	w.t.Helper()
	want := had + due
	switch w.names[t.Asset] {
	case "TakesFee":
		want -= due / 100
	case "GivesMore":
		want += due / 100
	}
	if now := w.holds(t); now != want {
		w.fail("the payee had %d, was due %d, has %d", had, due, now)
	}
}

// adopt takes over what garbage has settled, if it was signed: unused bytes of a good call may have changed.
func (w *walk) adopt(c *tracked) {
	f := w.stored(c.id)
	settled, _ := f.Settled.Uint64()
	switch {
	case c.closed != f.Closed && (c.closeAt == 0 || w.now() < c.closeAt):
		w.fail("a stranger closed channel %s", c.id.Short())
	case settled < c.settled:
		w.fail("settled fell from %d to %d", c.settled, settled)
	case settled > c.settled && settled > min(c.deposit, w.signed(c)):
		w.fail("%d was paid, %d was ever signed of %d", settled, w.signed(c), c.deposit)
	}
	c.settled, c.closed = settled, f.Closed
	w.checkFigures(c)
}

// signed is the most that was ever signed by a channel's signer.
func (w *walk) signed(c *tracked) uint64 {
	var most uint64
	for _, claim := range w.claims {
		if claim.Voucher.Channel != c.id || claim.Voucher.Verify(w.sep, c.terms.Signer) != nil {
			continue
		}
		promise, _ := claim.Voucher.Promise().Uint64()
		most = max(most, promise)
	}
	return most
}
