package contract

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

func (w *walk) doClose() {
	c := w.some()
	if c == nil {
		return
	}
	claim := Claim{Terms: c.terms}
	if w.chance(80) {
		claim = w.makeClaim(c)
	}
	c = w.find(claim.Terms.ID())
	from := claim.Terms.Payee
	if w.chance(15) || w.keyOf(from) == nil {
		from = pick(w, w.people).Address()
	}
	due, want := w.evaluate(c, claim)
	if want == "Stale" {
		want = ""
	}
	if c != nil && !c.closed && from != claim.Terms.Payee {
		want = "NotPayee"
	}
	w.said = fmt.Sprintf("close by %+v", claim)
	call := mustCall(w.t)(Close(claim))
	if want != "" {
		w.expect(want, from, call)
		return
	}
	w.finish(c, due, from, call)
}

// finish does a call that closes the channel, when both payments go through.
func (w *walk) finish(c *tracked, due uint64, from wallet.Address, call Call) {
	w.t.Helper()
	refund := c.deposit - c.settled - due
	payments := map[wallet.Address]uint64{c.terms.Payee: due}
	if c.terms.Payer != c.terms.Payee {
		payments[c.terms.Payer] = refund
	}
	ok := w.pays(c.terms.Asset, payments) && (c.terms.Payer != c.terms.Payee || w.pays(c.terms.Asset, map[wallet.Address]uint64{c.terms.Payer: refund}))
	if !ok {
		w.expect("TransferFailed", from, call)
		w.check(c)
		return
	}
	had := w.holds(c.terms)
	events := w.expect("", from, call)
	c.settled += due
	c.closed = true
	last := events[len(events)-1]
	if last.Kind != channel.EventClosed || last.Settled != channel.NewAmount(c.settled) || last.Refund != channel.NewAmount(refund) {
		w.fail("events %+v", events)
	}
	if c.terms.Payer != c.terms.Payee {
		w.got(c.terms, had, due)
	}
	w.check(c)
}

func (w *walk) doAgreed() {
	c := w.some()
	if c == nil {
		return
	}
	amount := channel.NewAmount(w.rand.Uint64N(c.deposit + 10))
	key, from, want := w.keyOf(c.terms.Payee), c.terms.Payer, ""
	if key == nil || w.chance(15) {
		key = pick(w, w.people)
	}
	if w.chance(15) {
		from = pick(w, w.people).Address()
	}
	switch {
	case c.closed:
		want = "UnknownChannel"
	case from != c.terms.Payer:
		want = "NotPayer"
	case key.Address() != c.terms.Payee:
		want = "BadSignature"
	}
	call := mustCall(w.t)(CloseAgreed(c.terms, amount, key.Sign(channel.CloseDigest(w.sep, c.id, amount))))
	w.said = fmt.Sprintf("close %s agreed at %s", c.id.Short(), amount)
	if want != "" {
		w.expect(want, from, call)
		w.check(c)
		return
	}
	worth, _ := amount.Uint64()
	due := uint64(0)
	if worth = min(worth, c.deposit); worth > c.settled {
		due = worth - c.settled
	}
	w.finish(c, due, from, call)
}

func (w *walk) doStart() {
	c := w.some()
	if c == nil {
		return
	}
	from, want := c.terms.Payer, ""
	if w.chance(20) {
		from = pick(w, w.people).Address()
	}
	switch {
	case c.closed:
		want = "UnknownChannel"
	case from != c.terms.Payer:
		want = "NotPayer"
	case c.closeAt != 0:
		want = "ChannelClosing"
	}
	w.said = "start to close " + c.id.Short()
	w.expect(want, from, StartClose(c.terms))
	if want == "" {
		c.closeAt = w.now() + int64(c.terms.Challenge/time.Second)
	}
	w.check(c)
}

func (w *walk) doFinish() {
	c := w.some()
	if closing := w.liveOnes(func(c *tracked) bool { return c.closeAt != 0 }); len(closing) > 0 && w.chance(80) {
		c = pick(w, closing)
	}
	if c == nil {
		return
	}
	want := ""
	switch {
	case c.closed:
		want = "UnknownChannel"
	case c.closeAt == 0:
		want = "NotClosing"
	case w.now() < c.closeAt:
		want = "TooEarly"
	}
	w.said = "finish " + c.id.Short()
	from := pick(w, w.people).Address()
	if want != "" {
		w.expect(want, from, FinishClose(c.terms))
		w.check(c)
		return
	}
	w.finish(c, 0, from, FinishClose(c.terms))
}
