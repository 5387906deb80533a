package live

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent"
)

// remove removes a chunk's file, or the part that came. The next viewer here removes what stays.
func (v *Viewer) remove(number int64) {
	for _, name := range names(number) {
		path := filepath.Join(v.config.Dir, name)
		_ = os.Remove(path)
		_ = os.Remove(path + ".part")
	}
}

// begin fetches a chunk beside everything else. mu must be held.
func (v *Viewer) begin(ctx context.Context, number int64, p *piece) {
	ctx, p.cancel = context.WithCancel(ctx)
	source := torrent.Source{
		Magnet: "magnet:?xt=urn:btih:" + hex.EncodeToString(p.chunk.Hash[:]), Peers: append(append([]string{}, v.config.Link.Peers...), v.peers...),
		Accept: accepting(p.chunk, names(number)),
	}
	v.tasks.Go(func() {
		err := v.fetch(ctx, p, source)
		v.mu.Lock()
		defer v.mu.Unlock()
		if err != nil || v.pieces[number] != p { // dropped while its last piece came
			v.remove(number)
		}
		if err != nil {
			p.lost = true
			v.status.Lost++
			v.config.Log.Debug("a chunk is left out", "chunk", number, "error", err)
		} else {
			p.ready, p.at, p.path = true, time.Now(), filepath.Join(v.config.Dir, p.torrent.Info().BestName())
			v.status.Fetched++
			v.status.Bytes += p.chunk.Bytes
			v.status.Ready = max(v.status.Ready, number)
		}
		v.tell()
	})
}

// fetch gets a chunk. A torrent that was dropped meanwhile was given up.
func (v *Viewer) fetch(ctx context.Context, p *piece, source torrent.Source) error {
	t, err := v.config.Loader.Start(ctx, source)
	if err != nil {
		return err
	}
	v.mu.Lock()
	p.torrent = t
	v.mu.Unlock()
	select {
	case <-t.Complete().On():
		return nil
	case <-t.Closed():
		return errors.New("it was dropped")
	case err := <-v.config.Loader.Failed(t):
		v.config.Log.Warn("a chunk cannot be written", "error", err)
		v.config.Loader.Drop(t)
		return err
	case <-ctx.Done():
		v.config.Loader.Drop(t)
		return ctx.Err()
	}
}

// accepting refuses a torrent that is not the one file that a chunk is.
func accepting(c Chunk, names []string) func(*metainfo.Info) error {
	return func(info *metainfo.Info) error {
		if info.IsDir() || !info.HasV1() || info.HasV2() || !slices.Contains(names, info.BestName()) || info.TotalLength() != c.Bytes {
			return fmt.Errorf("%w: the torrent of a chunk is one file %s of %d bytes", ErrList, strings.Join(names, " or "), c.Bytes)
		}
		return nil
	}
}
