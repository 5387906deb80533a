package torrent_test

import (
	"context"
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
	net := torrent.NetConfig{Listen: "127.0.0.1:0", DHT: true, DHTNodes: []string{dhtNode(t, announced)}}
	shown, _ := w.file(64<<10, 16<<10)
	secret := private(t, shown)
	s, err := torrent.NewSeeder(t.Context(), torrent.SeederConfig{House: torrent.TollhouseConfig{Ledger: w.Ledger}, Net: net})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, mi := range []*metainfo.MetaInfo{secret, shown} {
		if err := s.Add(t.Context(), mi, w.dir); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-announced; got.hash != shown.HashInfoBytes() {
		t.Error("the DHT was told of", got.hash)
	}
	d, err := torrent.NewDownloader(t.Context(), torrent.DownloaderConfig{Dir: t.TempDir(), Net: net})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	magnet, err := shown.MagnetV2()
	if err != nil {
		t.Fatal(err)
	}
	source := torrent.Source{Magnet: magnet.String()}
	if named, err := source.NamesPeers(); named || err != nil {
		t.Fatalf("%s names peers: %v, %v", source.Magnet, named, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if got, err := d.Get(ctx, source); err != nil || got.Bytes != 64<<10 {
		t.Errorf("got %+v, %v", got, err)
	}
	for len(announced) > 0 {
		if got := <-announced; got.hash == secret.HashInfoBytes() {
			t.Error("the DHT was told of the private torrent")
		}
	}
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
