package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// atlasNode is a seeder that is paid: a channel server, and a BitTorrent seeder while it is there.
type atlasNode struct {
	name   string
	key    *wallet.Key
	rate   int64 // bytes per second
	leaves bool

	node     *node.Node
	server   *server.Server
	seeder   *torrent.Seeder
	totals   torrent.Totals // of a seeder that has left
	stop     context.CancelFunc
	ended    chan error
	channels []atlasChannel
}

// atlasChannel is a channel that pays a node.
type atlasChannel struct {
	from    wallet.Address
	who     string // a viewer's name, or the creator's
	id      channel.ID
	deposit channel.Amount
	record  channel.Record // when it has closed
}

// start begins to take channels and to seed a copy of the video. life is the context of what goes on.
func (n *atlasNode) start(ctx, life context.Context, a *atlas, film string) (err error) {
	if n.node, err = a.dial(ctx); err != nil {
		return err
	}
	n.server, err = server.New(ctx, server.Config{
		Node: n.node, Contract: a.contract, Key: n.key, Store: filepath.Join(a.config.Dir, n.name+".db"), Log: a.config.Log,
		Policy: settle.Policy{Minimum: 1_000_000 * wallet.TRX}, Assets: map[channel.Asset]settle.Price{a.asset: {Sun: 100_000, Units: 1_000_000}},
		Period: time.Second, Poll: 100 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(life)
	n.stop = stop
	go func() { n.ended <- n.server.Run(running, listener) }()
	dir := filepath.Join(a.config.Dir, n.name)
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.Link(film, filepath.Join(dir, atlasFile))); err != nil {
		return err
	}
	n.seeder, err = torrent.NewSeeder(ctx, torrent.SeederConfig{
		House: torrent.TollhouseConfig{Ledger: n.server.Ledger(), Uplink: gate.UplinkConfig{Rate: n.rate}, Offers: []torrent.Offer{{
			Domain: n.server.Domain(), Asset: a.asset, Payee: n.key.Address(), Price: a.price, UnitBytes: atlasPiece,
			Hubs: []wallet.Address{a.net.key("alice").Address()}, // the creator, whose sponsor pays for many viewers
		}}},
		Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: a.config.Log,
	})
	if err != nil {
		return err
	}
	return n.seeder.Add(ctx, a.meta, dir)
}

// open lets somebody open a channel to the node, and waits until the node counts it.
func (a *atlas) open(ctx context.Context, from *wallet.Key, who string, signer wallet.Address, to *atlasNode, amount channel.Amount) (channel.Event, error) {
	want := contract.Opening{Payee: to.key.Address(), Signer: signer, Asset: a.asset, Amount: amount, Challenge: 24 * time.Hour}
	if _, err := rand.Read(want.Salt[:]); err != nil {
		return channel.Event{}, err
	}
	call, err := contract.Open(want)
	if err != nil {
		return channel.Event{}, err
	}
	_, receipt, err := a.world.send(ctx, from, call.Trigger(from.Address(), a.contract), "opening a channel")
	if err != nil {
		return channel.Event{}, err
	}
	a.world.books.move(from.Address(), a.contract, a.asset, amount.Big(), "deposit for "+to.name)
	event, err := openedIn(receipt)
	if err != nil {
		return event, err
	}
	to.channels = append(to.channels, atlasChannel{from: from.Address(), who: who, id: event.Channel, deposit: amount})
	return event, until(ctx, func() (bool, error) {
		_, err := to.server.Ledger().Record(ctx, event.Channel)
		if errors.Is(err, channel.ErrUnknownChannel) {
			return false, nil
		}
		return err == nil, err
	})
}

// leave ends the creator's own seeding, and that of nodes that do not stay.
func (a *atlas) leave(context.Context) error {
	err := a.origin.Close()
	a.origin = nil
	for _, n := range a.nodes {
		if n.leaves {
			err = errors.Join(err, n.hangUp())
		}
	}
	return err
}

func (n *atlasNode) hangUp() error {
	if n.seeder == nil {
		return nil
	}
	err := n.seeder.Close()
	n.totals, n.seeder = n.seeder.Totals(), nil
	return err
}

// redeem hands the node's reveals back to the sponsor.
func (n *atlasNode) redeem(ctx context.Context, client *sponsor.Client, offer sponsor.Offer, a *atlas) error {
	list := func(ctx context.Context) ([]channel.Record, error) {
		return n.server.Ledger().List(ctx, channel.Query{})
	}
	r := sponsor.Redeemer{Ledger: n.server.Ledger(), List: list, Client: client, Offer: offer, Log: a.config.Log}
	_, err := r.Once(ctx)
	return err
}

// settle closes all channels of the node on chain, and waits until that is solid.
func (n *atlasNode) settle(ctx context.Context) error {
	for i := range n.channels {
		c := &n.channels[i]
		err := until(ctx, func() (bool, error) {
			_, err := n.server.Settler().Close(ctx, c.id)
			if errors.Is(err, chain.ErrPending) {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			return fmt.Errorf("%s: closing channel %s: %w", n.name, c.id.Short(), err)
		}
	}
	for i := range n.channels {
		c := &n.channels[i]
		err := until(ctx, func() (bool, error) {
			var err error
			c.record, err = n.server.Ledger().Record(ctx, c.id)
			return c.record.State == channel.Closed, err
		})
		if err != nil {
			return fmt.Errorf("%s: channel %s: %w", n.name, c.id.Short(), err)
		}
	}
	return until(ctx, func() (bool, error) {
		intents, err := n.server.Settler().Intents(ctx, 100)
		for _, i := range intents {
			if !i.State.Final() {
				return false, err
			}
		}
		return true, err
	})
}

func (n *atlasNode) close() error {
	err := n.hangUp()
	if n.stop != nil {
		n.stop()
		err = errors.Join(err, <-n.ended)
	}
	if n.server != nil {
		err = errors.Join(err, n.server.Close())
	}
	if n.node != nil {
		err = errors.Join(err, n.node.Close())
	}
	return err
}
