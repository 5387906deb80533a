package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
	"github.com/piecework/piecework/wallet"
)

const mib = torrenttest.MiB

// stand is a sponsor with one seeder, and a prober of it.
type stand struct {
	payee   *torrenttest.Payee
	service *sponsor.Service
	meta    *metainfo.MetaInfo
	dir     string
	creator wallet.Address
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{payee: torrenttest.NewPayee(t), dir: t.TempDir(), creator: wallettest.Key(t).Address()}
	s.meta = torrenttest.File(t, s.dir, "film.mkv", 8*mib, 256<<10)
	hot := wallettest.Key(t)
	var err error
	s.service, err = sponsor.Open(t.Context(), sponsor.Config{
		Path: filepath.Join(t.TempDir(), "sponsor.db"), Domain: torrenttest.Domain, Payer: s.creator, Key: hot, Log: torrenttest.Log(t, "sponsor"),
		Policy: sponsor.Policy{
			Asset: channel.TRX, MaxPrice: channel.NewAmount(1000), Budget: channel.NewAmount(1_000_000), MinProbes: 2,
			Torrents: map[[20]byte]int64{s.meta.HashInfoBytes(): 8 * mib}, ProbeFee: channel.NewAmount(300),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.service.Close() })
	terms := s.payee.Open(s.creator, hot.Address(), channel.TRX, 1_000_000)
	opened := channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(1_000_000)}
	if err := s.service.Follow(t.Context(), channel.View{Solid: channel.Block{Number: 1}, Facts: []channel.Event{opened}, SeenAt: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) seed(t *testing.T, rate int64) *torrent.Seeder {
	offer := s.payee.Offer(channel.TRX)
	offer.Hubs = []wallet.Address{s.creator}
	return s.payee.Seeder(s.meta, s.dir, torrent.SeederConfig{House: torrent.TollhouseConfig{
		Offers: []torrent.Offer{offer}, Free: torrent.FreeChoke, Uplink: gate.UplinkConfig{Rate: rate},
	}})
}

// probe makes one probe and gives its line of the statement.
func (s *stand) probe(t *testing.T, address string, limit time.Duration) sponsor.Probe {
	t.Helper()
	p, err := New(Config{
		Service: s.service, Domain: torrenttest.Domain, Asset: channel.TRX, MaxPrice: channel.NewAmount(1000), Torrent: s.meta, Limit: limit, Log: torrenttest.Log(t, "prober"),
		FirstByte: 5 * time.Second, Rate: 1_000_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Once(t.Context(), Target{s.payee.Key.Address(), address}); err != nil {
		t.Fatal(err)
	}
	statement := s.service.Statement(s.payee.Key.Address())
	if err := statement.Check(); err != nil {
		t.Fatal(err)
	}
	return statement.Lines[len(statement.Lines)-1]
}

func TestFastSlowDownAndCorrupt(t *testing.T) {
	s := newStand(t)
	if offer := s.service.Offer(); len(offer.Seeders) != 0 {
		t.Error("a seeder without probes is offered to viewers")
	}
	fast := s.seed(t, 0)
	if line := s.probe(t, fast.Addr(), 20*time.Second); !line.Passed || !line.Fast || line.Paid != channel.NewAmount(600) {
		t.Errorf("a fast seeder: %+v", line)
	}
	if paid := s.payee.Paid(); paid != channel.NewAmount(600) {
		t.Errorf("the fast seeder holds evidence for %s", paid)
	}
	slow := s.seed(t, 100_000)
	if line := s.probe(t, slow.Addr(), 20*time.Second); !line.Passed || line.Fast || line.Paid != channel.NewAmount(300) {
		t.Errorf("a slow seeder: %+v", line)
	}
	if line := s.probe(t, slow.Addr(), 500*time.Millisecond); line.Passed || line.Why != "slow" || !line.Paid.IsZero() {
		t.Errorf("a seeder over the time: %+v", line)
	}
	if line := s.probe(t, "127.0.0.1:1", time.Second); line.Passed || line.Why != "down" || !line.Paid.IsZero() {
		t.Errorf("a seeder that is down: %+v", line)
	}
	rotten := s.seed(t, 0)
	if err := os.WriteFile(filepath.Join(s.dir, "film.mkv"), make([]byte, 8*mib), 0o644); err != nil {
		t.Fatal(err)
	}
	if line := s.probe(t, rotten.Addr(), 20*time.Second); line.Passed || !line.Paid.IsZero() {
		t.Errorf("a seeder whose file has rotted: %+v", line)
	}
	if offer := s.service.Offer(); len(offer.Seeders) != 1 {
		t.Error("two passed probes do not make a seeder one of the offer")
	}
	if spent := s.service.Spent(); spent.Probes != channel.NewAmount(900) {
		t.Errorf("probes cost %s, want 600 and 300", spent.Probes)
	}
}

// TestLargePieces: a good seeder passes however many blocks a piece has; clients take no more than a thousand requests or so at once.
func TestLargePieces(t *testing.T) {
	s := newStand(t)
	s.meta = torrenttest.File(t, s.dir, "large.mkv", 40*mib, 32*mib)
	seeder := s.seed(t, 0)
	for range 4 { // either piece
		if line := s.probe(t, seeder.Addr(), 20*time.Second); !line.Passed {
			t.Errorf("a good seeder: %+v", line)
		}
	}
}

// TestLooksLikeAnyPeer compares what a seeder sees first of a prober and of a downloader: reserved bits, client, extensions.
func TestLooksLikeAnyPeer(t *testing.T) {
	s := newStand(t)
	prober := firstWords(t, func(address string) { s.probe(t, address, 2*time.Second) })
	viewer := firstWords(t, func(address string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		d := torrenttest.Downloader(t, torrent.FromChannels(torrenttest.NewPayer(t).Purses), nil)
		_, _ = d.Get(ctx, torrent.Source{Torrent: s.meta, Peers: []string{address}})
	})
	if prober.reserved != viewer.reserved || prober.client != viewer.client || prober.version != viewer.version || !slices.Equal(prober.extensions, viewer.extensions) {
		t.Errorf("a prober says %+v, a downloader %+v", prober, viewer)
	}
}

type words struct {
	reserved, client, version string
	extensions                []string
}

// firstWords hears what a peer says when it connects.
func firstWords(t *testing.T, connect func(address string)) (w words) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var heard sync.WaitGroup
	heard.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		var shake gate.Handshake
		if _, err := io.ReadFull(conn, shake[:]); err != nil {
			return
		}
		w.reserved, w.client = string(shake[20:28]), string(shake[48:56])
		copy(shake[48:], "-RW0001-abcdefghijkl")
		_, _ = conn.Write(shake[:])
		for w.extensions == nil {
			var prefix [4]byte
			if _, err := io.ReadFull(conn, prefix[:]); err != nil {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(prefix[:]))
			if _, err := io.ReadFull(conn, body); err != nil {
				return
			}
			if len(body) > 1 && body[0] == 20 && body[1] == 0 {
				var h struct {
					M map[string]int `bencode:"m"`
					V string         `bencode:"v"`
				}
				_ = bencode.Unmarshal(body[2:], &h)
				for name := range h.M {
					w.extensions = append(w.extensions, name)
				}
				slices.Sort(w.extensions)
				w.version = h.V
			}
		}
	})
	connect(l.Addr().String())
	_ = l.Close()
	heard.Wait()
	return w
}

// notes is a Book that only remembers.
type notes struct {
	mu    sync.Mutex
	lines []sponsor.Probe
}

func (n *notes) BeginProbe(context.Context, wallet.Address, [20]byte, channel.Anchor) (channel.SignedVoucher, error) {
	return channel.SignedVoucher{}, errors.New("not on the wire")
}

func (n *notes) Record(_ context.Context, p sponsor.Probe) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, p)
	return nil
}

