package torrent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/anacrolix/dht/v2"
	"github.com/anacrolix/generics"
	alog "github.com/anacrolix/log"
	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"
	"github.com/anacrolix/torrent/storage"
	"golang.org/x/time/rate"

	_ "github.com/piecework/piecework/channel/torrent/plainio" // a file that shrinks must not end the process
)

// NetConfig is how a client meets its peers. The zero value listens on a free port of all addresses and asks nobody but trackers.
type NetConfig struct {
	Listen     string   // host:port for incoming connections; "": ":0"
	DHT        bool     // find and be found through the DHT
	DHTNodes   []string // host:port of nodes to join the DHT by; none: the well-known ones
	NoTrackers bool     // do not announce to the torrent's trackers
	PEX        bool     // exchange peers with peers
	Encryption Encryption
	MaxPeers   int // connections for a torrent; 0: 200
}

// node is a BitTorrent client in this process whose every connection is gated.
type node struct {
	client   *bt.Client
	gates    *gates
	listener *listener
	cancel   context.CancelFunc
	silent   bool           // trackers are not told
	tasks    sync.WaitGroup // that end when the torrents or the client do

	mu    sync.Mutex
	known map[[20]byte]knownTorrent // by the hash that the client calls a torrent by: that of v1
}

// knownTorrent is what peers see of a torrent.
type knownTorrent struct {
	hashes  [][20]byte // under which they connect
	padding padding    // that those of v1 ask for
}

// newNode starts a client.
func newNode(ctx context.Context, n NetConfig, g *gates, log *slog.Logger) (*node, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	me := &node{gates: g, cancel: cancel, silent: n.NoTrackers, known: map[[20]byte]knownTorrent{}}
	g.ctx, g.log, g.how = ctx, log, n.Encryption
	g.hashes, g.rules.padding = me.hashes, me.padding
	if g.rules.info == nil {
		g.rules.info = func([20]byte) *wantedInfo { return nil }
	}
	if n.Listen == "" {
		n.Listen = ":0"
	}
	var err error
	if me.listener, err = g.listen(n.Listen); err != nil {
		cancel()
		return nil, fmt.Errorf("listening for peers on %s: %w", n.Listen, err)
	}
	config := me.config(n, log)
	if me.client, err = bt.NewClient(config); err != nil {
		me.listener.Close()
		cancel()
		return nil, fmt.Errorf("starting the BitTorrent client: %w", err)
	}
	me.client.AddDialer(&dialer{gates: g})
	me.client.AddListener(me.listener)
	return me, nil
}

// config is a client that speaks plain TCP through the gates only, uploads whatever is asked for (the gate decides), and does not hang up on complete peers.
func (me *node) config(n NetConfig, log *slog.Logger) *bt.ClientConfig {
	c := bt.NewDefaultClientConfig()
	c.DisableTCP, c.DisableUTP = true, true
	c.NoDHT, c.DisablePEX = !n.DHT, !n.PEX
	c.DisableTrackers = true // track tells them: the library panics over what one may answer
	c.ListenPort = me.port() // of the DHT: the same as the gated listener's
	if len(n.DHTNodes) > 0 {
		c.DhtStartingNodes = func(string) dht.StartingNodesGetter {
			return func() ([]dht.Addr, error) { return dht.ResolveHostPorts(n.DHTNodes) }
		}
	}
	c.PeriodicallyAnnounceTorrentsToDht = false // tellDHT does
	c.ConfigureAnacrolixDhtServer = func(s *dht.ServerConfig) { s.Conn = dhtConn{s.Conn} }
	c.NoDefaultPortForwarding = true
	c.DisableWebtorrent, c.DisableWebseeds = true, true
	c.HeaderObfuscationPolicy = bt.HeaderObfuscationPolicy{Preferred: false, RequirePreferred: true} // the gate does the encryption
	c.Seed = true
	c.KeepAliveTimeout = clientWake
	c.DropMutuallyCompletePeers = false
	c.HandshakesTimeout = 2 * handshakeTime
	c.EstablishedConnsPerTorrent = 200
	if n.MaxPeers > 0 {
		c.EstablishedConnsPerTorrent = n.MaxPeers
	}
	c.DialRateLimiter = rate.NewLimiter(100, 100)
	c.DefaultStorage = fileStorage(os.TempDir(), true)
	c.Logger = alog.NewLogger("bittorrent").WithFilterLevel(alog.Disabled)
	c.Slogger = slog.New(quiet{log.Handler()})
	return c
}

// clientWake is how soon the client looks again what it has to say on a connection that is still. Its writer misses what becomes ready between its look and its wait, and would otherwise
// sleep over a block that was paid for until something else happens there. The keep-alive messages that come of it stay in the gate (link.still).
const clientWake = 300 * time.Millisecond

