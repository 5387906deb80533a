package torrent_test

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

const infoPart = 16 << 10

// informer is a peer that says what a torrent is (BEP 9), and may lie about it.
type informer struct {
	hash  [20]byte
	size  int64                // that it announces
	part  func(i int64) []byte // nil: it does not answer
	say   func(d wire.Dict)    // changes what comes before a part; nil: nothing
	asked atomic.Int64         // parts
	heard chan struct{}        // closed when the downloader hangs up
}

// of is an informer that says an info, whatever its hash is.
func of(hash [20]byte, info []byte) *informer {
	return &informer{hash: hash, size: int64(len(info)), part: func(i int64) []byte {
		at := min(i*infoPart, int64(len(info)))
		return info[at:min(at+infoPart, int64(len(info)))]
	}}
}

// connects has the informer dial a downloader, again and again until the test ends.
func (i *informer) connects(t *testing.T, address string) {
	i.heard = make(chan struct{}, 100)
	go func() {
		for ; t.Context().Err() == nil; time.Sleep(50 * time.Millisecond) {
			if conn, err := net.Dial("tcp", address); err == nil {
				stop := context.AfterFunc(t.Context(), func() { conn.Close() })
				_ = i.speak(conn)
				stop()
				conn.Close()
				select {
				case i.heard <- struct{}{}:
				default:
				}
			}
		}
	}()
}

func (i *informer) speak(conn net.Conn) error {
	shake := append([]byte(gate.Protocol), 0, 0, 0, 0, 0, 0x10, 0, 0x04)
	shake = append(append(shake, i.hash[:]...), "-IN0001-informer0001"...)
	h, m := wire.Dict{}, wire.Dict{}
	m.SetInt("ut_metadata", 3)
	h.SetDict("m", m)
	h.SetInt("metadata_size", i.size)
	if _, err := conn.Write(append(shake, gate.ExtendedFrame(0, h.Append(nil))...)); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, len(shake))); err != nil {
		return err
	}
	for id := uint8(0); ; {
		var prefix [4]byte
		if _, err := io.ReadFull(conn, prefix[:]); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(prefix[:]))
		if _, err := io.ReadFull(conn, body); err != nil {
			return err
		}
		if len(body) < 2 || body[0] != 20 {
			continue
		}
		if body[1] == 0 {
			h, err := wire.ParseHandshake(body[2:])
			if err != nil {
				return err
			}
			id = h.ID("ut_metadata")
			continue
		}
		if d, err := wire.ParseDict(body[2:]); err == nil && body[1] == 3 && i.part != nil {
			piece, _ := d.Int("piece")
			i.asked.Add(1)
			answer := wire.Dict{}
			answer.SetInt("msg_type", 1)
			answer.SetInt("piece", piece)
			answer.SetInt("total_size", i.size)
			if i.say != nil {
				i.say(answer)
			}
			if _, err := conn.Write(gate.ExtendedFrame(id, append(answer.Append(nil), i.part(piece)...))); err != nil {
				return err
			}
		}
	}
}

// fetches fetches a magnet link of a hash.
func fetches(t *testing.T, d *torrent.Downloader, hash [20]byte, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := d.Get(ctx, torrent.Source{Magnet: fmt.Sprintf("magnet:?xt=urn:btih:%x", hash)})
	return err
}

// TestMagnetLinksToBrokenTorrents: the hash is right, and the info is one that no client can use. People hear so, instead of waiting for ever, and the process lives: the client library
// panics over the second and runs out of stack over the last.
func TestMagnetLinksToBrokenTorrents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := metainfo.Info{Name: "film", Length: 5, PieceLength: 16 << 10, Pieces: make([]byte, 40)}
	noPieces := metainfo.Info{Name: "film", Length: 5, Pieces: make([]byte, 20), MetaVersion: 2}
	noPieces.FileTree.Dir = map[string]metainfo.FileTree{"film": {File: metainfo.FileTreeFile{Length: 5, PiecesRoot: strings.Repeat("x", 32)}}}
	for name, c := range map[string]struct {
		info []byte
		want string
	}{
		"hashes":      {bencode.MustMarshal(&broken), "2 piece hashes for 5 bytes"},
		"pieces of 0": {bencode.MustMarshal(&noPieces), "a piece length of 0"},
		"no bencode":  {[]byte("what?"), "not bencoded"},
		"nested":      {[]byte("d1:x" + strings.Repeat("l", 4<<20) + strings.Repeat("e", 4<<20) + "e"), "nested more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := w.downloader(nil, nil)
			hash := sha1.Sum(c.info)
			of(hash, c.info).connects(t, d.Addr())
			if err := fetches(t, d, hash, 20*time.Second); !errors.Is(err, torrent.ErrTorrent) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestPeersThatLieAboutTheInfo are cut off, and the torrent is fetched from somebody else, whatever they say before and meanwhile.
func TestPeersThatLieAboutTheInfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mi, sum := w.file(1*mib, 16<<10) // an info of 1.3 KiB
	hash := mi.HashInfoBytes()
	liars := map[string]*informer{
		"another info": of(hash, make([]byte, 20_000)),
		"too short":    {hash: hash, size: 40_000, part: func(int64) []byte { return []byte("short") }},
		"huge":         {hash: hash, size: 16<<20 + 1, part: func(int64) []byte { return make([]byte, infoPart) }},
		"nothing":      {hash: hash, size: 0, part: func(int64) []byte { return nil }},
		"other sizes":  {hash: hash, size: 40_000, part: func(int64) []byte { return make([]byte, infoPart) }, say: func(d wire.Dict) { d.SetInt("total_size", 1<<40) }},
		"other parts":  {hash: hash, size: 40_000, part: func(int64) []byte { return make([]byte, infoPart) }, say: func(d wire.Dict) { d.SetInt("piece", 1<<50) }},
		"other kinds":  {hash: hash, size: 40_000, part: func(int64) []byte { return make([]byte, infoPart) }, say: func(d wire.Dict) { d.SetInt("msg_type", 7) }},
		"silence":      {hash: hash, size: 40_000},
	}
	d := w.downloader(nil, nil)
	for _, l := range liars {
		l.connects(t, d.Addr())
	}
	failed := make(chan error, 1)
	go func() { failed <- fetches(t, d, hash, 30*time.Second) }()
	for name, l := range liars {
		if name == "silence" || name == "huge" || name == "nothing" { // the client does not ask these
			continue
		}
		for end := time.Now().Add(20 * time.Second); l.asked.Load() == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: was not asked", name)
			}
		}
		<-l.heard // it is cut off
	}
	of(hash, mi.InfoBytes).connects(t, d.Addr())
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
	dials(t, s, mi, d.Addr())
	if err := <-failed; err != nil || fetched(t, d, fmt.Sprintf("film-%d.bin", 1*mib)) != sum {
		t.Error(err)
	}
}
