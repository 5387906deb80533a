package torrent

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"
)

// hostile are infos by strangers, and why they are refused. Several end the client's process when it gets them, their hash being right.
func hostile() []hostileInfo {
	hash, root := make([]byte, 20), string(make([]byte, 32))
	v1 := func(length, pieceLength int64) []byte {
		return bencode.MustMarshal(&metainfo.Info{Name: "x", Length: length, PieceLength: pieceLength, Pieces: hash})
	}
	v2 := func(pieceLength, inTree int64, root string) []byte {
		info := metainfo.Info{Name: "x", Length: 5, PieceLength: pieceLength, Pieces: hash, MetaVersion: 2}
		info.FileTree.Dir = map[string]metainfo.FileTree{"x": {File: metainfo.FileTreeFile{Length: inTree, PiecesRoot: root}}}
		return bencode.MustMarshal(&info)
	}
	overflow := metainfo.Info{Name: "x", PieceLength: 16 << 10}
	for _, name := range []string{"a", "b", "c", "d"} {
		overflow.Files = append(overflow.Files, metainfo.FileInfo{Length: 1 << 62, Path: []string{name}})
	}
	nested := func(front, one string, n int, end string) []byte {
		return slices.Concat([]byte(front), bytes.Repeat([]byte(one), n), []byte("de"), bytes.Repeat([]byte("e"), n), []byte(end))
	}
	return []hostileInfo{
		{"nested more than", nested("d3:foo", "l", 1<<20, "4:name1:xe")},
		{"nested more than", nested("d9:file tree", "d1:a", 4000, "12:meta versioni2e4:name1:x12:piece lengthi16384ee")},
		{"unexpected eof", []byte("d6:lengthi5")},
		{"not bencoded", []byte("d99999999999999999999:x")},
		{"a file of 4611686018427387904 bytes", bencode.MustMarshal(&overflow)},
		{"a file of -5 bytes", v1(-5, 16<<10)},
		{"a piece length of -16384", v1(5, -16<<10)},
		{"a piece length of 1099511627776", v1(1<<40, 1<<40)},
		{"a piece length of 0", v2(0, 5, root)},
		{"a piece length of 1, in v2", v2(1, 5, root)},
		{"a piece length of -16384", v2(-16<<10, 5, root)},
		{"a piece length of 17408, in v2", v2(17<<10, 5, root)},
		{"a file of -5 bytes", v2(16<<10, -5, root)},
		{"the files of v1 are not those of v2", v2(16<<10, 500_000, root)},
		{"the files of v1 are not those of v2", v2(16<<10, 6, root)},
		{"a file of 1152921504606846976 bytes", v2(16<<10, 1<<60, root)},
		{"and a hash of 3", v2(16<<10, 5, "abc")},
		{"", v1(5, 16<<10)},
		{"", v2(16<<10, 5, root)},
	}
}

// hostileInfo is one of hostile, or, for comparison, one that is taken: want is empty.
type hostileInfo struct {
	want string
	info []byte
}

// TestHostileTorrents are refused before the client sees them.
func TestHostileTorrents(t *testing.T) {
	t.Parallel()
	for _, h := range hostile() {
		_, err := check(&metainfo.MetaInfo{InfoBytes: h.info})
		if h.want == "" && err != nil || h.want != "" && (!errors.Is(err, ErrTorrent) || !strings.Contains(strings.ToLower(err.Error()), h.want)) {
			t.Errorf("%v, want %q", err, h.want)
		}
	}
}

// FuzzTorrent hands the client every torrent that is taken: it gets along with it.
func FuzzTorrent(f *testing.F) {
	good := bencode.MustMarshal(&metainfo.Info{
		Name: "film", PieceLength: 16 << 10, Pieces: make([]byte, 40),
		Files: []metainfo.FileInfo{{Length: 5, Path: []string{"a"}}, {Length: 20 << 10, Path: []string{"b", "c"}}},
	})
	for _, h := range append(hostile(), hostileInfo{info: good}) {
		if len(h.info) < 1<<10 {
			f.Add(slices.Concat([]byte("d4:info"), h.info, []byte("e")))
		}
	}
	files, err := filepath.Glob("testdata/*.torrent")
	if err != nil || len(files) == 0 {
		f.Fatal("no torrents in testdata", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	n, err := newNode(context.Background(), NetConfig{Listen: "127.0.0.1:0", NoTrackers: true}, &gates{rules: &rules{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = n.close() })
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		mi, err := parse(b)
		if err != nil {
			return
		}
		info, err := check(mi)
		if err != nil || info.TotalLength() > 1<<20 {
			return
		}
		paddingOf(info)
		spec, err := specOf(mi)
		if err != nil {
			return
		}
		spec.Storage = fileStorage(dir, true)
		added, _, err := n.client.AddTorrentSpec(spec)
		if err != nil {
			return
		}
		defer added.Drop()
		if err := added.VerifyDataContext(t.Context()); err != nil {
			t.Error(err)
		}
		added.DownloadAll()
	})
}
