package torrent

import (
	"time"

	"github.com/piecework/piecework/channel/torrent/wire"
)

// When a payer is told what its requests wait for.
const (
	needTime  = 50 * time.Millisecond // requests must have waited this long before they are mentioned
	needAgain = time.Second           // and how long until they are mentioned again
)

// stalls follows whether requests wait and nothing on this connection moves them, so that the payer is told of those that wait for long. link.mu must be held.
func (p *payee) stalls() {
	if _, stalled := p.toll.Stalled(); !stalled {
		p.needAt = time.Time{}
		return
	}
	if p.needAt.IsZero() {
		p.needAt = time.Now().Add(needTime)
	}
	if p.needRings.IsZero() || p.needAt.Before(p.needRings) {
		p.needRings = p.needAt
		p.l.poke()
	}
}

// look does what a nudge is for: it ends a connection whose client has gone, and follows requests that wait.
func (p *payee) look() {
	p.linger()
	p.ringForNeed()
}

// ringForNeed has alarmNeed ring when requests have waited for long.
func (p *payee) ringForNeed() {
	p.l.mu.Lock()
	rings := p.needRings
	p.l.mu.Unlock()
	if !rings.IsZero() {
		p.l.alarms.set(alarmNeed, rings)
	}
}

// need says what has to be paid before anything moves. It tries first: payments on other connections of the account make room, and nobody tells this one.
// A session that is not proven needs any step at all: the one that was to prove it was overtaken on another connection of the channel, or never sent.
func (p *payee) need() {
	p.l.mu.Lock()
	p.needRings = time.Time{}
	p.l.mu.Unlock()
	if p.session != nil && !p.proven {
		p.l.say(&wire.Need{Due: 1})
		p.l.alarms.set(alarmNeed, time.Now().Add(needAgain))
		return
	}
	now := time.Now()
	p.l.mu.Lock()
	p.l.pass()
	due, stalled := p.toll.Stalled()
	late := stalled && !p.needAt.IsZero() && !now.Before(p.needAt)
	switch {
	case !stalled:
		p.needAt = time.Time{}
	case late:
		p.needAt = now.Add(needAgain)
	case p.needAt.IsZero():
		p.needAt = now.Add(needTime)
	}
	p.needRings = p.needAt
	p.l.mu.Unlock()
	if late && due > 0 {
		p.l.say(&wire.Need{Due: due})
	}
	p.ringForNeed()
}
