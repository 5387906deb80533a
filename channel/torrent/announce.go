package torrent

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"github.com/anacrolix/dht/v2"
	alog "github.com/anacrolix/log"
	"github.com/anacrolix/torrent/tracker"
)

// AnnounceConfig is whom a Proxy tells where it is. The client behind it must stay silent.
type AnnounceConfig struct {
	Trackers bool // those of the torrents, HTTP and UDP
	DHT      bool
	Dial     bool // connect to peers that trackers name, as the client itself would
}

// Bounds of announcing.
const (
	minInterval  = time.Minute
	maxInterval  = time.Hour
	dhtInterval  = 15 * time.Minute
	dialsAtOnce  = 20 // peers of one answer that are dialled
	announceTime = 30 * time.Second
)

// announce tells trackers and the DHT, until ctx ends.
func (p *Proxy) announce(ctx context.Context) {
	for _, t := range p.config.Torrents {
		for _, url := range t.Trackers {
			if p.config.Announce.Trackers {
				p.tasks.Go(func() { p.track(ctx, t, url) })
			}
		}
	}
	if p.config.Announce.DHT && len(p.config.Torrents) > 0 {
		p.tasks.Go(func() { p.tellDHT(ctx) })
	}
}

// track announces to one tracker as often as it wants.
func (p *Proxy) track(ctx context.Context, t ProxyTorrent, url string) {
	var id [20]byte
	copy(id[:], "-PW0001-")
	for i := 8; i < len(id); i++ {
		id[i] = '0' + byte(rand.IntN(10))
	}
	event := tracker.Started
	for {
		wait := p.trackOnce(ctx, t, url, id, event)
		event = tracker.None
		select {
		case <-ctx.Done():
			_ = p.trackOnce(context.WithoutCancel(ctx), t, url, id, tracker.Stopped)
			return
		case <-time.After(wait):
		}
	}
}

func (p *Proxy) trackOnce(ctx context.Context, t ProxyTorrent, url string, id [20]byte, event tracker.AnnounceEvent) time.Duration {
	limit := announceTime
	if event == tracker.Stopped {
		limit = time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := tracker.Announce{
		TrackerUrl: url, Context: ctx, UserAgent: "Piecework", Logger: alog.NewLogger("tracker").WithFilterLevel(alog.Disabled),
		Request: tracker.AnnounceRequest{
			InfoHash: t.InfoHash, PeerId: id, Event: event, NumWant: 50, Port: uint16(p.listener.Addr().(*net.TCPAddr).Port),
		},
	}.Do()
	if err != nil {
		p.config.Log.Info("a tracker does not answer", "tracker", url, "error", err)
		return minInterval
	}
	if p.config.Announce.Dial && event != tracker.Stopped {
		for i, peer := range answer.Peers {
			if i == dialsAtOnce {
				break
			}
			address := (&net.TCPAddr{IP: peer.IP, Port: peer.Port}).String()
			p.tasks.Go(func() {
				if err := p.Connect(p.gates.ctx, t.InfoHash, address); err != nil {
					p.config.Log.Debug("a peer cannot be reached", "peer", address, "error", err)
				}
			})
		}
	}
	return min(maxInterval, max(minInterval, time.Duration(answer.Interval)*time.Second))
}

// tellDHT announces all torrents in the DHT, now and then.
func (p *Proxy) tellDHT(ctx context.Context) {
	port := p.listener.Addr().(*net.TCPAddr).Port
	socket, err := net.ListenPacket("udp", ":0")
	if err != nil {
		p.config.Log.Warn("no DHT", "error", err)
		return
	}
	config := dht.NewDefaultServerConfig()
	config.Conn = socket
	config.Logger = alog.NewLogger("dht").WithFilterLevel(alog.Disabled)
	server, err := dht.NewServer(config)
	if err != nil {
		socket.Close()
		p.config.Log.Warn("no DHT", "error", err)
		return
	}
	defer server.Close()
	for {
		for _, t := range p.config.Torrents {
			if a, err := server.AnnounceTraversal(t.InfoHash, dht.AnnouncePeer(dht.AnnouncePeerOpts{Port: port})); err == nil {
				select {
				case <-a.Finished():
				case <-ctx.Done():
				case <-time.After(announceTime):
				}
				a.Close()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(dhtInterval):
		}
	}
}
