// Package torrenttest has what tests of paid BitTorrent need in several packages: payees whose ledger is told of channels by hand instead of by a chain,
// payers with channels to them, and files to share.
package torrenttest

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
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
	Key   *wallet.Key
	t     testing.TB
	path  string
	store *store.Store

	mu    sync.Mutex
	block int64
}

// NewPayee opens a payee's ledger; it is closed with the test.
func NewPayee(t testing.TB) *Payee {
	t.Helper()
	p := &Payee{Key: wallettest.Key(t), t: t, path: filepath.Join(t.TempDir(), "ledger.db"), block: 100}
	p.open()
	t.Cleanup(p.close)
	return p
}

func (p *Payee) open() {
	p.t.Helper()
	var err error
	if p.store, err = store.Open(context.Background(), p.path); err != nil {
		p.t.Fatal(err)
	}
	if p.Ledger, err = ledger.Open(context.Background(), ledger.Config{Store: p.store, Domain: Domain, Log: Log(p.t, "ledger"), StaleAfter: time.Hour}); err != nil {
		p.t.Fatal(err)
	}
	p.Tell()
}

func (p *Payee) close() { _, _ = p.Ledger.Close(), p.store.Close() }

// Restart closes the ledger and opens it again from its file.
func (p *Payee) Restart() {
	p.t.Helper()
	p.close()
	p.open()
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

// Seeder seeds what is in dir for the payee. A ledger of c that is nil becomes the payee's, and offers the usual one, in TRX.
func (p *Payee) Seeder(mi *metainfo.MetaInfo, dir string, c torrent.SeederConfig) *torrent.Seeder {
	p.t.Helper()
	if c.House.Ledger == nil {
		c.House.Ledger = p.Ledger
	}
	if c.House.Offers == nil {
		c.House.Offers = []torrent.Offer{p.Offer(channel.TRX)}
	}
	if c.Net.Listen == "" {
		c.Net.Listen = "127.0.0.1:0"
	}
	if c.Log == nil {
		c.Log = Log(p.t, "seeder")
	}
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
