//go:build unix

package torrent_test

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/anacrolix/generics"
	alog "github.com/anacrolix/log"
	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"
	"github.com/anacrolix/torrent/storage"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// plainClient is the BitTorrent client that ours are made of, as ours are set up, without a gate.
func plainClient(tb testing.TB, dir string) *bt.Client {
	tb.Helper()
	c := bt.NewDefaultClientConfig()
	c.SetListenAddr("127.0.0.1:0")
	c.DisableUTP, c.DisableIPv6, c.NoDHT, c.DisableTrackers, c.DisablePEX, c.NoDefaultPortForwarding = true, true, true, true, true, true
	c.DisableWebtorrent, c.DisableWebseeds = true, true
	c.HeaderObfuscationPolicy = bt.HeaderObfuscationPolicy{RequirePreferred: true}
	c.Seed, c.DropMutuallyCompletePeers = true, false
	c.DefaultStorage = storage.NewFileOpts(storage.NewFileClientOpts{
		ClientBaseDir: dir, PieceCompletion: storage.NewMapPieceCompletion(), UsePartFiles: generics.Some(true), Logger: slog.New(slog.DiscardHandler),
	})
	c.Logger, c.Slogger = alog.NewLogger("bittorrent").WithFilterLevel(alog.Disabled), slog.New(slog.DiscardHandler)
	client, err := bt.NewClient(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { client.Close() })
	return client
}

// plainSeeder seeds a torrent of the world without a gate, and gives its address.
func plainSeeder(tb testing.TB, w *world, mi *metainfo.MetaInfo) string {
	tb.Helper()
	c := plainClient(tb, w.dir)
	t, err := c.AddTorrent(mi)
	if err != nil {
		tb.Fatal(err)
	}
	if err := t.VerifyDataContext(context.Background()); err != nil || t.BytesMissing() > 0 {
		tb.Fatalf("%d bytes are missing: %v", t.BytesMissing(), err)
	}
	return c.ListenAddrs()[0].String()
}

// plainGet fetches with a client without a gate; look, if any, is called now and then with what has come.
func plainGet(tb testing.TB, c *bt.Client, mi *metainfo.MetaInfo, peer string, look func(bytes int64)) {
	tb.Helper()
	t, err := c.AddTorrent(mi)
	if err != nil {
		tb.Fatal(err)
	}
	if err := t.VerifyDataContext(context.Background()); err != nil {
		tb.Fatal(err)
	}
	t.AddPeers([]bt.PeerInfo{{Addr: bt.StringAddr(peer)}})
	t.DownloadAll()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for end := time.After(2 * time.Minute); ; {
		select {
		case <-t.Complete().On():
			return
		case <-end:
			tb.Fatalf("%d bytes came in two minutes", t.BytesCompleted())
		case <-tick.C:
			if look != nil {
				look(t.BytesCompleted())
			}
		}
	}
}

// lookEvery is the time between two looks at a transfer.
const lookEvery = 20 * time.Millisecond

