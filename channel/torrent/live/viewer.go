package live

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	bt "github.com/anacrolix/torrent"

	"github.com/piecework/piecework/channel/torrent"
)

// Bounds of a viewer.
const (
	defaultViewerKeep = 8 // chunks that a viewer keeps, for its player and for others
	mostBehind        = 3 // chunks behind the newest: whoever is further behind leaves some out
)

// ViewerConfig is what a Viewer needs. Keep and Log may be left out.
type ViewerConfig struct {
	Link   Link
	Loader *torrent.Downloader // its folder belongs to this stream alone
	Dir    string              // that folder
	Keep   int                 // chunks that are kept; 0: 8
	Log    *slog.Logger
}

// Viewer follows a stream from now on: it fetches each new chunk from the publisher and from other viewers, and passes it on to them.
type Viewer struct {
	config ViewerConfig

	mu      sync.Mutex
	changed chan struct{} // closed at every change
	list    *List
	peers   []string
	next    int64 // the first chunk that was not begun; -1: none was
	pieces  map[int64]*piece
	status  Status
	trouble error // the last, while the list does not come
	done    bool
	tasks   sync.WaitGroup
}

// piece is a chunk that is fetched, was fetched, or was given up.
type piece struct {
	chunk   Chunk
	path    string // where its file is; "" until it is ready
	cancel  context.CancelFunc
	torrent *bt.Torrent // nil until its info is there
	ready   bool
	lost    bool
	heard   time.Time // when it was listed first
	at      time.Time // when it was there
}

// Piece is a chunk that is here.
type Piece struct {
	Chunk
	Number int64
	Path   string
	Heard  time.Time // when it was listed first
	At     time.Time // when all of it was here
	Gap    bool      // the one before it is missing
}

// Status is how a viewer stands.
type Status struct {
	Newest  int64 // number of the newest chunk that is listed; -1: none
	Ready   int64 // of the newest that is here
	Fetched int64 // chunks
	Lost    int64 // chunks that came too late and were left out
	Bytes   int64 // fetched
	Peers   int   // connected for the newest chunk
	Ended   bool
	Trouble error // why no list comes; nil when it comes
}

