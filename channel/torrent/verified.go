package torrent

import (
	"context"
	"errors"
	"slices"
	"time"

	bt "github.com/anacrolix/torrent"
)

// checkDisk checks what of a torrent lies on disk. The client says that a piece was checked before it has marked it as good, in anacrolix/torrent v1.61.0 (Torrent.pieceHashed): who
// counted at once would now and then miss the last ones.
func checkDisk(ctx context.Context, t *bt.Torrent) error {
	if err := t.VerifyDataContext(ctx); err != nil {
		return err
	}
	for slices.ContainsFunc(t.PieceStateRuns(), func(r bt.PieceStateRun) bool { return r.Marking }) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.Closed():
			return errors.New("the torrent was dropped")
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// Missing says whether any piece is still to come, once what lies on disk was checked: whoever is about to lock money for it asks first. It says yes when ctx
// ends before that.
func (d *Downloader) Missing(ctx context.Context) bool {
	select {
	case <-d.checked:
	case <-ctx.Done():
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, pieces := range d.complete {
		if slices.Contains(pieces, false) {
			return true
		}
	}
	return false
}

// has says whether a piece was verified.
func (d *Downloader) has(hash [20]byte, index uint32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.complete[hash]
	return int(index) < len(list) && list[index]
}

// follow tells every connection of the torrent which pieces turn out good or bad. It begins when what is on disk was checked and nothing was asked for: a piece
// that fails that check is no seeder's, but the news of it would come while the first blocks of the same piece arrive.
func (d *Downloader) follow(t *bt.Torrent, hashes [][20]byte) {
	changes := t.SubscribePieceStateChanges()
	there := make([]bool, t.NumPieces())
	for i := range there {
		there[i] = t.PieceState(i).Complete
	}
	d.mu.Lock()
	for _, hash := range hashes {
		d.complete[hash] = there
	}
	d.mu.Unlock()
	d.known.Do(func() { close(d.checked) })
	go func() {
		defer changes.Close()
		hashing := make([]bool, t.NumPieces())
		for {
			select {
			case c, ok := <-changes.Values:
				if !ok {
					return
				}
				d.changed(t, hashes, hashing, c)
			case <-t.Closed():
				return
			}
		}
	}()
}

func (d *Downloader) changed(t *bt.Torrent, hashes [][20]byte, hashing []bool, c bt.PieceStateChange) {
	switch was := hashing[c.Index]; {
	case c.Complete:
		hashing[c.Index] = false
		d.mu.Lock()
		list := d.complete[hashes[0]] // nil when the torrent was dropped meanwhile
		known := list == nil || list[c.Index]
		if !known {
			list[c.Index] = true
		}
		d.mu.Unlock()
		if !known {
			d.judged(t, hashes, c.Index, true)
		}
	case c.Hashing || c.Marking || c.QueuedForHash:
		hashing[c.Index] = was || c.Hashing || c.Marking
	case was:
		hashing[c.Index] = false
		d.judged(t, hashes, c.Index, false)
	}
}

func (d *Downloader) judged(t *bt.Torrent, hashes [][20]byte, index int, good bool) {
	length := t.Piece(index).Info().Length()
	d.node.gates.each(func(l *link) {
		if slices.Contains(hashes, l.torrent()) {
			l.payer.judged(uint32(index), good, length)
		}
	})
}
