package torrent_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet/wallettest"
)

// tracker is an HTTP tracker that names one peer to everybody, and tells which ports announced themselves.
func tracker(t testing.TB, peer func() string) (url string, ports chan int) {
	t.Helper()
	ports = make(chan int, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if port, err := strconv.Atoi(r.URL.Query().Get("port")); err == nil {
			select {
			case ports <- port:
			default:
			}
		}
		d := wire.Dict{}
		d.SetInt("interval", 60)
		var peers []byte
		if address, err := net.ResolveTCPAddr("tcp", peer()); err == nil && address.Port != 0 {
			peers = binary.BigEndian.AppendUint16(address.IP.To4(), uint16(address.Port))
		}
		d.SetBytes("peers", peers)
		_, _ = w.Write(d.Append(nil))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/announce", ports
}

// installed skips a test when a program is missing.
func installed(t testing.TB, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("needs the Debian package %s: apt-get install %s", pkg, pkg)
	}
	return path
}

// start runs a program until the test ends.
func start(t testing.TB, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	if os.Getenv("PIECEWORK_TEST_LOG") != "" {
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// arrives waits for a file of that content.
func arrives(t testing.TB, path string, sum [32]byte) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if data, err := os.ReadFile(path); err == nil && sha256.Sum256(data) == sum {
			return
		}
	}
	t.Fatalf("%s did not arrive", path)
}

// tracked makes a torrent that names a tracker.
func (w *world) tracked(size int64, url string) (*metainfo.MetaInfo, [32]byte) {
	mi, sum := w.file(size, 256<<10)
	mi.Announce, mi.AnnounceList = url, nil
	return mi, sum
}

func TestAria2FetchesFromOurSeeder(t *testing.T) {
	t.Parallel()
	aria2 := installed(t, "aria2c", "aria2")
	w := newWorld(t)
	var address string
	url, _ := tracker(t, func() string { return address })
	mi, sum := w.tracked(8*mib, url)
	fetch := func(s *torrent.Seeder, limit time.Duration) (string, string) {
		address = s.Addr()
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		out, _ := exec.CommandContext(ctx, aria2, "--dir="+dir, "--seed-time=0", "--enable-dht=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
			"--listen-port="+wallettest.Port(t), "--file-allocation=none", "--allow-overwrite=true", "--no-conf", w.save(mi)).CombinedOutput()
		return filepath.Join(dir, fmt.Sprintf("film-%d.bin", 8*mib)), string(out)
	}
	s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{NoTrackers: true}, House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
	path, out := fetch(s, 40*time.Second)
	if data, err := os.ReadFile(path); err != nil || sha256.Sum256(data) != sum {
		t.Errorf("served for free: %v\n%s", err, out)
	}
	c := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{NoTrackers: true}, House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		fetch(c, 12*time.Second)
	}()
	keepsChoked(t, c)
	<-stopped
}

// dials has a seeder dial a client until the test ends: it may not have read the torrent yet, and dials nobody on the loopback itself.
func dials(t *testing.T, s *torrent.Seeder, mi *metainfo.MetaInfo, peer string) {
	go func() {
		for ; t.Context().Err() == nil; time.Sleep(300 * time.Millisecond) {
			_ = s.Connect(mi.HashInfoBytes(), peer)
		}
	}()
}

// keepsChoked waits for a peer, and looks whether it gets nothing and stays.
func keepsChoked(t *testing.T, s *torrent.Seeder) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); s.Totals().Peers == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("no connection")
			return
		}
	}
	time.Sleep(2 * time.Second) // it may do what it likes
	if totals := s.Totals(); totals.FreeBytes != 0 || totals.Peers == 0 {
		t.Errorf("choked: %+v; want no byte and a peer", totals)
	}
}

// TestGateInFrontOfAria2Earns: aria2 seeds, and knows nothing of the gate.
func TestGateInFrontOfAria2Earns(t *testing.T) {
	t.Parallel()
	aria2 := installed(t, "aria2c", "aria2")
	w := newWorld(t)
	mi, sum := w.tracked(2*mib, "http://127.0.0.1:9/announce")
	port := wallettest.Port(t)
	start(t, aria2, "--dir="+w.dir, "--seed-ratio=0", "--check-integrity=true", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
		"--enable-peer-exchange=false", "--interface=127.0.0.1", "--disable-ipv6=true", "--listen-port="+port, "--no-conf", w.save(mi))
	p, house := w.proxy(torrent.ProxyConfig{Client: "127.0.0.1:" + port, Torrents: []torrent.ProxyTorrent{{InfoHash: mi.HashInfoBytes(), PieceLength: 256 << 10}}},
		torrent.TollhouseConfig{Free: torrent.FreeChoke})
	for end := time.Now().Add(30 * time.Second); p.Examine(t.Context(), mi.HashInfoBytes()) != nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("aria2 does not seed")
		}
	}
	from := w.payer(channel.TRX, 10_000_000)
	d := w.downloader(from, nil)
	if r := get(t, d, mi, p.Addr()); fetched(t, d, r.Name) != sum || from.paid().Less(cost(2*mib)) {
		t.Errorf("paid %s, %+v", from.paid(), house.Totals())
	}
}

