package torrent

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"
)

// TestTorrentsThatAreRefused: a stranger's torrent is refused for what no disk can hold and for what the client would stumble over, and not for padding.
func TestTorrentsThatAreRefused(t *testing.T) {
	const kib = 1 << 10
	hashes := make([]byte, 20)
	file := func(length int64, path ...string) metainfo.FileInfo {
		return metainfo.FileInfo{Length: length, Path: path}
	}
	padding := file(kib, ".pad", "1024")
	padding.Attr = "p"
	for _, c := range []struct {
		name string
		info metainfo.Info
		want string // empty: it is taken
	}{
		{"a file", metainfo.Info{Name: "film", Length: 16 * kib}, ""},
		{"files", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(8*kib, "a", "b"), file(4*kib, "a", "c"), file(0, "d")}}, ""},
		{"padding", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(8*kib, "a"), padding, file(4*kib, "b"), padding}}, ""},
		{"out of its folder", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(16*kib, "..", "..", "evil")}}, "no file can be named"},
		{"out of its folder at once", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(16*kib, "../../evil")}}, "no file can be named"},
		{"to the root", metainfo.Info{Name: "/etc/passwd", Length: 16 * kib}, "no file can be named"},
		{"its folder's folder", metainfo.Info{Name: "..", Files: []metainfo.FileInfo{file(16*kib, "evil")}}, "no file can be named"},
		{"no name", metainfo.Info{Length: 16 * kib}, "no file can be named"},
		{"a zero in the name", metainfo.Info{Name: "a\x00b", Length: 16 * kib}, "no file can be named"},
		{"a long name", metainfo.Info{Name: strings.Repeat("x", maxFileName+1), Length: 16 * kib}, "no file can be named"},
		{"a file without a name", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(16 * kib)}}, "without a name"},
		{"two files in one place", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(8*kib, "a"), file(8*kib, "a")}}, "two files"},
		{"a file and a folder in one place", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(8*kib, "a"), file(8*kib, "a", "b")}}, "two files"},
		{"and the other way round", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(8*kib, "a", "b"), file(8*kib, "a")}}, "two files"},
		{"less than nothing", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(-8*kib, "a"), file(24*kib, "b")}}, "a file of -8192 bytes"},
		{"more than there is", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(maxContent, "a"), file(16*kib, "b")}}, "a file of 16384 bytes"},
		{"nothing", metainfo.Info{Name: "film", Files: []metainfo.FileInfo{file(0, "a")}}, "nothing in it"},
		{"a huge piece", metainfo.Info{Name: "film", Length: 16 * kib, PieceLength: maxPieceLength + 1}, "a piece length of"},
		{"too few hashes", metainfo.Info{Name: "film", Length: 17 * kib}, "1 piece hashes for"},
	} {
		if c.info.PieceLength == 0 {
			c.info.PieceLength = 16 * kib
		}
		c.info.Pieces = hashes
		raw, err := bencode.Marshal(c.info)
		if err != nil {
			t.Fatal(err)
		}
		_, err = check(&metainfo.MetaInfo{InfoBytes: raw})
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrTorrent) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestAddedTrackersReplaceNone: a torrent with one tracker, as older programs write it, keeps that beside one that is added.
func TestAddedTrackersReplaceNone(t *testing.T) {
	const own, more = "http://one.example/announce", "udp://two.example:80"
	for _, mi := range []*metainfo.MetaInfo{{Announce: own}, {Announce: own, AnnounceList: metainfo.AnnounceList{{own}}}, {AnnounceList: metainfo.AnnounceList{{own}}}} {
		for range 2 {
			AddTrackers(mi, more)
		}
		if got := mi.UpvertedAnnounceList().DistinctValues(); !slices.Equal(got, []string{own, more}) {
			t.Errorf("%v", got)
		}
	}
}
