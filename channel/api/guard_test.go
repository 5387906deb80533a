package api_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/api"
)

// TestGuardedListener: the connections over the limit are closed before anything is read from them, and one that ends makes room.
func TestGuardedListener(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Limits.Connections = 3 }) // one is the world's own
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := w.api.Guard(raw)
	t.Cleanup(func() { _ = listener.Close() })
	accepted := make(chan net.Conn, 8)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	knock := func() net.Conn {
		conn, err := net.DialTimeout("tcp", raw.Addr().String(), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	var in []net.Conn
	for refused := false; !refused; {
		conn := knock()
		ended := make(chan error, 1)
		go func() { _, err := conn.Read(make([]byte, 1)); ended <- err }()
		select {
		case theirs := <-accepted:
			in = append(in, theirs)
		case err := <-ended:
			if refused = true; !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a refused connection: %v", err)
			}
		}
		if len(in) > 3 {
			t.Fatalf("%d connections of one address, 3 are allowed", len(in))
		}
	}
	if err := in[0].Close(); err != nil {
		t.Fatal(err)
	}
	knock()
	select {
	case <-accepted:
	case <-time.After(5 * time.Second):
		t.Error("there is room again, and nobody is let in")
	}
}