// NewViewer makes a viewer. Chunks that an earlier one left in the folder are removed.
func NewViewer(c ViewerConfig) (*Viewer, error) {
	if c.Keep == 0 {
		c.Keep = defaultViewerKeep
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, pattern := range []string{"[0-9]*.ts*", "[0-9]*.bin*"} {
		old, err := filepath.Glob(filepath.Join(c.Dir, pattern))
		if err != nil {
			return nil, fmt.Errorf("looking for old chunks: %w", err)
		}
		for _, file := range old {
			_ = os.Remove(file)
		}
	}
	return &Viewer{config: c, changed: make(chan struct{}), next: -1, pieces: map[int64]*piece{}, status: Status{Newest: -1, Ready: -1}}, nil
}

// Run follows the stream until it ends, or ctx does. What was fetched is paid when it returns.
func (v *Viewer) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer v.finish()
	go poll(ctx, v.config.Link, v.port(), func(n news) { v.told(ctx, n) }, v.failed)
	for {
		v.mu.Lock()
		over, changed := v.over(), v.changed
		v.mu.Unlock()
		if over {
			return v.settle(ctx)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// port is where others connect.
func (v *Viewer) port() int {
	_, text, _ := net.SplitHostPort(v.config.Loader.Addr())
	port, _ := strconv.Atoi(text)
	return port
}

// finish ends what is still fetched, and tells whoever waits.
func (v *Viewer) finish() {
	v.mu.Lock()
	for _, p := range v.pieces {
		p.cancel()
	}
	v.done = true
	v.tell()
	v.mu.Unlock()
	v.tasks.Wait()
}

// settle waits until the last chunks are paid.
func (v *Viewer) settle(ctx context.Context) error {
	if t := v.here(); t != nil {
		return v.config.Loader.Wait(ctx, t)
	}
	return nil
}

// here is the torrent of a chunk that is here, nil when none is.
func (v *Viewer) here() *bt.Torrent {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.pieces {
		if p.ready {
			return p.torrent
		}
	}
	return nil
}

// over says whether the stream has ended and all of it is here. mu must be held.
func (v *Viewer) over() bool {
	if v.list == nil || !v.list.Ended || v.next < v.list.Next() {
		return false
	}
	for _, p := range v.pieces {
		if !p.ready && !p.lost {
			return false
		}
	}
	return true
}

// tell wakes whoever waits. mu must be held.
func (v *Viewer) tell() {
	close(v.changed)
	v.changed = make(chan struct{})
}

func (v *Viewer) failed(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.trouble == nil {
		v.config.Log.Info("the list does not come", "error", err)
	}
	v.trouble = err
	v.tell()
}

// told takes a list and the peers of now.
func (v *Viewer) told(ctx context.Context, n news) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.done {
		return
	}
	v.trouble, v.peers = nil, n.peers
	if v.list == nil || v.list.seq() < n.list.seq() {
		v.list = n.list
		v.advance(ctx)
	}
	v.tell()
}

// advance begins the chunks that are new, gives up those that come too late, and drops the old ones. mu must be held.
func (v *Viewer) advance(ctx context.Context) {
	end := v.list.Next()
	if v.next < 0 {
		v.next = max(v.list.First, end-1)
	}
	if missed := v.list.First - v.next; missed > 0 { // however many: whoever publishes chooses the numbers
		v.status.Lost += missed
		v.next = v.list.First
	}
	for v.next < end {
		chunk, _ := v.list.Chunk(v.next)
		p := &piece{chunk: chunk, heard: time.Now(), cancel: func() {}, lost: end-v.next > mostBehind}
		v.pieces[v.next] = p
		if p.lost {
			v.status.Lost++
		} else {
			v.begin(ctx, v.next, p)
		}
		v.next++
	}
	for number, p := range v.pieces {
		if end-number > mostBehind && !p.ready && !p.lost {
			p.cancel()
		}
		if end-number > int64(v.config.Keep) {
			v.drop(number, p)
		}
	}
}

// drop forgets a chunk. mu must be held.
func (v *Viewer) drop(number int64, p *piece) {
	p.cancel()
	delete(v.pieces, number)
	if p.torrent != nil {
		v.config.Loader.Drop(p.torrent)
	}
	if p.ready || p.lost { // a block of a lost one may have been written just after it was removed
		v.remove(number)
	}
}

// Next gives the first chunk behind a number that is here; those in between were left out. It waits for one that is on its way, and gives io.EOF when the
// stream has ended.
func (v *Viewer) Next(ctx context.Context, after int64) (Piece, error) {
	for {
		v.mu.Lock()
		piece, here := v.behind(after)
		over, changed := v.done || v.over(), v.changed
		v.mu.Unlock()
		switch {
		case here:
			return piece, nil
		case over:
			return Piece{}, io.EOF
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Piece{}, ctx.Err()
		}
	}
}

// behind finds the chunk that a player shows after another. mu must be held.
func (v *Viewer) behind(after int64) (Piece, bool) {
	if v.list == nil {
		return Piece{}, false
	}
	for number := max(after+1, v.next-int64(v.config.Keep)); number < v.next; number++ {
		p := v.pieces[number]
		switch {
		case p == nil || p.lost:
		case !p.ready:
			return Piece{}, false
		default:
			return Piece{Chunk: p.chunk, Number: number, Path: p.path, Heard: p.heard, At: p.at, Gap: number != after+1}, true
		}
	}
	return Piece{}, false
}

// Begin waits until a player can begin without stalling soon, and says behind which number: at the newest chunks that are here and follow each other, at most
// so many. It waits for a second chunk, but no longer than one and three quarters of a chunk after it heard of the first: what takes longer than that from its
// publication would stall the player either way, and the screen stays less than three chunks behind the camera.
func (v *Viewer) Begin(ctx context.Context, most int) (int64, error) {
	first, err := v.Next(ctx, -1)
	if err != nil {
		return 0, err
	}
	second, cancel := context.WithDeadline(ctx, first.Heard.Add(first.Length*7/4))
	defer cancel()
	if _, err := v.Next(second, first.Number); err != nil && ctx.Err() != nil {
		return 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	number := v.status.Ready
	for range most {
		if p := v.pieces[number]; p == nil || !p.ready {
			break
		}
		number--
	}
	return number, nil
}

// Status is how the viewer stands.
func (v *Viewer) Status() Status {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.status
	s.Trouble = v.trouble
	if v.list != nil {
		s.Newest, s.Ended = v.list.Next()-1, v.list.Ended
	}
	if p := v.pieces[v.next-1]; p != nil && p.torrent != nil {
		s.Peers = p.torrent.Stats().ActivePeers
	}
	return s
}

// Format is what the stream is, once there is a list.
func (v *Viewer) Format() Format {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.list == nil {
		return Bytes
	}
	return v.list.Format
}
