package torrent

import (
	"errors"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// pay pays for what is verified, in whole steps while more is coming, and ahead of it only when the payee waits and nothing else helps.
func (p *payer) pay(whole bool) {
	if !p.active() || p.stopped() != nil {
		return
	}
	if p.unproven && !p.proves() {
		return
	}
	if time.Now().Before(p.rests) {
		p.l.alarms.set(alarmPay, p.rests)
		return
	}
	if p.l.lingering() || p.rushed() {
		whole = false
	}
	steps := p.tab.due(0, whole)
	if steps == 0 && p.due > 0 {
		steps = p.payAhead()
	}
	if whole && p.gathers(steps) {
		return
	}
	p.payOut(steps)
}

// gathers says whether steps that are due should wait for more. A payment costs both ends a write to disk, so a payer that is trusted with a large window pays for an eighth of it
// at once, as long as that comes soon and the payee does not wait.
func (p *payer) gathers(steps uint64) bool {
	now := time.Now()
	switch {
	case steps == 0 || p.due > 0 || p.unproven || !p.tab.gathers(steps):
	case p.gathering.IsZero():
		p.gathering = now
		fallthrough
	case now.Before(p.gathering.Add(gatherTime)):
		p.l.alarms.set(alarmPay, p.gathering.Add(gatherTime))
		return true
	}
	p.gathering = time.Time{}
	return false
}

// payAhead is how many steps to pay before anything is verified, so that the payee goes on.
func (p *payer) payAhead() uint64 {
	ahead := p.tab.ahead(p.due)
	p.tab.mu.Lock()
	trusted := p.tab.trusted
	p.tab.mu.Unlock()
	if !trusted && time.Since(p.needed) < stuckTime {
		p.l.alarms.set(alarmPay, p.needed.Add(stuckTime))
		return 0
	}
	if ahead > p.tab.allowance() {
		p.l.log.Info("the seeder wants more ahead than is risked", "bytes", ahead)
		return 0
	}
	return p.tab.due(ahead, false)
}

func (p *payer) payOut(steps uint64) {
	if steps == 0 {
		return
	}
	p.due, p.needed = 0, time.Time{}
	switch err := p.tab.payOut(p.l.ctx, steps, p); {
	case err == nil:
	case errors.Is(err, ErrBudget) || errors.Is(err, ErrPurseEmpty):
		p.stop(wire.CodeBudget, err)
	case p.l.ctx.Err() == nil:
		p.l.log.Warn("cannot pay now", "error", err)
		p.rests = time.Now().Add(retryTime)
		p.l.alarms.set(alarmPay, p.rests)
	}
}

// stop ends the session from our side. Whether the peer goes on for free is its policy.
func (p *payer) stop(code wire.Code, err error) {
	p.setOver(err)
	p.l.log.Info("nothing more is paid to this seeder", "why", err)
	p.spend.tell("nothing more is paid, and what is left comes for free or not at all: " + err.Error())
	p.l.say(&wire.Error{Role: wire.Payer, Code: code, Text: err.Error()})
	p.l.say(&wire.Close{Role: wire.Payer, Channel: p.promise.Voucher.Channel, Paid: p.paidSoFar()})
	p.leave()
}

func (p *payer) paidSoFar() channel.Amount {
	if p.tab == nil {
		return channel.Amount{}
	}
	p.tab.mu.Lock()
	defer p.tab.mu.Unlock()
	return p.tab.paid
}

// judged follows a piece that was verified. It is called by the downloader, for every connection.
func (p *payer) judged(index uint32, good bool, length int64) {
	p.l.mu.Lock()
	var n int64
	if good {
		n = p.meter.Good(index)
	} else {
		n = p.meter.Wrong(index)
	}
	tab, free := p.tab, p.unpaid[index]
	delete(p.unpaid, index)
	if p.begun && tab != nil && n > 0 {
		tab.judged(n-free, good) // at once: in between it would seem that nothing is owed
	}
	p.l.mu.Unlock()
	if n == 0 {
		return
	}
	if p.spend.judged(p.l.RemoteAddr().String(), good, n >= length) {
		p.l.log.Warn("bad pieces: the seeder is left", "piece", index)
		p.l.say(&wire.Error{Role: wire.Payer, Code: wire.CodeBadPieces})
		p.l.end(errors.New("pieces failed their hash"))
		return
	}
	p.l.poke()
}

// unfinished says whether something is to be paid, or was and is not confirmed.
func (p *payer) unfinished() bool {
	p.l.mu.Lock()
	tab, active := p.tab, p.tab != nil && p.begun
	pending, over := p.meter.Pending(), p.over
	p.l.mu.Unlock()
	return active && over == nil && (pending > 0 || !tab.settled())
}

// finish ends a connection that only lived on to pay.
func (p *payer) finish() {
	if p.l.lingering() && !p.unfinished() {
		p.l.say(&wire.Close{Role: wire.Payer, Channel: p.promise.Voucher.Channel, Paid: p.paidSoFar()})
		p.l.alarms.set(alarmLinger, time.Now().Add(100*time.Millisecond))
	}
}

// hurry pays a step that was begun without waiting for the rest of it: nothing more is coming.
func (p *payer) hurry() {
	p.l.mu.Lock()
	p.hurried = true
	p.l.mu.Unlock()
	p.l.poke()
}