// cpuOf is the processor time that this process takes meanwhile, all cores together.
func cpuOf(f func()) time.Duration {
	before := cpuTime()
	f()
	return cpuTime() - before
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// The long way of BenchmarkWindow: there and back takes 50 ms, at 400 Mbit/s. Within this many bytes a payer must be as fast as if nothing were held.
var longWay = way{delay: 25 * time.Millisecond, rate: 50e6}

const windowBytes = 128 * mib

// BenchmarkWindow is how fast a payer from far away becomes: the rate of the second half of the first 128 MiB, as a ratio of the same without gates. The two take turns.
func BenchmarkWindow(b *testing.B) {
	w := newWorld(b)
	mi, _ := w.file(windowBytes, 256<<10)
	gated := longWay.line(b, w.seed(mi, torrent.SeederConfig{}).Addr())
	plain := longWay.line(b, plainSeeder(b, w, mi))
	var ratios, rate []float64
	for b.Loop() {
		for range 3 {
			c := plainClient(b, b.TempDir())
			var free, paid half
			plainGet(b, c, mi, plain, free.look)
			c.Close()
			d := w.downloader(w.payer(channel.TRX, 1<<40), func(c *torrent.DownloaderConfig) {
				c.Every = lookEvery
				c.Progress = func(p torrent.Progress) { paid.look(p.Bytes) }
			})
			get(b, d, mi, gated)
			_ = d.Close()
			ratios, rate = append(ratios, paid.rate()/free.rate()), append(rate, paid.rate()/1e6)
		}
	}
	b.ReportMetric(median(ratios), "of-unpaid-rate(target≥0.9)")
	b.ReportMetric(median(rate), "MB/s")
}

// half is the second half of a transfer.
type half struct {
	begun, ended time.Time
	from, to     int64
}

func (h *half) look(bytes int64) {
	if bytes < windowBytes/2 || bytes == h.to {
		return
	}
	h.ended, h.to = time.Now(), bytes
	if h.begun.IsZero() {
		h.begun, h.from = h.ended, bytes
	}
}

// rate is bytes per second.
func (h *half) rate() float64 { return float64(h.to-h.from) / h.ended.Sub(h.begun).Seconds() }

// BenchmarkProxy is the rate of a download from libtorrent behind the gate, which earns, as a ratio of the same from libtorrent directly. They take turns, and so does a download through
// two bare io.Copy, for which the kernel moves the bytes without showing them: bare-copy is the ratio of that to the direct one, the most that anything between two programs can reach on
// these cores when they are what is short, and of-bare-copy the gate's to that.
func BenchmarkProxy(b *testing.B) {
	w := newWorld(b)
	mi, _ := w.file(64*mib, 256<<10)
	direct := w.foreignSeeder(mi, "plain")
	bare := listening(b, bareCopy, direct)
	p, _ := w.proxy(torrent.ProxyConfig{
		Client: direct, Torrents: []torrent.ProxyTorrent{{InfoHash: mi.HashInfoBytes(), PieceLength: 256 << 10}},
	}, torrent.TollhouseConfig{Free: torrent.FreeChoke})
	var ofDirect, bareOfDirect, ofBare []float64
	took := func(p *payer, peer string) float64 {
		d := w.downloader(p, nil)
		r := get(b, d, mi, peer)
		_ = d.Close()
		return r.Took.Seconds()
	}
	for _, peer := range []string{direct, bare} {
		took(nil, peer)
	}
	took(w.payer(channel.TRX, 1<<40), p.Addr())
	for b.Loop() {
		for range 7 {
			gated, copied, plain := took(w.payer(channel.TRX, 1<<40), p.Addr()), took(nil, bare), took(nil, direct)
			ofDirect, bareOfDirect, ofBare = append(ofDirect, plain/gated), append(bareOfDirect, plain/copied), append(ofBare, copied/gated)
		}
	}
	b.ReportMetric(median(ofDirect), "of-direct(target≥0.95)")
	b.ReportMetric(median(bareOfDirect), "bare-copy-of-direct")
	b.ReportMetric(median(ofBare), "of-bare-copy")
}

// bareCopy listens, and copies to and from an address without looking.
func bareCopy(to string) (net.Listener, error) {
	return between(to, func(near, far net.Conn) {
		go func() { _, _ = io.Copy(far, near); far.Close() }()
		_, _ = io.Copy(near, far)
		near.Close()
	})
}

// BenchmarkManyPayers has 200 peers ask and pay at one seeder at the same time, and reports how long a payment waited until it was acknowledged.
func BenchmarkManyPayers(b *testing.B) {
	const peers, payments, window = 200, 5, 512 << 10
	var waits []time.Duration
	for b.Loop() {
		w := newWorld(b)
		mi, _ := w.file(16*mib, 256<<10)
		offer := w.Offer(channel.TRX)
		offer.Window = gate.Window{Start: window, Max: 8 * mib}
		s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{MaxPeers: 2 * peers}, House: torrent.TollhouseConfig{
			Uplink: noFree, Offers: []torrent.Offer{offer},
		}})
		froms := make([]*payer, peers)
		for i := range froms {
			froms[i] = w.payer(channel.TRX, 1<<40)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		for _, from := range froms {
			all.Go(func() {
				p := rawConnect(b, s.Addr(), mi.HashInfoBytes(), rawOptions{})
				chain, _ := p.open(from, 250)
				p.until("unchoked", func() bool { return p.unchoked })
				for n := range (window + payments*256<<10) / (16 << 10) {
					p.ask(block(n % 1024))
				}
				for n := range uint32(payments) {
					p.until("what is paid for comes", func() bool { return p.bytes >= int64(n+1)*256<<10 })
					sent := time.Now()
					p.pay(chain, n+1)
					for hears[*wire.Ack](p).Paid.Less(channel.NewAmount(250 * uint64(n+1))) {
					}
					mu.Lock()
					waits = append(waits, time.Since(sent))
					mu.Unlock()
				}
			})
		}
		all.Wait()
	}
	slices.Sort(waits)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(waits[len(waits)/2]), "p50-ms")
	b.ReportMetric(ms(waits[len(waits)*99/100]), "p99-ms")
	b.ReportMetric(ms(waits[len(waits)-1]), "longest-ms(target≤1000)")
}
