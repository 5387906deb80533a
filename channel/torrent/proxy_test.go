package torrent_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet/wallettest"
)

// libtorrent gives the Python that has libtorrent, and skips a test when there is none.
func libtorrent(t testing.TB) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if err := exec.Command(python, "-c", "import libtorrent").Run(); err == nil {
			return python
		}
	}
	t.Skip("needs the Debian package python3-libtorrent: apt-get install python3-libtorrent")
	return ""
}

// save writes a .torrent file.
func (w *world) save(mi *metainfo.MetaInfo) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "film.torrent")
	f, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := mi.Write(f); err != nil {
		w.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// foreignSeeder starts libtorrent and gives its address.
func (w *world) foreignSeeder(mi *metainfo.MetaInfo, how string) string {
	w.t.Helper()
	python, port := libtorrent(w.t), wallettest.Port(w.t)
	cmd := exec.Command(python, "testdata/libtorrent_client.py", "seed", w.save(mi), w.dir, port, "", how)
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "seeding") {
		w.t.Fatalf("libtorrent says %q, %v", line, err)
	}
	return "127.0.0.1:" + port
}

// foreignGet fetches with libtorrent from a peer, for at most limit, and gives the progress that it reported last and the file's hash.
func (w *world) foreignGet(mi *metainfo.MetaInfo, peer, how string, limit time.Duration) (last string, sum [32]byte) {
	w.t.Helper()
	return w.foreignRun(mi, wallettest.Port(w.t), peer, how, limit)
}

// foreignWait is foreignGet that dials nobody.
func (w *world) foreignWait(mi *metainfo.MetaInfo, port, how string, limit time.Duration) (last string, sum [32]byte) {
	w.t.Helper()
	return w.foreignRun(mi, port, "", how, limit)
}

func (w *world) foreignRun(mi *metainfo.MetaInfo, port, peer, how string, limit time.Duration) (last string, sum [32]byte) {
	w.t.Helper()
	python := libtorrent(w.t)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	dir := w.t.TempDir()
	cmd := exec.CommandContext(ctx, python, "testdata/libtorrent_client.py", "get", w.save(mi), dir, port, peer, how)
	cmd.Stderr = os.Stderr
	out, _ := cmd.Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	info, _ := mi.UnmarshalInfo()
	data, _ := os.ReadFile(filepath.Join(dir, info.BestName()))
	return lines[len(lines)-1], sha256.Sum256(data)
}

func (w *world) proxy(c torrent.ProxyConfig, house torrent.TollhouseConfig) (*torrent.Proxy, *torrent.Tollhouse) {
	w.t.Helper()
	house.Ledger, house.Log = w.Ledger, w.log.With("who", "gate")
	house.Offers = []torrent.Offer{w.Offer(channel.TRX)}
	c.House, c.Log = torrent.NewTollhouse(house), house.Log
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	p, err := torrent.NewProxy(context.Background(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = p.Close(); c.House.Close() })
	return p, c.House
}

func TestGateInFrontOfLibtorrentEarns(t *testing.T) {
	for _, how := range []string{"plain", "encrypted"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			mi, sum := w.file(16*mib, 256<<10)
			c := torrent.ProxyConfig{
				Client:   w.foreignSeeder(mi, how),
				Torrents: []torrent.ProxyTorrent{{InfoHash: mi.HashInfoBytes(), PieceLength: 256 << 10}},
			}
			if how == "encrypted" {
				c.Inside = torrent.OnlyEncrypted
			}
			p, house := w.proxy(c, torrent.TollhouseConfig{Free: torrent.FreeChoke})
			from := w.payer(channel.TRX, 10_000_000)
			d := w.downloader(from, func(c *torrent.DownloaderConfig) {
				if how == "encrypted" {
					c.Net.Encryption = torrent.OnlyEncrypted
				}
			})
			r := get(t, d, mi, p.Addr())
			if fetched(t, d, r.Name) != sum {
				t.Error("the file differs")
			}
			if paid, sent := from.paid(), house.Totals().PaidBytes; paid != r.Paid || paid.Less(cost(16*mib)) || cost(sent+256<<10).Less(paid) {
				t.Errorf("paid %s, the payee holds %s, for %d bytes sent", r.Paid, paid, sent)
			}
		})
	}
}

