package torrent_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet/wallettest"
)

// A season is a folder whose hybrid torrent has padding: every file begins a piece of 256 KiB. Padding of whole blocks is between a.txt and b.bin, b.bin and c.txt, c.txt and d.bin; d.bin
// fills its piece.
var season = map[string]int{"a.txt": 100, "b.bin": 600_000, "c.txt": 70, "d.bin": 256 << 10}

const (
	seasonPieces  = 6
	seasonContent = 100 + 600_000 + 70 + 256<<10
)

// season makes the folder, and its hybrid by libtorrent.
func (w *world) season() *metainfo.MetaInfo {
	w.t.Helper()
	folder := filepath.Join(w.dir, "season")
	if err := os.Mkdir(folder, 0o755); err != nil {
		w.t.Fatal(err)
	}
	for name, size := range season {
		if err := os.WriteFile(filepath.Join(folder, name), bytes.Repeat([]byte(name), size)[:size], 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	return w.madeOf(folder, "hybrid")
}

// sameSeason waits for the files of the season below a directory.
func (w *world) sameSeason(t testing.TB, dir string) {
	t.Helper()
	for name := range season {
		arrives(t, filepath.Join(dir, "season", name), fetchedFrom(t, w.dir, "season/"+name))
	}
}

// TestHybridOfSeveralFiles: what libtorrent makes of a folder is fetched and paid, from our seeder and from libtorrent behind the gate.
func TestHybridOfSeveralFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi := w.season()
	torrents, err := torrent.ProxyTorrents(mi)
	if err != nil {
		t.Fatal(err)
	}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	front, _ := w.proxy(torrent.ProxyConfig{Client: w.foreignSeeder(mi, "plain"), Torrents: torrents}, torrent.TollhouseConfig{Free: torrent.FreeChoke})
	for from, address := range map[string]string{"seeder": s.Addr(), "gate": front.Addr()} {
		p := w.payer(channel.TRX, 1_000_000)
		d := w.downloader(p, nil)
		get(t, d, mi, address)
		dir, _ := dirs.Load(d)
		if w.sameSeason(t, dir.(string)); p.paid().Less(cost(seasonContent)) {
			t.Errorf("from the %s: paid %s", from, p.paid())
		}
	}
}

// TestHybridByMagnetLink: nothing but the info hash is known at first, and the hashes of v2 never are: those of v1 will do.
func TestHybridByMagnetLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi := w.season()
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	p := w.payer(channel.TRX, 1_000_000)
	d := w.downloader(p, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	magnet := fmt.Sprintf("magnet:?xt=urn:btih:%s&x.pe=%s", mi.HashInfoBytes().HexString(), s.Addr())
	if _, err := d.Get(ctx, torrent.Source{Magnet: magnet}); err != nil {
		t.Fatal(err)
	}
	dir, _ := dirs.Load(d)
	if w.sameSeason(t, dir.(string)); p.paid().Less(cost(seasonContent)) {
		t.Errorf("paid %s", p.paid())
	}
}

// TestOrdinaryClientsFetchAHybridOfSeveralFiles: to them it is a torrent of v1, whose padding is content like any other, and they ask our seeder for all of it or for the end of the blocks
// in which a file ends. So does one that asks somebody who has only fetched it. (Transmission 3.00 reads no such torrent, and aria2 1.36 has another info hash for it.)
func TestOrdinaryClientsFetchAHybridOfSeveralFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi := w.season()
	free := torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}
	s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{NoTrackers: true}, House: free})
	d := w.downloader(nil, nil)
	get(t, d, mi, s.Addr())
	for from, address := range map[string]string{"seeder": s.Addr(), "downloader": d.Addr()} {
		t.Run("libtorrent from a "+from, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, libtorrent(t), "testdata/libtorrent_client.py", "get", w.save(mi), dir, wallettest.Port(t), address, "plain").CombinedOutput()
			if err != nil || !bytes.HasSuffix(bytes.TrimSpace(out), []byte("done")) {
				t.Fatalf("%v: %s", err, out)
			}
			w.sameSeason(t, dir)
		})
	}
	t.Run("rTorrent from a seeder", func(t *testing.T) {
		t.Parallel()
		tracked := *mi
		tracked.Announce = "http://127.0.0.1:9/announce" // it takes no torrent without one
		dir, watch := t.TempDir(), t.TempDir()
		w.into(watch, &tracked)
		dials(t, s, mi, "127.0.0.1:"+rtorrent(t, dir, watch))
		w.sameSeason(t, dir)
	})
}

// TestPaddingIsPaidLikeContent: who pays by PROTOCOL.md and knows the torrent as one of v1 alone gets what the hashes of v1 are of, and pays for it to the unit.
func TestPaddingIsPaidLikeContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi := w.season()
	got := w.stranger(mi, w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}}))
	if want := channel.NewAmount(seasonPieces * 250); got.from.paid() != want || len(got.content) != seasonPieces*256<<10 {
		t.Errorf("%d bytes for %s, want %s", len(got.content), got.from.paid(), want)
	}
}

// TestRequestsAboutPadding: what a peer asks is what it gets, however its block lies about the end of a file; padding is not answered while the peer is choked, and a peer that asks beyond
// the piece is cut off, as by any client.
func TestRequestsAboutPadding(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi := w.season()
	const block = 16 << 10
	served := torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}
	s, choking := w.seed(mi, torrent.SeederConfig{House: served}), w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
	relay := w.downloader(nil, nil)
	get(t, relay, mi, s.Addr())
	for from, address := range map[string]string{"seeder": s.Addr(), "downloader": relay.Addr()} {
		for _, noFast := range []bool{false, true} {
			t.Run(fmt.Sprint(from, noFast), func(t *testing.T) {
				p := rawConnect(t, address, mi.HashInfoBytes(), rawOptions{noPay: true, noFast: noFast})
				p.until("unchoked", func() bool { return p.unchoked })
				asked := []gate.Request{
					{Index: 0, Begin: 0, Length: block},
					{Index: 0, Begin: 0, Length: 100},
					{Index: 0, Begin: 99, Length: 2},
					{Index: 0, Begin: 100, Length: 1},
					{Index: 0, Begin: 15 * block, Length: block},
					{Index: 3, Begin: 4 * block, Length: block},
					{Index: 3, Begin: 0, Length: 128 << 10},
					{Index: 5, Begin: 15 * block, Length: block},
				}
				for _, r := range asked {
					p.ask(r)
					p.until(fmt.Sprint(r), func() bool { return p.blocks[r] == 1 })
				}
				p.ask(gate.Request{Index: 0, Begin: 15*block + 1, Length: block})
				p.ends()
			})
		}
	}
	p := rawConnect(t, choking.Addr(), mi.HashInfoBytes(), rawOptions{noPay: true})
	p.until("it speaks", func() bool { return p.id != 0 })
	p.ask(gate.Request{Index: 0, Begin: block, Length: block})
	time.Sleep(300 * time.Millisecond)
	if p.got() != 0 {
		t.Error("padding for a choked peer")
	}
}
