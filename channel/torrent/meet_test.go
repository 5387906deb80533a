package torrent_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent"
)

// TestSeederAndDownloaderMeetInTheDHT: a magnet link that names nobody is enough, and the info hash of a private torrent is told to nobody.
func TestSeederAndDownloaderMeetInTheDHT(t *testing.T) {
	w := newWorld(t)
	announced := make(chan announcement, 10)
	how := torrent.NetConfig{Listen: "127.0.0.1:0", DHT: true, DHTNodes: []string{dhtNode(t, announced)}}
	shown, _ := w.file(64<<10, 16<<10)
	secret := private(t, shown)
	s := w.seeder(torrent.SeederConfig{Net: how})
	for _, mi := range []*metainfo.MetaInfo{secret, shown} {
		if err := s.Add(t.Context(), mi, w.dir); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-announced; got.hash != shown.HashInfoBytes() {
		t.Error("the DHT was told of", got.hash)
	}
	if got := fetch(t, shown, how); got.Bytes != 64<<10 {
		t.Errorf("got %+v", got)
	}
	for len(announced) > 0 {
		if got := <-announced; got.hash == secret.HashInfoBytes() {
			t.Error("the DHT was told of the private torrent")
		}
	}
}

// TestSeederAndDownloaderMeetAtATracker: both announce themselves, and a magnet link that names only the tracker is enough.
func TestSeederAndDownloaderMeetAtATracker(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(64<<10, 16<<10)
	address := make(chan string, 1) // it announces itself while it is being started
	whole := sync.OnceValue(func() string { return <-address })
	url, ports := tracker(t, whole)
	torrent.AddTrackers(mi, url)
	seeder := w.seed(mi, torrent.SeederConfig{})
	address <- seeder.Addr()
	if _, port, _ := net.SplitHostPort(seeder.Addr()); strconv.Itoa(<-ports) != port {
		t.Errorf("the seeder, at %s, announced another port", seeder.Addr())
	}
	got := fetch(t, mi, torrent.NetConfig{Listen: "127.0.0.1:0"})
	if got.Bytes != 64<<10 {
		t.Errorf("got %+v", got)
	}
}

// TestNeedsDHT: only a link that names nobody leaves nothing but the DHT, and not for a private torrent.
func TestNeedsDHT(t *testing.T) {
	link := "magnet:?xt=urn:btih:0101010101010101010101010101010101010101"
	for more, want := range map[string]bool{"": true, "&dn=film": true, "&tr=udp%3A%2F%2Ftracker.example%3A1": false, "&x.pe=127.0.0.1%3A1": false} {
		if needs, err := (torrent.Source{Magnet: link + more}).NeedsDHT(); needs != want || err != nil {
			t.Errorf("%q: %v, %v", more, needs, err)
		}
	}
	if _, err := (torrent.Source{Magnet: "magnet:?"}).NeedsDHT(); err == nil {
		t.Error("a link to nothing is no error")
	}
	open, _ := newWorld(t).file(64<<10, 16<<10)
	for mi, want := range map[*metainfo.MetaInfo]bool{open: true, private(t, open): false} {
		if needs, err := (torrent.Source{Torrent: mi}).NeedsDHT(); needs != want || err != nil {
			t.Errorf("a torrent that names nobody: %v, %v, want %v", needs, err, want)
		}
	}
}

// fetch fetches a torrent for free by its magnet link.
func fetch(t *testing.T, mi *metainfo.MetaInfo, how torrent.NetConfig) torrent.Result {
	t.Helper()
	d, err := torrent.NewDownloader(t.Context(), torrent.DownloaderConfig{Dir: t.TempDir(), Net: how})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	magnet, err := mi.MagnetV2()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := d.Get(ctx, torrent.Source{Magnet: magnet.String()})
	if err != nil {
		t.Fatalf("%s: got %+v, %v", magnet, got, err)
	}
	return got
}

// private is the same torrent, for its trackers only.
func private(t *testing.T, mi *metainfo.MetaInfo) *metainfo.MetaInfo {
	t.Helper()
	info, err := mi.UnmarshalInfo()
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	info.Private = &yes
	secret := *mi
	if secret.InfoBytes, err = bencode.Marshal(info); err != nil {
		t.Fatal(err)
	}
	return &secret
}
