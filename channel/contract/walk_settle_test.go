package contract

import (
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// makeClaim signs something for a channel: mostly good, with tails at times, and with every fault.
func (w *walk) makeClaim(c *tracked) Claim {
	if len(w.claims) > 0 && w.chance(15) {
		old := pick(w, w.claims)
		if w.chance(50) || old.Terms.ID() == c.id {
			return old // an old one again, maybe of a closed channel
		}
		// One of another channel, shown with these terms.
		old.Terms, old.Voucher.Channel = c.terms, c.id
		return old
	}
	v := channel.Voucher{Channel: c.id, Cumulative: channel.NewAmount(w.rand.Uint64N(c.deposit + c.deposit/4 + 2))}
	var reveals []channel.Reveal
	if w.chance(30) {
		for i := range 1 + w.rand.IntN(3) {
			tail, reveal := w.makeTail(byte(i))
			v.Tails = append(v.Tails, tail)
			if reveal.Count > 0 {
				reveals = append(reveals, reveal)
			}
		}
	}
	key := c.signer
	if w.chance(10) {
		key = pick(w, w.people)
	}
	claim := Claim{Terms: c.terms, Voucher: v.Sign(key, w.domain), Reveals: reveals}
	if w.chance(4) {
		claim.Voucher.Signature[1+w.rand.IntN(30)]++
	}
	if w.chance(4) {
		claim.Voucher.Cumulative = claim.Voucher.Cumulative.Add(channel.NewAmount(1))
	}
	w.claims = append(w.claims, claim)
	return claim
}

func (w *walk) makeTail(nonce byte) (channel.Tail, channel.Reveal) {
	length := uint32(1 + w.rand.IntN(60))
	secret := w.salt()
	secret[31] = nonce
	chain, err := channel.ChainFrom(secret, length)
	if err != nil {
		w.fail("%v", err)
	}
	t := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(w.rand.Uint64N(30)), Length: length, Expiry: w.now() + int64(w.rand.IntN(2000)) - 200}
	var r channel.Reveal
	if w.chance(80) {
		r = chain.Reveal(1 + uint32(w.rand.IntN(int(length))))
	}
	r.Tail = t.Anchor
	switch w.rand.IntN(30) {
	case 0:
		t.Length = 1025
	case 1:
		r.Count++
	case 2:
		r.Preimage[w.rand.IntN(32)]++
	}
	return t, r
}

func (w *walk) doSettle() {
	c := w.some()
	if c == nil {
		return
	}
	claim := w.makeClaim(c)
	c = w.find(claim.Terms.ID())
	due, reason := w.evaluate(c, claim)
	if c != nil && reason == "" && !w.pays(c.terms.Asset, map[wallet.Address]uint64{c.terms.Payee: due}) {
		reason = "TransferFailed"
	}
	w.said = fmt.Sprintf("settle %s in %s by %+v", w.names[claim.Terms.Asset], claim.Terms.ID().Short(), claim)
	had := w.holds(claim.Terms)
	if reason == "Stale" {
		for _, e := range w.expect("", pick(w, w.people).Address(), mustCall(w.t)(Settle(claim))) {
			if e.Kind != channel.EventRevealed {
				w.fail("stale, but %+v", e)
			}
		}
	} else {
		w.expect(reason, pick(w, w.people).Address(), mustCall(w.t)(Settle(claim)))
	}
	if reason == "" {
		c.settled += due
		w.got(claim.Terms, had, due)
	}
	if c != nil {
		w.check(c)
	}
}

func (w *walk) doBatch() {
	first := w.some()
	if first == nil {
		return
	}
	payee, asset := first.terms.Payee, first.terms.Asset
	var group []*tracked
	for _, c := range w.channels {
		if c.terms.Payee == payee && c.terms.Asset == asset {
			group = append(group, c)
		}
	}
	var claims []Claim
	for range 1 + w.rand.IntN(8) {
		if claim := w.makeClaim(pick(w, group)); claim.Terms.Payee == payee && claim.Terms.Asset == asset {
			claims = append(claims, claim)
		}
	}
	if len(claims) == 0 {
		return
	}
	// The model takes the items one by one, and back if the payment fails.
	type item struct {
		c      *tracked
		due    uint64
		reason string
	}
	var items []item
	var total uint64
	for _, claim := range claims {
		c := w.find(claim.Terms.ID())
		due, reason := w.evaluate(c, claim)
		if reason == "" {
			c.settled += due
			total += due
		}
		items = append(items, item{c, due, reason})
	}
	want := ""
	if !w.pays(asset, map[wallet.Address]uint64{payee: total}) {
		want = "TransferFailed"
	}
	w.said = fmt.Sprintf("batch of %d in %s", len(claims), w.names[asset])
	had := w.holds(first.terms)
	events := w.expect(want, pick(w, w.people).Address(), mustCall(w.t)(SettleBatch(claims)))
	events = slices.DeleteFunc(events, func(e channel.Event) bool { return e.Kind == channel.EventRevealed })
	if want == "" {
		w.got(first.terms, had, total)
		if len(events) != len(items) {
			w.fail("%d items, events %+v", len(items), events)
		}
	}
	for i, it := range items {
		if want == "" && events[i].Reason != it.reason {
			w.fail("item %d: %+v, want %q", i, events[i], it.reason)
		}
		if want != "" && it.reason == "" {
			it.c.settled -= it.due
		}
	}
	for _, it := range items {
		if it.c != nil {
			w.check(it.c)
		}
	}
}

func (w *walk) doInto() {
	c := w.some()
	if c == nil {
		return
	}
	claim := w.makeClaim(c)
	c = w.find(claim.Terms.ID())
	candidates := w.liveOnes(func(to *tracked) bool {
		return to.terms.Payer == claim.Terms.Payee && to.terms.Asset == claim.Terms.Asset
	})
	if len(candidates) == 0 || w.chance(10) {
		candidates = w.channels
	}
	to := pick(w, candidates)
	from := claim.Terms.Payee
	if w.chance(10) || w.keyOf(from) == nil {
		from = pick(w, w.people).Address()
	}
	due, reason := w.evaluate(c, claim)
	want := reason
	switch {
	case c == nil || c.closed || to.closed:
		want = "UnknownChannel"
	case from != claim.Terms.Payee:
		want = "NotPayee"
	case from != to.terms.Payer:
		want = "NotPayer"
	case c.terms.Asset != to.terms.Asset:
		want = "AssetsDiffer"
	case c == to:
		want = "SameChannel"
	case to.closeAt != 0:
		want = "ChannelClosing"
	case reason == "Stale":
		want = ""
	}
	w.said = fmt.Sprintf("into %s by %+v", to.id.Short(), claim)
	w.expect(want, from, mustCall(w.t)(SettleInto(claim, to.terms)))
	if want == "" && reason == "" {
		c.settled += due
		to.deposit += due
	}
	if c != nil {
		w.check(c)
	}
	w.check(to)
}
