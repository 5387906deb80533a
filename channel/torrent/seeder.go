package torrent

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/wallet"
)

// SeederConfig is what a Seeder needs. House.Ledger and House.Offers are required.
type SeederConfig struct {
	House TollhouseConfig
	Net   NetConfig
	Log   *slog.Logger // nil: silence
	// Checking is told how far Add is with checking files, now and then; nil: nobody.
	Checking func(done, total int64)
	// Tending is how often it looks whether the files are still there and as they were; 0: half a minute.
	Tending time.Duration
}

// Seeder seeds torrents for pay: free riders by policy, payers as fast as they pay.
type Seeder struct {
	house    *Tollhouse
	node     *node
	log      *slog.Logger
	checking func(done, total int64)
	tending  time.Duration
}

// NewSeeder starts a seeder that has no torrent yet. Close it.
func NewSeeder(ctx context.Context, c SeederConfig) (*Seeder, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.House.Log == nil {
		c.House.Log = c.Log
	}
	house, err := OpenTollhouse(c.House)
	if err != nil {
		return nil, err
	}
	n, err := newNode(ctx, c.Net, &gates{rules: &rules{}, house: house}, c.Log)
	if err != nil {
		house.Close()
		return nil, err
	}
	return &Seeder{house: house, node: n, log: c.Log, checking: c.Checking, tending: cmp.Or(c.Tending, tendEvery)}, nil
}

// Add seeds a torrent whose files are under dir. It checks all of them against the hashes before it returns; ErrIncomplete when something is missing or changed. After an error nothing of
// a torrent stays that was not seeded before.
func (s *Seeder) Add(ctx context.Context, mi *metainfo.MetaInfo, dir string) error {
	info, err := check(mi)
	if err != nil {
		return err
	}
	spec, err := specOf(mi)
	if err != nil {
		return err
	}
	spec.Storage = fileStorage(dir, false)
	hashes := shortHashes(mi.InfoBytes, info)
	s.house.SetPieceLength(info.PieceLength, hashes...)
	for _, hash := range hashes {
		s.house.Call(hash, info.BestName())
	}
	t, fresh, err := s.node.client.AddTorrentSpec(spec)
	if err != nil {
		return fmt.Errorf("adding torrent %s: %w", info.BestName(), err)
	}
	s.node.know(hashes, info)
	seen := stamps(t, dir)
	if err := s.verify(ctx, t); err != nil {
		if fresh {
			s.Remove(hashes[0])
		}
		return fmt.Errorf("checking the files of %s: %w", info.BestName(), err)
	}
	if missing := t.BytesMissing(); missing > 0 {
		s.Remove(hashes[0])
		return &IncompleteError{Name: info.BestName(), Missing: missing, Of: info.TotalLength()}
	}
	t.DisallowDataDownload()
	if fresh {
		s.node.tellDHT(t)
		s.node.track(t, spec.Trackers)
		go s.tend(t, dir, seen)
	}
	s.log.Debug("seeding", "torrent", info.BestName(), "bytes", info.TotalLength(), "hash", t.InfoHash().HexString())
	return nil
}

// verify checks a torrent's files, and tells meanwhile how far it is.
func (s *Seeder) verify(ctx context.Context, t *bt.Torrent) error {
	if s.checking == nil {
		return checkDisk(ctx, t)
	}
	done := make(chan error, 1)
	go func() { done <- checkDisk(ctx, t) }()
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			s.checking(t.BytesCompleted(), t.Length())
		}
	}
}

// checkEvery is the time between two reports of a check.
const checkEvery = 200 * time.Millisecond

// IncompleteError says that files to seed are not what the torrent says.
type IncompleteError struct {
	Name        string
	Missing, Of int64 // bytes
}

// Error names the torrent.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("%s: %d of %d bytes are missing or differ from the torrent", e.Name, e.Missing, e.Of)
}

// Remove stops seeding a torrent. Its files stay.
func (s *Seeder) Remove(infoHash [20]byte) {
	if t, ok := s.node.client.Torrent(infoHash); ok {
		t.Drop()
	}
	s.house.forgetTorrent(s.node.hashesOf(infoHash)...)
	s.node.forget(infoHash)
}

// Connect makes the seeder dial a peer of a torrent.
func (s *Seeder) Connect(infoHash [20]byte, peers ...string) error {
	t, ok := s.node.client.Torrent(infoHash)
	if !ok {
		return fmt.Errorf("no torrent %x is seeded here", infoHash)
	}
	t.AddPeers(peerInfos(peers))
	return nil
}

// Addr is where peers connect to, host:port.
func (s *Seeder) Addr() string { return s.node.addr() }

// Totals counts what went through the gates since the start.
func (s *Seeder) Totals() Totals { return s.house.Totals() }

// Payers lists the accounts of everybody who has opened a session since the start.
func (s *Seeder) Payers() []PayerAccount { return s.house.Payers() }

// Trust is Tollhouse.Trust.
func (s *Seeder) Trust(hub wallet.Address) { s.house.Trust(hub) }

// Diary is what was sold, by torrent and day, the newest day first.
func (s *Seeder) Diary() []Sold { return s.house.Diary() }

// Close stops seeding.
func (s *Seeder) Close() error {
	err := s.node.close()
	s.house.Close()
	return err
}

func peerInfos(addresses []string) (list []bt.PeerInfo) {
	for _, a := range addresses {
		list = append(list, bt.PeerInfo{Addr: bt.StringAddr(a), Source: bt.PeerSourceDirect, Trusted: false})
	}
	return list
}
