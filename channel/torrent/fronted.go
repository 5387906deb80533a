package torrent

import (
	"context"
	"crypto/sha256"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"
)

// ProxyTorrent is a torrent that the client behind the gate seeds, under one of its info hashes.
type ProxyTorrent struct {
	InfoHash    [20]byte // for v2, the first 20 bytes
	Name        string
	PieceLength int64 // 0: not known
	Trackers    []string
	Private     bool // trackers only (BEP 27): never told to the DHT
}

// ProxyTorrents is what a Proxy needs to know of a torrent: one for each of its info hashes, two when it is a hybrid of v1 and v2.
func ProxyTorrents(mi *metainfo.MetaInfo) ([]ProxyTorrent, error) {
	info, err := check(mi)
	if err != nil {
		return nil, err
	}
	one := ProxyTorrent{Name: info.BestName(), PieceLength: info.PieceLength, Private: isPrivate(info)}
	for _, tier := range mi.UpvertedAnnounceList() {
		one.Trackers = append(one.Trackers, tier...)
	}
	var list []ProxyTorrent
	for _, one.InfoHash = range shortHashes(mi.InfoBytes, info) {
		list = append(list, one)
	}
	return list, nil
}

// shortHashes are the info hashes under which peers connect for a torrent: that of v1, and the first 20 bytes of that of v2; a hybrid has both.
func shortHashes(infoBytes []byte, info *metainfo.Info) (list [][20]byte) {
	if info.HasV1() {
		list = append(list, metainfo.HashBytes(infoBytes))
	}
	if info.HasV2() {
		sum := sha256.Sum256(infoBytes)
		list = append(list, [20]byte(sum[:]))
	}
	return list
}

// fronted is a torrent of a Proxy while it is announced.
type fronted struct {
	ProxyTorrent
	cancel context.CancelFunc
	notes  map[string]string // by tracker: what it said last; guarded by Proxy.mu
}

// Add takes one more torrent: encrypted peers are taken for it, and it is announced.
func (p *Proxy) Add(t ProxyTorrent) {
	ctx, cancel := context.WithCancel(p.gates.ctx)
	p.mu.Lock()
	if p.torrents[t.InfoHash] != nil {
		p.mu.Unlock()
		cancel()
		return
	}
	f := &fronted{ProxyTorrent: t, cancel: cancel, notes: map[string]string{}}
	p.torrents[t.InfoHash] = f
	p.mu.Unlock()
	p.config.House.Call(t.InfoHash, t.Name)
	if t.PieceLength > 0 {
		p.config.House.SetPieceLength(t.PieceLength, t.InfoHash)
	}
	p.announce(ctx, f)
}

// Remove ends announcing a torrent. Connections that its peers have already go on until they end.
func (p *Proxy) Remove(infoHash [20]byte) {
	p.mu.Lock()
	f := p.torrents[infoHash]
	delete(p.torrents, infoHash)
	p.mu.Unlock()
	if f != nil {
		f.cancel()
		p.config.House.forgetTorrent(infoHash)
	}
}

// hashes gives the info hashes, for encrypted connections.
func (p *Proxy) hashes(f func([]byte) bool) {
	p.mu.Lock()
	list := make([][20]byte, 0, len(p.torrents))
	for h := range p.torrents {
		list = append(list, h)
	}
	p.mu.Unlock()
	for _, h := range list {
		if !f(h[:]) {
			return
		}
	}
}

// Trackers tells what each tracker said last about each torrent, by the tracker's URL: empty when it took the announcement.
func (p *Proxy) Trackers() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]string{}
	for _, f := range p.torrents {
		for url, note := range f.notes {
			if all[url] == "" {
				all[url] = note
			}
		}
	}
	return all
}

// maxResume bounds the resume files that are read.
const maxResume = 16 << 20

// ResumeTrackers are the trackers in a resume file of libtorrent (qBittorrent's ID.fastresume): it keeps them there when the .torrent has none. None when there
// is no such file.
func ResumeTrackers(path string) (list []string) {
	text, err := readBounded(path, maxResume)
	if err != nil {
		return nil
	}
	var resume struct {
		Trackers [][]string `bencode:"trackers"`
	}
	if bencode.Unmarshal(text, &resume) != nil {
		return nil
	}
	for _, tier := range resume.Trackers {
		list = append(list, tier...)
	}
	return list
}
