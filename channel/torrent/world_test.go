package torrent_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand"
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
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

var domain = channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TG3XXyExBkPp9nzdajDZsozEu4BkaSJozs")}

const mib = 1 << 20

// world is a seeder's ledger on SQLite, told of its channels by hand instead of by a chain.
type world struct {
	t     testing.TB
	path  string
	store *store.Store
	*ledger.Ledger
	payee *wallet.Key
	mu    sync.Mutex
	block int64
	dir   string
	log   *slog.Logger
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "ledger.db"), payee: newKey(t), block: 100, dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	if os.Getenv("PIECEWORK_TEST_LOG") != "" {
		w.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	w.openLedger()
	t.Cleanup(w.closeLedger)
	return w
}

func (w *world) openLedger() {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(context.Background(), w.path); err != nil {
		w.t.Fatal(err)
	}
	w.Ledger, err = ledger.Open(context.Background(), ledger.Config{Store: w.store, Domain: domain, Log: w.log, StaleAfter: time.Hour})
	if err != nil {
		w.t.Fatal(err)
	}
	w.follow()
}

func (w *world) closeLedger() {
	_ = w.Ledger.Close()
	_ = w.store.Close()
}

// follow tells the ledger of one more solid block.
func (w *world) follow(facts ...channel.Event) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.block++
	for i := range facts {
		facts[i].Block, facts[i].Index = w.block, i
	}
	hash := func(n int64) [32]byte { return [32]byte{byte(n >> 8), byte(n)} }
	at := time.Now().UnixMilli()
	if err := w.Follow(context.Background(), channel.View{
		Solid: channel.Block{Number: w.block, Hash: hash(w.block), Time: at},
		Head:  channel.Block{Number: w.block + 1, Hash: hash(w.block + 1), Parent: hash(w.block), Time: at}, Facts: facts, SeenAt: time.Now(),
	}); err != nil {
		w.t.Fatal(err)
	}
}

// payer is one channel to the world's payee from its payer's side.
type payer struct {
	w      *world
	key    *wallet.Key
	id     channel.ID
	asset  channel.Asset
	path   string
	purses *client.Purses
}

func (w *world) payer(asset channel.Asset, deposit uint64) *payer {
	w.t.Helper()
	p := &payer{w: w, key: newKey(w.t), asset: asset, path: filepath.Join(w.t.TempDir(), "purse.db")}
	terms := channel.Terms{Payer: p.key.Address(), Payee: w.payee.Address(), Signer: p.key.Address(), Asset: asset, Challenge: 24 * time.Hour, Seed: [32]byte{7}}
	p.id = terms.ID()
	w.follow(channel.Event{Kind: channel.EventOpened, Channel: p.id, Terms: terms, Deposit: channel.NewAmount(deposit)})
	p.open()
	if err := p.purses.Add(context.Background(), terms, channel.NewAmount(deposit)); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// open reads the purse from its file, as after a restart.
func (p *payer) open() {
	p.w.t.Helper()
	s, err := store.Open(context.Background(), p.path)
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.w.t.Cleanup(func() { _ = s.Close() })
	p.purses = &client.Purses{Store: s, Domain: domain, Signer: p.key}
}

// paid is what the payee holds evidence for on the payer's channel.
func (p *payer) paid() channel.Amount {
	p.w.t.Helper()
	r, err := p.w.Record(context.Background(), p.id)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return r.Paid()
}

// offer is what the world's seeders ask: 1,000 per MiB, in steps of 256 KiB, 1 MiB ahead.
func (w *world) offer(asset channel.Asset) torrent.Offer {
	return torrent.Offer{Domain: domain, Asset: asset, Payee: w.payee.Address(), Price: channel.NewAmount(1000)}
}

func (w *world) seeder(c torrent.SeederConfig) *torrent.Seeder {
	w.t.Helper()
	if c.House.Ledger == nil {
		c.House.Ledger = w.Ledger
	}
	if len(c.House.Offers) == 0 {
		c.House.Offers = []torrent.Offer{w.offer(channel.TRX)}
	}
	if c.Net.Listen == "" {
		c.Net.Listen = "127.0.0.1:0"
	}
	c.Log = w.log.With("who", "seeder")
	s, err := torrent.NewSeeder(context.Background(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	return s
}

// file makes a file of random bytes and a torrent of it.
func (w *world) file(size, pieceLength int64) (*metainfo.MetaInfo, [32]byte) {
	w.t.Helper()
	data := make([]byte, size)
	rand.New(rand.NewSource(size)).Read(data)
	path := filepath.Join(w.dir, fmt.Sprintf("film-%d.bin", size))
	if err := os.WriteFile(path, data, 0o644); err != nil {
		w.t.Fatal(err)
	}
	mi, err := torrent.Create(path, torrent.CreateConfig{PieceLength: pieceLength})
	if err != nil {
		w.t.Fatal(err)
	}
	return mi, sha256.Sum256(data)
}

// seed is a seeder of that torrent.
func (w *world) seed(mi *metainfo.MetaInfo, c torrent.SeederConfig) *torrent.Seeder {
	w.t.Helper()
	s := w.seeder(c)
	if err := s.Add(context.Background(), mi, w.dir); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// downloader is a downloader that pays out of p's channel, or of nothing.
func (w *world) downloader(p *payer, change func(*torrent.DownloaderConfig)) *torrent.Downloader {
	w.t.Helper()
	c := torrent.DownloaderConfig{
		Dir: w.t.TempDir(), Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Log: w.log.With("who", "downloader"),
		Limits: torrent.Limits{MaxPrice: channel.NewAmount(5000), Budget: channel.NewAmount(1 << 40)},
		Want:   torrent.Want{Domain: domain},
	}
	if p != nil {
		c.Purses, c.Want.Assets = torrent.FromChannels(p.purses), []channel.Asset{p.asset}
	}
	if change != nil {
		change(&c)
	}
	d, err := torrent.NewDownloader(context.Background(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = d.Close() })
	dirs.Store(d, c.Dir)
	return d
}

var dirs sync.Map // of *torrent.Downloader, their directories

func get(t testing.TB, d *torrent.Downloader, mi *metainfo.MetaInfo, peers ...string) torrent.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	r, err := d.Get(ctx, torrent.Source{Torrent: mi, Peers: peers})
	if err != nil {
		t.Fatalf("%v; so far %+v", err, r)
	}
	return r
}

// fetched is the hash of what a downloader got.
func fetched(t testing.TB, d *torrent.Downloader, name string) [32]byte {
	t.Helper()
	dir, _ := dirs.Load(d)
	data, err := os.ReadFile(filepath.Join(dir.(string), name))
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
}

func newKey(t testing.TB) *wallet.Key {
	t.Helper()
	k, err := wallet.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func cost(bytes int64) channel.Amount { return gate.Cost(channel.NewAmount(1000), bytes) }

// both pays out of several purse files.
type both []torrent.Purses

func (b both) For(ctx context.Context, terms *wire.Terms) (torrent.Purse, error) {
	for _, p := range b {
		if purse, err := p.For(ctx, terms); err == nil {
			return purse, nil
		}
	}
	return nil, torrent.ErrNoPurse
}
