package torrent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// ProxyConfig is what a Proxy needs. House and Client are required, and Torrents for encrypted peers, announcing and dialling.
type ProxyConfig struct {
	House      *Tollhouse // the caller closes it
	Client     string     // host:port where the client behind the gate listens, on the loopback
	Listen     string     // host:port for peers; "": ":0"
	Torrents   []ProxyTorrent
	Encryption Encryption     // of connections to peers
	Inside     Encryption     // of connections to the client; OnlyEncrypted for a client that takes nothing else
	Announce   AnnounceConfig // whom to tell where the gate is
	Log        *slog.Logger   // nil: silence
}

// ProxyTorrent is a torrent that the client behind the gate seeds.
type ProxyTorrent struct {
	InfoHash    [20]byte // the one of v1 for a hybrid torrent; for v2 the first 20 bytes
	PieceLength int64    // 0: not known
	Trackers    []string
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
	p := &Proxy{config: c, cancel: cancel}
	p.gates = &gates{ctx: ctx, house: c.House, log: c.Log, how: c.Encryption, hashes: p.hashes}
	var err error
	if p.listener, err = p.gates.listen(c.Listen); err != nil {
		cancel()
		return nil, fmt.Errorf("listening for peers on %s: %w", c.Listen, err)
	}
	p.gates.rules = p.rules()
	for _, t := range c.Torrents {
		if t.PieceLength > 0 {
			c.House.SetPieceLength(t.InfoHash, t.PieceLength)
		}
	}
	p.tasks.Go(func() { p.serve(ctx) })
	p.announce(ctx)
	return p, nil
}

// rules keep the client and its peers from learning ways around the gate.
func (p *Proxy) rules() *rules {
	port := int64(p.listener.Addr().(*net.TCPAddr).Port)
	strip := func(h wire.Handshake) {
		for _, extension := range []string{"ut_pex", "ut_holepunch", "lt_dontwant"} {
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

// hashes gives the info hashes, for encrypted connections.
func (p *Proxy) hashes(f func([]byte) bool) {
	for _, t := range p.config.Torrents {
		if !f(t.InfoHash[:]) {
			return
		}
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
	inside, err := p.dialClient(ctx, l.RemoteAddr(), p.config.Inside)
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
	both.Go(func() { _, _ = io.CopyBuffer(onlyWriter{inside}, l, make([]byte, readSize)); inside.Close() })
	_, _ = io.CopyBuffer(onlyWriter{l}, inside, make([]byte, readSize))
	_ = l.Close()
	inside.Close()
	both.Wait()
}

// onlyWriter hides ReadFrom, so that the buffer is used.
type onlyWriter struct{ io.Writer }

// dialClient connects to the client from a loopback address of the peer's own, so that the client's limits and bans per address mean the peer.
func (p *Proxy) dialClient(ctx context.Context, peer net.Addr, how Encryption) (net.Conn, error) {
	source := p.inner.of(peer)
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
	return conn, nil
}

// maxSources is how many peers' addresses are told apart on the loopback; then it begins anew.
const maxSources = 1 << 20

// sources gives every peer address a loopback address, 127.1.0.1 and up.
type sources struct {
	mu   sync.Mutex
	by   map[netip.Addr]netip.Addr
	next uint32
}

func (s *sources) of(peer net.Addr) netip.Addr {
	address := netip.Addr{}
	if tcp, ok := peer.(*net.TCPAddr); ok {
		address = tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.by[address]; ok {
		return known
	}
	if s.by == nil || len(s.by) >= maxSources {
		s.by, s.next = map[netip.Addr]netip.Addr{}, 0
	}
	s.next++
	if s.next&0xff == 0 || s.next&0xff == 0xff {
		s.next += 2
	}
	n := s.next
	own := netip.AddrFrom4([4]byte{127, byte(1 + n>>16), byte(n >> 8), byte(n)})
	s.by[address] = own
	return own
}

// Connect dials a peer of a torrent for the client, which never dials itself.
func (p *Proxy) Connect(ctx context.Context, infoHash [20]byte, peer string) error {
	own, err := p.probe(ctx, infoHash)
	if err != nil {
		return err
	}
	var d net.Dialer
	conn, err := dialPeer(p.gates.ctx, p.config.Encryption, func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", peer) })
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", peer, err)
	}
	if _, err := conn.Write(own[:]); err != nil {
		_ = conn.Close()
		return fmt.Errorf("shaking hands with %s: %w", peer, err)
	}
	l := newLink(p.gates.ctx, conn, conn, p.gates.rules, p.config.House, nil, p.config.Log)
	l.greeted = own
	p.gates.add(l)
	l.start()
	p.tasks.Go(func() { p.forward(p.gates.ctx, l) })
	return nil
}

// probe asks the client for the handshake that it answers with, so that the gate can say it to a peer first.
func (p *Proxy) probe(ctx context.Context, infoHash [20]byte) (*gate.Handshake, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	conn, err := p.dialClient(ctx, &net.TCPAddr{IP: net.IPv4zero}, p.config.Inside)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var ask, answer gate.Handshake
	copy(ask[:], gate.Protocol)
	ask[25], ask[27] = 0x10, 0x04
	copy(ask[28:], infoHash[:])
	copy(ask[48:], fmt.Sprintf("-PW0001-%012d", time.Now().UnixNano()%1e12))
	if _, err := conn.Write(ask[:]); err != nil {
		return nil, fmt.Errorf("shaking hands with the client behind the gate: %w", err)
	}
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return nil, fmt.Errorf("the client behind the gate does not seed %x: %w", infoHash, err)
	}
	if string(answer[:len(gate.Protocol)]) != gate.Protocol {
		return nil, errors.New("what listens behind the gate is no BitTorrent client")
	}
	return &answer, nil
}
