package torrent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// The payer's rhythm.
const (
	gatherTime   = 100 * time.Millisecond // that a step which is due waits for others, where they are paid together
	flushTime    = 200 * time.Millisecond // a step that was begun is paid when nothing was verified for so long
	stuckTime    = time.Second            // a payee that never proved itself must have waited so long before it is paid ahead
	reopenTime   = 3 * time.Second        // until a channel, or a deposit, that the payee does not know yet is offered again
	maxReopens   = 20
	freeAfter    = maxReopens * reopenTime // until a seeder whose purse does not answer is asked for what it gives for free
	maxOvertaken = 3                       // of them, after a reveal that does not fit: a seeder may say so to get steps
)

// payer is one connection's side that pays.
type payer struct {
	l     *link
	spend *Spender

	// Guarded by link.mu.
	meter   *gate.Meter
	decided bool // requests go out
	waiting []gate.Request
	// cancelled are requests that went out, and that the client does not want any more.
	cancelled map[gate.Request]struct{}
	idle      time.Time      // since when the client asks this peer for nothing because of rejects of those; zero: it does
	tab       *tab           // while a session is open
	begun     bool           // the payee has accepted
	over      error          // why nothing more is paid on this connection
	hurried   bool           // everything has come: pay what is begun
	price     channel.Amount // per MiB of the session, bid included
	measured  int64          // bytes received when the chooser looked last
	lets      bool           // the peer lets the client ask
	shown     bool           // the client was told so
	parked    bool           // the client is not to ask
	gratis    bool           // there was no session in good time: what comes is free until there is one
	// unpaid are bytes by piece that came so, of pieces that are not verified.
	unpaid map[uint32]int64

	// Belong to link.serve.
	terms   *wire.Terms
	rests   time.Time // a payment failed: none is tried before this
	promise Promise
	unit    channel.Amount
	due     int64     // what the payee says it needs
	needed  time.Time // since when
	reopens int

	gathering time.Time // since when a step waits for others; zero: none does

	unproven bool // the payee has not seen yet that the connection is ours
}

func newPayer(l *link, s *Spender) *payer {
	return &payer{l: l, spend: s, meter: gate.NewMeter(), cancelled: map[gate.Request]struct{}{}}
}

// piece counts a block that comes. link.mu must be held.
func (p *payer) piece(r gate.Request) {
	complete := p.l.rules.complete != nil && p.l.rules.complete(p.l.hash, r.Index)
	n := p.meter.Piece(r, complete)
	delete(p.cancelled, r)
	if p.gratis && !complete && n > 0 {
		p.unpaid[r.Index] += n
	}
	if p.tab == nil || !p.begun || n == 0 {
		return
	}
	if complete {
		p.tab.received(n, 0)
		p.l.poke()
	} else {
		p.tab.received(0, n)
	}
}

// ordinary takes the peer for one that is not paid.
func (p *payer) ordinary() {
	if p.spend.want.MustPay {
		p.l.end(errors.New("the peer is not paid, and nothing is taken from such"))
		return
	}
	p.decide()
}

// ready begins: both sides have said what they speak.
func (p *payer) ready(speaks bool) {
	if !speaks || p.spend.want.OnlyFree {
		p.ordinary()
		return
	}
	p.l.alarms.set(alarmDecide, time.Now().Add(decideTime))
}

func (p *payer) rang(k alarm) {
	switch {
	case k == alarmDecide && p.terms == nil:
		p.ordinary()
	case k == alarmDecide && !p.active():
		p.open()
	case k == alarmPay:
		p.pay(true)
	case k == alarmFlush:
		p.pay(false)
	case k == alarmSuggest:
		p.suggest()
	}
}

// handle says whether the next message may be handled.
func (p *payer) handle(m wire.Message) bool {
	switch m := m.(type) {
	case *wire.Terms:
		if p.terms == nil && !p.spend.want.OnlyFree {
			p.hearTerms(m)
		}
	case *wire.Accept:
		p.accepted(m)
	case *wire.Ack:
		p.acked(m)
	case *wire.Need:
		if p.due = m.Due; p.needed.IsZero() {
			p.needed = time.Now()
		}
		p.pay(true)
	}
	return true
}

