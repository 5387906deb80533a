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
	readSize   = 64 << 10         // bytes read from a peer at once
	maxUnread  = 1 << 20          // bytes of our own messages that wait for a peer; one that reads has at most the rejects of MaxHeld requests and some padding before it
	lingerTime = 5 * time.Second  // how long a connection outlives its client to be paid, or to pay, to the end
	decideTime = 3 * time.Second  // how long a payer waits for terms before it takes a peer for an ordinary one
	refuseTime = 15 * time.Second // how long a peer has to open a session under FreeRefuse
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
	wrote    time.Time  // when the client last said something; guarded by write
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
	peerHas    bool  // the peer has said which pieces it has
	readySaid  bool
	clientGone bool
	ended      bool
	infoID     uint8           // under which the client wants ut_metadata
	pexID      uint8           // and ut_pex
	named      int             // bytes in which the peer has named other peers
	info       *infoParts      // what the peer says of the torrent's info; nil: nothing
	unchoked   bool            // the client lets the peer ask
	asks       *asks           // nil: the torrent has no padding, or nothing was asked for yet
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
	extendedIn  func(h wire.Handshake)              // changes the peer's extended handshake before the client sees it; may be nil
	extendedOut func(h wire.Handshake)              // changes the client's before the peer sees it; may be nil
	dropPort    bool                                // BEP 5 port messages do not pass
	closed      func(l *link)                       // the connection has ended; may be nil
	complete    func(hash [20]byte, i uint32) bool  // a payer's side: whether that piece was verified already; may be nil
	info        func(hash [20]byte) *wantedInfo     // gets what peers say of a torrent's info; nil where it is known; the rule itself is nil where the client is somebody else's
	padding     func(hash [20]byte) (padding, bool) // what peers ask for that the client has not; false while that is not known; nil: nothing, the client has it
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
	if err == nil && len(l.toPeer) > maxUnread {
		err = errors.New("the peer does not read what it is told")
	}
	return err
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

// release passes on the requests that may pass now, and follows whether that moves nothing. mu must be held.
func (l *link) release() {
	if l.payee == nil {
		return
	}
	l.pass()
	l.payee.stalls()
}

// pass passes on the requests that may pass now. mu must be held.
func (l *link) pass() {
	for len(l.toPeer) < maxZeros {
		r, ok := l.payee.toll.Next(l.payee.admit)
		if !ok {
			break
		}
		l.passOn(r)
	}
}

// passOn has a request answered that may pass. mu must be held.
func (l *link) passOn(r gate.Request) {
	switch cut, ok := l.asks.pass(r); {
	case !ok:
		l.payee.toll.Reject(r)
		l.decline(r)
	case cut.Length == 0:
		l.payee.piece(r)
		l.zeros(r)
	default:
		l.tell(gate.RequestFrame(cut))
	}
}

// decline says that a request will not be answered, to a peer that can hear that. mu must be held.
func (l *link) decline(r gate.Request) {
	if l.fast() {
		l.post(gate.RejectFrame(r))
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

// lingering says whether the client has gone and the connection lives on for the money.
func (l *link) lingering() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clientGone && !l.ended
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
	l.info.drop()
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

// torrent is the info hash of the connection, zero until it is known.
func (l *link) torrent() [20]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hash
}
