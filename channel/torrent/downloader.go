package torrent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	bt "github.com/anacrolix/torrent"

	"github.com/piecework/piecework/channel"
)

// DownloaderConfig is what a Downloader needs. Dir is required; without Purses nothing is paid.
type DownloaderConfig struct {
	Dir      string // files go below it
	Purses   Purses
	Limits   Limits
	Want     Want
	Net      NetConfig
	Progress func(Progress)                             // called about every ProgressEvery and at the end, from one goroutine; nil: never
	Every    time.Duration                              // 0: a second
	Told     func(string)                               // told once why a seeder is not paid, for people: its price, the budget, the channel; from any goroutine; nil: nobody
	Amount   func(channel.Asset, channel.Amount) string // an amount in what is told; nil, or "" where it does not know the asset: in smallest units
	House    *Tollhouse                                 // set: what is there already is seeded for pay (a relay); the caller closes it
	Log      *slog.Logger                               // nil: silence
}

// Downloader fetches torrents and pays for verified pieces.
type Downloader struct {
	config DownloaderConfig
	spend  *Spender
	node   *node
	log    *slog.Logger

	mu       sync.Mutex
	complete map[[20]byte][]bool      // pieces that were verified
	infos    map[[20]byte]*wantedInfo // torrents of magnet links, while nobody has said what they are
	failed   map[[20]byte]chan error  // why what comes of a torrent cannot be written, once it is so

	known   sync.Once
	checked chan struct{} // closed when it is known what is missing of a torrent
}

// Progress is how far a download is.
type Progress struct {
	Name     string
	Bytes    int64 // of Of, verified
	Of       int64
	Pieces   int
	PiecesOf int
	Peers    int
	Payees   int            // peers that are paid now
	Paid     channel.Amount // by this downloader since it was started, in all its downloads
	Payments int64
	Done     bool
}

// Result is a finished download.
type Result struct {
	Name      string
	InfoHash  [20]byte
	Bytes     int64
	Pieces    int
	Paid      channel.Amount
	Payments  int64
	Standings []Standing // with each payee
	Took      time.Duration
}

// NewDownloader starts a downloader. Close it.
func NewDownloader(ctx context.Context, c DownloaderConfig) (*Downloader, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Every == 0 {
		c.Every = time.Second
	}
	if c.Purses == nil {
		c.Want.OnlyFree = true
	}
	if err := writable(c.Dir); err != nil {
		return nil, err
	}
	d := &Downloader{config: c, log: c.Log, spend: NewSpender(c.Purses, c.Limits, c.Want, c.Log), complete: map[[20]byte][]bool{}, infos: map[[20]byte]*wantedInfo{}, failed: map[[20]byte]chan error{}, checked: make(chan struct{})}
	d.spend.told, d.spend.words = c.Told, c.Amount
	n, err := newNode(ctx, c.Net, &gates{rules: &rules{complete: d.has, info: d.wanted}, house: c.House, spend: d.spend}, c.Log)
	if err != nil {
		return nil, err
	}
	d.node = n
	if !c.Limits.Fast && !c.Want.OnlyFree {
		go d.choose(n.gates.ctx)
	}
	return d, nil
}

// choose chooses among the seeders from time to time, until ctx ends.
func (d *Downloader) choose(ctx context.Context) {
	tick := time.NewTicker(chooseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			d.spend.choose(d.links(), now)
		case <-d.spend.cheaper:
			d.spend.park(d.links())
		}
	}
}

func (d *Downloader) links() (links []*link) {
	d.node.gates.each(func(l *link) { links = append(links, l) })
	return links
}

// Addr is where peers connect to, host:port.
func (d *Downloader) Addr() string { return d.node.addr() }

// Spent is what was paid since the start, and in how many payments.
func (d *Downloader) Spent() (channel.Amount, int64) { return d.spend.Spent() }

// Close stops everything at once. Get has paid what is due before it returns.
func (d *Downloader) Close() error {
	err := d.node.close()
	d.spend.restAll(context.Background())
	return err
}

// Get fetches a torrent, pays for what is verified, and returns when all of it is there and paid. What is already in the directory is checked first and not
// fetched again. When ctx ends it returns what is known so far with the error.
func (d *Downloader) Get(ctx context.Context, src Source) (Result, error) {
	begun := time.Now()
	t, err := d.Start(ctx, src)
	if err != nil {
		return Result{}, err
	}
	err = d.Wait(ctx, t)
	r := d.Result(t)
	r.Took = time.Since(begun)
	return r, err
}

