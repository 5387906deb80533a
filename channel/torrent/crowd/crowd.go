// Package crowd counts strangers by where they come from, so that one of them cannot take the place of all others.
package crowd

import (
	"net"
	"net/netip"
	"sync"
)

// Connections of one service: at once, and of those from one household.
const (
	Most = 4096
	Each = 128
)

// Household is what counts as one address: that of IPv4, or the /64 that a household or a server has of IPv6. The zero Addr gives the zero Prefix.
func Household(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// Listen lets Most connections in at once, and Each of them from one household; those beyond are closed at once.
func Listen(l net.Listener) net.Listener {
	return &listener{Listener: l, from: map[netip.Prefix]int{}}
}

type listener struct {
	net.Listener

	mu   sync.Mutex
	all  int
	from map[netip.Prefix]int
}

// Accept waits for a connection that is let in.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if place := placeOf(conn.RemoteAddr()); l.enter(place) {
			return &guest{Conn: conn, leave: func() { l.left(place) }}, nil
		}
		_ = conn.Close()
	}
}

func placeOf(a net.Addr) netip.Prefix {
	tcp, is := a.(*net.TCPAddr)
	if !is {
		return netip.Prefix{}
	}
	return Household(tcp.AddrPort().Addr())
}

func (l *listener) enter(place netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= Most || l.from[place] >= Each {
		return false
	}
	l.all++
	l.from[place]++
	return true
}

func (l *listener) left(place netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.from[place]--; l.from[place] == 0 {
		delete(l.from, place)
	}
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close ends the connection.
func (g *guest) Close() error {
	g.once.Do(g.leave)
	return g.Conn.Close()
}
