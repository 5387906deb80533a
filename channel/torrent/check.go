package torrent

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/anacrolix/torrent/metainfo"
)

// What a torrent may be at most.
const (
	maxPieceLength = 1 << 30 // bytes; libtorrent takes an eighth of it
	maxContent     = 1 << 50 // bytes of all files
	maxFileName    = 255     // bytes, as file systems have it
	maxNesting     = 100     // folders in folders, and the bencoding about them
)

// check reads a torrent's info, and refuses a torrent that the client would stumble over, or whose files could not all be written. It may be a stranger's.
func check(mi *metainfo.MetaInfo) (*metainfo.Info, error) {
	err := checkDepth(mi.InfoBytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	info, err := mi.UnmarshalInfo()
	if err == nil {
		err = checkInfo(&info)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	return &info, nil
}

func checkInfo(info *metainfo.Info) error {
	switch {
	case info.PieceLength <= 0 || info.PieceLength > maxPieceLength:
		return fmt.Errorf("a piece length of %d", info.PieceLength)
	case info.HasV1() && len(info.Pieces)%20 != 0:
		return errors.New("the piece hashes are cut off")
	}
	if info.HasV2() {
		if err := checkV2(info); err != nil {
			return err
		}
	}
	if err := checkFiles(info); err != nil {
		return err
	}
	if hashes := len(info.Pieces) / 20; info.HasV1() && hashes != pieces(info) {
		return fmt.Errorf("%d piece hashes for %d bytes", hashes, info.TotalLength())
	}
	return nil
}

// checkDepth refuses bencoding that is nested so deep that reading it takes a time or a stack without bound: every level of a v2 torrent's folders is read once for each level above.
func checkDepth(b []byte) error {
	for depth := 0; len(b) > 0; {
		switch c := b[0]; {
		case c == 'd' || c == 'l':
			if depth++; depth > maxNesting {
				return fmt.Errorf("nested more than %d deep", maxNesting)
			}
			b = b[1:]
		case c == 'e':
			depth--
			b = b[1:]
		case c == 'i':
			_, b, _ = bytes.Cut(b, []byte{'e'})
		default:
			colon := bytes.IndexByte(b[:min(len(b), 20)], ':')
			n, err := strconv.ParseUint(string(b[:max(0, colon)]), 10, 63)
			if err != nil || n > uint64(len(b)-colon-1) {
				return errors.New("not bencoded")
			}
			b = b[colon+1+int(n):]
		}
	}
	return nil
}

// checkV2 refuses what BEP 52 does not allow, and a hybrid whose two lists of files are not of the same files.
func checkV2(info *metainfo.Info) error {
	if l := info.PieceLength; l < 16<<10 || l&(l-1) != 0 {
		return fmt.Errorf("a piece length of %d, in v2", l)
	}
	v1, stopV1 := iter.Pull(withoutPadding(info.UpvertedV1Files()))
	defer stopV1()
	err := error(nil)
	info.FileTree.Walk(nil, func(_ []string, at *metainfo.FileTree) {
		if f := at.File; f.Length < 0 || f.Length > maxContent || f.Length > 0 && len(f.PiecesRoot) != sha256.Size || f.Length != 0 && at.IsDir() {
			err = fmt.Errorf("a file of %d bytes and a hash of %d, in v2", f.Length, len(f.PiecesRoot))
		}
	})
	if err != nil {
		return err
	}
	for f := range withoutPadding(info.UpvertedFilesIter()) {
		same, ok := v1()
		if info.HasV1() && (!ok || same.Length != f.Length || same.TorrentOffset != f.TorrentOffset) {
			return fmt.Errorf("the files of v1 are not those of v2, from %q on", f.DisplayPath(info))
		}
	}
	if _, more := v1(); info.HasV1() && more {
		return errors.New("there are more files in v1 than in v2")
	}
	return nil
}

// withoutPadding leaves out padding and empty files.
func withoutPadding(files iter.Seq[metainfo.FileInfo]) iter.Seq[metainfo.FileInfo] {
	return func(yield func(metainfo.FileInfo) bool) {
		for f := range files {
			if f.Length != 0 && !isPadding(&f) && !yield(f) {
				return
			}
		}
	}
}

// isPadding says whether a file is padding (BEP 47).
func isPadding(f *metainfo.FileInfo) bool { return strings.Contains(f.Attr, "p") }

// pieces is how many pieces the files of a torrent make: in v2, of which a hybrid is one too, every file begins a piece.
func pieces(info *metainfo.Info) int {
	if info.HasV2() {
		return info.NumPieces()
	}
	return int((info.TotalLength() + info.PieceLength - 1) / info.PieceLength)
}

// checkFiles refuses sizes that are none, names that lead elsewhere or that no file can have, and two files in one place.
func checkFiles(info *metainfo.Info) error {
	if err := checkName(info.BestName()); err != nil {
		return err
	}
	total, places := int64(0), map[string]bool{} // true: a folder
	for _, f := range info.UpvertedFiles() {
		path := f.BestPath()
		if f.Length < 0 || f.Length > maxContent-total {
			return fmt.Errorf("a file of %d bytes", f.Length)
		}
		total += f.Length
		if info.IsDir() && len(path) == 0 {
			return errors.New("a file without a name")
		}
		for i, name := range path {
			if err := checkName(name); err != nil {
				return err
			}
			place, last := strings.Join(path[:i+1], "/"), i == len(path)-1
			folder, taken := places[place]
			if taken && (last || !folder) && !isPadding(&f) { // padding is named as anybody likes
				return fmt.Errorf("two files at %q", place)
			}
			places[place] = !last
		}
	}
	if total == 0 {
		return errors.New("there is nothing in it")
	}
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxFileName || strings.ContainsAny(name, "/\x00") || slices.Contains([]string{".", ".."}, name) {
		return fmt.Errorf("no file can be named %q", name)
	}
	return nil
}
