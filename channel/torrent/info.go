package torrent

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// Who fetches by a magnet link learns from its peers what the torrent is (BEP 9). The link takes their answers out of the stream, and the Downloader hands the info to the client once it
// was checked: the client itself ends the process over some infos whose hash is right, and waits for ever over others.

// Bounds of what peers say about a torrent.
const (
	maxInfo     = 16 << 20         // bytes of an info; the client asks for no longer one
	maxHeldInfo = 64 << 20         // bytes of infos that are not whole, from all peers of a torrent together
	infoPart    = 16 << 10         // bytes of a part; the last one is shorter
	infoTime    = 30 * time.Second // that a peer has for all parts, from the first one on
)

// The kinds of ut_metadata messages.
const (
	infoRequest = 0
	infoData    = 1
	infoReject  = 2
)

// fieldInfoSize is how many bytes an info has, in extended handshakes.
const fieldInfoSize = "metadata_size"

// wantedInfo is a torrent whose info nobody has said yet.
type wantedInfo struct {
	found chan []byte // gets an info whose hash is right; has room for one
	held  atomic.Int64
}

func newWantedInfo() *wantedInfo { return &wantedInfo{found: make(chan []byte, 1)} }

// want has the links keep what peers say of a torrent.
func (d *Downloader) want(hash [20]byte) *wantedInfo {
	want := newWantedInfo()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.infos[hash] = want
	return want
}

// wanted is what want was called for, until wantNot is.
func (d *Downloader) wanted(hash [20]byte) *wantedInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.infos[hash]
}

// wantNot takes want back.
func (d *Downloader) wantNot(hash [20]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.infos, hash)
}

// quietTime is how long nobody may say what a torrent is before people are told.
const quietTime = 10 * time.Second

// waitForInfo waits until a peer has said what the torrent is, and it is one that can be used.
func (d *Downloader) waitForInfo(ctx context.Context, t *bt.Torrent, src Source, want *wantedInfo) error {
	defer d.wantNot(t.InfoHash())
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	for {
		select {
		case <-t.GotInfo():
			return nil
		case info := <-want.found:
			if err := src.accepts(&metainfo.MetaInfo{InfoBytes: info}); err != nil {
				return err
			}
			if err := t.SetInfoBytes(info); err != nil {
				return fmt.Errorf("%w: %w", ErrTorrent, err)
			}
		case <-t.Closed():
			return errors.New("the download was dropped")
		case <-ctx.Done():
			return fmt.Errorf("waiting for the torrent's info from a peer: %w", ctx.Err())
		case <-quiet.C:
			d.spend.tell(fmt.Sprintf("no peer has said yet what this torrent is, of %d that are known; waiting for one", t.Stats().TotalPeers))
		}
	}
}

// infoParts is what one peer has said of an info.
type infoParts struct {
	want  *wantedInfo
	size  int64
	parts [][]byte
	left  int // parts that are still to come
}

// newInfoParts waits for an info of that many bytes, at least one.
func newInfoParts(want *wantedInfo, size int64) *infoParts {
	n := int((size + infoPart - 1) / infoPart)
	return &infoParts{want: want, size: size, parts: make([][]byte, n), left: n}
}

// take takes one part, and gives the info once it is whole. A part that came already counts for nothing.
func (i *infoParts) take(piece, size int64, data []byte) ([]byte, error) {
	if size != i.size || piece >= int64(len(i.parts)) || int64(len(data)) != min(infoPart, size-piece*infoPart) {
		return nil, fmt.Errorf("%w: part %d of an info, of %d bytes", gate.ErrStream, piece, len(data))
	}
	if i.parts[piece] != nil {
		return nil, nil
	}
	if i.want.held.Add(int64(len(data))) > maxHeldInfo {
		i.want.held.Add(-int64(len(data)))
		return nil, errors.New("peers say more about this torrent than can be kept")
	}
	i.parts[piece] = bytes.Clone(data)
	if i.left--; i.left > 0 {
		return nil, nil
	}
	return bytes.Join(i.parts, nil), nil
}

// drop gives back the room that the parts took.
func (i *infoParts) drop() {
	if i == nil {
		return
	}
	for _, p := range i.parts {
		i.want.held.Add(-int64(len(p)))
	}
	i.parts = nil
}

// peerInforms reads a message about the info. Requests for it go on to the client, written anew; what the peer says of it does not.
func (l *link) peerInforms(id uint8, payload []byte) ([]byte, error) {
	d, data, err := wire.ParseDictBefore(payload)
	if err != nil {
		return nil, err
	}
	kind, known := d.Int("msg_type")
	piece, numbered := d.Int("piece")
	switch {
	case !known || !numbered || kind > infoReject || piece >= maxInfo/infoPart:
		return nil, fmt.Errorf("%w: a message about the info", gate.ErrStream)
	case kind == infoRequest:
		request := wire.Dict{}
		request.SetInt("msg_type", infoRequest)
		request.SetInt("piece", piece)
		return gate.ExtendedFrame(id, request.Append(nil)), nil
	case kind == infoData:
		size, _ := d.Int("total_size")
		return nil, l.peerSaysInfo(piece, size, data)
	}
	return nil, nil
}

// peerSaysInfo takes a part of the info, if it is not known yet.
func (l *link) peerSaysInfo(piece, size int64, data []byte) error {
	want := l.rules.info(l.hash)
	if want == nil {
		l.info.drop()
		l.info = nil
		return nil
	}
	if l.info == nil {
		if size == 0 || size > maxInfo {
			return fmt.Errorf("%w: an info of %d bytes", gate.ErrStream, size)
		}
		parts := newInfoParts(want, size)
		l.info = parts
		time.AfterFunc(infoTime, func() { l.infoIsLate(parts) })
	}
	info, err := l.info.take(piece, size, data)
	if err != nil || info == nil {
		return err
	}
	l.info.drop()
	if sha1.Sum(info) != l.hash {
		return errors.New("the peer's info is not the torrent's")
	}
	select {
	case want.found <- info:
	default: // another peer was as fast
	}
	return nil
}

// infoIsLate ends a connection whose peer has begun to say what the torrent is and does not go on.
func (l *link) infoIsLate(i *infoParts) {
	l.mu.Lock()
	late := l.info == i && i.left > 0
	l.mu.Unlock()
	if late {
		l.end(errors.New("the peer does not say what the torrent is"))
	}
}
