package torrent

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"testing"
	"time"
)

// TestDHTPacketsThatEndTheProcess do not reach the library, and a node that gets them goes on answering.
func TestDHTPacketsThatEndTheProcess(t *testing.T) {
	t.Parallel()
	n, err := newNode(context.Background(), NetConfig{Listen: "127.0.0.1:0", DHT: true, DHTNodes: []string{"127.0.0.1:9"}, NoTrackers: true}, &gates{rules: &rules{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.close() })
	conn, err := net.Dial("udp", n.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const id = "2:id20:abcdefghij0123456789"
	for _, packet := range []string{
		"d1:q13:announce_peer1:t2:aa1:y1:qe", "d1:q3:put1:t2:aa1:y1:qe", "d1:q9:find_node1:t2:aa1:y1:qe", "d1:ale1:q13:announce_peer1:t2:aa1:y1:qe",
		"d1:rd" + id + "6:valuesl1:aee1:t2:aa1:y1:re", "d1:rd" + id + "6:valuesl0:ee1:t2:aa1:y1:re", "d9999999999:", "d1:a" + string(bytes.Repeat([]byte("l"), 1300)),
	} {
		if readable([]byte(packet)) {
			t.Errorf("%.60q passes", packet)
		}
		_, _ = conn.Write([]byte(packet))
	}
	ping := []byte("d1:ad" + id + "e1:q4:ping1:t2:zz1:y1:qe")
	if !readable(ping) {
		t.Error("a ping does not pass")
	}
	for b, got, end := make([]byte, 1500), 0, time.Now().Add(10*time.Second); !bytes.Contains(b[:got], []byte("1:t2:zz1:y1:r")); { // it may ask something first, and sends 25 packets a second
		if time.Now().After(end) {
			t.Fatal("the node does not answer any more")
		}
		_, _ = conn.Write(ping)
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		got, _ = conn.Read(b)
	}
	for _, good := range []string{"d1:rd" + id + "5:token1:x6:valuesl6:abcdef18:abcdefghijklmnopqree1:t2:aa1:y1:re", "d1:eli201e5:wronge1:t2:aa1:y1:ee"} {
		if !readable([]byte(good)) {
			t.Errorf("%q does not pass", good)
		}
	}
}
