package torrent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"time"

	alog "github.com/anacrolix/log"
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
	minInterval  = time.Minute
	maxInterval  = time.Hour
	dialsAtOnce  = 20 // peers of one answer that are dialled
	announceTime = 30 * time.Second
)

// announce tells trackers and the DHT of a torrent, until ctx ends.
func (p *Proxy) announce(ctx context.Context, f *fronted) {
	if p.config.Announce.Trackers {
		for _, address := range f.Trackers {
			for _, family := range families(address) {
				p.tasks.Go(func() { p.track(ctx, f, address, family) })
			}
		}
	}
	if p.dht != nil && !f.Private {
		p.tasks.Go(func() { p.tellDHT(ctx, f) })
	}
}

// families are the networks on which a tracker is told: a UDP tracker sees one address at a time, so it is told by IPv4 and by IPv6.
func families(address string) []string {
	if u, err := url.Parse(address); err == nil && u.Scheme == "udp" {
		return []string{"udp4", "udp6"}
	}
	return []string{""}
}

// track announces to one tracker as often as it wants.
func (p *Proxy) track(ctx context.Context, f *fronted, address, family string) {
	var id [20]byte
	copy(id[:], "-PW0001-")
	for i := 8; i < len(id); i++ {
		id[i] = '0' + byte(rand.IntN(10))
	}
	a := tracker.Announce{
		TrackerUrl: address, UdpNetwork: family, UserAgent: "Piecework", Logger: alog.NewLogger("tracker").WithFilterLevel(alog.Disabled),
		Request: tracker.AnnounceRequest{InfoHash: f.InfoHash, PeerId: id, NumWant: 50, Port: uint16(p.port()), Event: tracker.Started},
	}
	for {
		wait := p.trackOnce(ctx, f, a)
		a.Request.Event = tracker.None
		select {
		case <-ctx.Done():
			p.leaveTracker(a)
			return
		case <-time.After(wait):
		}
	}
}

func (p *Proxy) trackOnce(ctx context.Context, f *fronted, a tracker.Announce) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	a.Context = ctx
	answer, err := a.Do()
	p.noted(f, a, err)
	if err != nil {
		return minInterval
	}
	if p.config.Announce.Dial {
		p.dialSome(f, answer.Peers)
	}
	return min(maxInterval, max(minInterval, time.Duration(answer.Interval)*time.Second))
}

// leaveTracker says goodbye; who does not answer at once is left without.
func (p *Proxy) leaveTracker(a tracker.Announce) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	a.Context, a.Request.Event = ctx, tracker.Stopped
	if _, err := a.Do(); err != nil {
		p.config.Log.Debug("a tracker was not told that the gate stops", "tracker", hostOf(a.TrackerUrl), "error", err)
	}
}

// noted keeps what a tracker said. That one of IPv4 and IPv6 is not there is no news. A tracker's URL may hold a passkey, and its errors repeat the URL, so
// only the host is ever logged or shown.
func (p *Proxy) noted(f *fronted, a tracker.Announce, err error) {
	host, note := hostOf(a.TrackerUrl), ""
	if err != nil {
		note = strings.ReplaceAll(err.Error(), a.TrackerUrl, host)
		if u, parseErr := url.Parse(a.TrackerUrl); parseErr == nil {
			note = strings.ReplaceAll(note, u.RequestURI(), "…")
		}
	}
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

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "a tracker without a host"
	}
	return fmt.Sprintf("%s://%s", u.Scheme, u.Host)
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
