package torrent

import (
	"context"
	"os"
	"path/filepath"
	"time"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/storage"
)

// Times of tending what is seeded.
const (
	tendEvery  = 30 * time.Second // between two looks at the files of a torrent
	tendAtMost = time.Hour        // between two checks of pieces that are not what they should be, while the files stay as they are; the first comes after a look, each next one after twice as long
)

// stamp is by what a file is seen to have changed; zero for one that is not there.
type stamp struct{ size, time int64 }

// tend looks after the files of a torrent that is seeded, whose stamps when they were checked are given, until it is removed. When one was changed, cut short or taken away, what
// differs is not sent any more, and it is again once the file is as it was.
func (s *Seeder) tend(t *bt.Torrent, dir string, seen []stamp) {
	tick := time.NewTicker(s.tending)
	defer tick.Stop()
	wait, next, lacked := s.tending, time.Time{}, int64(0)
	for {
		select {
		case <-t.Closed():
			return
		case <-tick.C:
		}
		now := stamps(t, dir)
		suspects := changed(t, seen, now)
		if len(suspects) > 0 {
			seen, wait, next = now, s.tending, time.Time{}
		}
		if len(suspects) == 0 && (t.BytesMissing() == 0 || time.Now().Before(next)) {
			continue
		}
		recheck(t, suspects)
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

// stamps are those of a torrent's files, in their order.
func stamps(t *bt.Torrent, dir string) []stamp {
	all := make([]stamp, len(t.Files()))
	for i, f := range t.Files() {
		info := f.FileInfo()
		if at, err := os.Stat(filepath.Join(dir, filePath(storage.FilePathMakerOpts{Info: t.Info(), File: &info}))); err == nil {
			all[i] = stamp{at.Size(), at.ModTime().UnixNano()}
		}
	}
	return all
}

// changed are the pieces of files whose stamps differ.
func changed(t *bt.Torrent, was, is []stamp) map[int]bool {
	pieces := map[int]bool{}
	for i, f := range t.Files() {
		if was[i] == is[i] {
			continue
		}
		for n := f.BeginPieceIndex(); n < f.EndPieceIndex(); n++ {
			pieces[n] = true
		}
	}
	return pieces
}

// recheck checks the suspected pieces of a torrent, and those that are not known to be good.
func recheck(t *bt.Torrent, suspects map[int]bool) {
	for i := range t.NumPieces() {
		p := t.Piece(i)
		if suspects[i] || !p.State().Complete {
			_ = p.VerifyDataContext(context.Background()) // it ends with the torrent; what cannot be read stays incomplete
		}
	}
}
