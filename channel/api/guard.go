package api

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/crowd"
)

// Limits on what one peer may take from the others. Zero means the default.
type Limits struct {
	Connections   int        // at once from one address (of IPv6: one /64); 1,024
	Calls         rate.Limit // a second on one connection, new streams included; 2,000
	ChannelPays   int        // streams of payments at once on one channel; 8
	Vouchers      rate.Limit // a second on one channel, beyond which Pay slows down and Submit refuses; 5,000
	BadPayments   int        // wrong signatures and preimages from one address before the connection is cut and the address banned; 8, and one more every 10 s
	FirstBan      time.Duration
	LongestBan    time.Duration
	Watchers      int // streams of Watch and Subscribe at once; 1,024
	Subscriptions int // of them Subscribe; 64
}

func (l Limits) withDefaults() Limits {
	or(&l.Connections, 1024)
	or(&l.Calls, 2000)
	or(&l.ChannelPays, 8)
	or(&l.Vouchers, 5000)
	or(&l.BadPayments, 8)
	or(&l.FirstBan, time.Second)
	or(&l.LongestBan, time.Minute)
	or(&l.Watchers, 1024)
	or(&l.Subscriptions, 64)
	return l
}

func or[T comparable](to *T, otherwise T) {
	var zero T
	if *to == zero {
		*to = otherwise
	}
}

// strikeEvery is how often an address earns back one bad payment.
const strikeEvery = 10 * time.Second

// maxVisitors bounds how many addresses are remembered; the ones that are not banned and have no connection are forgotten first.
const maxVisitors = 1 << 16

// guard knows every connection's peer. It is consulted once a connection and once a call; on the path of a payment there is nothing of it.
type guard struct {
	limits Limits
	now    func() time.Time

	mu       sync.Mutex
	visitors map[netip.Prefix]*visitor
}

// visitor is an address that has a connection, or is banned.
type visitor struct {
	connections int
	strikes     *rate.Limiter // of the address, so that connecting again gives no new ones
	banned      time.Time     // until
	ban         time.Duration // the last one's length
}

// connection is one peer's.
type connection struct {
	guard  *guard
	from   netip.Prefix
	local  bool // in this process or on this machine
	secure bool
	inside bool // the JSON gateway's: the peer is who it says
	close  func()
	calls  *rate.Limiter
}

// authInfo is what transport security found out about a connection, and the connection.
type authInfo struct {
	credentials.AuthInfo
	*connection
}

// guarded is transport security that lets the guard see every connection first.
type guarded struct {
	credentials.TransportCredentials
	guard *guard
}

// ServerHandshake refuses banned addresses before anything is read from them.
func (g guarded) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	from, local := crowd.Of(raw.RemoteAddr())
	_, inside := raw.(*insideConn)
	if !inside {
		if err := g.guard.enter(from); err != nil {
			return nil, nil, err
		}
		raw = crowd.Leaving(raw, func() { g.guard.leave(from) })
	}
	conn, info, err := g.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		_ = raw.Close()
		return nil, nil, err
	}
	l := g.guard.limits
	return conn, authInfo{info, &connection{
		guard: g.guard, from: from, local: local, secure: g.Info().SecurityProtocol == "tls", inside: inside, close: func() { _ = raw.Close() },
		calls: rate.NewLimiter(l.Calls, 2*int(l.Calls)),
	}}, nil
}

// Clone is called by the library when it copies its options.
func (g guarded) Clone() credentials.TransportCredentials {
	return guarded{g.TransportCredentials.Clone(), g.guard}
}

// Guard refuses connections of addresses that are banned or have too many, as the gRPC listener's are; for the HTTP port of the same server.
func (s *Server) Guard(l net.Listener) net.Listener { return &guardedListener{l, s.guard} }

type guardedListener struct {
	net.Listener
	guard *guard
}

// Accept waits for a connection that is let in.
func (g *guardedListener) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, _ := crowd.Of(conn.RemoteAddr())
		if g.guard.enter(from) == nil {
			return crowd.Leaving(conn, func() { g.guard.leave(from) }), nil
		}
		_ = conn.Close()
	}
}

