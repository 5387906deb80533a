package torrent

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/anacrolix/dht/v2"
	alog "github.com/anacrolix/log"
	bt "github.com/anacrolix/torrent"
)

// dhtInterval is how often a torrent is announced: nodes forget a peer after half an hour or so.
const dhtInterval = 15 * time.Minute

// dhtAgain is how soon after an announcement that reached nobody.
const dhtAgain = 30 * time.Second

// startDHT joins the DHT, to announce where the gate listens.
func (p *Proxy) startDHT(ctx context.Context) error {
	socket, err := net.ListenPacket("udp", fmt.Sprintf(":%d", p.port())) // the port where peers expect a node
	if err != nil {
		if socket, err = net.ListenPacket("udp", ":0"); err != nil {
			return err
		}
	}
	config := dht.NewDefaultServerConfig()
	config.Conn = socket
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

// tellDHT announces a torrent in the DHT, now and then.
func (p *Proxy) tellDHT(ctx context.Context, f *fronted) {
	for {
		wait := dhtInterval
		if p.tellDHTOnce(ctx, f) == 0 {
			wait = dhtAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
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
// DHT of those, too). While nobody is found it asks again soon, and less and less often.
func (me *node) tellDHT(t *bt.Torrent) {
	for _, server := range me.client.DhtServers() {
		go func() {
			for wait := dhtAgain; !isPrivate(t) && announceIn(server, t); wait = min(2*wait, dhtInterval) {
				if t.Stats().TotalPeers > 0 {
					wait = dhtInterval
				}
				select {
				case <-t.Closed():
					return
				case <-time.After(wait):
				}
			}
		}()
	}
}

// announceIn announces a torrent once, and says no when the torrent was dropped meanwhile.
func announceIn(server bt.DhtServer, t *bt.Torrent) bool {
	done, stop, err := t.AnnounceToDht(server)
	if err != nil {
		return true // no node could be reached: again, later
	}
	defer stop()
	select {
	case <-t.Closed():
		return false
	case <-done:
	case <-time.After(announceTime):
	}
	return true
}

// isPrivate says whether it is known that peers of a torrent are found through its trackers only.
func isPrivate(t *bt.Torrent) bool {
	info := t.Info()
	return info != nil && info.Private != nil && *info.Private
}
