package rpc

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/explorer"
)

// soon is what a test waits for at most; the limits in these tests are far below.
const soon = 20 * time.Second

// connect opens a connection to a server of its own.
func connect(t *testing.T, c Config) net.Conn {
	t.Helper()
	server := httptest.NewServer(newFixture(t, c))
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(soon)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestBodyTime: a body that does not come ends the connection, and the time does not run on when it has come.
func TestBodyTime(t *testing.T) {
	conn := connect(t, Config{BodyTime: 50 * time.Millisecond})
	begun := time.Now()
	fmt.Fprint(conn, "POST /wallet/getblockbynum HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
	buffer := make([]byte, 1<<16)
	n, err := conn.Read(buffer)
	if err != nil || !strings.HasPrefix(string(buffer[:n]), "HTTP/1.1 200") {
		t.Fatalf("a body that is there: %q, %v", buffer[:n], err)
	}
	time.Sleep(100 * time.Millisecond) // longer than a body may take: that time is over
	fmt.Fprint(conn, "POST /wallet/getblockbynum HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{")
	if _, err := io.Copy(io.Discard, conn); err != nil || time.Since(begun) > soon/2 {
		t.Errorf("the connection is still open after %s: %v", time.Since(begun), err)
	}
}

// TestUnreadBody: nor may a body that no handler reads keep the connection.
func TestUnreadBody(t *testing.T) {
	conn := connect(t, Config{BodyTime: 50 * time.Millisecond})
	fmt.Fprint(conn, "GET /healthcheck HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{")
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}

// TestAnswerTime: who does not read is let go of, and who takes a pause between answers is not.
func TestAnswerTime(t *testing.T) {
	ended := make(chan error, 1)
	endless := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == ElsePath+"short" {
			return
		}
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				ended <- err
				return
			}
		}
	}
	conn := connect(t, Config{AnswerTime: 50 * time.Millisecond, Else: http.HandlerFunc(endless)})
	for range 2 {
		fmt.Fprint(conn, "GET /explorer/short HTTP/1.1\r\nHost: x\r\n\r\n")
		buffer := make([]byte, 1<<12)
		if n, err := conn.Read(buffer); err != nil || !strings.HasPrefix(string(buffer[:n]), "HTTP/1.1 200") {
			t.Fatalf("a short answer: %q, %v", buffer[:n], err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Fprint(conn, "GET /explorer/endless HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the write that ended has no error")
		}
	case <-time.After(soon):
		t.Error("the server still writes to a client that does not read")
	}
}

// TestStream: who sends now and then, as the page of live blocks does, has the time anew for each piece.
func TestStream(t *testing.T) {
	const limit = 50 * time.Millisecond
	slow := func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			fmt.Fprint(w, "data: 1\n\n")
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * limit)
		}
	}
	conn := connect(t, Config{AnswerTime: limit, Else: http.HandlerFunc(slow)})
	fmt.Fprint(conn, "GET /explorer/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	answer, err := io.ReadAll(conn)
	if n := strings.Count(string(answer), "data: 1"); err != nil || n != 3 {
		t.Errorf("%d of 3 pieces: %v", n, err)
	}
}

// TestBodiesInAll: what all requests hold together has a bound, and is let go of with them.
func TestBodiesInAll(t *testing.T) {
	f := newFixture(t, Config{})
	ask := func() string {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/wallet/getblockbynum", strings.NewReader(`{"num":0}`)))
		return w.Body.String()
	}
	f.bodies.Store(maxBodies - 5)
	if got := ask(); !strings.Contains(got, errBodies.Error()) {
		t.Errorf("over the bound: %.80s", got)
	}
	if got := f.bodies.Load(); got != maxBodies-5 {
		t.Errorf("%d bytes are still held", got-maxBodies+5)
	}
	f.bodies.Store(0)
	if got := ask(); !strings.Contains(got, "blockID") {
		t.Errorf("within it: %.80s", got)
	}
}

// slowPipe makes connections whose server side holds little of what its client does not read.
type slowPipe struct {
	net.Listener
	buffer int // bytes
}

func (l slowPipe) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(l.buffer)
	}
	return conn, err
}

// narrow opens a connection to a server that holds little on its way either.
func narrow(t *testing.T, h http.Handler, buffer int) net.Conn {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Listener = slowPipe{server.Listener, buffer}
	server.Start()
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err == nil {
		err = conn.(*net.TCPConn).SetReadBuffer(buffer)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestBigAnswer: who takes a big answer slowly and steadily gets all of it, though all of it takes longer than a piece may.
func TestBigAnswer(t *testing.T) {
	t.Parallel()
	const limit, pieces = time.Second, 32
	begun := time.Now()
	conn := narrow(t, newFixture(t, Config{AnswerTime: limit, Else: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(make([]byte, pieces*answerPiece)); err != nil {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
	})}), answerPiece)
	fmt.Fprint(conn, "GET /explorer/big HTTP/1.1\r\nHost: x\r\n\r\n")
	for range pieces {
		if _, err := io.CopyN(io.Discard, conn, answerPiece); err != nil {
			t.Fatalf("after %s: %v", time.Since(begun), err)
		}
		time.Sleep(2 * limit / pieces)
	}
	if took := time.Since(begun); took < limit {
		t.Errorf("it took %s, which says nothing", took)
	}
}

// TestLivePage: a page that follows the chain and does not read what it is told makes room for another.
func TestLivePage(t *testing.T) {
	f := newFixture(t, Config{AnswerTime: 50 * time.Millisecond})
	page, ended := explorer.New(f.chain, nil), make(chan struct{})
	f.config.Else = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(w, r)
		close(ended)
	})
	conn := narrow(t, f, 4<<10)
	fmt.Fprint(conn, "GET "+explorer.Path+"api/live HTTP/1.1\r\nHost: x\r\n\r\n")
	for end := time.Now().Add(soon); ; {
		select {
		case <-ended:
			return
		default:
		}
		if time.Now().After(end) {
			t.Fatal("the page is still told")
		}
		f.chain.Mine(10)
	}
}