func (p *payer) hearTerms(m *wire.Terms) {
	if refusal := p.spend.judge(m); refusal != nil {
		refusal.Role = wire.Payer
		p.l.log.Info("terms are not accepted", "asset", m.Asset.String(), "price", m.Price.String(), "why", refusal.Code.String())
		p.decline(m, refusal)
		return
	}
	p.terms = m
	p.l.alarms.clear(alarmDecide)
	time.AfterFunc(p.spend.freeAfter, p.goOn) // the purse may hang
	p.open()
}

// goOn asks for what is free: the purse did not answer in good time. It is tried further.
func (p *payer) goOn() {
	p.l.mu.Lock()
	late := !p.decided && p.l.ctx.Err() == nil && !p.spend.want.MustPay
	if late {
		p.gratis, p.unpaid = true, map[uint32]int64{}
	}
	p.l.mu.Unlock()
	if late {
		p.decide()
		p.spend.tell("a seeder cannot be paid for so long that it is asked for what it gives for free; it is paid as soon as it can be")
	}
}

// decline passes over an offer. After the last one the peer is told why, and is an ordinary one.
func (p *payer) decline(m *wire.Terms, why *wire.Error) {
	p.terms = nil
	if m.More > 0 {
		return
	}
	p.l.say(why)
	p.setOver(why)
	reason := why.Text
	if why.Code == wire.CodeTooExpensive {
		reason = p.spend.amount(m.Asset, p.spend.limits.MaxPrice) + " per MiB at most"
	}
	p.spend.tell(fmt.Sprintf("a seeder that asks %s per MiB is not paid (%s): %s", p.spend.amount(m.Asset, m.Price), why.Code, reason))
	p.l.alarms.clear(alarmDecide)
	p.ordinary()
}

// open offers a voucher.
func (p *payer) open() {
	tab, err := p.spend.tab(p.l.ctx, p.terms)
	if err == nil {
		p.unit = gate.Unit(p.terms.Price.Add(p.spend.limits.Bid), p.terms.UnitBytes)
		p.promise, err = tab.purse.Open(p.l.ctx, p.unit)
	}
	switch {
	case errors.Is(err, ErrNoPurse) || errors.Is(err, ErrPurseEmpty):
		p.l.log.Info("this offer cannot be paid", "payee", p.terms.Payee.String(), "why", err)
		p.decline(p.terms, &wire.Error{Role: wire.Payer, Code: wire.CodeChannel, Text: err.Error()})
		return
	case err != nil:
		p.l.log.Warn("the purse is not available now", "error", err)
		if p.l.ctx.Err() == nil {
			p.spend.tell(whyLater(err))
		}
		p.l.alarms.set(alarmDecide, time.Now().Add(reopenTime))
		return
	}
	p.unit = p.promise.Tail.Unit
	p.l.mu.Lock()
	p.tab = tab
	p.l.mu.Unlock()
	tab.windowed(servedAhead(p.terms, p.promise.Paid))
	received := max(p.promise.Received, tab.got())
	if received == 0 && !p.promise.Paid.IsZero() {
		received = -1 // it paid, so it received something: the note is lost
	}
	p.l.say(&wire.Open{
		Version: wire.Version, Nonce: p.terms.Nonce, Voucher: p.promise.Voucher, Tail: p.promise.Tail.Anchor, Prev: p.promise.Prev,
		Price: p.terms.Price, Bid: p.spend.limits.Bid, Received: received,
	})
}

// whyLater says why a seeder is not paid yet.
func whyLater(err error) string {
	if errors.Is(err, channel.ErrUnknownChannel) {
		return "the hub does not know the channel to it yet; waiting until its block is solid"
	}
	return "a seeder cannot be paid at the moment, and is tried again: " + err.Error()
}

