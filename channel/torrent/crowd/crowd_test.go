package crowd_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/torrent/crowd"
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

// One address opens as many connections as it may, and one more is closed; when one of them ends, there is room for another.
func TestOneHouseholdIsBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := crowd.Listen(inner)
	t.Cleanup(func() { _ = l.Close() })
	in := make(chan net.Conn, crowd.Each+2)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			in <- conn
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	var first net.Conn
	for range crowd.Each {
		dial()
		if conn := <-in; first == nil {
			first = conn
		}
	}
	refused := func() {
		t.Helper()
		conn := dial()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Fatalf("one too many: %v", err)
		}
	}
	refused()
	_, _ = first.Close(), first.Close() // twice counts once
	dial()
	select {
	case <-in:
	case <-time.After(10 * time.Second):
		t.Fatal("there is room and nobody comes in")
	}
	refused()
}
