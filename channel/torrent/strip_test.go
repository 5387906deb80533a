package torrent_test

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// leaky is an extended handshake that names every way around a gate.
func leaky() wire.Dict {
	m, d := wire.Dict{}, wire.Dict{}
	for i, extension := range []string{"ut_metadata", "ut_pex", "ut_holepunch", "lt_dontwant"} {
		m.SetInt(extension, int64(i+1))
	}
	d.SetDict("m", m)
	d.SetInt("p", 51413)
	d.SetInt("reqq", 500)
	d.SetBytes("ipv4", net.IPv4(10, 0, 0, 7).To4())
	d.SetBytes("ipv6", net.ParseIP("fd00::7"))
	d.SetBytes("yourip", net.IPv4(127, 1, 0, 1).To4())
	return d
}

// swap says hello over a peer connection and gives the extended handshake of the other side. A BEP 5 port comes along; what else comes until then is returned by id.
func swap(t testing.TB, conn net.Conn, hash [20]byte) (h wire.Handshake, ids []byte) {
	t.Helper()
	shake := append([]byte(gate.Protocol), 0, 0, 0, 0, 0, 0x10, 0, 0x05)
	shake = append(append(shake, hash[:]...), "-LK0001-abcdefghijkl"...)
	_, _ = conn.Write(append(append(shake, 0, 0, 0, 3, 9, 0x1a, 0xe1), gate.ExtendedFrame(0, leaky().Append(nil))...))
	if _, err := io.ReadFull(conn, make([]byte, len(gate.Handshake{}))); err != nil {
		t.Fatal(err)
	}
	for {
		var prefix [4]byte
		if _, err := io.ReadFull(conn, prefix[:]); err != nil {
			t.Fatal(err)
		}
		body := make([]byte, binary.BigEndian.Uint32(prefix[:]))
		if _, err := io.ReadFull(conn, body); err != nil {
			t.Fatal(err)
		}
		if len(body) > 1 && body[0] == 20 && body[1] == 0 {
			h, err := wire.ParseHandshake(body[2:])
			if err != nil {
				t.Fatal(err)
			}
			return h, ids
		}
		ids = append(ids, body[:min(1, len(body))]...)
	}
}

// TestTheGateHidesWaysAroundIt: peer exchange, hole punching, addresses and the DHT port of either side do not pass, the port that peers are told is the gate's, and what has
// nothing to do with it passes.
func TestTheGateHidesWaysAroundIt(t *testing.T) {
	t.Parallel()
	w, hash := newWorld(t), [20]byte{7}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	p, _ := w.proxy(torrent.ProxyConfig{Client: inner.Addr().String(), Torrents: []torrent.ProxyTorrent{{InfoHash: hash}}}, torrent.TollhouseConfig{})
	atClient := make(chan wire.Handshake, 1)
	go func() {
		conn, err := inner.Accept()
		if err != nil {
			return
		}
		if h, ids := swap(t, conn, hash); len(ids) == 0 {
			atClient <- h
		} else {
			t.Errorf("the client also heard messages %v", ids)
			close(atClient)
		}
	}()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	atPeer, ids := swap(t, conn, hash)
	if len(ids) > 0 {
		t.Errorf("the peer also heard messages %v", ids)
	}
	_, port, _ := net.SplitHostPort(p.Addr())
	if n, _ := atPeer.Int("p"); strconv.FormatInt(n, 10) != port {
		t.Errorf("the peer is told port %d, the gate listens on %s", n, port)
	}
	for who, h := range map[string]wire.Handshake{"the peer": atPeer, "the client": <-atClient} {
		for _, extension := range []string{"ut_pex", "ut_holepunch", "lt_dontwant"} {
			if h.ID(extension) != 0 {
				t.Errorf("%s is told of %s", who, extension)
			}
		}
		for _, key := range []string{"ipv4", "ipv6", "yourip"} {
			if h.Has(key) {
				t.Errorf("%s is told %s", who, key)
			}
		}
		if reqq, _ := h.Int("reqq"); reqq != 500 || h.ID("ut_metadata") != 1 {
			t.Errorf("%s is not told what has nothing to do with it", who)
		}
	}
	if atPeer.ID(wire.Extension) == 0 {
		t.Error("the gate does not announce pw_pay")
	}
}
