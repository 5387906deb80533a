package torrent

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/anacrolix/dht/v2"
	alog "github.com/anacrolix/log"
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
