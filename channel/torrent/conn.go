package torrent

import (
	"net"
	"time"
)

// Read gives the client what comes from the peer.
func (l *link) Read(b []byte) (int, error) { return l.client.Read(b) }

// Write takes what the client says to the peer.
func (l *link) Write(b []byte) (int, error) {
	l.write.Lock()
	defer l.write.Unlock()
	if l.still(b) {
		return len(b), nil
	}
	l.mu.Lock()
	err := l.out.Feed(b, (*fromClient)(l))
	segments := l.segments
	l.segments = l.segments[:0]
	gone := l.clientGone
	l.mu.Unlock()
	if gone {
		return 0, net.ErrClosed
	}
	if writeErr := l.send(segments); err == nil {
		err = writeErr
	}
	if err != nil {
		return 0, err
	}
	l.flushSoon()
	return len(b), nil
}

// keepAlive is the message that says nothing, and keepAliveEvery how often a peer hears it at most: BEP 3 asks for one in two minutes.
const (
	keepAlive      = "\x00\x00\x00\x00"
	keepAliveEvery = time.Minute
)

// still says whether b is one keep-alive message too many. write must be held.
func (l *link) still(b []byte) bool {
	now := time.Now()
	if string(b) == keepAlive && now.Sub(l.wrote) < keepAliveEvery {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.out.AtBoundary()
	}
	l.wrote = now
	return false
}

// send writes segments to the peer. write must be held.
func (l *link) send(segments [][]byte) error {
	if plain, ok := l.rw.(plainStream); ok && len(segments) > 1 {
		return plain.writeAll(segments)
	}
	for _, s := range segments {
		if _, err := l.rw.Write(s); err != nil {
			return err
		}
	}
	return nil
}

// flush writes messages of our own when the client has nothing to say.
func (l *link) flush() {
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-l.flushing:
		}
		l.write.Lock()
		l.mu.Lock()
		var own []byte
		if l.out.AtBoundary() {
			own, l.toPeer = l.toPeer, nil
		}
		l.mu.Unlock()
		var err error
		if len(own) > 0 {
			_, err = l.rw.Write(own)
		}
		l.write.Unlock()
		if err != nil {
			l.end(err)
			return
		}
		if len(own) > 0 {
			l.flushSoon()
		}
	}
}

// flushSoon has messages of our own written that came in while somebody wrote, or that had to wait for that.
func (l *link) flushSoon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asks != nil {
		l.release()
	}
	if len(l.toPeer) > 0 {
		l.signalFlush()
	}
}

func (l *link) signalFlush() {
	select {
	case l.flushing <- struct{}{}:
	default:
	}
}

// Close ends the client's side. While money is under way the connection to the peer lives on for a moment: complete peers hang up on each other at once,
// and the last pieces would stay unpaid.
func (l *link) Close() error {
	l.mu.Lock()
	first := !l.clientGone
	l.clientGone = true
	l.mu.Unlock()
	if !first {
		return nil
	}
	l.client.drop()
	if l.ctx.Err() != nil || !l.unfinished() {
		l.end(nil)
		return nil
	}
	time.AfterFunc(lingerTime, func() { l.end(nil) })
	l.poke()
	return nil
}

// LocalAddr is the socket's.
func (l *link) LocalAddr() net.Addr { return l.peer.LocalAddr() }

// RemoteAddr is the peer's.
func (l *link) RemoteAddr() net.Addr { return l.peer.RemoteAddr() }

// SetDeadline is for the client's reads and writes. It never fails, even when the connection has ended: the client takes an error for a bug of its own.
func (l *link) SetDeadline(t time.Time) error {
	l.client.setDeadline(t)
	return l.SetWriteDeadline(t)
}

// SetReadDeadline is for the client's reads.
func (l *link) SetReadDeadline(t time.Time) error {
	l.client.setDeadline(t)
	return nil
}

// SetWriteDeadline is the socket's.
func (l *link) SetWriteDeadline(t time.Time) error {
	_ = l.peer.SetWriteDeadline(t)
	return nil
}
