package torrent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	alog "github.com/anacrolix/log"
	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/tracker"
)

// Bounds of what a tracker may say. Torrents and magnet links of strangers name it.
const (
	minInterval = time.Minute
	maxInterval = time.Hour
	maxAnswer   = 4 << 20 // bytes of a connection to a tracker
	peersWanted = 50
	maxTrackers = 100 // of a torrent that are told
	maxNote     = 500 // bytes of an error
)

// families are the networks on which a tracker is told: a UDP tracker sees one address at a time, so it is told by IPv4 and by IPv6.
func families(address string) []string {
	if u, err := url.Parse(address); err == nil && u.Scheme == "udp" {
		return []string{"udp4", "udp6"}
	}
	return []string{""}
}

// tracked is a torrent as one tracker is told of it.
type tracked struct {
	tracker.Announce
	now func(*tracker.AnnounceRequest) // fills in how the torrent stands; may be nil
}

func newTracked(address, family string, r tracker.AnnounceRequest) *tracked {
	r.NumWant, r.Event = peersWanted, tracker.Started
	return &tracked{Announce: tracker.Announce{
		TrackerUrl: address, UdpNetwork: family, UserAgent: "Piecework", Logger: alog.NewLogger("tracker").WithFilterLevel(alog.Disabled), Request: r,
		DialContext: dialTracker, ListenPacket: listenTracker, HttpProxy: http.ProxyFromEnvironment, HttpRequestDirector: uncompressed,
	}}
}

// run tells the tracker as often as it wants, or as often as is allowed while heard, which gets each answer, says that more peers are needed. When ctx ends it says goodbye, and whether
// that was heard; who does not answer at once is left without.
func (t *tracked) run(ctx context.Context, heard func(*tracker.Announce, tracker.AnnounceResponse, error) (more bool)) error {
	for {
		r, err := t.tell(ctx, announceTime)
		wait := min(maxInterval, max(minInterval, time.Duration(r.Interval)*time.Second))
		if more := heard(&t.Announce, r, err); more || err != nil {
			wait = minInterval
		}
		if err == nil {
			t.Request.Event = tracker.None
		}
		select {
		case <-ctx.Done():
			t.Request.Event = tracker.Stopped
			_, err := t.tell(context.WithoutCancel(ctx), time.Second)
			return err
		case <-time.After(wait):
		}
	}
}

// tell announces once. The library panics over answers whose list of peers holds something else.
func (t *tracked) tell(ctx context.Context, limit time.Duration) (r tracker.AnnounceResponse, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the tracker's answer cannot be read: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if t.now != nil {
		t.now(&t.Request)
	}
	a := t.Announce
	a.Context = ctx
	return a.Do()
}

// uncompressed asks for an answer that has on the wire the length that it has in memory.
func uncompressed(r *http.Request) error {
	r.Header.Set("Accept-Encoding", "identity")
	return nil
}

// dialTracker connects to a tracker, for an answer of bounded length.
func dialTracker(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &boundedConn{conn, maxAnswer}, nil
}

// boundedConn is a connection from which no more than left bytes are read.
type boundedConn struct {
	net.Conn
	left int
}

var errLongAnswer = errors.New("the tracker's answer is too long")

// Read reads.
func (c *boundedConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLongAnswer
	}
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}

// listenTracker is a socket for what is said to a UDP tracker.
func listenTracker(network, address string) (net.PacketConn, error) {
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return &answersOnce{PacketConn: conn, answered: map[[4]byte]bool{}}, nil
}

// answersOnce lets one answer to each question through, told by the transaction in the packets of BEP 15: the library's client waits in itself for ever over a third.
type answersOnce struct {
	net.PacketConn
	mu       sync.Mutex // covers what follows
	answered map[[4]byte]bool
}

