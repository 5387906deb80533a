package live_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/live"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
)

const kib = 1 << 10

// source is a publisher with its seeder and its board.
type source struct {
	*torrenttest.Payee
	t         *testing.T
	seeder    *torrent.Seeder
	publisher *live.Publisher
	board     *live.Board
	link      live.Link
	dir       string
	key       ed25519.PrivateKey

	mu    sync.Mutex
	begun map[int64]time.Time // when the first byte of a chunk came in
}

func newSource(t *testing.T, uplink int64) *source {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{Payee: torrenttest.NewPayee(t), t: t, dir: t.TempDir(), key: key, begun: map[int64]time.Time{}}
	s.seeder = s.Seeder(nil, "", torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: uplink}}})
	s.open()
	server := httptest.NewServer(s.board)
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	s.link = live.Link{Stream: s.publisher.Stream(), Name: "test", Board: server.URL, Peers: []string{s.seeder.Addr()}}
	t.Cleanup(server.CloseClientConnections)
	return s
}

// open opens the publisher, for the first time or again.
func (s *source) open() {
	s.t.Helper()
	var key [ed25519.PublicKeySize]byte
	copy(key[:], s.key.Public().(ed25519.PublicKey))
	if s.board == nil {
		s.board = live.NewBoard(live.Stream{Key: key, Salt: []byte("test")})
	}
	var err error
	s.publisher, err = live.OpenPublisher(s.t.Context(), live.PublisherConfig{
		Dir: s.dir, Key: s.key, Salt: []byte("test"), Seeder: s.seeder, Board: s.board, Log: torrenttest.Log(s.t, "publisher"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// publish publishes a chunk that began to come in a chunk's length ago.
func (s *source) publish(content []byte, length time.Duration, format live.Format) int64 {
	s.t.Helper()
	path := filepath.Join(s.dir, "cutting")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	list := s.publisher.List()
	number := list.Next()
	s.mu.Lock()
	s.begun[number] = time.Now().Add(-length)
	s.mu.Unlock()
	if err := s.publisher.Publish(s.t.Context(), live.Cut{Path: path, Length: length, Format: format}); err != nil {
		s.t.Fatal(err)
	}
	return number
}

func (s *source) began(number int64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun[number]
}

// viewer is somebody who watches, pays, and passes on for pay.
type viewer struct {
	*live.Viewer
	payer  *torrenttest.Payer
	payee  *torrenttest.Payee
	loader *torrent.Downloader
	dir    string
	over   chan error
}

// watchers lets n viewers watch; each has a channel to the source and to each other.
func (s *source) watchers(n int, uplink int64) (list []*viewer) {
	s.t.Helper()
	for range n {
		v := &viewer{payer: torrenttest.NewPayer(s.t), payee: torrenttest.NewPayee(s.t), dir: s.t.TempDir()}
		v.payer.Fund(s.Payee, channel.TRX, 1<<40)
		list = append(list, v)
	}
	for _, from := range list {
		for _, to := range list {
			if from != to {
				from.payer.Fund(to.payee, channel.TRX, 1<<40)
			}
		}
	}
	for _, v := range list {
		v.watch(s.t, s.link, uplink)
	}
	return list
}

func (v *viewer) watch(t *testing.T, link live.Link, uplink int64) {
	t.Helper()
	house := torrent.NewTollhouse(torrent.TollhouseConfig{
		Ledger: v.payee.Ledger, Offers: []torrent.Offer{v.payee.Offer(channel.TRX)}, Uplink: gate.UplinkConfig{Rate: uplink}, Log: torrenttest.Log(t, "relay"),
	})
	v.loader = torrenttest.Downloader(t, torrent.FromChannels(v.payer.Purses), func(c *torrent.DownloaderConfig) {
		c.Dir, c.House, c.Limits.Fast = v.dir, house, true
	})
	t.Cleanup(house.Close)
	var err error
	if v.Viewer, err = live.NewViewer(live.ViewerConfig{Link: link, Loader: v.loader, Dir: v.dir, Log: torrenttest.Log(t, "viewer")}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	v.over = make(chan error, 1)
	go func() { v.over <- v.Run(ctx) }()
	t.Cleanup(stop)
}

func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// TestThreeViewersAboveTheUplink: three viewers want more than the source can send. Nobody stalls, because they pass the chunks on to each other, for pay.
// PIECEWORK_LIVE_FOR makes it longer, as in 5m.
func TestThreeViewersAboveTheUplink(t *testing.T) {
	const every, rate, uplink = live.DefaultEvery, 256 * kib, 512 * kib // demand: 768 KiB/s
	duration := 24 * time.Second                                        // six chunks
	if text := os.Getenv("PIECEWORK_LIVE_FOR"); text != "" {
		var err error
		if duration, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	s := newSource(t, uplink)
	viewers := s.watchers(3, uplink)
	var screens errgroup.Group
	shows := make([]show, len(viewers))
	for i, v := range viewers {
		screens.Go(func() error { return shows[i].play(t.Context(), v.Viewer, s.began) })
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < duration; <-tick.C {
		s.publish(noise(rate*int(every/time.Second)), every, live.Bytes)
	}
	if err := s.publisher.End(); err != nil {
		t.Fatal(err)
	}
	if err := screens.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, v := range viewers {
		if err := <-v.over; err != nil {
			t.Errorf("viewer %d: %v", i, err)
		}
		r := shows[i]
		t.Logf("viewer %d: %d chunks shown, %d stalls, latency at most %.2f chunks, %d KiB/s demand per viewer, earned %s", i, r.shown, r.stalls,
			float64(r.latency)/float64(every), rate/kib, v.payee.Paid())
		if r.stalls > 0 || r.latency > 3*every || r.shown < int(duration/every)-1 {
			t.Errorf("viewer %d: %d chunks shown with %d stalls, latency %s; want none, and at most three chunks of %s", i, r.shown, r.stalls, r.latency, every)
		}
		if v.payee.Paid().IsZero() {
			t.Errorf("viewer %d earned nothing for what it passed on", i)
		}
	}
	sent := s.seeder.Totals().PaidBytes
	chunks := s.publisher.List()
	demand := 3 * chunks.Next() * rate * int64(every/time.Second)
	t.Logf("the source sent %d MiB of %d MiB demanded, for %s", sent>>20, demand>>20, s.Paid())
	if s.Paid().IsZero() || sent >= demand*3/4 {
		t.Errorf("the source was paid %s and sent %d of %d bytes; the viewers were to carry a good part", s.Paid(), sent, demand)
	}
}

// show is a player that shows every chunk for as long as it lasts.
type show struct {
	shown, stalls int
	latency       time.Duration // from the first byte at the source to the screen, at most
}

func (r *show) play(ctx context.Context, v *live.Viewer, began func(int64) time.Time) error {
	at, err := v.Begin(ctx, 2)
	if err != nil {
		return err
	}
	due := time.Now() // when the next chunk must be there
	for {
		p, err := v.Next(ctx, at)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		now := time.Now()
		if now.After(due.Add(50*time.Millisecond)) || p.Gap {
			r.stalls++
			due = now
		}
		r.latency = max(r.latency, due.Sub(began(p.Number)))
		due = due.Add(p.Length)
		r.shown++
		at = p.Number
		if wait := time.Until(due.Add(-p.Length)); wait > 0 {
			time.Sleep(wait)
		}
	}
}

// TestWhatIsShownIsWhatWasPublished also shows that a late viewer begins with now.
func TestWhatIsShownIsWhatWasPublished(t *testing.T) {
	s := newSource(t, 0)
	for range 5 {
		s.publish(noise(100*kib), time.Second, live.Bytes)
	}
	v := s.watchers(1, 0)[0]
	hash, want := sha256.New(), sha256.New()
	for at := int64(-1); at < 8; {
		p, err := v.Next(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if at == -1 && p.Number != 4 {
			t.Errorf("a viewer that comes after chunk 4 begins with chunk %d", p.Number)
		}
		content, err := os.ReadFile(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		if at >= 0 {
			hash.Write(content)
		}
		if at = p.Number; at < 8 {
			next := noise(300*kib + int(at))
			want.Write(next)
			s.publish(next, time.Second, live.Bytes)
		}
	}
	if !bytes.Equal(hash.Sum(nil), want.Sum(nil)) {
		t.Error("other bytes were shown than published")
	}
	if paid := s.Paid(); paid.IsZero() {
		t.Error("the source was not paid")
	}
}

// TestTheWindowIsBounded: neither side keeps more than the newest chunks on its disk.
func TestTheWindowIsBounded(t *testing.T) {
	s := newSource(t, 0)
	v := s.watchers(1, 0)[0]
	for at := int64(-1); at < 19; {
		s.publish(noise(40*kib), 200*time.Millisecond, live.Bytes)
		p, err := v.Next(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		at = p.Number
	}
	if files := count(t, s.dir, "*.bin"); files != live.DefaultKeep {
		t.Errorf("the publisher keeps %d chunks, want %d", files, live.DefaultKeep)
	}
	if files := count(t, v.dir, "*"); files > 9 {
		t.Errorf("the viewer keeps %d files", files)
	}
}

func count(t *testing.T, dir, pattern string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// TestPublisherComesBack: a publisher that was killed goes on with the next number; chunks that it had seeded are seeded again, and viewers stay.
func TestPublisherComesBack(t *testing.T) {
	s := newSource(t, 0)
	v := s.watchers(1, 0)[0]
	s.publish(noise(50*kib), time.Second, live.Bytes)
	if _, err := v.Next(t.Context(), -1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "cutting"), []byte("half a chunk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.seeder.Close(); err != nil {
		t.Fatal(err)
	}
	s.seeder = s.Seeder(nil, "", torrent.SeederConfig{Net: torrent.NetConfig{Listen: s.link.Peers[0]}})
	s.open()
	if number := s.publish(noise(60*kib), time.Second, live.Bytes); number != 1 {
		t.Errorf("after the restart comes chunk %d, want 1", number)
	}
	p, err := v.Next(t.Context(), 0)
	if err != nil || p.Number != 1 || !p.Break {
		t.Errorf("chunk %d, break %v (%v)", p.Number, p.Break, err)
	}
	late := s.watchers(1, 0)[0]
	if p, err := late.Next(t.Context(), -1); err != nil || p.Number != 1 {
		t.Errorf("a late viewer begins with chunk %d (%v)", p.Number, err)
	}
}

// TestNobodyElsePublishes: lists that the publisher has not signed, that are older, or that promise what no chunk is, move no viewer.
func TestNobodyElsePublishes(t *testing.T) {
	s, thief := newSource(t, 0), newSource(t, 0)
	link := s.link
	link.Board, link.Peers = thief.link.Board, thief.link.Peers
	v := &viewer{payer: torrenttest.NewPayer(t), payee: torrenttest.NewPayee(t), dir: t.TempDir()}
	v.watch(t, link, 0)
	thief.publish(noise(10*kib), time.Second, live.Bytes)
	deadline := time.Now().Add(10 * time.Second)
	for v.Status().Trouble == nil {
		if time.Now().After(deadline) {
			t.Fatal("the viewer does not notice whose list it is")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if st := v.Status(); !errors.Is(st.Trouble, live.ErrList) || st.Newest != -1 {
		t.Errorf("status %+v", st)
	}
}

// TestGarbageInsteadOfAChunk: a torrent that is not the one file that a chunk is, is not fetched.
func TestGarbageInsteadOfAChunk(t *testing.T) {
	s := newSource(t, 0)
	other := t.TempDir()
	mi := torrenttest.File(t, other, "passwd", 64*kib, 32*kib)
	if err := s.seeder.Add(t.Context(), mi, other); err != nil {
		t.Fatal(err)
	}
	s.board.PinForTest(live.List{Format: live.Bytes, At: time.Now(), Chunks: []live.Chunk{{Hash: mi.HashInfoBytes(), Bytes: 64 * kib, Length: time.Second}}}, s.key, []byte("test"))
	v := s.watchers(1, 0)[0]
	deadline := time.Now().Add(10 * time.Second)
	for v.Status().Lost == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the viewer does not notice")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if files := count(t, v.dir, "*"); files != 0 {
		t.Errorf("%d files were fetched", files)
	}
}
