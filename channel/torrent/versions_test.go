package torrent_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// made is a torrent of v2, or a hybrid of v1 and v2, by libtorrent, and the short info hash of its v2.
func (w *world) made(kind string, size int64) (mi *metainfo.MetaInfo, v2 [20]byte, sum [32]byte) {
	w.t.Helper()
	_, sum = w.file(size, 256<<10)
	mi = w.madeOf(filepath.Join(w.dir, fmt.Sprintf("film-%d.bin", size)), kind)
	whole := sha256.Sum256(mi.InfoBytes)
	return mi, [20]byte(whole[:]), sum
}

// madeOf is a torrent of a file or folder, by libtorrent.
func (w *world) madeOf(path, kind string) *metainfo.MetaInfo {
	w.t.Helper()
	out := filepath.Join(w.t.TempDir(), kind+".torrent")
	if said, err := exec.Command(libtorrent(w.t), "testdata/make_torrent.py", path, out, kind).CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, said)
	}
	mi, err := torrent.Load(out)
	if err != nil {
		w.t.Fatal(err)
	}
	return mi
}

// TestHybrid fetches a hybrid of v1 and v2 from our seeder, paid to the unit, and lets a payer ask under the info hash of v2.
func TestHybrid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, v2, sum := w.made("hybrid", 4*mib)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	p := w.payer(channel.TRX, 1_000_000)
	d := w.downloader(p, nil)
	if r := get(t, d, mi, s.Addr()); fetched(t, d, r.Name) != sum || p.paid() != cost(4*mib) {
		t.Errorf("paid %s", p.paid())
	}
	w.buys(s.Addr(), v2)
}

// buys pays for one block under an info hash, and gets it.
func (w *world) buys(address string, hash [20]byte) {
	w.t.Helper()
	p := rawConnect(w.t, address, hash, rawOptions{})
	chain, _ := p.open(w.payer(channel.TRX, 1_000_000), 250)
	p.pay(chain, 1)
	p.until("unchoked", func() bool { return p.unchoked })
	p.ask(block(0))
	p.until("a block comes", func() bool { return p.bytes == 16<<10 })
}

// TestV2AloneIsRefused, with a reason, by what runs on the client library; the gate takes it, see below.
func TestV2AloneIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, _, _ := w.made("v2", 1*mib)
	if err := w.seeder(torrent.SeederConfig{}).Add(t.Context(), mi, w.dir); !errors.Is(err, torrent.ErrV2Alone) {
		t.Errorf("seeding: %v", err)
	}
	d, magnet := w.downloader(nil, nil), fmt.Sprintf("magnet:?xt=urn:btmh:1220%x", sha256.Sum256(mi.InfoBytes))
	for _, src := range []torrent.Source{{Torrent: mi}, {Magnet: magnet}} {
		if _, err := d.Get(t.Context(), src); !errors.Is(err, torrent.ErrV2Alone) {
			t.Errorf("fetching: %v", err)
		}
	}
}

// TestV2BehindTheGate: libtorrent behind the gate earns for both kinds, and the gate dials a downloader of a hybrid under its v2 info hash, as a tracker may name one.
func TestV2BehindTheGate(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"v2", "hybrid"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			mi, v2, sum := w.made(kind, 4*mib)
			torrents, err := torrent.ProxyTorrents(mi)
			if err != nil {
				t.Fatal(err)
			}
			p, house := w.proxy(torrent.ProxyConfig{Client: w.foreignSeeder(mi, "plain"), Torrents: torrents}, torrent.TollhouseConfig{Free: torrent.FreeChoke})
			if w.buys(p.Addr(), v2); kind == "v2" {
				return
			}
			from := w.payer(channel.TRX, 1_000_000)
			d := w.downloader(from, nil)
			dialled(t, p, v2, d.Addr())
			if r := get(t, d, mi); fetched(t, d, r.Name) != sum || from.paid().Less(cost(4*mib)) {
				t.Errorf("paid %s, %+v", from.paid(), house.Totals())
			}
		})
	}
}

// dialled makes a gate dial a peer until the test ends: it may not have the torrent yet, and refuses the second connection once it has one.
func dialled(t *testing.T, p *torrent.Proxy, hash [20]byte, peer string) {
	go func() {
		for ; t.Context().Err() == nil; time.Sleep(300 * time.Millisecond) {
			_ = p.Connect(t.Context(), hash, peer)
		}
	}()
}

// TestLibtorrentFetchesAHybridFromOurSeeder: an ordinary client gets it, served for free.
func TestLibtorrentFetchesAHybridFromOurSeeder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, _, sum := w.made("hybrid", 2*mib)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
	if last, got := w.foreignGet(mi, s.Addr(), "plain", 40*time.Second); last != "done" || got != sum {
		t.Error(last)
	}
}
