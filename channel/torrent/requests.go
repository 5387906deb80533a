package torrent

import (
	"time"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// suggestTime is how long a payer waits before it suggests to its client to ask a peer again: long enough for the client to have seen the reject first.
const suggestTime = 30 * time.Millisecond

// ask lets a request of the client out, or keeps it until it is known whether blocks cost. link.mu must be held.
func (p *payer) ask(r gate.Request, raw []byte) []byte {
	if !p.decided {
		p.waiting = append(p.waiting, r)
		return nil
	}
	p.meter.Ask(r)
	delete(p.cancelled, r)
	return raw
}

// decide lets requests out.
func (p *payer) decide() {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	p.decided = true
	for _, r := range p.waiting {
		p.meter.Ask(r)
		p.l.post(gate.RequestFrame(r))
	}
	p.waiting = nil
}

// cancel takes back a request that did not go out; others were asked for and are owed when they come. link.mu must be held.
func (p *payer) cancel(r gate.Request, raw []byte) []byte {
	for i, w := range p.waiting {
		if w == r {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			if p.l.fast() {
				p.l.tell(gate.RejectFrame(r))
				p.unasked()
			}
			return nil
		}
	}
	if p.l.fast() && p.meter.Asked(r) {
		p.cancelled[r] = struct{}{}
	}
	return raw
}

// rejected takes a peer's reject. link.mu must be held.
func (p *payer) rejected(r gate.Request) {
	p.meter.Refused(r)
	if _, was := p.cancelled[r]; was {
		delete(p.cancelled, r)
		p.unasked()
	}
}

// unasked sees to it that the client asks this peer again after the reject of a request that it had cancelled itself, because it asks somebody else now: for a player it moves requests
// all the time. On a reject of its last one, anacrolix/torrent (v1.61.0, PeerConn.remoteRejectedRequest) asks a peer for nothing more until something else comes from it, which is
// right when the peer refuses, and of a peer that is asked for nothing nothing comes. A suggestion makes it look again, unless the reject still waits to be looked at. link.mu must be
// held.
func (p *payer) unasked() {
	if p.meter.Flying()+len(p.waiting) == 0 {
		p.idle = time.Now()
		p.l.poke()
	}
}

// suggestLater sets the alarm that unasked wants.
func (p *payer) suggestLater() {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	if !p.idle.IsZero() {
		p.l.alarms.set(alarmSuggest, p.idle.Add(suggestTime))
	}
}

// suggest suggests a piece, whichever: the client only looks what it wants.
func (p *payer) suggest() {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	switch busy := p.meter.Flying()+len(p.waiting) > 0; {
	case p.idle.IsZero():
	case !busy && time.Since(p.idle) < suggestTime:
		p.l.alarms.set(alarmSuggest, p.idle.Add(suggestTime))
	default:
		if p.idle = (time.Time{}); !busy && !p.parked {
			p.l.tell(gate.SuggestFrame(0))
		}
	}
}

// forget drops all requests: the peer choked, and without BEP 6 that forgets them. link.mu must be held.
func (p *payer) forget() {
	p.meter.Forget()
	clear(p.cancelled)
	p.waiting = nil
}