// WriteTo asks; what is asked again while there is no answer is one question.
func (c *answersOnce) WriteTo(b []byte, to net.Addr) (int, error) {
	if len(b) >= 16 {
		c.mu.Lock()
		c.answered[[4]byte(b[12:])] = c.answered[[4]byte(b[12:])]
		c.mu.Unlock()
	}
	return c.PacketConn.WriteTo(b, to)
}

// ReadFrom reads the next answer.
func (c *answersOnce) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || n >= 8 && c.first([4]byte(b[4:])) {
			return n, from, err
		}
	}
}

func (c *answersOnce) first(transaction [4]byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	answered, asked := c.answered[transaction]
	if asked {
		c.answered[transaction] = true
	}
	return asked && !answered
}

// trackerError is what is shown and logged of a failure, "" of none. A tracker's URL may hold a passkey, and its errors repeat the URL: only the host is told. They may repeat the tracker's answer, too.
func trackerError(a *tracker.Announce, err error) string {
	if err == nil {
		return ""
	}
	note := strings.ReplaceAll(err.Error(), a.TrackerUrl, hostOf(a.TrackerUrl))
	if u, parseErr := url.Parse(a.TrackerUrl); parseErr == nil {
		note = strings.ReplaceAll(note, u.RequestURI(), "…")
	}
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote], "") + "…"
	}
	return note
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "a tracker without a host"
	}
	return fmt.Sprintf("%s://%s", u.Scheme, u.Host)
}

// track tells the trackers of a torrent of a client in this process, and takes the peers that they name, until the torrent is dropped.
func (me *node) track(t *bt.Torrent, tiers [][]string) {
	if me.silent {
		return
	}
	told := 0
	for _, tier := range tiers {
		for _, address := range tier {
			if told++; told > maxTrackers {
				return
			}
			for _, family := range families(address) {
				me.tasks.Go(func() { me.trackOne(t, address, family) })
			}
		}
	}
}

func (me *node) trackOne(t *bt.Torrent, address, family string) {
	ctx, cancel := context.WithCancel(me.gates.ctx)
	defer cancel()
	go func() {
		select {
		case <-t.Closed():
			cancel()
		case <-ctx.Done():
		}
	}()
	one := newTracked(address, family, tracker.AnnounceRequest{InfoHash: t.InfoHash(), PeerId: me.client.PeerID(), Port: uint16(me.port())})
	one.now = func(r *tracker.AnnounceRequest) {
		stats := t.Stats()
		r.Downloaded, r.Uploaded = stats.BytesReadUsefulData.Int64(), stats.BytesWrittenData.Int64()
		stands(r, left(t))
	}
	err := one.run(ctx, func(a *tracker.Announce, r tracker.AnnounceResponse, err error) (more bool) {
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			me.gates.log.Debug("a tracker does not answer", "tracker", hostOf(address), "error", trackerError(a, err))
			return false
		}
		peers := make([]bt.PeerInfo, 0, len(r.Peers))
		for _, p := range r.Peers {
			peers = append(peers, bt.PeerInfo{Addr: &net.TCPAddr{IP: p.IP, Port: p.Port}, Source: bt.PeerSourceTracker})
		}
		t.AddPeers(peers)
		return a.Request.Left != 0 && t.Stats().ActivePeers == 0
	})
	if err != nil {
		me.gates.log.Debug("a tracker was not told that this client goes", "tracker", hostOf(address), "error", trackerError(&one.Announce, err))
	}
}

// stands fills in what is missing of a torrent, and tells once that nothing is any more.
func stands(r *tracker.AnnounceRequest, left int64) {
	if left == 0 && r.Left > 0 && r.Event == tracker.None {
		r.Event = tracker.Completed
	}
	r.Left = left
}

// left is how many bytes of a torrent are missing; what that is of one that is not known yet must only not be zero, which is what a seeder says.
func left(t *bt.Torrent) int64 {
	if t.Info() == nil {
		return 1
	}
	return t.BytesMissing()
}
