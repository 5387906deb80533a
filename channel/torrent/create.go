package torrent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"
)

// CreateConfig is how a torrent is made. The zero value will do.
type CreateConfig struct {
	PieceLength int64 // 0 chooses one: 256 KiB to 16 MiB, about a thousand pieces
	Trackers    []string
	Private     bool                    // trackers only (BEP 27)
	Progress    func(done, total int64) // called as bytes are hashed, often; nil: never
}

// Create makes a v1 torrent of a file or directory. Symbolic links and other irregular files are left out.
func Create(path string, c CreateConfig) (*metainfo.MetaInfo, error) {
	path = filepath.Clean(path)
	info, err := list(path)
	if err != nil {
		return nil, err
	}
	total := info.TotalLength()
	if info.PieceLength = c.PieceLength; info.PieceLength == 0 {
		info.PieceLength = choosePieceLength(total)
	}
	if c.Private {
		info.Private = &c.Private
	}
	hashed := int64(0)
	err = info.GeneratePieces(func(fi metainfo.FileInfo) (io.ReadCloser, error) {
		file, err := os.Open(filepath.Join(append([]string{path}, fi.Path...)...))
		return &counted{file, func(n int) {
			if hashed += int64(n); c.Progress != nil && n > 0 {
				c.Progress(hashed, total)
			}
		}}, err
	})
	if err != nil {
		return nil, fmt.Errorf("hashing %s: %w", path, err)
	}
	mi := &metainfo.MetaInfo{CreatedBy: "Piecework"}
	AddTrackers(mi, c.Trackers...)
	if mi.InfoBytes, err = bencode.Marshal(*info); err != nil {
		return nil, fmt.Errorf("writing the info of %s: %w", path, err)
	}
	return mi, nil
}

// AddTrackers adds trackers that a torrent does not name yet, each in a tier of its own.
func AddTrackers(mi *metainfo.MetaInfo, trackers ...string) {
	if len(trackers) > 0 && len(mi.AnnounceList) == 0 && mi.Announce != "" {
		mi.AnnounceList = metainfo.AnnounceList{{mi.Announce}} // a list counts instead of it (BEP 12)
	}
	for _, t := range trackers {
		if mi.Announce == "" && len(mi.AnnounceList) == 0 {
			mi.Announce = t
		}
		if !slices.ContainsFunc(mi.AnnounceList, func(tier []string) bool { return slices.Contains(tier, t) }) {
			mi.AnnounceList = append(mi.AnnounceList, []string{t})
		}
	}
}

// list is the info of a file or directory, without hashes.
func list(path string) (*metainfo.Info, error) {
	info := &metainfo.Info{Name: filepath.Base(path)}
	if absolute, err := filepath.Abs(path); err == nil {
		info.Name = filepath.Base(absolute) // of "." too
	}
	err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		stat, err := entry.Info()
		if err != nil {
			return err
		}
		if at == path {
			info.Length = stat.Size()
			return nil
		}
		below, err := filepath.Rel(path, at)
		info.Files = append(info.Files, metainfo.FileInfo{Path: strings.Split(below, string(filepath.Separator)), Length: stat.Size()})
		return err
	})
	if err == nil && info.TotalLength() == 0 {
		err = fmt.Errorf("%s: %w", path, errEmpty)
	}
	slices.SortFunc(info.Files, func(a, b metainfo.FileInfo) int { return slices.Compare(a.Path, b.Path) })
	return info, err
}

var errEmpty = errors.New("there is nothing in it")

// counted is a file that tells how much of it was read.
type counted struct {
	*os.File
	read func(n int)
}

// Read reads and tells.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	c.read(n)
	return n, err
}

// WriteTo is not the file's: that would copy without telling.
func (c *counted) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{c}, make([]byte, readSize))
}

func choosePieceLength(size int64) int64 {
	length := int64(256 << 10)
	for length < 16<<20 && size/length > 1024 {
		length *= 2
	}
	return length
}