func (g *guard) enter(from netip.Prefix) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.visitor(from)
	if left := v.banned.Sub(g.now()); left > 0 {
		return fmt.Errorf("%w: for another %s", message.ErrBanned, left.Round(time.Millisecond))
	}
	if v.connections >= g.limits.Connections {
		return fmt.Errorf("%w: %d connections from one address", message.ErrStreams, v.connections)
	}
	v.connections++
	return nil
}

func (g *guard) leave(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v := g.visitors[from]; v != nil {
		v.connections--
	}
	g.forget()
}

// visitor finds or makes one. The caller holds g.mu.
func (g *guard) visitor(from netip.Prefix) *visitor {
	v := g.visitors[from]
	if v == nil {
		v = &visitor{strikes: rate.NewLimiter(rate.Every(strikeEvery), g.limits.BadPayments)}
		g.visitors[from] = v
	}
	return v
}

// forget drops the visitors of whom there is nothing to know, when there are many. The caller holds g.mu.
func (g *guard) forget() {
	if len(g.visitors) < maxVisitors {
		return
	}
	now := g.now()
	for from, v := range g.visitors {
		if v.connections <= 0 && v.banned.Add(g.limits.LongestBan).Before(now) {
			delete(g.visitors, from)
		}
	}
}

// ban keeps an address away: a second at first, twice as long each time that follows soon.
func (g *guard) ban(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, now := g.visitor(from), g.now()
	if now.Sub(v.banned) > g.limits.LongestBan {
		v.ban = 0
	}
	v.ban = min(max(2*v.ban, g.limits.FirstBan), g.limits.LongestBan)
	v.banned = now.Add(v.ban)
}

// bannedFor is how long an address is still banned.
func (g *guard) bannedFor(from netip.Prefix) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v := g.visitors[from]; v != nil {
		return v.banned.Sub(g.now())
	}
	return 0
}

// connectionOf is the connection of a call, or nil where the server was built without a guard.
func connectionOf(ctx context.Context) *connection {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil
	}
	info, _ := p.AuthInfo.(authInfo)
	return info.connection
}

// admit is asked once a call.
func (s *Server) admit(ctx context.Context) error {
	c := connectionOf(ctx)
	if c == nil {
		return nil
	}
	if c.inside {
		return c.admitForwarded(ctx)
	}
	if !c.secure && !c.local {
		return message.ErrPlaintext
	}
	if !c.calls.Allow() {
		return &message.RetryError{Err: fmt.Errorf("%w on this connection: %.0f a second", message.ErrRate, float64(c.calls.Limit())), After: time.Second}
	}
	return nil
}

// admitForwarded asks for the peer behind the JSON gateway.
func (c *connection) admitForwarded(ctx context.Context) error {
	from, ok := forwarded(ctx)
	if !ok {
		return nil
	}
	if left := c.guard.bannedFor(from); left > 0 {
		return &message.RetryError{Err: message.ErrBanned, After: left}
	}
	return nil
}

// strike counts a bad payment. Too many from one address end the connection that the last came on, and keep the address from coming back for a while.
func strike(ctx context.Context) {
	c := connectionOf(ctx)
	if c == nil {
		return
	}
	from := c.from
	if c.inside {
		var ok bool
		if from, ok = forwarded(ctx); !ok {
			return
		}
	}
	c.guard.mu.Lock()
	strikes := c.guard.visitor(from).strikes
	c.guard.mu.Unlock()
	if strikes.Allow() {
		return
	}
	c.guard.ban(from)
	if !c.inside {
		c.close()
	}
}

// forwardedKey is the metadata in which the gateway says who called it; it is taken from nobody else.
const forwardedKey = "piecework-forwarded"

func forwarded(ctx context.Context) (netip.Prefix, bool) {
	md, _ := metadata.FromIncomingContext(ctx)
	given := md.Get(forwardedKey)
	if len(given) != 1 {
		return netip.Prefix{}, false
	}
	a, err := netip.ParseAddr(given[0])
	if err != nil {
		return netip.Prefix{}, false
	}
	from := crowd.Household(a)
	return from, true
}
