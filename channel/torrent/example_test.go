package torrent_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
	"github.com/piecework/piecework/wallet"
)

// A seeder asks 1,000 sun a MiB; a downloader with a channel to it pays for each piece that was good. What a blockchain would tell the seeder is told by hand here.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "torrent")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	bob, _ := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000002")
	carol, _ := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000003")
	domain := torrenttest.Domain
	terms := channel.Terms{Payer: carol.Address(), Payee: bob.Address(), Signer: carol.Address(), Challenge: 24 * time.Hour}
	deposit := channel.NewAmount(1_000_000)

	books, err := store.Open(ctx, filepath.Join(folder, "bob.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = books.Close() }()
	payments, err := ledger.Open(ctx, ledger.Config{Store: books, Domain: domain})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = payments.Close() }()
	opened := channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: deposit}
	if err := payments.Follow(ctx, channel.View{Solid: channel.Block{Number: 100}, Head: channel.Block{Number: 120}, Facts: []channel.Event{opened}, SeenAt: time.Now()}); err != nil {
		log.Fatal(err)
	}

	film := filepath.Join(folder, "film.bin")
	if err := os.WriteFile(film, bytes.Repeat([]byte("a good film "), 100_000), 0o600); err != nil {
		log.Fatal(err)
	}
	mi, err := torrent.Create(film, torrent.CreateConfig{})
	if err != nil {
		log.Fatal(err)
	}
	offer := torrent.Offer{Domain: domain, Asset: channel.TRX, Payee: bob.Address(), Price: channel.NewAmount(1000)}
	seeder, err := torrent.NewSeeder(ctx, torrent.SeederConfig{
		House: torrent.TollhouseConfig{Ledger: payments, Offers: []torrent.Offer{offer}, Free: torrent.FreeChoke}, Net: torrent.NetConfig{Listen: "127.0.0.1:0"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = seeder.Close() }()
	if err := seeder.Add(ctx, mi, folder); err != nil {
		log.Fatal(err)
	}

	purse, err := store.Open(ctx, filepath.Join(folder, "carol.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = purse.Close() }()
	purses := &client.Purses{Store: purse, Domain: domain, Signer: carol}
	if err := purses.Add(ctx, terms, deposit); err != nil {
		log.Fatal(err)
	}
	downloader, err := torrent.NewDownloader(ctx, torrent.DownloaderConfig{
		Dir: filepath.Join(folder, "carol"), Net: torrent.NetConfig{Listen: "127.0.0.1:0"}, Purses: torrent.FromChannels(purses),
		Limits: torrent.Limits{MaxPrice: channel.NewAmount(1000), Budget: channel.NewAmount(5000)},
		Want:   torrent.Want{Domain: domain, Assets: []channel.Asset{channel.TRX}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = downloader.Close() }()
	result, err := downloader.Get(ctx, torrent.Source{Torrent: mi, Peers: []string{seeder.Addr()}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Name, result.Bytes, "bytes for", result.Paid, "sun")
	// Output: film.bin 1200000 bytes for 1250 sun
}
