package torrent_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// needsIPv6 skips a test where the machine has none.
func needsIPv6(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 on this machine: %v", err)
	}
	l.Close()
}

// overIPv6 is a downloader that listens on IPv6 only.
func overIPv6(c *torrent.DownloaderConfig) { c.Net.Listen = "[::1]:0" }

// TestIPv6 fetches over ::1 from our seeder, which a tracker names in "peers6" (BEP 7), and from libtorrent behind a gate that listens on ::1.
func TestIPv6(t *testing.T) {
	t.Parallel()
	needsIPv6(t)
	w := newWorld(t)
	t.Run("seeder named by a tracker", func(t *testing.T) {
		w := newWorld(t)
		mi, sum := w.file(3*mib, 256<<10)
		s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{Listen: "[::1]:0"}})
		tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			host, port, _ := net.SplitHostPort(s.Addr())
			n, _ := strconv.Atoi(port)
			d := wire.Dict{}
			d.SetInt("interval", 60)
			d.SetBytes("peers", nil)
			d.SetBytes("peers6", append(net.ParseIP(host).To16(), byte(n>>8), byte(n)))
			_, _ = w.Write(d.Append(nil))
		}))
		t.Cleanup(tracker.Close)
		named := *mi
		named.AnnounceList = metainfo.AnnounceList{{tracker.URL + "/announce"}}
		p := w.payer(channel.TRX, 1_000_000)
		d := w.downloader(p, overIPv6)
		if r := get(t, d, &named); fetched(t, d, r.Name) != sum || p.paid() != cost(3*mib) {
			t.Errorf("paid %s", p.paid())
		}
	})
	t.Run("gate", func(t *testing.T) {
		mi, sum := w.file(2*mib, 256<<10)
		torrents, err := torrent.ProxyTorrents(mi)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := w.proxy(torrent.ProxyConfig{Client: w.foreignSeeder(mi, "plain"), Listen: "[::1]:0", Torrents: torrents}, torrent.TollhouseConfig{Free: torrent.FreeChoke})
		from := w.payer(channel.TRX, 1_000_000)
		d := w.downloader(from, overIPv6)
		if r := get(t, d, mi, p.Addr()); fetched(t, d, r.Name) != sum || from.paid().Less(cost(2*mib)) {
			t.Errorf("paid %s", from.paid())
		}
	})
}

// TestTheGateAnnouncesItselfOverIPv6 to a UDP tracker, which sees one address family at a time.
func TestTheGateAnnouncesItselfOverIPv6(t *testing.T) {
	t.Parallel()
	needsIPv6(t)
	w := newWorld(t)
	url, ports := udpTracker(t, "udp6", "[::1]:0")
	p, _ := w.proxy(torrent.ProxyConfig{
		Client: "127.0.0.1:1", Torrents: []torrent.ProxyTorrent{{InfoHash: [20]byte{1}, Trackers: []string{url}}}, Announce: torrent.AnnounceConfig{Trackers: true},
	}, torrent.TollhouseConfig{})
	_, port, _ := net.SplitHostPort(p.Addr())
	select {
	case got := <-ports:
		if strconv.Itoa(got) != port {
			t.Errorf("the tracker was told port %d, the gate listens on %s", got, port)
		}
	case <-time.After(20 * time.Second):
		t.Error("the tracker was not told")
	}
}