// transmission starts a Transmission that has dir as its download directory and watches for torrents, and gives its peer port.
func transmission(t testing.TB, dir, watch string) string {
	daemon := installed(t, "transmission-daemon", "transmission-daemon")
	port := wallettest.Port(t)
	home := t.TempDir()
	settings := fmt.Sprintf(`{"dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false, "port-forwarding-enabled": false,
		"peer-port": %s, "bind-address-ipv4": "127.0.0.1", "rpc-enabled": false, "download-dir": %q, "incomplete-dir-enabled": false,
		"watch-dir-enabled": true, "watch-dir": %q, "start-added-torrents": true, "encryption": 1, "upload-slots-per-torrent": 1000,
		"preallocation": 0, "message-level": 2}`, port, dir, watch)
	if err := os.WriteFile(filepath.Join(home, "settings.json"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, daemon, "-f", "-g", home)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return port
		}
	}
	t.Fatal("Transmission does not listen")
	return ""
}

func (w *world) into(watch string, mi *metainfo.MetaInfo) {
	w.t.Helper()
	data, err := os.ReadFile(w.save(mi))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(watch, "film.torrent"), data, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func TestTransmissionFetchesFromOurSeeder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, sum := w.file(2*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{NoTrackers: true}, House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
	dir, watch := t.TempDir(), t.TempDir()
	w.into(watch, mi)
	port := transmission(t, dir, watch)
	dials(t, s, mi, "127.0.0.1:"+port)
	arrives(t, filepath.Join(dir, fmt.Sprintf("film-%d.bin", 2*mib)), sum)
}

func TestGateInFrontOfTransmissionEarns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, ports := tracker(t, func() string { return "127.0.0.1:0" })
	mi, sum := w.file(2*mib, 256<<10)
	watch := t.TempDir()
	w.into(watch, mi) // without a tracker: the client stays silent
	inner := "127.0.0.1:" + transmission(t, w.dir, watch)
	p, _ := w.proxy(torrent.ProxyConfig{
		Client:   inner,
		Torrents: []torrent.ProxyTorrent{{InfoHash: mi.HashInfoBytes(), PieceLength: 256 << 10, Trackers: []string{url}}},
		Announce: torrent.AnnounceConfig{Trackers: true},
	}, torrent.TollhouseConfig{Free: torrent.FreeChoke})
	if _, port, _ := net.SplitHostPort(p.Addr()); strconv.Itoa(<-ports) != port {
		t.Error("the tracker was told another port than the gate's")
	}
	from := w.payer(channel.TRX, 10_000_000)
	d := w.downloader(from, nil)
	r := get(t, d, mi, p.Addr())
	if fetched(t, d, r.Name) != sum || from.paid().Less(cost(2*mib)) {
		t.Errorf("paid %s", from.paid())
	}
}

// TestForeignPeersAreChokedAndKept: under "choke" they get no byte, and their connection stays.
func TestForeignPeersAreChokedAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, _ := w.tracked(2*mib, "http://127.0.0.1:9/announce")
	s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{NoTrackers: true}, House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
	for name, begin := range map[string]func(t testing.TB, dir, watch string) string{"Transmission": transmission, "rTorrent": rtorrent} {
		t.Run(name, func(t *testing.T) {
			dir, watch := t.TempDir(), t.TempDir()
			w.into(watch, mi)
			port := begin(t, dir, watch)
			dials(t, s, mi, "127.0.0.1:"+port)
			keepsChoked(t, s)
		})
	}
}

// rtorrent starts an rTorrent that has dir as its download directory and loads the torrents in watch, and gives its peer port.
func rtorrent(t testing.TB, dir, watch string) string {
	program := installed(t, "rtorrent", "rtorrent")
	port, home := wallettest.Port(t), t.TempDir()
	settings := fmt.Sprintf(`network.bind_address.set = 127.0.0.1
network.port_range.set = %s-%s
network.port_random.set = no
protocol.pex.set = no
dht.mode.set = disable
protocol.encryption.set = allow_incoming
directory.default.set = %s
session.path.set = %s
schedule2 = films, 0, 5, "load.start=%s/*.torrent"
system.daemon.set = true
`, port, port, dir, home, watch)
	file := filepath.Join(home, "rtorrent.rc")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, program, "-n", "-o", "import="+file)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return port
		}
	}
	t.Fatal("rTorrent does not listen")
	return ""
}

func TestRTorrentFetchesFromOurSeeder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, sum := w.tracked(2*mib, "http://127.0.0.1:9/announce") // it takes no torrent without one
	s := w.seed(mi, torrent.SeederConfig{Net: torrent.NetConfig{NoTrackers: true}, House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
	dir, watch := t.TempDir(), t.TempDir()
	w.into(watch, mi)
	port := rtorrent(t, dir, watch)
	dials(t, s, mi, "127.0.0.1:"+port)
	arrives(t, filepath.Join(dir, fmt.Sprintf("film-%d.bin", 2*mib)), sum)
}
