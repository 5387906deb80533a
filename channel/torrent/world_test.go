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

	"github.com/piecework/piecework/channel/torrent/torrenttest"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

const mib = torrenttest.MiB

var domain = torrenttest.Domain

// world is somebody who is paid, and the folder with what is seeded.
type world struct {
	*torrenttest.Payee
	t   testing.TB
	dir string
	log *slog.Logger
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{Payee: torrenttest.NewPayee(t), t: t, dir: t.TempDir(), log: torrenttest.Log(t, "world")}
}

// payer is one channel to the world's payee from its payer's side.
type payer struct {
	*torrenttest.Payer
	w     *world
	id    channel.ID
	asset channel.Asset
}

func (w *world) payer(asset channel.Asset, deposit uint64) *payer {
	w.t.Helper()
	p := &payer{Payer: torrenttest.NewPayer(w.t), w: w, asset: asset}
	p.id = p.Fund(w.Payee, asset, deposit)
	return p
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

func (w *world) seeder(c torrent.SeederConfig) *torrent.Seeder {
	w.t.Helper()
	return w.Seeder(nil, "", c)
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
	return w.Seeder(mi, w.dir, c)
}

// downloader is a downloader that pays out of p's channel, or of nothing.
func (w *world) downloader(p *payer, change func(*torrent.DownloaderConfig)) *torrent.Downloader {
	w.t.Helper()
	var dir string
	d := torrenttest.Downloader(w.t, nil, func(c *torrent.DownloaderConfig) {
		if c.Want.Assets = nil; p != nil {
			c.Purses, c.Want.Assets = torrent.FromChannels(p.Purses), []channel.Asset{p.asset}
		}
		if change != nil {
			change(c)
		}
		dir = c.Dir
	})
	dirs.Store(d, dir)
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
	return fetchedFrom(t, dir.(string), name)
}

func fetchedFrom(t testing.TB, dir, name string) [32]byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(data)
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