// hashes gives the info hashes of the torrents, for encrypted connections.
func (me *node) hashes(f func([]byte) bool) {
	for _, t := range me.client.Torrents() {
		for _, h := range me.hashesOf(t.InfoHash()) {
			if !f(h[:]) {
				return
			}
		}
	}
}

// know remembers what peers see of a torrent: the info hashes under which they connect, that of v1 first, and the padding.
func (me *node) know(hashes [][20]byte, info *metainfo.Info) {
	t := knownTorrent{hashes, paddingOf(info)}
	me.mu.Lock()
	defer me.mu.Unlock()
	me.known[hashes[0]] = t
}

// padding is what peers ask for under an info hash that the client has not; false while that is not known.
func (me *node) padding(infoHash [20]byte) (padding, bool) {
	me.mu.Lock()
	defer me.mu.Unlock()
	t, is := me.known[infoHash]
	return t.padding, is
}

// hashesOf is what know was told, or the hash itself.
func (me *node) hashesOf(infoHash [20]byte) [][20]byte {
	me.mu.Lock()
	defer me.mu.Unlock()
	if t, is := me.known[infoHash]; is {
		return t.hashes
	}
	return [][20]byte{infoHash}
}

// forget forgets a torrent.
func (me *node) forget(infoHash [20]byte) {
	me.mu.Lock()
	defer me.mu.Unlock()
	delete(me.known, infoHash)
}

// addr is where peers connect to.
func (me *node) addr() string { return me.listener.Addr().String() }

func (me *node) port() int { return me.listener.Addr().(*net.TCPAddr).Port }

// close stops everything.
func (me *node) close() error {
	err := me.listener.Close()
	errs := me.client.Close()
	me.cancel()
	me.gates.each(func(l *link) { l.end(net.ErrClosed) })
	me.tasks.Wait()
	return errors.Join(append(errs, err)...)
}

// quiet lets only the client's errors through: what it calls warnings is daily life among strangers.
type quiet struct{ slog.Handler }

// Enabled is for errors only.
func (quiet) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// WithAttrs keeps it quiet.
func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

// WithGroup keeps it quiet.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

// fileStorage keeps a torrent's files under dir, and forgets what is complete when the process ends: the files themselves are checked at the next start.
// With part files, what is not complete is called NAME.part; without, a file that turns out to differ keeps its name. It needs no Close, and must not get
// one while pieces are still being hashed.
func fileStorage(dir string, partFiles bool) storage.ClientImpl {
	return storage.NewFileOpts(storage.NewFileClientOpts{
		ClientBaseDir: dir, PieceCompletion: storage.NewMapPieceCompletion(), UsePartFiles: generics.Some(partFiles), Logger: slog.New(slog.DiscardHandler),
		FilePathMaker: filePath,
	})
}

// filePath is where a file of a torrent lies. A v2 info lists a single file in a tree whose one entry has the torrent's own name (BEP 52): it has no folder.
func filePath(o storage.FilePathMakerOpts) string {
	var parts []string
	if o.Info.BestName() != metainfo.NoName {
		parts = append(parts, o.Info.BestName())
	}
	path := o.File.BestPath()
	if o.Info.HasV2() && o.Info.FileTree.NumEntries() == 1 && len(path) == 1 && path[0] == o.Info.BestName() {
		path = nil
	}
	return filepath.Join(append(parts, path...)...)
}

// maxTorrentFile bounds the .torrent files that are read: 10 million pieces.
const maxTorrentFile = 256 << 20

// Load reads a .torrent file and checks that it is one.
func Load(path string) (*metainfo.MetaInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxTorrentFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(b) > maxTorrentFile {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrTorrent, path, maxTorrentFile)
	}
	mi, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return mi, nil
}

// parse reads what a .torrent file holds.
func parse(b []byte) (*metainfo.MetaInfo, error) {
	if err := checkDepth(b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	mi, err := metainfo.Load(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	if _, err := check(mi); err != nil {
		return nil, err
	}
	return mi, nil
}

// specOf is a torrent as the client takes it.
func specOf(mi *metainfo.MetaInfo) (*bt.TorrentSpec, error) {
	spec, err := bt.TorrentSpecFromMetaInfoErr(mi)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	return spec, notV2Alone(spec)
}

// ErrV2Alone says that a torrent has no v1 part. The client library takes none such: it asserts that every wanted piece can be asked for, which does not hold
// while the hashes of a v2 torrent's pieces are on their way, and ends the process.
var ErrV2Alone = fmt.Errorf("%w here: it is for BitTorrent v2 alone", ErrTorrent)

func notV2Alone(spec *bt.TorrentSpec) error {
	if spec.InfoHash.IsZero() {
		return ErrV2Alone
	}
	spec.InfoHashV2.SetNone() // the client finds it in the info of a hybrid, and only then takes connections under it
	return nil
}

// ErrTorrent says that something is no torrent, or a broken one.
var ErrTorrent = errors.New("not a usable torrent")
