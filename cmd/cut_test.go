package cmd_test

import (
	"bytes"
	"net"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// cut starts a connection to the testnet's node that breaks at the worst moment, and sets a variable to its address: cut NODE
// It forwards everything. The first broadcast reaches the node as well, its answer is lost, and from then on nobody listens there.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: cut VARIABLE")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	line := &cutLine{listener: listener, node: ts.Getenv("PIECEWORK_NODE")}
	ts.Defer(line.hangUp)
	go line.accept()
	ts.Setenv(args[0], listener.Addr().String())
}

type cutLine struct {
	listener net.Listener
	node     string
	mu       sync.Mutex // covers open
	open     []net.Conn
}

// broadcastMark stands in every signed transaction and in no question that a client asks.
var broadcastMark = []byte("type.googleapis.com/protocol.")

func (l *cutLine) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		node, err := net.Dial("tcp", l.node)
		if err != nil {
			_ = client.Close()
			continue
		}
		l.mu.Lock()
		l.open = append(l.open, client, node)
		l.mu.Unlock()
		broadcast := make(chan struct{})
		go l.forward(client, node, broadcast)
		go l.answer(node, client, broadcast)
	}
}

func (l *cutLine) forward(client, node net.Conn, broadcast chan struct{}) {
	var seen []byte
	chunk := make([]byte, 32<<10)
	for {
		n, err := client.Read(chunk)
		if n > 0 {
			seen = append(seen[max(0, len(seen)-len(broadcastMark)):], chunk[:n]...)
			if bytes.Contains(seen, broadcastMark) {
				select {
				case <-broadcast:
				default:
					close(broadcast)
				}
			}
			if _, err := node.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// answer forwards answers until the broadcast: when the node has answered that one, the line is cut.
func (l *cutLine) answer(node, client net.Conn, broadcast chan struct{}) {
	chunk := make([]byte, 32<<10)
	for {
		n, err := node.Read(chunk)
		select {
		case <-broadcast:
			if carries(chunk[:n]) || err != nil {
				l.hangUp()
				return
			}
			continue
		default:
		}
		if n > 0 {
			if _, err := client.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// carries says whether HTTP/2 frames hold an answer (DATA or HEADERS), not only bookkeeping.
func carries(frames []byte) bool {
	for len(frames) >= 9 {
		size := int(frames[0])<<16 | int(frames[1])<<8 | int(frames[2])
		if kind := frames[3]; kind == 0 || kind == 1 {
			return true
		}
		frames = frames[min(len(frames), 9+size):]
	}
	return false
}

func (l *cutLine) hangUp() {
	_ = l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		_ = c.Close()
	}
}