// TestRandomTimes: over a thousand hours a seeder is asked about once an hour, at times that cannot be foretold, and what it is down for it is not paid.
func TestRandomTimes(t *testing.T) {
	meta := torrenttest.File(t, t.TempDir(), "film.mkv", mib, 64<<10)
	synctest.Test(t, func(t *testing.T) {
		book, begun := &notes{}, time.Now()
		down := func() bool { h := time.Since(begun).Hours(); return h > 400 && h < 600 }
		p, err := New(Config{
			Service: book, Torrent: meta, Targets: []Target{{Peer: "one"}, {Peer: "two"}}, Mean: time.Hour,
			Probe: func(_ context.Context, target Target, piece int) Outcome {
				if target.Peer == "one" && down() {
					return Outcome{Err: errDown}
				}
				return Outcome{FirstByte: time.Millisecond, All: time.Second, Bytes: 2 << 20}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1000*time.Hour)
		defer cancel()
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		var gaps []time.Duration
		var last time.Time
		failed, pieces := 0, map[int]bool{}
		for _, l := range book.lines {
			pieces[l.Piece] = true
			if !l.Passed {
				failed++
			}
			if !last.IsZero() {
				gaps = append(gaps, l.At.Sub(last))
			}
			last = l.At
		}
		if n := len(book.lines); n < 1800 || n > 2200 {
			t.Errorf("%d probes of two seeders in 1,000 hours", n)
		}
		if failed < 140 || failed > 260 {
			t.Errorf("%d probes failed in the 200 hours that a seeder was down", failed)
		}
		short := 0
		for _, g := range gaps {
			if g < 10*time.Minute {
				short++
			}
		}
		// Of exponential gaps of mean 30 minutes, 1 − e^(−1/3), 28 %, are below 10 minutes.
		if share := float64(short) / float64(len(gaps)); share < 0.23 || share > 0.34 {
			t.Errorf("%.0f %% of the gaps are below ten minutes", 100*share)
		}
		if len(pieces) != 16 {
			t.Errorf("only %d of 16 pieces were ever asked for", len(pieces))
		}
	})
}
