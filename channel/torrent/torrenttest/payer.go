package torrenttest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/wallet"
)

// Payer is somebody who pays out of channels of its own.
type Payer struct {
	Key    *wallet.Key
	Purses *client.Purses
	t      testing.TB
	path   string
}

// NewPayer opens a purse file; it is closed with the test.
func NewPayer(t testing.TB) *Payer {
	t.Helper()
	p := &Payer{Key: wallettest.Key(t), t: t, path: filepath.Join(t.TempDir(), "purse.db")}
	p.Open()
	return p
}

// Open reads the purses from their file, as after a restart.
func (p *Payer) Open() {
	p.t.Helper()
	file, err := store.Open(context.Background(), p.path)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = file.Close() })
	p.Purses = &client.Purses{Store: file, Domain: Domain, Signer: p.Key}
}

// Fund opens a channel of the payer's to a payee, and gives its id.
func (p *Payer) Fund(to *Payee, asset channel.Asset, deposit uint64) channel.ID {
	p.t.Helper()
	terms := to.Open(p.Key.Address(), p.Key.Address(), asset, deposit)
	if err := p.Purses.Add(context.Background(), terms, channel.NewAmount(deposit)); err != nil {
		p.t.Fatal(err)
	}
	return terms.ID()
}

// Downloader is a downloader that pays with purses, into a folder of its own; nil purses pay nothing.
func Downloader(t testing.TB, purses torrent.Purses, change func(*torrent.DownloaderConfig)) *torrent.Downloader {
	t.Helper()
	c := torrent.DownloaderConfig{
		Dir: t.TempDir(), Purses: purses, Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: Log(t, "downloader"),
		Limits: torrent.Limits{MaxPrice: channel.NewAmount(5000), Budget: channel.NewAmount(1 << 40)},
		Want:   torrent.Want{Domain: Domain, Assets: []channel.Asset{channel.TRX}},
	}
	if change != nil {
		change(&c)
	}
	d, err := torrent.NewDownloader(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}
