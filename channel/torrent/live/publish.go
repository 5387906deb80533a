package live

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// DefaultKeep is how many chunks a publisher keeps and lists when nothing else is said.
const DefaultKeep = 12

// Seeder seeds chunks; *torrent.Seeder does.
type Seeder interface {
	// Add seeds a torrent whose files are in dir.
	Add(ctx context.Context, mi *metainfo.MetaInfo, dir string) error
	// Remove stops seeding one.
	Remove(infoHash [20]byte)
}

// PublisherConfig is what a Publisher needs. All but Keep and Log is required.
type PublisherConfig struct {
	Dir    string // of this stream alone: its newest chunks, and the list
	Key    ed25519.PrivateKey
	Salt   []byte // of the stream, at most 64 bytes
	Seeder Seeder
	Board  *Board
	Keep   int // chunks that are kept and listed, at most MaxListed; 0: DefaultKeep
	Log    *slog.Logger
}

// Publisher publishes the chunks of a stream. It is not safe for concurrent use.
type Publisher struct {
	config PublisherConfig
	list   List
	fresh  bool // nothing was published since it was opened
}

// listFile is where the newest list lies, signed: whoever is started again goes on from it.
const listFile = "list.item"

// OpenPublisher takes up a stream where an earlier run left it, or begins one. Files in the folder that are no chunks of it are removed.
func OpenPublisher(ctx context.Context, c PublisherConfig) (*Publisher, error) {
	if c.Keep == 0 {
		c.Keep = DefaultKeep
	}
	if c.Keep < 2 || c.Keep > MaxListed {
		return nil, fmt.Errorf("keeping %d chunks: want 2 to %d", c.Keep, MaxListed)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the stream: %w", err)
	}
	p := &Publisher{config: c, fresh: true}
	it, err := p.restore()
	if err != nil {
		return nil, err
	}
	if err := p.sweep(); err != nil {
		return nil, err
	}
	for number := p.list.First; number < p.list.Next(); number++ {
		if err := p.seed(ctx, number); err != nil {
			c.Log.Warn("a chunk of the last run is not seeded", "chunk", number, "error", err)
		}
	}
	if it != nil {
		c.Board.pin(it)
	}
	return p, nil
}

// restore reads the list of an earlier run, nil when there is none.
func (p *Publisher) restore() (*item, error) {
	text, err := os.ReadFile(filepath.Join(p.config.Dir, listFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	d, err := wire.ParseDict(text)
	if err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	it, list, err := p.Stream().open(d)
	if err != nil {
		return nil, fmt.Errorf("reading the list of the last run: %w", err)
	}
	p.list = *list
	return it, nil
}

// sweep removes what does not belong to the listed chunks.
func (p *Publisher) sweep() error {
	entries, err := os.ReadDir(p.config.Dir)
	if err != nil {
		return fmt.Errorf("reading the folder of the stream: %w", err)
	}
	keep := []string{listFile}
	for number := p.list.First; number < p.list.Next(); number++ {
		keep = append(keep, names(number)...)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !slices.Contains(keep, e.Name()) {
			_ = os.Remove(filepath.Join(p.config.Dir, e.Name()))
		}
	}
	return nil
}

// Stream is what is published.
func (p *Publisher) Stream() Stream {
	return Stream{Key: [ed25519.PublicKeySize]byte(p.config.Key.Public().(ed25519.PublicKey)), Salt: p.config.Salt}
}

// List is the newest list.
func (p *Publisher) List() List { return p.list }

// Publish publishes a chunk: it is seeded and on disk, and so is the list, before anybody hears of it. Its file moves into the publisher's folder.
func (p *Publisher) Publish(ctx context.Context, c Cut) error {
	stat, err := os.Stat(c.Path)
	if err != nil {
		return fmt.Errorf("publishing a chunk: %w", err)
	}
	if stat.Size() > MaxChunkBytes {
		return fmt.Errorf("a chunk of %d MiB: at most %d are published; cut shorter ones", stat.Size()>>20, MaxChunkBytes>>20)
	}
	if stat.Size() == 0 {
		return os.Remove(c.Path)
	}
	next := p.list
	next.Format, next.Ended, next.At = c.Format, false, time.Now()
	next.Chunks = append(slices.Clone(p.list.Chunks), Chunk{Bytes: stat.Size(), Length: c.Length, Break: p.fresh && p.list.Next() > 0})
	number := next.Next() - 1
	path := filepath.Join(p.config.Dir, next.Name(number))
	if err := os.Rename(c.Path, path); err != nil {
		return fmt.Errorf("publishing a chunk: %w", err)
	}
	mi, err := torrent.Create(path, torrent.CreateConfig{PieceLength: pieceLength(stat.Size())})
	if err != nil {
		return fmt.Errorf("publishing chunk %d: %w", number, err)
	}
	if err := p.config.Seeder.Add(ctx, mi, p.config.Dir); err != nil {
		return fmt.Errorf("publishing chunk %d: %w", number, err)
	}
	next.Chunks[len(next.Chunks)-1].Hash = mi.HashInfoBytes()
	over := max(0, len(next.Chunks)-p.config.Keep)
	next.First, next.Chunks = next.First+int64(over), next.Chunks[over:]
	old := p.list
	if err := p.pin(&next); err != nil {
		return err
	}
	p.fresh = false
	p.forget(&old)
	return nil
}

// End says that no chunk will follow. The chunks stay seeded.
func (p *Publisher) End() error {
	next := p.list
	next.Ended = true
	if len(next.Chunks) == 0 {
		return nil
	}
	return p.pin(&next)
}

// pin makes a list the newest one, durable before it is told.
func (p *Publisher) pin(l *List) error {
	it := sign(l, p.config.Key, p.config.Salt)
	if err := wallet.WriteFile(filepath.Join(p.config.Dir, listFile), it.dict(p.config.Key.Public().(ed25519.PublicKey), p.config.Salt).Append(nil)); err != nil {
		return fmt.Errorf("keeping the list: %w", err)
	}
	p.list = *l
	p.config.Board.pin(it)
	return nil
}

// forget drops the chunks of an older list that are not listed any more.
func (p *Publisher) forget(old *List) {
	for number := old.First; number < min(old.Next(), p.list.First); number++ {
		p.config.Seeder.Remove(old.Chunks[number-old.First].Hash)
		for _, name := range names(number) {
			if err := os.Remove(filepath.Join(p.config.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				p.config.Log.Warn("an old chunk stays on the disk", "chunk", number, "error", err)
			}
		}
	}
}

// seed seeds a chunk that is on disk and listed.
func (p *Publisher) seed(ctx context.Context, number int64) (err error) {
	chunk, _ := p.list.Chunk(number)
	for _, name := range names(number) {
		mi, createErr := torrent.Create(filepath.Join(p.config.Dir, name), torrent.CreateConfig{PieceLength: pieceLength(chunk.Bytes)})
		switch {
		case createErr != nil:
			err = errors.Join(err, createErr)
		case mi.HashInfoBytes() == chunk.Hash:
			return p.config.Seeder.Add(ctx, mi, p.config.Dir)
		default:
			err = errors.Join(err, errors.New("it has changed on the disk"))
		}
	}
	return err
}

// pieceLength of a chunk: about 64 pieces, so that viewers have something to trade while it comes.
func pieceLength(size int64) int64 {
	length := int64(32 << 10)
	for length < 1<<20 && size/length > 64 {
		length *= 2
	}
	return length
}
