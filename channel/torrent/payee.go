package torrent

import (
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// The payee's rhythm.
const (
	ackEvery   = 8                      // payments until they are acknowledged …
	ackTime    = 250 * time.Millisecond // … or this long after the first of them
	topUpTime  = 15 * time.Second       // that a voucher over the deposit waits for the block of a top-up
	retryTime  = 300 * time.Millisecond // until a ledger that was not available is asked again
	bidPerMill = 1000
)

// payee is one connection's side that is paid.
type payee struct {
	l     *link
	house *Tollhouse

	// Guarded by link.mu.
	toll     *gate.Toll
	lane     *gate.Lane
	attached bool // requests go on the account
	told     bool // the peer was told that it may ask
	unsaid   bool // a payment was taken and is not acknowledged
	// needAt is when the peer is to be told that its requests wait for payment, zero while they do not; needRings when alarmNeed looks after it, zero: never.
	needAt, needRings time.Time

	// Belong to link.serve.
	offers   []offered
	session  *account // nil: no session
	accepted *Offer   // that the session is by
	key      accountKey
	channel  channel.ID
	bid      uint64 // thousandths of the price
	tail     channel.Anchor
	proven   bool
	unacked  int
	unbooked int64     // payments that are not in the diary
	unstored *unstored // nil: all that was taken is durable
	patience patience
	topUp    time.Time // until then a voucher over the deposit waits; zero: none does
}

func newPayee(l *link, h *Tollhouse) *payee {
	return &payee{l: l, house: h, toll: gate.NewToll(), lane: h.uplink.Lane(l.wake)}
}

// admit asks the uplink. link.mu must be held.
func (p *payee) admit(n int64, paying bool) bool {
	if !paying && p.house.config.Free != FreeServe {
		return false
	}
	return p.house.uplink.ask(p.lane, n)
}

// piece counts a block that leaves. link.mu must be held.
func (p *payee) piece(r gate.Request) {
	if p.toll.Piece(r) {
		p.house.traffic.paid.Add(int64(r.Length))
		p.house.diary.note(p.l.hash, func(s *Sold) { s.PaidBytes += int64(r.Length) })
	} else {
		p.house.traffic.free.Add(int64(r.Length))
		p.house.diary.note(p.l.hash, func(s *Sold) { s.FreeBytes += int64(r.Length) })
	}
	p.stalls()
}

// masked hides from a free rider that the client would let it ask, unless free riders are served. link.mu must be held.
func (p *payee) masked(raw []byte) []byte {
	if p.house.config.Free == FreeServe || p.attached {
		p.told = p.l.unchoked
		return raw
	}
	if p.told && !p.l.unchoked {
		p.told = false
		return raw
	}
	return nil
}

// ready begins: both sides have said what they speak.
func (p *payee) ready(speaks bool) {
	if p.house.config.Free == FreeRefuse {
		if !speaks {
			p.l.end(errors.New("a free rider, and free riders are refused"))
			return
		}
		p.l.alarms.set(alarmRefuse, time.Now().Add(refuseTime))
	}
	if !speaks {
		return
	}
	for i := range p.house.config.Offers {
		p.offer(&p.house.config.Offers[i], len(p.house.config.Offers)-1-i)
	}
}

// offered is an offer and the terms that were sent of it.
type offered struct {
	offer *Offer
	terms *wire.Terms
}

// offer sends terms; more will follow.
func (p *payee) offer(o *Offer, more int) {
	w := p.house.window(o, p.l.torrent())
	m := &wire.Terms{
		Domain: o.Domain, Asset: o.Asset, Payee: o.Payee, Price: o.Price, UnitBytes: o.UnitBytes, More: int64(more),
		Window: w.Start, WindowMax: w.Max, Expiry: p.house.config.Now().Add(o.Lifetime).Unix(),
	}
	if o.OnlyHubs {
		m.Payers = o.Hubs
	}
	_, _ = rand.Read(m.Nonce[:])
	p.offers = append(p.offers, offered{o, m})
	p.l.say(m)
}

// handle says whether the next message may be handled: not while the ledger is not available.
func (p *payee) handle(m wire.Message) bool {
	var err error
	switch m := m.(type) {
	case *wire.Open:
		err = p.open(m)
	case *wire.Pay:
		err = p.pay(m)
	}
	if err == nil {
		p.topUp = time.Time{}
		return true
	}
	if p.awaits(m, err) || !p.refused(err) {
		p.l.mail.back(m)
		p.l.alarms.set(alarmRetry, time.Now().Add(retryTime))
		return false
	}
	return true
}

// awaits says whether a voucher in a session is over a deposit that may have grown: who signed it can have seen the block of a top-up some seconds before us.
func (p *payee) awaits(m wire.Message, err error) bool {
	if _, pays := m.(*wire.Pay); !pays || p.session == nil || !errors.Is(err, channel.ErrOverDeposit) {
		return false
	}
	now := time.Now()
	if p.topUp.IsZero() {
		p.topUp = now.Add(topUpTime)
	}
	return now.Before(p.topUp)
}

// open begins a session, or goes on with one.
func (p *payee) open(m *wire.Open) error {
	offer, err := p.checkOpen(m)
	if err != nil {
		return err
	}
	rec, err := p.house.config.Ledger.Record(p.l.ctx, m.Voucher.Channel)
	if err != nil {
		return err
	}
	if err := p.checkRecord(offer, &rec); err != nil {
		return err
	}
	if err := p.store(p.l.ctx); err != nil {
		return err
	}
	receipt, err := p.promised(&m.Voucher, m.Tail)
	if err != nil {
		return err
	}
	if rec, err = p.house.config.Ledger.Record(p.l.ctx, m.Voucher.Channel); err != nil {
		return err
	}
	p.leave()
	o := opening{
		asset: rec.Terms.Asset, price: m.Price.Add(m.Bid), unitBytes: offer.UnitBytes, received: m.Received, window: p.house.window(offer, p.l.torrent()),
		hub: p.house.hub(offer, &rec), paid: rec.Paid(),
	}
	p.key = accountKey{channel: rec.ID}
	if o.hub {
		p.key.tail = m.Tail
		if o.unit, o.count = tailOf(&rec, m.Tail); o.unit.IsZero() {
			return refuse(wire.CodeExpired, "the session is over")
		}
		o.unit = offer.counts(o.unit, o.price)
		o.paid = o.unit.Mul(uint64(o.count))
		o.ended = m.Prev != nil && usedUp(&rec, *m.Prev)
	}
	p.session = p.house.open(p.key, m.Prev, o)
	if !o.hub {
		p.session.Pay(rec.Paid())
	}
	p.accepted, p.channel, p.tail, p.proven = offer, rec.ID, m.Tail, !receipt.Replayed
	p.bid = gate.Steps(m.Bid.Mul(bidPerMill), m.Price, 1<<20)
	p.house.count(func(t *Totals) { t.Payers++ })
	p.accept()
	if receipt.Replayed {
		p.again()
	}
	return nil
}

// checkOpen finds the offer that is accepted, and compares with its terms.
func (p *payee) checkOpen(m *wire.Open) (*Offer, error) {
	i := slices.IndexFunc(p.offers, func(o offered) bool { return o.terms.Nonce == m.Nonce })
	holds := slices.ContainsFunc(m.Voucher.Tails, func(t channel.Tail) bool { return t.Anchor == m.Tail })
	switch {
	case m.Version != wire.Version:
		return nil, refuse(wire.CodeVersion, "version 1 is spoken here")
	case i < 0 || p.house.config.Now().Unix() >= p.offers[i].terms.Expiry:
		return nil, refuse(wire.CodeTerms, "not an answer to these terms")
	case m.Price.Less(p.offers[i].terms.Price):
		return nil, refuse(wire.CodeTerms, "the price is "+p.offers[i].terms.Price.String()+" per MiB")
	case !holds && len(m.Voucher.Tails) > 0:
		return nil, refuse(wire.CodeTerms, "the voucher does not hold that tail")
	}
	return p.offers[i].offer, nil
}

// checkRecord says whether the channel pays us, in our asset.
func (p *payee) checkRecord(o *Offer, rec *channel.Record) error {
	switch {
	case rec.Terms.Payee != o.Payee || rec.Terms.Asset != o.Asset:
		return refuse(wire.CodeTerms, "the channel is for another payee or asset")
	case o.OnlyHubs && !p.house.hub(o, rec):
		return refuse(wire.CodePayer, "sessions of these hubs only")
	}
	return nil
}

// tailOf is a tail's unit and how many steps were revealed of it.
func tailOf(rec *channel.Record, anchor channel.Anchor) (unit channel.Amount, count uint32) {
	for i, t := range rec.Held.Tails {
		if t.Anchor == anchor {
			return t.Unit, rec.Reveals[i].Count
		}
	}
	return channel.Amount{}, 0
}

// usedUp says whether a tail has no step left. Until then only its own downloader, who is here, can say that its session goes on with another.
func usedUp(rec *channel.Record, anchor channel.Anchor) bool {
	for i, t := range rec.Held.Tails {
		if t.Anchor == anchor {
			return rec.Reveals[i].Count >= t.Length
		}
	}
	return false
}

// accept answers an open. Who only repeats a voucher that is held already may be anybody who saw it pass: there is no credit until a fresh reveal.
func (p *payee) accept() {
	s := p.session.Statement()
	if !p.proven {
		s.Window = 0
		p.l.alarms.set(alarmNeed, time.Now().Add(needAgain))
	} else {
		p.attach()
	}
	p.l.say(&wire.Accept{Channel: p.channel, Window: s.Window, Sent: s.Sent, Paid: s.Paid, Since: s.Since, Charged: s.Charged})
	p.l.log.Info("session opened", "channel", p.channel.Short(), "price", s.Price.String(), "proven", p.proven)
}

// attach lets requests go on the account.
func (p *payee) attach() {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.toll.Attach(p.session.Account)
	p.lane.Pays(true, p.bid)
	p.attached = true
	if p.l.unchoked && !p.told {
		p.told = true
		p.l.post(gate.UnchokeFrame)
	}
	p.l.release()
}

// detach makes the peer a free rider again.
func (p *payee) detach() {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.toll.Attach(nil)
	p.lane.Pays(false, 0)
	p.attached = false
	if p.told && p.house.config.Free != FreeServe {
		p.told = false
		p.l.post(gate.ChokeFrame)
		for _, r := range p.toll.Drain() {
			p.l.decline(r)
		}
	}
	p.l.release()
}

func (p *payee) rang(k alarm) {
	switch k {
	case alarmAck:
		p.ack()
	case alarmNeed:
		p.need()
	case alarmRefuse:
		if p.session == nil {
			p.l.end(errors.New("no session was opened, and free riders are refused"))
		}
	}
}

// closed ends the session by the payer's wish.
func (p *payee) closed() {
	if p.session != nil {
		p.ack()
		p.leave()
		p.detach()
	}
}

// leave gives the session's account back.
func (p *payee) leave() {
	if p.session != nil {
		p.house.leave(p.session)
		p.house.count(func(t *Totals) { t.Payers-- })
		p.session, p.unstored = nil, nil
		p.setUnsaid(false)
	}
}

// unfinished says whether the peer owes for what it got, or waits to hear that it has paid.
func (p *payee) unfinished() bool {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	a := p.toll.Account()
	return p.unsaid || p.attached && a != nil && a.Unpaid() > 0
}

// setUnsaid takes down whether a payment waits for its acknowledgement.
func (p *payee) setUnsaid(unsaid bool) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.unsaid = unsaid
}

// linger acknowledges what was paid when the client has gone, and ends the connection once nothing is missing.
func (p *payee) linger() {
	if !p.l.lingering() {
		return
	}
	if p.unacked > 0 {
		p.ack()
	}
	if !p.l.unfinished() {
		p.l.alarms.set(alarmLinger, time.Now().Add(100*time.Millisecond))
	}
}

// idle says whether nothing is asked for and nothing is owed: the payer waits for nothing but to hear that its last payment has come.
func (p *payee) idle() bool {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	a := p.toll.Account()
	return a != nil && p.toll.Idle() && a.Unpaid() == 0
}

// end takes the connection out of the tollhouse.
func (p *payee) end() {
	p.l.mu.Lock()
	p.toll.Close()
	p.l.mu.Unlock()
	p.lane.Leave()
	p.house.booking(1)
	go p.l.afterServe(func() {
		defer p.house.booking(-1)
		p.last()
		p.leave()
	})
}
