package torrent

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestKeepAlivesStayInTheGate: a client that wakes up several times a second is heard once a minute, and four zero bytes in the middle of a message are no keep-alive.
func TestKeepAlivesStayInTheGate(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	var sent recorder
	l := newLink(context.Background(), near, struct {
		io.Reader
		io.Writer
	}{near, &sent}, &rules{}, nil, nil, wallettest.Log(t))
	defer func() { close(l.served); l.end(nil) }()
	said := func(parts ...string) string {
		t.Helper()
		from := len(sent.bytes)
		for _, part := range parts {
			if n, err := l.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatalf("wrote %d bytes: %v", n, err)
			}
		}
		return string(sent.bytes[from:])
	}
	said(gate.Protocol + strings.Repeat("\x00", 48))
	if got := said(keepAlive, keepAlive); got != "" {
		t.Errorf("the peer hears %q", got)
	}
	have := "\x00\x00\x00\x05\x04"
	if got := said(have, keepAlive); got != have+keepAlive {
		t.Errorf("of a message in two parts the peer hears %q", got)
	}
	l.wrote = l.wrote.Add(-keepAliveEvery)
	if got := said(keepAlive, keepAlive); got != keepAlive {
		t.Errorf("after a minute the peer hears %q", got)
	}
	if time.Since(l.wrote) > keepAliveEvery {
		t.Error("the keep-alive that was sent does not count")
	}
}
