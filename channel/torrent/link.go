package torrent

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// Bounds of a link.
const (
	readSize    = 64 << 10         // bytes read from a peer at once
	maxRefusals = 4                // payments of one connection that may be refused before it ends
	lingerTime  = 5 * time.Second  // how long a connection outlives its client to be paid, or to pay, to the end
	decideTime  = 3 * time.Second  // how long a payer waits for terms before it takes a peer for an ordinary one
	refuseTime  = 15 * time.Second // how long a peer has to open a session under FreeRefuse
)

// link is one gated connection: a net.Conn for the client, whose other end is the peer.
//
// Bytes of either direction go through a Splitter under mu; what comes out is written outside of it. Messages of our own are queued and put in at
// the next boundary: toward the peer by whoever writes, or by flush; toward the client by whoever feeds.
type link struct {
	ctx    context.Context
	cancel context.CancelFunc
	peer   net.Conn      // the socket
	rw     io.ReadWriter // what runs on it: plain or MSE
	log    *slog.Logger
	rules  *rules
	house  *Tollhouse // nil: this side is never paid
	spend  *Spender   // nil: this side never pays
	client *pipe

	write    sync.Mutex // one writer to the peer at a time; taken before mu
	flushing chan struct{}

	mu         sync.Mutex
	in, out    gate.Splitter // from the peer, from the client
	toPeer     []byte        // own messages, whole frames
	toClient   []byte
	segments   [][]byte // what the current feed from the client passes on
	hash       [20]byte // the torrent, known once the client or the peer has said it
	peerShake  *gate.Handshake
	ownShake   *gate.Handshake
	peerID     uint8 // under which the peer wants pw_pay; 0: it does not speak it
	ownID      uint8 // under which we want it; 0: not announced
	peerSaid   bool  // the peer's extended handshake has come
	ownSaid    bool  // ours has gone out
	readySaid  bool
	clientGone bool
	ended      bool
	greeted    *gate.Handshake // the handshake that the peer was sent already: the client's own stays here

	payee *payee // nil unless house is set
	payer *payer // nil unless spend is set

	mail   *mailbox
	nudge  chan struct{}
	served chan struct{} // closed when serve has returned
	alarms alarms        // belongs to serve
	begun  time.Time
}

// rules is what a driver adds to a link.
type rules struct {
	extendedIn  func(h wire.Handshake)             // changes the peer's extended handshake before the client sees it; may be nil
	extendedOut func(h wire.Handshake)             // changes the client's before the peer sees it; may be nil
	dropPort    bool                               // BEP 5 port messages do not pass
	closed      func(l *link)                      // the connection has ended; may be nil
	complete    func(hash [20]byte, i uint32) bool // a payer's side: whether that piece was verified already; may be nil
}

// newLink gates a connection. rw is what the peer protocol runs on, over peer.
func newLink(ctx context.Context, peer net.Conn, rw io.ReadWriter, r *rules, house *Tollhouse, spend *Spender, log *slog.Logger) *link {
	l := &link{
		peer: peer, rw: rw, rules: r, house: house, spend: spend, client: newPipe(), flushing: make(chan struct{}, 1),
		mail: newMailbox(), nudge: make(chan struct{}, 1), served: make(chan struct{}), begun: time.Now(),
		log: log.With("peer", peer.RemoteAddr().String()),
	}
	l.ctx, l.cancel = context.WithCancel(ctx)
	if house != nil {
		l.payee = newPayee(l, house)
		house.count(func(t *Totals) { t.Peers++ })
	}
	if spend != nil {
		l.payer = newPayer(l, spend)
	}
	return l
}

// start lets bytes flow.
func (l *link) start() {
	go l.pump()
	go l.flush()
	go l.serve()
	context.AfterFunc(l.ctx, func() { l.end(net.ErrClosed) })
}

// pump reads from the peer until it ends.
func (l *link) pump() {
	buf := make([]byte, readSize)
	var err error
	for err == nil && l.client.room() || err == nil && l.lingering() {
		var n int
		n, err = l.rw.Read(buf)
		if n > 0 {
			if feedErr := l.feedIn(buf[:n]); feedErr != nil {
				err = feedErr
			}
		}
	}
	l.end(err)
}

// feedIn takes bytes of the peer.
func (l *link) feedIn(b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.in.Feed(b, (*fromPeer)(l))
	l.release()
	return err
}

// Read gives the client what comes from the peer.
func (l *link) Read(b []byte) (int, error) { return l.client.Read(b) }

// Write takes what the client says to the peer.
func (l *link) Write(b []byte) (int, error) {
	l.write.Lock()
	defer l.write.Unlock()
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

// send writes segments to the peer. write must be held.
func (l *link) send(segments [][]byte) error {
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
	}
}

// flushSoon has messages of our own written that came in while somebody wrote.
func (l *link) flushSoon() {
	l.mu.Lock()
	some := len(l.toPeer) > 0
	l.mu.Unlock()
	if some {
		l.signalFlush()
	}
}

func (l *link) signalFlush() {
	select {
	case l.flushing <- struct{}{}:
	default:
	}
}

// post queues whole frames for the peer. mu must be held.
func (l *link) post(frames []byte) {
	l.toPeer = append(l.toPeer, frames...)
	l.signalFlush()
}

// say sends a pw_pay message.
func (l *link) say(m wire.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.peerID == 0 {
		return
	}
	l.log.Debug("saying", "message", m.Type().String())
	l.post(gate.ExtendedFrame(l.peerID, wire.Marshal(m)))
}

// tell puts whole frames into what the client reads. mu must be held.
func (l *link) tell(frames []byte) {
	l.toClient = append(l.toClient, frames...)
	if l.in.AtBoundary() {
		l.client.write(l.toClient)
		l.toClient = nil
	}
}

// release passes on the requests that may pass now. mu must be held.
func (l *link) release() {
	if l.payee == nil {
		return
	}
	for {
		r, ok := l.payee.toll.Next(l.payee.admit)
		if !ok {
			break
		}
		l.tell(gate.RequestFrame(r))
	}
	if _, stalled := l.payee.toll.Stalled(); stalled {
		l.poke()
	}
}

// wake is release for who does not hold mu.
func (l *link) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release()
}

// poke makes serve look.
func (l *link) poke() {
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

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
	case alarmDecide, alarmPay, alarmFlush:
		if l.payer != nil {
			l.payer.rang(k)
		}
	}
}

// flood ends the connection of a peer that sends too much of something.
func (l *link) flood() error { return errors.New("more payment messages than can be handled") }

// lingering says whether the client has gone and the connection lives on for the money.
func (l *link) lingering() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clientGone && !l.ended
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

// unfinished says whether money is under way.
func (l *link) unfinished() bool {
	return l.payee != nil && l.payee.unfinished() || l.payer != nil && l.payer.unfinished()
}

// end ends everything, once.
func (l *link) end(err error) {
	l.mu.Lock()
	first := !l.ended
	l.ended = true
	l.mu.Unlock()
	if !first {
		return
	}
	l.cancel()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		l.log.Debug("connection ended", "error", err)
	}
	l.client.fail(err)
	l.peer.Close()
	if l.payee != nil {
		l.payee.end()
		l.house.count(func(t *Totals) { t.Peers-- })
	}
	if l.payer != nil {
		l.payer.end()
	}
	if l.rules.closed != nil {
		l.rules.closed(l)
	}
}

// afterServe does something that belongs to serve once it has returned.
func (l *link) afterServe(f func()) {
	<-l.served
	f()
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

// torrent is the info hash of the connection, zero until it is known.
func (l *link) torrent() [20]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hash
}
