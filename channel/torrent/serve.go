package torrent

import (
	"errors"
	"time"

	"github.com/piecework/piecework/channel/torrent/wire"
)

// serve handles the messages of the peer and the times of the connection, one after the other.
func (l *link) serve() {
	defer close(l.served)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-l.mail.ready:
			for m := l.mail.take(); m != nil; m = l.mail.take() {
				if !l.handle(m) {
					break
				}
			}
		case <-l.nudge:
			l.look()
		case <-timer.C:
			for _, k := range l.alarms.ring(time.Now()) {
				l.rang(k)
			}
		}
		timer.Reset(l.alarms.next(time.Now()))
	}
}

// handle says whether the next message may be handled.
func (l *link) handle(m wire.Message) bool {
	l.log.Debug("hearing", "message", m.Type().String())
	switch m := m.(type) {
	case *wire.Terms, *wire.Accept, *wire.Ack, *wire.Need:
		if l.payer != nil {
			return l.payer.handle(m)
		}
	case *wire.Open, *wire.Pay:
		if l.payee != nil {
			return l.payee.handle(m)
		}
	case *wire.Error:
		l.heardError(m)
	case *wire.Close:
		l.heardClose(m)
	}
	return true
}

func (l *link) heardError(m *wire.Error) {
	l.log.Info("the other side refused", "code", m.Code.String(), "text", m.Text)
	if m.Role == wire.Payee && l.payer != nil {
		l.payer.refused(m)
	}
}

func (l *link) heardClose(m *wire.Close) {
	switch {
	case m.Role == wire.Payee && l.payer != nil:
		l.payer.closed()
	case m.Role == wire.Payer && l.payee != nil:
		l.payee.closed()
	}
	if l.lingering() {
		l.end(nil)
	}
}

// look does what a nudge is for: whatever may have become possible.
func (l *link) look() {
	l.mu.Lock()
	ready := !l.readySaid && l.ownShake != nil && l.peerShake != nil && (l.peerSaid && l.ownSaid || !l.peerShake.Extended() || !l.ownShake.Extended())
	if ready {
		l.readySaid = true
	}
	speaks := l.peerID != 0 && l.ownID != 0
	l.mu.Unlock()
	if l.payee != nil {
		if ready {
			l.payee.ready(speaks)
		}
		l.payee.look()
	}
	if l.payer != nil {
		if ready {
			l.payer.ready(speaks)
		}
		l.payer.look()
	}
}

func (l *link) rang(k alarm) {
	switch k {
	case alarmLinger:
		l.end(nil)
	case alarmRetry:
		select {
		case l.mail.ready <- struct{}{}:
		default:
		}
	case alarmAck, alarmNeed, alarmRefuse:
		if l.payee != nil {
			l.payee.rang(k)
		}
	case alarmDecide, alarmPay, alarmFlush, alarmSuggest:
		if l.payer != nil {
			l.payer.rang(k)
		}
	}
}

// flood ends the connection of a peer that sends too much of something.
func (l *link) flood() error { return errors.New("more payment messages than can be handled") }
