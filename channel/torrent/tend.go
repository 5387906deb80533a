package torrent

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"
	"github.com/anacrolix/torrent/storage"
)

// Times of tending what is seeded.
const (
	tendEvery  = 30 * time.Second // between two looks at the files of a torrent
	tendAtMost = time.Hour        // between two checks of pieces that are not what they should be, while the files stay as they are; the first comes after a look, each next one after twice as long
)

// tend looks after the files of a torrent that is seeded, until it is removed. When one was changed, cut short or taken away, what differs is not sent any more, and it is again once the
// file is as it was.
// seen is the stamp of the files that were checked.
func (s *Seeder) tend(t *bt.Torrent, dir string, seen [sha256.Size]byte) {
	tick := time.NewTicker(s.tending)
	defer tick.Stop()
	wait, next, lacked := s.tending, time.Time{}, int64(0)
	for {
		select {
		case <-t.Closed():
			return
		case <-tick.C:
		}
		now := stamp(t.Info(), dir)
		changed := now != seen
		if changed {
			seen, wait, next = now, s.tending, time.Time{}
		}
		if !changed && (t.BytesMissing() == 0 || time.Now().Before(next)) {
			continue
		}
		recheck(t, changed)
		lacks := t.BytesMissing()
		switch {
		case lacks > 0 && lacks != lacked:
			s.log.Warn("files that are seeded cannot be read, or differ from the torrent; what differs is left out until they are as they were", "torrent", t.Name(), "folder", dir, "bytes", lacks, "of", t.Length())
		case lacks == 0 && lacked > 0:
			s.log.Info("the files are as they were, and all of them is seeded again", "torrent", t.Name())
		}
		lacked, next = lacks, time.Now().Add(wait)
		wait = min(2*wait, tendAtMost)
	}
}

// recheck checks all pieces of a torrent, or those that are not known to be good.
func recheck(t *bt.Torrent, all bool) {
	for i := range t.NumPieces() {
		p := t.Piece(i)
		if all || !p.State().Complete {
			_ = p.VerifyDataContext(context.Background()) // it ends with the torrent; what cannot be read stays incomplete
		}
	}
}

// stamp is what the sizes and times of a torrent's files come to.
func stamp(info *metainfo.Info, dir string) [sha256.Size]byte {
	h := sha256.New()
	for _, file := range info.UpvertedFiles() {
		at, err := os.Stat(filepath.Join(dir, filePath(storage.FilePathMakerOpts{Info: info, File: &file})))
		if err != nil {
			fmt.Fprintln(h, "none")
			continue
		}
		fmt.Fprintln(h, at.Size(), at.ModTime().UnixNano())
	}
	return [sha256.Size]byte(h.Sum(nil))
}
