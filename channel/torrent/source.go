package torrent

import (
	"fmt"
	"slices"
	"strings"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"
)

// Source is what to fetch: a magnet link or a .torrent, and peers that are known to have it.
type Source struct {
	Magnet  string
	Torrent *metainfo.MetaInfo
	Peers   []string                   // host:port
	Accept  func(*metainfo.Info) error // refuses a torrent whose info is not what is wanted, before anything of it is fetched; nil: any will do
}

// NeedsDHT says whether neither an address nor a tracker tells where peers are, and the torrent is not private.
func (s Source) NeedsDHT() (bool, error) {
	spec, err := s.spec()
	if err != nil {
		return false, err
	}
	if s.Torrent != nil {
		if info, err := s.Torrent.UnmarshalInfo(); err != nil || isPrivate(&info) {
			return false, err
		}
	}
	return len(s.Peers)+len(spec.PeerAddrs)+len(slices.Concat(spec.Trackers...)) == 0, nil
}

// InfoHash is the torrent's.
func (s Source) InfoHash() (hash [20]byte, err error) {
	spec, err := s.spec()
	if err != nil {
		return hash, err
	}
	return spec.InfoHash, nil
}

func (s Source) spec() (*bt.TorrentSpec, error) {
	switch {
	case s.Torrent != nil:
		if _, err := check(s.Torrent); err != nil {
			return nil, err
		}
		return specOf(s.Torrent)
	case strings.HasPrefix(s.Magnet, "magnet:"):
		spec, err := bt.TorrentSpecFromMagnetUri(s.Magnet)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTorrent, err)
		}
		spec.Sources = nil // addresses that the client would fetch a torrent from, however long, and without asking us what it is
		return spec, notV2Alone(spec)
	default:
		return nil, fmt.Errorf("%w: neither a magnet link nor a .torrent", ErrTorrent)
	}
}

// accepts says whether a torrent can be used, and is what is wanted.
func (s Source) accepts(mi *metainfo.MetaInfo) error {
	info, err := check(mi)
	switch {
	case err != nil:
		return err
	case !info.HasV1():
		return ErrV2Alone
	case s.Accept != nil:
		return s.Accept(info)
	}
	return nil
}