func TestGateDialsAPeerForItsClient(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(8*mib, 256<<10)
	p, _ := w.proxy(torrent.ProxyConfig{Client: w.foreignSeeder(mi, "plain"), Torrents: []torrent.ProxyTorrent{{InfoHash: mi.HashInfoBytes(), PieceLength: 256 << 10}}}, torrent.TollhouseConfig{})
	from := w.payer(channel.TRX, 10_000_000)
	d := w.downloader(from, nil)
	done := make(chan torrent.Result, 1)
	go func() {
		defer close(done) // also when the download fails
		done <- get(t, d, mi)
	}()
	for dial := time.NewTicker(500 * time.Millisecond); ; { // the downloader may not have the torrent yet when it is first dialled
		select {
		case r := <-done:
			dial.Stop()
			if fetched(t, d, r.Name) != sum || from.paid().Less(cost(8*mib)) {
				t.Errorf("paid %s", from.paid())
			}
			return
		case <-dial.C:
			_ = p.Connect(context.Background(), mi.HashInfoBytes(), d.Addr()) // refused while it has not, or has the connection already
		}
	}
}

// TestGateDialsAClientThatTakesEncryptedConnectionsOnly: the gate opens MSE itself, after a plain handshake was not answered, and at once with OnlyEncrypted.
func TestGateDialsAClientThatTakesEncryptedConnectionsOnly(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]torrent.Encryption{"at first": torrent.OnlyEncrypted, "at second": torrent.PlainFirst} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			mi, sum := w.file(2*mib, 256<<10)
			p, house := w.proxy(torrent.ProxyConfig{Client: w.foreignSeeder(mi, "plain"), Torrents: []torrent.ProxyTorrent{{InfoHash: mi.HashInfoBytes()}}, Encryption: how},
				torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}})
			port := wallettest.Port(t)
			dialled(t, p, mi.HashInfoBytes(), "127.0.0.1:"+port)
			if last, got := w.foreignWait(mi, port, "encrypted", 40*time.Second); last != "done" || got != sum || house.Totals().FreeBytes < 2*mib {
				t.Errorf("%s, %+v", last, house.Totals())
			}
		})
	}
}

func TestLibtorrentFetchesFromOurSeeder(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(8*mib, 256<<10)
	for _, how := range []string{"plain", "encrypted"} {
		s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
		if last, got := w.foreignGet(mi, s.Addr(), how, 40*time.Second); last != "done" || got != sum {
			t.Errorf("%s, served for free: %s", how, last)
		}
	}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if last, _ := w.foreignGet(mi, s.Addr(), "plain", 12*time.Second); !strings.HasPrefix(last, "progress 0 ") {
			t.Errorf("choked: %s; want no byte", last)
		}
	}()
	keepsChoked(t, s)
	<-stopped
}

// TestTheGateLeavesASilentPeerWhenItEnds: a peer that takes connections and says nothing is not dialled once more, and nothing to it stays open.
func TestTheGateLeavesASilentPeerWhenItEnds(t *testing.T) {
	w := newWorld(t)
	client, peer := listens(t), listens(t)
	go func() { // the client behind the gate answers with its handshake
		for {
			c, err := client.Accept()
			if err != nil {
				return
			}
			var shake [68]byte
			if _, err := io.ReadFull(c, shake[:]); err == nil {
				_, _ = c.Write(shake[:])
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	p, _ := w.proxy(torrent.ProxyConfig{Client: client.Addr().String()}, torrent.TollhouseConfig{})
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			c, err := peer.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	over := make(chan error, 1)
	go func() { over <- p.Connect(context.Background(), [20]byte{1}, peer.Addr().String()) }()
	c := <-accepted
	defer func() { _ = c.Close() }()
	if _, err := io.ReadFull(c, make([]byte, 68)); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-over; err == nil {
		t.Error("the peer is connected")
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("the socket is not closed: %v", err)
	}
	if len(accepted) > 0 {
		t.Error("the peer was dialled once more")
	}
}

func listens(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
