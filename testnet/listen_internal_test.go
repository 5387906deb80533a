package testnet

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestConnectionTimes: who does not end the header of a request is let go of, and so is who asks nothing more.
func TestConnectionTimes(t *testing.T) {
	const short, soon = 50 * time.Millisecond, 20 * time.Second
	for name, c := range map[string]struct {
		header, idle time.Duration
		sent         string
	}{
		"header": {short, soon, "GET /health HTTP/1.1\r\nHost: x\r\n"},
		"idle":   {soon, short, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := httpServer(http.NotFoundHandler(), c.header, c.idle)
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(soon / 2))
		fmt.Fprint(conn, c.sent)
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%s: the connection is still open: %v", name, err)
		}
	}
}
