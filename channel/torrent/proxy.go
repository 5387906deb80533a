package torrent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/anacrolix/dht/v2"

	"github.com/piecework/piecework/channel/torrent/wire"
)

// ProxyConfig is what a Proxy needs. House and Client are required, and Torrents for encrypted peers, announcing and dialling.
type ProxyConfig struct {
	House      *Tollhouse     // the caller closes it
	Client     string         // host:port where the client behind the gate listens, on the loopback
	Listen     string         // host:port for peers; "": ":0"
	Torrents   []ProxyTorrent // more by Add
	Encryption Encryption     // of connections to peers
	Inside     Encryption     // of connections to the client; PlainFirst finds out by itself what it takes
	Announce   AnnounceConfig // whom to tell where the gate is
	Log        *slog.Logger   // nil: silence
}

// Proxy is the toll gate in front of an unmodified BitTorrent client: peers connect to the gate, the gate connects to the client. The client must not be
// reachable otherwise, and must not look for peers itself (no DHT, PEX, LSD or outgoing connections): whoever gets past the gate pays nothing.
type Proxy struct {
	config   ProxyConfig
	gates    *gates
	listener *listener
	cancel   context.CancelFunc
	tasks    sync.WaitGroup
	inner    sources
	secret   atomic.Bool // the client takes nothing but encrypted connections

	dht *dht.Server // nil: the DHT is told nothing

	mu       sync.Mutex
	torrents map[[20]byte]*fronted
}

// NewProxy starts a gate. Close it.
func NewProxy(ctx context.Context, c ProxyConfig) (*Proxy, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Listen == "" {
		c.Listen = ":0"
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &Proxy{config: c, cancel: cancel, torrents: map[[20]byte]*fronted{}}
	p.secret.Store(c.Inside == OnlyEncrypted)
	p.gates = &gates{ctx: ctx, house: c.House, log: c.Log, how: c.Encryption, hashes: p.hashes}
	var err error
	if p.listener, err = p.gates.listen(c.Listen); err != nil {
		cancel()
		return nil, fmt.Errorf("listening for peers on %s: %w", c.Listen, err)
	}
	p.gates.rules = p.rules()
	if c.Announce.DHT {
		if err := p.startDHT(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("joining the DHT: %w", err), p.Close())
		}
	}
	for _, t := range c.Torrents {
		p.Add(t)
	}
	p.tasks.Go(func() { p.serve(ctx) })
	return p, nil
}

// rules keep the client and its peers from learning ways around the gate.
func (p *Proxy) rules() *rules {
	port := int64(p.listener.Addr().(*net.TCPAddr).Port)
	strip := func(h wire.Handshake) {
		for _, extension := range []string{extensionPEX, extensionHolepunch, "lt_dontwant"} {
			h.SetID(extension, 0)
		}
		for _, field := range []string{"yourip", "ipv4", "ipv6"} {
			h.Remove(field)
		}
	}
	return &rules{
		dropPort:   true,
		extendedIn: func(h wire.Handshake) { strip(h); h.Remove("p") },
		extendedOut: func(h wire.Handshake) {
			strip(h)
			h.SetInt("p", port)
		},
	}
}

// Addr is where peers connect to, host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close ends all connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.cancel()
	p.tasks.Wait()
	return err
}

// serve takes peers to the client.
func (p *Proxy) serve(ctx context.Context) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.tasks.Go(func() { p.forward(ctx, conn.(*link)) })
	}
}

// forward joins a gated peer and a connection to the client.
func (p *Proxy) forward(ctx context.Context, l *link) {
	inside, err := p.dialClient(ctx, l.RemoteAddr())
	if err != nil {
		p.config.Log.Warn("the client behind the gate does not answer", "client", p.config.Client, "error", err)
		l.end(err)
		return
	}
	p.join(l, inside)
}

// join copies both ways until one side ends.
func (p *Proxy) join(l *link, inside net.Conn) {
	stop := context.AfterFunc(l.ctx, func() { inside.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { carry(inside, l); inside.Close() })
	carry(l, inside)
	_ = l.Close()
	inside.Close()
	both.Wait()
}

// Bounds of what carry reads at once: a connection that is busy gets room for many blocks, one that is idle keeps little.
const (
	leastRead = 16 << 10
	mostRead  = 256 << 10
)

// carry copies until either side ends.
func carry(to io.Writer, from io.Reader) {
	for buf := make([]byte, leastRead); ; {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
		if n == len(buf) && n < mostRead {
			buf = make([]byte, 2*n)
		}
	}
}

// dialClient connects to the client from a loopback address of the peer's own, so that the client's limits and bans per address mean the peer.
func (p *Proxy) dialClient(ctx context.Context, peer net.Addr) (net.Conn, error) {
	source, how := p.inner.of(peer), p.config.Inside
	if p.secret.Load() && how == PlainFirst {
		how = OnlyEncrypted
	}
	conn, err := dialPeer(ctx, how, func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, handshakeTime)
		defer cancel()
		own := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}}
		conn, err := own.DialContext(ctx, "tcp", p.config.Client)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		var any net.Dialer // not every system lets one use all of 127/8
		return any.DialContext(ctx, "tcp", p.config.Client)
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to the client behind the gate: %w", err)
	}
	conn.chosen = func(encrypted bool) { p.secret.Store(encrypted) }
	return conn, nil
}
