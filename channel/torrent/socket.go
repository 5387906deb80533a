package torrent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// maxHandshakes is how many incoming connections may be at their handshakes at once; more wait in the kernel.
const maxHandshakes = 128

// gates makes links: it is what a driver's listener and dialer share.
type gates struct {
	ctx    context.Context
	rules  *rules
	house  *Tollhouse
	spend  *Spender
	log    *slog.Logger
	how    Encryption
	hashes func(func([]byte) bool) // info hashes under which encrypted connections are taken

	mu    sync.Mutex
	links map[*link]struct{}
}

func (g *gates) link(peer net.Conn, rw readWriter) *link {
	l := newLink(g.ctx, peer, rw, g.rules, g.house, g.spend, g.log)
	g.add(l)
	l.start()
	return l
}

// add keeps a link until it ends.
func (g *gates) add(l *link) {
	g.mu.Lock()
	if g.links == nil {
		g.links = map[*link]struct{}{}
	}
	g.links[l] = struct{}{}
	g.mu.Unlock()
	context.AfterFunc(l.ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.links, l)
	})
}

// each calls f for every link that lives.
func (g *gates) each(f func(*link)) {
	g.mu.Lock()
	list := make([]*link, 0, len(g.links))
	for l := range g.links {
		list = append(list, l)
	}
	g.mu.Unlock()
	for _, l := range list {
		f(l)
	}
}

// readWriter is an open stream.
type readWriter interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
}

// listener gives a client gated connections.
type listener struct {
	net.Listener
	gates *gates
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// listen opens a gated listener.
func (g *gates) listen(address string) (*listener, error) {
	inner, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &listener{Listener: inner, gates: g, conns: make(chan net.Conn), done: make(chan struct{})}
	go l.run()
	return l, nil
}

func (l *listener) run() {
	room := make(chan struct{}, maxHandshakes)
	var said time.Time
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if time.Since(said) >= time.Minute {
				said = time.Now()
				l.gates.log.Warn("cannot accept a connection; when too many files are open, ulimit -n lets more be", "error", err)
			}
			time.Sleep(50 * time.Millisecond)
			continue
		}
		room <- struct{}{}
		go func() {
			defer func() { <-room }()
			l.open(conn)
		}()
	}
}

// open takes a connection through its handshakes and hands it to the client.
func (l *listener) open(conn net.Conn) {
	if l.gates.spend != nil && l.gates.spend.banned(conn.RemoteAddr().String()) {
		conn.Close()
		return
	}
	ctx, cancel := context.WithTimeout(l.gates.ctx, handshakeTime)
	defer cancel()
	_ = conn.SetDeadline(time.Now().Add(handshakeTime))
	rw, err := receive(ctx, conn, l.gates.hashes)
	if err != nil {
		l.gates.log.Debug("no BitTorrent connection", "peer", conn.RemoteAddr().String(), "error", err)
		conn.Close()
		return
	}
	_ = conn.SetDeadline(time.Time{})
	gated := l.gates.link(conn, rw)
	select {
	case l.conns <- gated:
	case <-l.done:
		gated.end(net.ErrClosed)
	case <-l.gates.ctx.Done():
	}
}

// Accept gives the next gated connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close stops listening.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// dialer gives a client gated connections to peers.
type dialer struct {
	gates  *gates
	dialer net.Dialer
}

// Dial connects to a peer.
func (d *dialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	if d.gates.spend != nil && d.gates.spend.banned(address) {
		return nil, errors.New("this peer sent bad pieces")
	}
	conn, err := dialPeer(ctx, d.gates.how, func(ctx context.Context) (net.Conn, error) { return d.dialer.DialContext(ctx, "tcp", address) })
	if err != nil {
		return nil, err
	}
	return d.gates.link(conn, conn), nil
}

// DialerNetwork is tcp: the gate speaks no uTP.
func (d *dialer) DialerNetwork() string { return "tcp" }
