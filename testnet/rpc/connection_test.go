package rpc

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
)

// far is a limit that a test does not come to.
const far = time.Hour

// speak opens a gRPC connection by hand, so that a client can do what grpc-go would not.
func speak(t *testing.T, times connectionTimes) (net.Conn, *http2.Framer) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(times.options()...)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	return conn, http2.NewFramer(conn, conn)
}

// greet is what a client says first.
func greet(t *testing.T, conn net.Conn, f *http2.Framer) {
	t.Helper()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteSettings(); err != nil {
		t.Fatal(err)
	}
}

func TestHandshakeTime(t *testing.T) {
	conn, _ := speak(t, connectionTimes{handshake: 50 * time.Millisecond, idle: far, pingAfter: far, ping: far, minPing: far})
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("a connection that says nothing is still open: %v", err)
	}
}

// TestSilentConnections: one without a call is told to go, and one that does not answer a ping is closed.
func TestSilentConnections(t *testing.T) {
	for name, times := range map[string]connectionTimes{
		"idle": {handshake: far, idle: 50 * time.Millisecond, pingAfter: far, ping: far, minPing: far},
		"dead": {handshake: far, idle: far, pingAfter: time.Second, ping: 50 * time.Millisecond, minPing: far}, // grpc-go asks after a second at the earliest
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, f := speak(t, times)
			greet(t, conn, f)
			if name == "idle" {
				wantGoAway(t, f, http2.ErrCodeNo)
				return
			}
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Errorf("still open: %v", err)
			}
		})
	}
}

// TestManyPings: who asks again and again whether the server is there is sent away.
func TestManyPings(t *testing.T) {
	conn, f := speak(t, connectionTimes{handshake: far, idle: far, pingAfter: far, ping: far, minPing: far})
	greet(t, conn, f)
	for range 8 {
		if err := f.WritePing(false, [8]byte{}); err != nil {
			break // it has closed already
		}
	}
	wantGoAway(t, f, http2.ErrCodeEnhanceYourCalm)
}

func wantGoAway(t *testing.T, f *http2.Framer, code http2.ErrCode) {
	t.Helper()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Fatalf("the server has not said that it goes away: %v", err)
		}
		if away, ok := frame.(*http2.GoAwayFrame); ok {
			if away.ErrCode != code {
				t.Errorf("code %s, want %s", away.ErrCode, code)
			}
			return
		}
	}
}
