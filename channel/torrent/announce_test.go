package torrent_test

import (
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anacrolix/dht/v2"
	"github.com/anacrolix/dht/v2/krpc"
	peer_store "github.com/anacrolix/dht/v2/peer-store"
	alog "github.com/anacrolix/log"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent"
)

// udpTracker is a UDP tracker (BEP 15) that names nobody and tells which ports announced themselves.
func udpTracker(t testing.TB, network, address string) (url string, ports chan int) {
	t.Helper()
	socket, err := net.ListenPacket(network, address)
	if err != nil {
		t.Skipf("no %s on this machine: %v", network, err)
	}
	t.Cleanup(func() { socket.Close() })
	ports = make(chan int, 100)
	go func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			if n < 16 {
				continue
			}
			action, id := binary.BigEndian.Uint32(buf[8:]), buf[12:16]
			answer := append(binary.BigEndian.AppendUint32(nil, action), id...)
			switch action {
			case 0: // connect
				answer = append(answer, 1, 2, 3, 4, 5, 6, 7, 8)
			case 1: // announce: interval, leechers, seeders
				ports <- int(binary.BigEndian.Uint16(buf[96:]))
				answer = append(binary.BigEndian.AppendUint32(answer, 1800), 0, 0, 0, 0, 0, 0, 0, 1)
			}
			_, _ = socket.WriteTo(answer, from)
		}
	}()
	return "udp://" + socket.LocalAddr().String() + "/announce", ports
}

// TestTheGateAnnouncesItself tells trackers of every kind and the DHT where the gate listens, not where the client behind it does; the DHT knows nothing of
// a private torrent.
func TestTheGateAnnouncesItself(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(1*mib, 256<<10)
	http, overHTTP := tracker(t, func() string { return "127.0.0.1:0" })
	udp4, overUDP4 := udpTracker(t, "udp4", "127.0.0.1:0")
	mi.AnnounceList = metainfo.AnnounceList{{http}, {udp4}}
	torrents, err := torrent.ProxyTorrents(mi)
	if err != nil {
		t.Fatal(err)
	}
	announced := make(chan announcement, 10)
	secret := torrents[0]
	secret.InfoHash, secret.Private, secret.Trackers = [20]byte{1, 2, 3}, true, nil
	p, _ := w.proxy(torrent.ProxyConfig{
		Client: "127.0.0.1:1", Torrents: append(torrents, secret),
		Announce: torrent.AnnounceConfig{Trackers: true, DHT: true, DHTNodes: []string{dhtNode(t, announced)}},
	}, torrent.TollhouseConfig{})
	_, port, _ := net.SplitHostPort(p.Addr())
	for name, ports := range map[string]chan int{"HTTP": overHTTP, "UDP": overUDP4} {
		select {
		case got := <-ports:
			if strconv.Itoa(got) != port {
				t.Errorf("the %s tracker was told port %d, the gate listens on %s", name, got, port)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("the %s tracker was not told", name)
		}
	}
	select {
	case got := <-announced:
		if strconv.Itoa(got.port) != port || got.hash != mi.HashInfoBytes() {
			t.Errorf("the DHT was told %+v, the gate listens on %s", got, port)
		}
	case <-time.After(20 * time.Second):
		t.Error("the DHT was not told")
	}
}

type announcement struct {
	hash metainfo.Hash
	port int
}

// dhtNode is a DHT of one node.
func dhtNode(t testing.TB, announced chan announcement) string {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := dht.NewDefaultServerConfig()
	config.Conn, config.StartingNodes = socket, func() ([]dht.Addr, error) { return nil, nil }
	config.Logger = alog.NewLogger("dht").WithFilterLevel(alog.Disabled)
	config.PeerStore = &peerStore{peers: map[peer_store.InfoHash][]krpc.NodeAddr{}, announced: announced}
	server, err := dht.NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return socket.LocalAddr().String()
}

// peerStore keeps what a node is told. The library's own forgets the ports.
type peerStore struct {
	mu        sync.Mutex
	peers     map[peer_store.InfoHash][]krpc.NodeAddr
	announced chan announcement
}

func (s *peerStore) AddPeer(hash peer_store.InfoHash, peer krpc.NodeAddr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers[hash] = append(s.peers[hash], peer)
	s.announced <- announcement{hash, peer.Port}
}

func (s *peerStore) GetPeers(hash peer_store.InfoHash) []krpc.NodeAddr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.peers[hash])
}

// TestTheGateTellsABoundedNumberOfTrackers: a stranger's torrent names as many as it likes.
func TestTheGateTellsABoundedNumberOfTrackers(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	told := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told[r.URL.Path] = true
	}))
	t.Cleanup(s.Close)
	one := torrent.ProxyTorrent{InfoHash: [20]byte{1}, Name: "film"}
	for i := range 300 {
		one.Trackers = append(one.Trackers, s.URL+"/"+strconv.Itoa(i))
	}
	p, _ := w.proxy(torrent.ProxyConfig{
		Client: "127.0.0.1:1", Torrents: []torrent.ProxyTorrent{one}, Announce: torrent.AnnounceConfig{Trackers: true},
	}, torrent.TollhouseConfig{})
	if err := p.Close(); err != nil { // each of them hears that the gate goes
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) == 0 || len(told) > 100 {
		t.Errorf("%d trackers were told", len(told))
	}
}
