// Package torrenttest has what tests of paid BitTorrent need in several packages: payees whose ledger is told of channels by hand instead of by a chain,
// payers with channels to them, and files to share.
package torrenttest

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/wallet"
)

// Domain is the contract that all channels here are in.
var Domain = channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TG3XXyExBkPp9nzdajDZsozEu4BkaSJozs")}

// MiB is 2^20.
const MiB = 1 << 20

// Payee is somebody who is paid: a key, and a ledger on SQLite.
type Payee struct {
	*ledger.Ledger
	Key *wallet.Key
	t   testing.TB

	mu    sync.Mutex
	block int64
}

// NewPayee opens a payee's ledger; it is closed with the test.
func NewPayee(t testing.TB) *Payee {
	t.Helper()
	file, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(context.Background(), ledger.Config{Store: file, Domain: Domain, Log: Log("ledger"), StaleAfter: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = l.Close(), file.Close() })
	p := &Payee{Ledger: l, Key: Key(t), t: t, block: 100}
	p.Tell()
	return p
}

// Tell makes the ledger see one more solid block with these events.
func (p *Payee) Tell(facts ...channel.Event) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.block++
	for i := range facts {
		facts[i].Block, facts[i].Index = p.block, i
	}
	hash := func(n int64) [32]byte { return [32]byte{byte(n >> 8), byte(n)} }
	at := time.Now().UnixMilli()
	if err := p.Follow(context.Background(), channel.View{
		Solid: channel.Block{Number: p.block, Hash: hash(p.block), Time: at},
		Head:  channel.Block{Number: p.block + 1, Hash: hash(p.block + 1), Parent: hash(p.block), Time: at}, Facts: facts, SeenAt: time.Now(),
	}); err != nil {
		p.t.Fatal(err)
	}
}

// Open opens a channel to the payee, as a solid block would, and gives its terms.
func (p *Payee) Open(payer, signer wallet.Address, asset channel.Asset, deposit uint64) channel.Terms {
	p.t.Helper()
	terms := channel.Terms{Payer: payer, Payee: p.Key.Address(), Signer: signer, Asset: asset, Challenge: 24 * time.Hour, Seed: rand32()}
	p.Tell(channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(deposit)})
	return terms
}

// Paid is what the payee holds evidence for, over all its channels.
func (p *Payee) Paid() (sum channel.Amount) {
	p.t.Helper()
	records, err := p.List(context.Background(), channel.Query{})
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range records {
		sum = sum.Add(records[i].Paid())
	}
	return sum
}

// Offer is what the payee asks: 1,000 per MiB.
func (p *Payee) Offer(asset channel.Asset) torrent.Offer {
	return torrent.Offer{Domain: Domain, Asset: asset, Payee: p.Key.Address(), Price: channel.NewAmount(1000)}
}

// Seeder seeds what is in dir for the payee. Offers of c that are nil become the usual one, in TRX.
func (p *Payee) Seeder(mi *metainfo.MetaInfo, dir string, c torrent.SeederConfig) *torrent.Seeder {
	p.t.Helper()
	c.House.Ledger = p.Ledger
	if c.House.Offers == nil {
		c.House.Offers = []torrent.Offer{p.Offer(channel.TRX)}
	}
	if c.Net.Listen == "" {
		c.Net.Listen = "127.0.0.1:0"
	}
	c.Log = Log("seeder")
	s, err := torrent.NewSeeder(context.Background(), c)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = s.Close() })
	if mi != nil {
		if err := s.Add(context.Background(), mi, dir); err != nil {
			p.t.Fatal(err)
		}
	}
	return s
}

// Payer is somebody who pays out of channels of its own.
type Payer struct {
	Key    *wallet.Key
	Purses *client.Purses
	t      testing.TB
}

// NewPayer opens a purse file; it is closed with the test.
func NewPayer(t testing.TB) *Payer {
	t.Helper()
	file, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "purse.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	key := Key(t)
	return &Payer{Key: key, Purses: &client.Purses{Store: file, Domain: Domain, Signer: key}, t: t}
}

// Fund opens a channel of the payer's to a payee.
func (p *Payer) Fund(to *Payee, asset channel.Asset, deposit uint64) {
	p.t.Helper()
	terms := to.Open(p.Key.Address(), p.Key.Address(), asset, deposit)
	if err := p.Purses.Add(context.Background(), terms, channel.NewAmount(deposit)); err != nil {
		p.t.Fatal(err)
	}
}

// Downloader is a downloader that pays with purses, into a folder of its own; nil purses pay nothing.
func Downloader(t testing.TB, purses torrent.Purses, change func(*torrent.DownloaderConfig)) *torrent.Downloader {
	t.Helper()
	c := torrent.DownloaderConfig{
		Dir: t.TempDir(), Purses: purses, Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: Log("downloader"),
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

// File makes a file of random bytes in dir, and a torrent of it.
func File(t testing.TB, dir, name string, size, pieceLength int64) *metainfo.MetaInfo {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(file, rand.NewChaCha8(rand32()), size); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return Torrent(t, filepath.Join(dir, name), pieceLength)
}

// Torrent makes a torrent of a file or folder.
func Torrent(t testing.TB, path string, pieceLength int64) *metainfo.MetaInfo {
	t.Helper()
	mi, err := torrent.Create(path, torrent.CreateConfig{PieceLength: pieceLength})
	if err != nil {
		t.Fatal(err)
	}
	return mi
}

// Key draws a key.
func Key(t testing.TB) *wallet.Key {
	t.Helper()
	k, err := wallet.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Log is silent unless PIECEWORK_TEST_LOG is set.
func Log(who string) *slog.Logger {
	if os.Getenv("PIECEWORK_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).With("who", who)
}

func rand32() (b [32]byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}
