package torrent

import (
	"errors"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// pay takes evidence.
func (p *payee) pay(m *wire.Pay) error {
	if p.session == nil {
		return refuse(wire.CodeProtocol, "no session is open")
	}
	if m.Voucher != nil {
		if err := p.takeVoucher(m); err != nil {
			return err
		}
	}
	if m.Reveal != nil {
		return p.takeReveal(m.Reveal)
	}
	return nil
}

func (p *payee) takeVoucher(m *wire.Pay) error {
	if m.Voucher.Channel != p.channel {
		return refuse(wire.CodeChannel, "the session is on another channel")
	}
	tail := p.tail
	if m.Tail != nil {
		tail = *m.Tail
	}
	if err := p.store(p.l.ctx); err != nil {
		return err
	}
	receipt, err := p.promised(m.Voucher, tail)
	if err != nil {
		return err
	}
	if m.Tail != nil && *m.Tail != p.tail {
		if err := p.nextTail(m); err != nil {
			return err
		}
	}
	news := false
	if !p.session.hub {
		news = p.session.Pay(receipt.Paid)
		p.session.keep(receipt.Paid)
	}
	p.taken(receipt, news)
	return nil
}

// taken follows evidence that was accepted: a payment, or something that the ledger had already. news: it raised what is paid in the session, though
// another connection had brought it to the ledger.
func (p *payee) taken(r channel.Receipt, news bool) {
	switch {
	case !r.Replayed:
		p.prove()
		p.paid()
	case news:
		p.paid()
	default:
		p.again()
	}
	if !p.proven {
		p.l.alarms.set(alarmNeed, time.Now().Add(needTime))
	}
}

// prove attaches the connection to its session: it has brought evidence that nobody had seen before. What another connection has overtaken is no proof,
// however honest: from a later reveal that passed in the clear anybody can hash the earlier ones. An honest payer is asked for another step (need).
func (p *payee) prove() {
	if !p.proven {
		p.proven = true
		p.attach()
		p.unacked = ackEvery // the payer waits to hear it
	}
}

// promised takes a voucher for the sake of one of its tails. When another downloader on the same channel has brought a newer voucher that carries the tail
// too, nothing is missing: that one is as good. It may be on its way to the disk still, and offering it again waits until it is there.
func (p *payee) promised(v *channel.SignedVoucher, tail channel.Anchor) (channel.Receipt, error) {
	for newer := false; ; newer = true {
		receipt, err := p.house.config.Ledger.Accept(p.l.ctx, channel.Payment{Channel: v.Channel, Voucher: v})
		receipt.Replayed = receipt.Replayed || newer
		var stale *channel.StaleError
		if !errors.As(err, &stale) || !slices.ContainsFunc(stale.Voucher.Tails, func(t channel.Tail) bool { return t.Anchor == tail }) {
			return receipt, err
		}
		v = &stale.Voucher
	}
}

// nextTail makes the session go on with another tail of the voucher.
func (p *payee) nextTail(m *wire.Pay) error {
	if !p.session.hub {
		p.tail = *m.Tail
		return nil
	}
	rec, err := p.house.config.Ledger.Record(p.l.ctx, p.channel)
	if err != nil {
		return err
	}
	unit, count := tailOf(&rec, *m.Tail)
	if unit.IsZero() {
		return refuse(wire.CodeExpired, "that session is over")
	}
	next := accountKey{p.channel, *m.Tail}
	if !p.house.rename(p.session, p.key, next, p.accepted.counts(unit, p.session.Statement().Price), count) {
		return refuse(wire.CodePreimage, "that tail pays another session")
	}
	p.key, p.tail = next, *m.Tail
	return nil
}

func (p *payee) takeReveal(r *channel.Reveal) error {
	if p.session.hub && r.Tail != p.tail {
		return refuse(wire.CodePreimage, "the reveal is for another tail than the session's")
	}
	if p.unstored != nil && p.unstored.failed { // nothing more on credit before that is written
		if err := p.store(p.l.ctx); err != nil {
			return err
		}
	}
	payment := channel.Payment{Channel: p.channel, Reveal: r}
	before := p.session.Statement().Paid // by other connections too, and written with it at the latest
	pending, err := p.house.config.Ledger.AcceptLater(p.l.ctx, payment)
	if err != nil {
		return err
	}
	receipt := pending.Receipt()
	worth := receipt.Paid
	if p.session.hub {
		worth = p.session.revealed(r.Tail, r.Count)
	} else {
		p.session.Pay(worth)
	}
	if !receipt.Replayed {
		p.unstored = &unstored{payment: payment, pending: pending, paid: before.Max(worth)}
	}
	p.taken(receipt, false)
	if p.session.exposed() {
		p.ack()
	}
	return nil
}

// mend counts what was paid in favour of the peer, on whatever connection: reveals of two connections may overtake each other.
func (p *payee) mend() {
	if p.session != nil {
		s := p.session.Statement()
		p.patience.mend(s.Paid, gate.Unit(s.Price, p.accepted.UnitBytes))
	}
}

// again takes note of something that was known already.
func (p *payee) again() {
	if p.mend(); p.patience.repeated() {
		p.l.end(errors.New("it says the same too often"))
	}
}

// paid follows an accepted payment: the window opens.
func (p *payee) paid() {
	p.house.count(func(t *Totals) { t.Payments++ })
	p.unbooked++
	p.setUnsaid(true)
	p.l.wake()
	if p.unacked++; p.unacked >= ackEvery || p.idle() {
		p.ack()
	} else {
		p.l.alarms.set(alarmAck, time.Now().Add(ackTime))
	}
	p.linger()
}

// ack tells the payer what is held, once it is durable.
func (p *payee) ack() {
	if p.session == nil {
		return
	}
	if err := p.store(p.l.ctx); err != nil {
		if !p.refused(err) {
			p.l.alarms.set(alarmAck, time.Now().Add(retryTime))
		}
		return
	}
	p.earned()
	p.unacked = 0
	p.setUnsaid(false)
	p.l.alarms.clear(alarmAck)
	p.l.say(&wire.Ack{Paid: p.session.kept(), Window: p.session.Statement().Window})
}