// Drop ends a torrent: nothing more of it is fetched, paid or relayed. Its files stay.
func (d *Downloader) Drop(t *bt.Torrent) {
	t.Drop()
	hashes := d.node.hashesOf(t.InfoHash())
	d.node.forget(t.InfoHash())
	if d.config.House != nil {
		d.config.House.forgetTorrent(hashes...)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, hash := range hashes {
		delete(d.complete, hash)
	}
	delete(d.failed, t.InfoHash())
}

// Start begins to fetch a torrent: its info is known and what is on disk was checked when it returns.
func (d *Downloader) Start(ctx context.Context, src Source) (*bt.Torrent, error) {
	spec, err := src.spec()
	if err != nil {
		return nil, err
	}
	if src.Torrent != nil {
		if err := src.accepts(src.Torrent); err != nil {
			return nil, err
		}
	}
	spec.Storage = fileStorage(d.config.Dir, true)
	want := d.want(spec.InfoHash)
	t, fresh, err := d.node.client.AddTorrentSpec(spec)
	if err != nil {
		d.wantNot(spec.InfoHash)
		return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	if fresh {
		d.node.tellDHT(t)
		d.node.track(t, spec.Trackers)
	}
	go redial(t, append(peerInfos(src.Peers), peerInfos(spec.PeerAddrs)...))
	if err := d.waitForInfo(ctx, t, src, want); err != nil {
		t.Drop()
		return nil, err
	}
	hashes := shortHashes(t.Metainfo().InfoBytes, t.Info())
	d.node.know(hashes, t.Info())
	if d.config.House != nil {
		d.config.House.SetPieceLength(t.Info().PieceLength, hashes...)
	}
	if err := checkDisk(ctx, t); err != nil {
		t.Drop()
		return nil, fmt.Errorf("checking what is already there: %w", err)
	}
	d.follow(t, hashes)
	d.watchDisk(t)
	t.DownloadAll()
	return t, nil
}

// watchDisk stops fetching a torrent once what comes cannot be written; see Failed.
func (d *Downloader) watchDisk(t *bt.Torrent) {
	failed := make(chan error, 1)
	d.mu.Lock()
	d.failed[t.InfoHash()] = failed
	d.mu.Unlock()
	t.SetOnWriteChunkError(func(err error) {
		t.DisallowDataDownload()
		select {
		case failed <- fmt.Errorf("writing %s: %w", t.Name(), err):
		default:
		}
	})
}

// Failed gives the error once what comes of a torrent that was started cannot be written, as on a full disk. Nothing more of it is fetched then.
func (d *Downloader) Failed(t *bt.Torrent) <-chan error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed[t.InfoHash()]
}

// redialEvery is how soon a peer that was named is called again after its connection broke: a seeder that restarts finds its downloaders back.
const redialEvery = 3 * time.Second

// redial keeps the named peers of a torrent known to the client, which forgets a peer once it has called it.
func redial(t *bt.Torrent, peers []bt.PeerInfo) {
	tick := time.NewTicker(redialEvery)
	defer tick.Stop()
	for {
		t.AddPeers(peers)
		select {
		case <-t.Closed():
			return
		case <-t.Complete().On():
			return
		case <-tick.C:
		}
	}
}

// Wait waits until a torrent is complete and paid for, or what comes of it cannot be written.
func (d *Downloader) Wait(ctx context.Context, t *bt.Torrent) error {
	ticker := time.NewTicker(d.config.Every)
	defer ticker.Stop()
	for {
		select {
		case <-t.Complete().On():
			d.settle(ctx)
			d.report(t, true)
			return nil
		case <-t.Closed():
			return errors.New("the download was dropped")
		case err := <-d.Failed(t):
			d.settle(ctx)
			d.report(t, false)
			return err
		case <-ctx.Done():
			return fmt.Errorf("fetching %s: %w", t.Name(), ctx.Err())
		case <-ticker.C:
			d.report(t, false)
		}
	}
}

// settle waits until every payee has what is due, or for lingerTime.
func (d *Downloader) settle(ctx context.Context) {
	defer d.spend.restOthers(context.WithoutCancel(ctx), nil)
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		open := false
		d.node.gates.each(func(l *link) {
			if l.payer.unfinished() {
				open = true
				l.payer.hurry()
			}
		})
		if !open {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

func (d *Downloader) report(t *bt.Torrent, done bool) {
	if d.config.Progress == nil {
		return
	}
	paid, payments := d.spend.Spent()
	p := Progress{
		Name: t.Name(), Bytes: t.BytesCompleted(), Of: t.Length(), PiecesOf: t.NumPieces(), Paid: paid, Payments: payments,
		Peers: t.Stats().ActivePeers, Done: done, Pieces: t.Stats().PiecesComplete,
	}
	d.node.gates.each(func(l *link) {
		if l.payer.active() {
			p.Payees++
		}
	})
	d.config.Progress(p)
}

// Result is how a torrent that was started stands; Took is left out.
func (d *Downloader) Result(t *bt.Torrent) Result {
	paid, payments := d.spend.Spent()
	return Result{
		Name: t.Name(), InfoHash: t.InfoHash(), Bytes: t.BytesCompleted(), Pieces: t.NumPieces(), Paid: paid, Payments: payments,
		Standings: d.spend.Standings(),
	}
}
