// Package crowd counts strangers by where they come from, so that one of them cannot take the place of all others.
package crowd

import (
	"net"
	"net/netip"
	"sync"
)

// Connections of one service: at once, and of those from one household. This machine's count to the first alone: a proxy in front brings everybody from there.
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
		if place, local := Of(conn.RemoteAddr()); l.enter(place, local) {
			return Leaving(conn, func() { l.left(place) }), nil
		}
		_ = conn.Close()
	}
}

// Of is the household that a connection comes from, and whether that is this machine; the zero Prefix where it comes from this process.
func Of(a net.Addr) (place netip.Prefix, local bool) {
	tcp, is := a.(*net.TCPAddr)
	if !is {
		return netip.Prefix{}, true
	}
	at := tcp.AddrPort().Addr()
	return Household(at), at.Unmap().IsLoopback()
}

func (l *listener) enter(place netip.Prefix, local bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= Most || !local && l.from[place] >= Each {
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

// Leaving is a connection that tells when it ends, once.
func Leaving(conn net.Conn, leave func()) net.Conn {
	return &leaving{Conn: conn, leave: sync.OnceFunc(leave)}
}

type leaving struct {
	net.Conn
	leave func()
}

// Close ends the connection.
func (l *leaving) Close() error {
	l.leave()
	return l.Conn.Close()
}
