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
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// The part of the hub: who is in it. The last seeder is a wallet that was never on the chain before.
const (
	hubName    = "heidi"
	viewerName = "ivan"
	freshName  = "a new wallet"
)

var hubSeeders = []string{"frank", "grace", "judy", freshName}

// hubStory is the part in which one downloader pays four seeders through a hub.
type hubStory struct {
	coin    coin
	key     *wallet.Key
	service *service
	seeders []*hubSeeder
	viewer  *payer
}

// service is a channel server that runs.
type service struct {
	node   *node.Node
	server *server.Server
	addr   string
	stop   context.CancelFunc
	ended  chan error
}

// hubSeeder is a seeder with no channel but the hub's.
type hubSeeder struct {
	name     string
	key      *wallet.Key
	service  *service
	remote   *client.Server
	redeemer *client.Redeemer
	torrent  *torrent.Seeder
	channel  channel.ID
}

// serve starts a channel server for a key.
func (s *story) serve(ctx context.Context, name string, key *wallet.Key, asset coin, config *server.HubConfig) (*service, error) {
	v := &service{ended: make(chan error, 1)}
	var err error
	if v.node, err = s.dial(ctx); err != nil {
		return nil, err
	}
	v.server, err = server.New(ctx, server.Config{
		Node: v.node, Contract: s.contract, Key: key, Store: filepath.Join(s.config.Dir, "hub-"+name+".db"), Log: s.config.Log,
		Assets: map[channel.Asset]settle.Price{asset.asset: {Sun: wallet.Sun(asset.worth), Units: 1_000_000}}, Period: time.Hour, Poll: 100 * time.Millisecond, Hub: config,
	})
	if err != nil {
		return nil, errors.Join(err, v.node.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, v.server.Close(), v.node.Close())
	}
	running, stop := context.WithCancel(ctx)
	v.addr, v.stop = listener.Addr().String(), stop
	go func() { v.ended <- v.server.Run(running, listener) }()
	return v, nil
}

func (v *service) close() error {
	v.stop()
	return errors.Join(<-v.ended, v.server.Close(), v.node.Close())
}

// startHub gives the hub and the downloader tokens, and starts the hub.
func (s *story) startHub(ctx context.Context) error {
	btt := s.coins[1]
	h := &hubStory{coin: btt, key: s.net.key(hubName)}
	s.hub = h
	for _, name := range append([]string{hubName, viewerName}, hubSeeders[:len(hubSeeders)-1]...) {
		if err := s.world.enter(ctx, name, s.net.key(name)); err != nil {
			return err
		}
	}
	for _, name := range []string{hubName, viewerName} {
		if err := s.giveBTT(ctx, s.net.key(name).Address(), "5000"); err != nil {
			return err
		}
	}
	var err error
	h.service, err = s.serve(ctx, hubName, h.key, btt, &server.HubConfig{
		Assets: map[channel.Asset]hub.Terms{btt.asset: {Deposit: units("400", 6), Fee: 10}}, Period: 300 * time.Millisecond,
	})
	return err
}

// registerSeeders lets four seeders register; the hub opens and pays for a channel to each.
func (s *story) registerSeeders(ctx context.Context) error {
	for _, name := range hubSeeders {
		key := s.net.key(name)
		if key == nil {
			var err error
			if key, err = wallet.NewKey(); err != nil {
				return err
			}
			s.world.books.open(key.Address(), name)
		}
		one := &hubSeeder{name: name, key: key}
		s.hub.seeders = append(s.hub.seeders, one)
		if err := s.startHubSeeder(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, one := range s.hub.seeders {
		if err := s.awaitChannel(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}

func (s *story) startHubSeeder(ctx context.Context, one *hubSeeder) (err error) {
	if one.service, err = s.serve(ctx, one.name, one.key, s.hub.coin, nil); err != nil {
		return err
	}
	if one.remote, err = client.Dial(s.hub.service.addr, client.Options{}); err != nil {
		return err
	}
	domain := one.service.server.Domain()
	one.redeemer = &client.Redeemer{
		Hub: one.remote.Hub(domain, one.key), Address: s.hub.key.Address(), Ledger: one.service.server.Ledger(), Log: s.config.Log, Policy: client.RedeemPolicy{Steps: 48, Look: 50 * time.Millisecond},
	}
	offer := torrent.Offer{
		Domain: domain, Asset: s.hub.coin.asset, Payee: one.key.Address(), Price: s.hub.coin.price, UnitBytes: pieceBytes, Hubs: []wallet.Address{s.hub.key.Address()},
	}
	one.torrent, err = torrent.NewSeeder(ctx, torrent.SeederConfig{
		House: torrent.TollhouseConfig{Ledger: one.redeemer, Offers: []torrent.Offer{offer}, Free: torrent.FreeChoke, Uplink: gate.UplinkConfig{Rate: uplink / 4}},
		Net:   torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: s.config.Log,
	})
	if err != nil {
		return err
	}
	if _, err := one.redeemer.Hub.Register(ctx, s.hub.coin.asset); err != nil {
		return err
	}
	dir := filepath.Join(s.config.Dir, "hub-"+one.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Link(filepath.Join(s.config.Dir, "seeder", fileName), filepath.Join(dir, fileName)); err != nil {
		return err
	}
	return one.torrent.Add(ctx, s.meta, dir)
}

// awaitChannel waits until the hub has opened a channel to the seeder and the seeder's own server has seen it in a solid block.
func (s *story) awaitChannel(ctx context.Context, one *hubSeeder) error {
	return until(ctx, func() (bool, error) {
		reg, err := one.redeemer.Hub.Register(ctx, s.hub.coin.asset)
		if err != nil || len(reg.Channels) == 0 {
			return false, err
		}
		one.channel = reg.Channels[0].ID
		_, err = one.service.server.Ledger().Record(ctx, one.channel)
		if errors.Is(err, channel.ErrUnknownChannel) {
			return false, nil
		}
		return err == nil, err
	})
}

// openToHub lets the downloader open its only channel.
func (s *story) openToHub(ctx context.Context) error {
	p := &payer{name: viewerName, key: s.net.key(viewerName), coin: s.hub.coin, dir: filepath.Join(s.config.Dir, viewerName)}
	s.hub.viewer = p
	var err error
	if p.file, err = store.Open(ctx, filepath.Join(s.config.Dir, viewerName+".db")); err != nil {
		return err
	}
	p.purses = &client.Purses{Store: p.file, Domain: s.hub.service.server.Domain(), Signer: p.key}
	want := contract.Opening{Payee: s.hub.key.Address(), Signer: p.key.Address(), Asset: p.coin.asset, Amount: units("2000", 6), Challenge: 24 * time.Hour}
	if _, err := rand.Read(want.Salt[:]); err != nil {
		return err
	}
	call, err := contract.Open(want)
	if err != nil {
		return err
	}
	_, receipt, err := s.world.send(ctx, p.key, call.Trigger(p.key.Address(), s.contract), "opening a channel to the hub")
	if err != nil {
		return err
	}
	s.world.books.move(p.key.Address(), s.contract, p.coin.asset, want.Amount.Big(), "deposit")
	event, err := openedIn(receipt)
	if err != nil {
		return err
	}
	p.terms = event.Terms
	if err := p.purses.Add(ctx, event.Terms, event.Deposit); err != nil {
		return err
	}
	return until(ctx, func() (bool, error) {
		_, err := s.hub.service.server.Ledger().Record(ctx, p.terms.ID())
		if errors.Is(err, channel.ErrUnknownChannel) {
			return false, nil
		}
		return err == nil, err
	})
}

// downloadFromAll fetches the file from all four seeders, paying each for its pieces, while the seeders redeem at the hub.
func (s *story) downloadFromAll(ctx context.Context) error {
	p := s.hub.viewer
	redeeming, stop := context.WithCancel(ctx)
	done := make(chan error, len(s.hub.seeders))
	for _, one := range s.hub.seeders {
		go func() { done <- one.redeemer.Run(redeeming) }()
	}
	remote, err := client.Dial(s.hub.service.addr, client.Options{})
	if err == nil {
		err = s.fetchThroughHub(ctx, p, remote)
		err = errors.Join(err, remote.Close())
	}
	stop()
	for range s.hub.seeders {
		if failed := <-done; !errors.Is(failed, context.Canceled) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

func (s *story) fetchThroughHub(ctx context.Context, p *payer, remote *client.Server) error {
	purses := &client.HubPurses{Purses: p.purses, Hub: remote.Hub(p.purses.Domain, p.key)}
	downloader, err := torrent.NewDownloader(ctx, torrent.DownloaderConfig{
		Dir: p.dir, Purses: torrent.FromHub(purses), Log: s.config.Log, Limits: torrent.Limits{MaxPrice: p.coin.price, Budget: units("2000", 6)},
		Want: torrent.Want{Domain: p.purses.Domain, Assets: []channel.Asset{p.coin.asset}, MustPay: true}, Net: torrent.NetConfig{Listen: "127.0.0.1:0"},
	})
	if err != nil {
		return err
	}
	source := torrent.Source{Torrent: s.meta}
	for _, one := range s.hub.seeders {
		source.Peers = append(source.Peers, one.torrent.Addr())
	}
	result, err := downloader.Get(ctx, source)
	if err = errors.Join(err, downloader.Close()); err != nil {
		return err
	}
	sum, err := sumOf(filepath.Join(p.dir, fileName))
	s.report.Hub = &HubReport{
		Address: s.hub.key.Address(), Asset: p.coin.asset, Symbol: p.coin.symbol, Decimals: p.coin.decimals,
		Downloader: HubDownloader{Address: p.key.Address(), Channel: p.terms.ID(), Bytes: result.Bytes, Pieces: result.Pieces, Payments: result.Payments, SHA256: sum},
	}
	return err
}

func (h *hubStory) close() error {
	var err error
	for _, one := range h.seeders {
		if one.torrent != nil {
			err = errors.Join(err, one.torrent.Close())
		}
		if one.remote != nil {
			err = errors.Join(err, one.remote.Close())
		}
		if one.service != nil {
			err = errors.Join(err, one.service.close())
		}
	}
	if h.viewer != nil {
		err = errors.Join(err, h.viewer.close())
	}
	if h.service != nil {
		err = errors.Join(err, h.service.close())
	}
	return err
}
