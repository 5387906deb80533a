package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// payer is a downloader: a wallet, a purse, and a BitTorrent client of its own.
type payer struct {
	name   string
	key    *wallet.Key
	coin   coin
	dir    string
	file   *store.Store
	purses *client.Purses
	terms  channel.Terms
	report Download
}

// openChannels lets each downloader open a channel to the seeder, and waits until the seeder's server counts them.
func (s *story) openChannels(ctx context.Context) error {
	group, inner := errgroup.WithContext(ctx)
	for i, name := range []string{"carol", "dave", "erin"} {
		p := &payer{name: name, key: s.net.key(name), coin: s.coins[i], dir: filepath.Join(s.config.Dir, name)}
		s.payers = append(s.payers, p)
		if err := s.openPurse(ctx, p); err != nil {
			return err
		}
		if err := s.open(ctx, p); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		group.Go(func() error { return s.counted(inner, p) })
	}
	return group.Wait()
}

func (s *story) openPurse(ctx context.Context, p *payer) (err error) {
	if p.file, err = store.Open(ctx, filepath.Join(s.config.Dir, p.name+".db")); err != nil {
		return err
	}
	p.purses = &client.Purses{Store: p.file, Domain: s.seeder.server.Domain(), Signer: p.key}
	return nil
}

func (s *story) open(ctx context.Context, p *payer) error {
	want := contract.Opening{Payee: s.seeder.key.Address(), Signer: p.key.Address(), Asset: p.coin.asset, Amount: p.coin.deposit, Challenge: 24 * time.Hour}
	if _, err := rand.Read(want.Salt[:]); err != nil {
		return err
	}
	if p.coin.asset.Kind() == channel.KindTRC20 {
		if err := s.approve(ctx, p); err != nil {
			return err
		}
	}
	call, err := contract.Open(want)
	if err != nil {
		return err
	}
	_, receipt, err := s.world.send(ctx, p.key, call.Trigger(p.key.Address(), s.contract), "opening a channel")
	if err != nil {
		return err
	}
	s.world.books.move(p.key.Address(), s.contract, p.coin.asset, p.coin.deposit.Big(), "deposit")
	event, err := openedIn(receipt)
	if err != nil {
		return err
	}
	p.terms = event.Terms
	return p.purses.Add(ctx, event.Terms, event.Deposit)
}

func (s *story) approve(ctx context.Context, p *payer) error {
	token, err := trc20.Open(ctx, s.world.node, p.coin.asset.Contract())
	if err != nil {
		return err
	}
	call, err := token.Approve(p.key.Address(), s.contract, p.coin.deposit.Units())
	if err != nil {
		return err
	}
	_, _, err = s.world.send(ctx, p.key, call, "approving the deposit")
	return err
}

// counted waits until the seeder's server has seen the channel in a solid block.
func (s *story) counted(ctx context.Context, p *payer) error {
	return until(ctx, func() (bool, error) {
		_, err := s.seeder.server.Ledger().Record(ctx, p.terms.ID())
		if errors.Is(err, channel.ErrUnknownChannel) {
			return false, nil
		}
		return err == nil, err
	})
}

// download lets all three fetch the file at once, beside somebody who does not pay.
func (s *story) download(ctx context.Context) error {
	rider, stopRider := context.WithCancel(ctx)
	rode := make(chan error, 1)
	begun := time.Now()
	go func() { rode <- s.ride(rider) }()
	group, inner := errgroup.WithContext(ctx)
	for _, p := range s.payers {
		group.Go(func() error {
			if err := s.fetch(inner, p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	err := group.Wait()
	took := time.Since(begun)
	stopRider()
	err = errors.Join(err, <-rode)
	s.report.FreeRider.Policy = fmt.Sprintf("%d thousandths of the uplink for all free riders together", freeShare)
	s.report.FreeRider.Bytes = s.seeder.torrent.Totals().FreeBytes
	s.report.FreeRider.Limit = int64(took.Seconds()*uplink*freeShare/1000) + freeAhead
	return err
}

func (s *story) fetch(ctx context.Context, p *payer) error {
	downloader, err := torrent.NewDownloader(ctx, torrent.DownloaderConfig{
		Dir: p.dir, Purses: torrent.FromChannels(p.purses), Log: s.config.Log,
		Limits: torrent.Limits{MaxPrice: p.coin.price, Budget: p.coin.deposit},
		Want:   torrent.Want{Domain: p.purses.Domain, Assets: []channel.Asset{p.coin.asset}, MustPay: true},
		Net:    torrent.NetConfig{Listen: "127.0.0.1:0"},
	})
	if err != nil {
		return err
	}
	result, err := downloader.Get(ctx, torrent.Source{Torrent: s.meta, Peers: []string{s.seeder.torrent.Addr()}})
	if err = errors.Join(err, downloader.Close()); err != nil {
		return err
	}
	sum, err := sumOf(filepath.Join(p.dir, fileName))
	p.report = Download{
		Name: p.name, Address: p.key.Address(), Channel: p.terms.ID(), Asset: p.coin.asset, Symbol: p.coin.symbol, Decimals: p.coin.decimals, Price: p.coin.price,
		Bytes: result.Bytes, Pieces: result.Pieces, Payments: result.Payments, Deposit: p.coin.deposit, SHA256: sum,
		Seconds: result.Took.Seconds(), MiBPerSec: float64(result.Bytes) / (1 << 20) / result.Took.Seconds(),
	}
	return err
}

// ride is the free rider: an ordinary download without a purse, until the others are done.
func (s *story) ride(ctx context.Context) error {
	downloader, err := torrent.NewDownloader(ctx, torrent.DownloaderConfig{
		Dir: filepath.Join(s.config.Dir, "frank"), Want: torrent.Want{OnlyFree: true}, Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: s.config.Log,
	})
	if err != nil {
		return err
	}
	_, err = downloader.Get(ctx, torrent.Source{Torrent: s.meta, Peers: []string{s.seeder.torrent.Addr()}})
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, downloader.Close())
}

func (p *payer) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

func openedIn(r *node.Receipt) (channel.Event, error) {
	for _, l := range r.Logs {
		if event, err := contract.DecodeEvent(l.Topics, l.Data); err == nil && event.Kind == channel.EventOpened {
			return event, nil
		}
	}
	return channel.Event{}, errors.New("the contract did not say that it opened a channel")
}
