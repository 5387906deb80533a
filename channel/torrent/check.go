package torrent

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/anacrolix/torrent/metainfo"
)

// What a torrent may be at most.
const (
	maxPieceLength = 1 << 30 // bytes; libtorrent takes an eighth of it
	maxContent     = 1 << 50 // bytes of all files
	maxFileName    = 255     // bytes, as file systems have it
)

// check refuses a torrent that the client would stumble over, or whose files could not all be written. It may be a stranger's.
func check(mi *metainfo.MetaInfo) error {
	info, err := mi.UnmarshalInfo()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrTorrent, err)
	case info.PieceLength <= 0 || info.PieceLength > maxPieceLength:
		return fmt.Errorf("%w: a piece length of %d", ErrTorrent, info.PieceLength)
	case info.HasV1() && len(info.Pieces)%20 != 0:
		return fmt.Errorf("%w: the piece hashes are cut off", ErrTorrent)
	}
	if err := checkFiles(&info); err != nil {
		return fmt.Errorf("%w: %w", ErrTorrent, err)
	}
	if hashes := len(info.Pieces) / 20; info.HasV1() && hashes != pieces(&info) {
		return fmt.Errorf("%w: %d piece hashes for %d bytes", ErrTorrent, hashes, info.TotalLength())
	}
	return nil
}

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
			if taken && (last || !folder) && !strings.Contains(f.Attr, "p") { // padding (BEP 47) is named as anybody likes
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
