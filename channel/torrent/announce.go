package torrent

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"github.com/anacrolix/torrent/tracker"
)

// AnnounceConfig is whom a Proxy tells where it is. The client behind it must stay silent.
type AnnounceConfig struct {
	Trackers bool     // those of the torrents, HTTP and UDP
	DHT      bool     // but for private torrents
	DHTNodes []string // host:port of nodes to join the DHT by; none: the well-known ones
	Dial     bool     // connect to peers that trackers name, as the client itself would
}

// Bounds of announcing.
const (
	dialsAtOnce  = 20 // peers of one answer that are dialled
	announceTime = 30 * time.Second
)

// announce tells trackers and the DHT of a torrent, until ctx ends.
func (p *Proxy) announce(ctx context.Context, f *fronted) {
	if p.config.Announce.Trackers {
		for _, address := range f.Trackers[:min(len(f.Trackers), maxTrackers)] {
			for _, family := range families(address) {
				p.tasks.Go(func() { p.track(ctx, f, address, family) })
			}
		}
	}
	if p.dht != nil && !f.Private {
		p.tasks.Go(func() { p.tellDHT(ctx, f) })
	}
}

// track announces to one tracker as often as it wants.
func (p *Proxy) track(ctx context.Context, f *fronted, address, family string) {
	var id [20]byte
	copy(id[:], "-PW0001-")
	for i := 8; i < len(id); i++ {
		id[i] = '0' + byte(rand.IntN(10))
	}
	one := newTracked(address, family, tracker.AnnounceRequest{InfoHash: f.InfoHash, PeerId: id, Port: uint16(p.port())})
	err := one.run(ctx, func(a *tracker.Announce, r tracker.AnnounceResponse, err error) bool {
		p.noted(f, a, err)
		if err == nil && p.config.Announce.Dial {
			p.dialSome(f, r.Peers)
		}
		return false
	})
	if err != nil {
		p.config.Log.Debug("a tracker was not told that the gate stops", "tracker", hostOf(address), "error", trackerError(&one.Announce, err))
	}
}

// noted keeps what a tracker said. That one of IPv4 and IPv6 is not there is no news.
func (p *Proxy) noted(f *fronted, a *tracker.Announce, err error) {
	host, note := hostOf(a.TrackerUrl), trackerError(a, err)
	p.mu.Lock()
	_, known := f.notes[host]
	if note == "" || !known || a.UdpNetwork != "udp6" {
		f.notes[host] = note
	}
	p.mu.Unlock()
	switch {
	case err != nil && a.UdpNetwork == "udp6":
		p.config.Log.Debug("a tracker does not answer by IPv6", "tracker", host, "error", note)
	case err != nil:
		p.config.Log.Info("a tracker does not answer", "tracker", host, "error", note)
	}
}

// dialSome connects to some of the peers that a tracker names.
func (p *Proxy) dialSome(f *fronted, peers []tracker.Peer) {
	for _, peer := range peers[:min(len(peers), dialsAtOnce)] {
		address := (&net.TCPAddr{IP: peer.IP, Port: peer.Port}).String()
		p.tasks.Go(func() {
			if err := p.Connect(p.gates.ctx, f.InfoHash, address); err != nil {
				p.config.Log.Debug("a peer cannot be reached", "peer", address, "error", err)
			}
		})
	}
}

func (p *Proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }
