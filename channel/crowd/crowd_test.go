package crowd_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/piecework/piecework/channel/crowd"
)

func TestHousehold(t *testing.T) {
	for address, want := range map[string]string{
		"1.2.3.4": "1.2.3.4/32", "::ffff:1.2.3.4": "1.2.3.4/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := crowd.Household(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
	if got := crowd.Household(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("nowhere counts as %s", got)
	}
}

// One address opens as many connections as it may, and one more is closed; when one of them ends, there is room for another. This machine's are not counted so.
func TestOneHouseholdIsBounded(t *testing.T) {
	inner := &street{comes: make(chan net.Conn)}
	l, in := crowd.Listen(inner), make(chan net.Conn)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(in)
				return
			}
			in <- conn
		}
	}()
	knock := func(from string) *visitor {
		v := &visitor{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from)), closed: make(chan struct{})}
		inner.comes <- v
		return v
	}
	enters := func(from string) net.Conn {
		t.Helper()
		select {
		case conn := <-in:
			return conn
		case <-knock(from).closed:
			t.Fatalf("%s is not let in", from)
			return nil
		}
	}
	refused := func(from string) {
		t.Helper()
		select {
		case <-in:
			t.Fatalf("%s is let in", from)
		case <-knock(from).closed:
		}
	}
	var first net.Conn
	for range crowd.Each {
		if conn := enters("192.0.2.7:1"); first == nil {
			first = conn
		}
	}
	refused("192.0.2.7:2")
	enters("192.0.2.8:1")
	_, _ = first.Close(), first.Close() // twice counts once
	enters("192.0.2.7:3")
	refused("192.0.2.7:4")
	for range crowd.Each + 1 {
		enters("127.0.0.1:1")
	}
	close(inner.comes)
	if _, more := <-in; more {
		t.Error("somebody comes in after the end")
	}
}

// street is a listener before which visitors come by.
type street struct {
	net.Listener
	comes chan net.Conn
}

func (s *street) Accept() (net.Conn, error) {
	if conn, more := <-s.comes; more {
		return conn, nil
	}
	return nil, net.ErrClosed
}

type visitor struct {
	net.Conn
	from   net.Addr
	closed chan struct{}
}

func (v *visitor) RemoteAddr() net.Addr { return v.from }

func (v *visitor) Close() error {
	select {
	case <-v.closed:
	default:
		close(v.closed)
	}
	return nil
}
