package torrent

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/anacrolix/dht/v2"
	alog "github.com/anacrolix/log"
	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent/wire"
)

// dhtInterval is how often a torrent is announced: nodes forget a peer after half an hour or so.
const dhtInterval = 15 * time.Minute

// dhtAgain is how soon after an announcement that was in vain. The next ones wait longer and longer, up to dhtInterval.
const dhtAgain = 30 * time.Second

// tellAgain announces now and then, until ended or over.
func tellAgain(ended <-chan struct{}, tell func() (heard, over bool)) {
	for wait := dhtAgain; ; wait = min(2*wait, dhtInterval) {
		heard, over := tell()
		if over {
			return
		}
		if heard {
			wait = dhtInterval
		}
		select {
		case <-ended:
			return
		case <-time.After(wait):
		}
	}
}

// startDHT joins the DHT, to announce where the gate listens.
func (p *Proxy) startDHT(ctx context.Context) error {
	socket, err := net.ListenPacket("udp", fmt.Sprintf(":%d", p.port())) // the port where peers expect a node
	if err != nil {
		if socket, err = net.ListenPacket("udp", ":0"); err != nil {
			return err
		}
	}
	config := dht.NewDefaultServerConfig()
	config.Conn = dhtConn{socket}
	config.Logger = alog.NewLogger("dht").WithFilterLevel(alog.Disabled)
	if nodes := p.config.Announce.DHTNodes; len(nodes) > 0 {
		config.StartingNodes = func() ([]dht.Addr, error) { return dht.ResolveHostPorts(nodes) }
	}
	if p.dht, err = dht.NewServer(config); err != nil {
		socket.Close()
		return err
	}
	context.AfterFunc(ctx, p.dht.Close)
	return nil
}

// dhtConn is a socket of the DHT. Packets over which the library, anacrolix/dht v2.23.0, ends the process are as if they had been lost: queries without arguments, and
// answers with an address that is none.
type dhtConn struct{ net.PacketConn }

// ReadFrom reads the next packet that is one.
func (c dhtConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || readable(b[:n]) {
			return n, from, err
		}
	}
}

// readable says whether a packet of the DHT can be read.
func readable(b []byte) bool {
	d, _, err := wire.ParseDictBefore(b)
	if err != nil {
		return false
	}
	if kind, _ := d.Bytes("y"); string(kind) == "q" {
		_, asks := d.Dict("a")
		return asks
	}
	r, _ := d.Dict("r")
	values, _ := r.List("values")
	return !slices.ContainsFunc(values, func(v wire.Raw) bool {
		address, _ := v.Bytes()
		return len(address) != net.IPv4len+2 && len(address) != net.IPv6len+2
	})
}

// tellDHT announces a torrent in the DHT, now and then.
func (p *Proxy) tellDHT(ctx context.Context, f *fronted) {
	tellAgain(ctx.Done(), func() (heard, over bool) { return p.tellDHTOnce(ctx, f) > 0, false })
}

// tellDHTOnce announces a torrent once and says how many nodes were asked.
func (p *Proxy) tellDHTOnce(ctx context.Context, f *fronted) uint32 {
	a, err := p.dht.AnnounceTraversal(f.InfoHash, dht.AnnouncePeer(dht.AnnouncePeerOpts{Port: p.port()}))
	if err != nil {
		p.config.Log.Info("the DHT cannot be told", "error", err)
		return 0
	}
	defer a.Close()
	for done := time.After(announceTime); ; {
		select {
		case _, more := <-a.Peers: // who else has it: nobody is dialled for that, but unread it would block the walk
			if more {
				continue
			}
		case <-ctx.Done():
		case <-done:
		}
		return a.NumContacted()
	}
}

// tellDHT announces a torrent of a client in this process, and takes the peers that the DHT names, until the torrent is dropped or known to be private (BEP 27; the library tells the
// DHT of those, too).
func (me *node) tellDHT(t *bt.Torrent) {
	for _, server := range me.client.DhtServers() {
		go tellAgain(t.Closed(), func() (heard, over bool) {
			if isPrivate(t.Info()) {
				return false, true
			}
			announceIn(server, t)
			return t.Stats().TotalPeers > 0, false
		})
	}
}

// announceIn announces a torrent once. Where no node can be reached it does nothing.
func announceIn(server bt.DhtServer, t *bt.Torrent) {
	done, stop, err := t.AnnounceToDht(server)
	if err != nil {
		return
	}
	defer stop()
	select {
	case <-t.Closed():
	case <-done:
	case <-time.After(announceTime):
	}
}

// isPrivate says whether it is known that peers of a torrent are found through its trackers only.
func isPrivate(info *metainfo.Info) bool { return info != nil && info.Private != nil && *info.Private }
