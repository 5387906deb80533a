package torrent_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestAPeerThatReadsNothingIsLeft: each cancel of a request that waits is answered with a reject. Who does not read them cannot fill the seeder's memory.
func TestAPeerThatReadsNothingIsLeft(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
	conn := deafConnect(t, s.Addr(), mi.HashInfoBytes())
	pairs := bytes.Repeat(append(gate.RequestFrame(block(0)), gate.CancelFrame(block(0))...), 4096)
	if err := conn.SetWriteDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for sent := 0; sent < 64*mib; sent += len(pairs) {
		if _, err := conn.Write(pairs); err != nil {
			return
		}
	}
	t.Error("the seeder took 64 MiB, and keeps half as much in answers that nobody reads")
}

// deafConnect shakes hands with a seeder, and reads nothing.
func deafConnect(t *testing.T, address string, hash [20]byte) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	shake := append([]byte(gate.Protocol), 0, 0, 0, 0, 0, 0x10, 0, 0x04)
	if _, err := conn.Write(append(append(shake, hash[:]...), "-RW0001-unread-peer-"...)); err != nil {
		t.Fatal(err)
	}
	return conn
}