// accepted begins the session: from here on, what comes is owed.
func (p *payer) accepted(m *wire.Accept) {
	if p.tab == nil || p.begun || m.Channel != p.promise.Voucher.Channel {
		return
	}
	if err := p.tab.begin(p.l.ctx, p.promise, p.terms.Price.Add(p.spend.limits.Bid), p.unit, m); err != nil {
		p.stop(wire.CodeProtocol, err)
		p.ordinary()
		return
	}
	price := p.terms.Price.Add(p.spend.limits.Bid)
	p.l.mu.Lock()
	p.begun, p.price, p.gratis = true, price, false
	p.l.mu.Unlock()
	p.spend.place(p, price)
	if err := p.tab.again(p.l.ctx, p.l.say); err != nil {
		p.l.log.Warn("cannot repeat the last payment", "error", err)
	}
	if p.unproven = m.Window == 0; p.unproven { // the payee wants to see that it is us
		p.due, p.needed = 1, time.Now()
		if p.proves() {
			p.payOut(max(1, p.tab.due(0, false)))
		}
	}
	p.decide()
}

// proves says whether what is paid on this connection may prove it now.
func (p *payer) proves() bool {
	if p.tab.claim(p) {
		return true
	}
	p.l.alarms.set(alarmPay, time.Now().Add(flushTime)) // after another one's turn
	return false
}

func (p *payer) acked(m *wire.Ack) {
	if p.tab != nil {
		if p.unproven {
			p.unproven, p.due, p.needed = false, 0, time.Time{}
		}
		p.tab.heard(p, m.Paid)
		p.tab.windowed(m.Window)
	}
	p.finish()
}

// look pays what became due.
func (p *payer) look() {
	p.suggestLater()
	if p.active() {
		p.pay(true)
		p.l.alarms.clear(alarmFlush)
		p.l.alarms.set(alarmFlush, time.Now().Add(flushTime))
	}
	p.finish()
}

func (p *payer) setOver(err error) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.over = err
}

// stopped says why nothing more is paid here, nil while it is.
func (p *payer) stopped() error {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	return p.over
}

func (p *payer) rushed() bool {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	return p.hurried
}

// active says whether a session is open.
func (p *payer) active() bool {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	return p.tab != nil && p.begun
}

// refused hears why the payee takes nothing.
func (p *payer) refused(m *wire.Error) {
	switch {
	case m.Code == wire.CodeStale && m.Voucher != nil && p.reopens < maxReopens:
		var reveals []channel.Reveal
		if m.Reveal != nil {
			reveals = append(reveals, *m.Reveal)
		}
		if p.tab != nil {
			if err := p.tab.purse.Adopt(p.l.ctx, *m.Voucher, reveals); err != nil {
				p.l.log.Warn("what the seeder holds is not ours", "error", err)
				p.ordinary()
				return
			}
		}
		p.again()
	case m.Code == wire.CodePreimage && p.reopens > 0 && !p.active():
		// A reveal that was under way when the voucher with its tail turned out stale; the session is being opened anew.
	case m.Code == wire.CodePreimage && p.active() && p.reopens < maxOvertaken:
		p.again() // a reveal that was under way here when another connection went on with the next tail
	case (m.Code == wire.CodeChannel || m.Code == wire.CodeUnavailable || m.Code == wire.CodeDeposit) && !p.active() && p.reopens < maxReopens:
		p.reopens++
		p.l.alarms.set(alarmDecide, time.Now().Add(reopenTime))
	default:
		p.setOver(m)
		p.spend.tell(fmt.Sprintf("a seeder takes no payment (%s): %q", m.Code, m.Text))
		p.leave()
		p.ordinary()
	}
}

// again opens anew.
func (p *payer) again() {
	p.reopens++
	p.leave()
	p.open()
}

// closed hears that the payee ended the session.
func (p *payer) closed() { p.leave() }

// leave ends the session here.
func (p *payer) leave() {
	p.l.mu.Lock()
	tab, begun := p.tab, p.begun
	p.tab, p.begun = nil, false
	pending := p.meter.Pending()
	p.l.mu.Unlock()
	if tab != nil && begun {
		last := tab.end(pending)
		tab.yield(p)
		if last {
			p.spend.rest(context.WithoutCancel(p.l.ctx), tab)
		}
	}
}

// end takes the connection out of the session.
func (p *payer) end() { go p.l.afterServe(p.leave) }
