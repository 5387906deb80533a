package sponsor_test

import (
	"context"
	"crypto/ed25519"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
	"github.com/piecework/piecework/wallet"
)

const mib = torrenttest.MiB

// stage is a creator's sponsor with one seeder of one torrent.
type stage struct {
	t       testing.TB
	creator wallet.Address
	hot     *wallet.Key
	policy  sponsor.Policy
	path    string
	service *sponsor.Service
	server  *httptest.Server
	client  *sponsor.Client
	block   int64
	payee   *torrenttest.Payee
	seeder  *torrent.Seeder
	meta    *metainfo.MetaInfo
	now     func() time.Time
}

// newStage sponsors a torrent of that many MiB at 1,000 per MiB; change adapts the policy.
func newStage(t testing.TB, size int64, change func(*sponsor.Policy)) *stage {
	t.Helper()
	s := &stage{t: t, creator: wallettest.Key(t).Address(), hot: wallettest.Key(t), path: filepath.Join(t.TempDir(), "sponsor.db"), now: time.Now}
	dir := t.TempDir()
	s.payee = torrenttest.NewPayee(t)
	s.meta = torrenttest.File(t, dir, "film.mkv", size*mib, 256<<10)
	s.seeder = s.seed(s.payee, dir)
	s.policy = sponsor.Policy{
		Asset: channel.TRX, MaxPrice: channel.NewAmount(1000), Budget: channel.NewAmount(1_000_000), Seeders: []wallet.Address{s.payee.Key.Address()},
		Torrents: map[[20]byte]int64{s.meta.HashInfoBytes(): size * mib}, Session: 16 * mib,
	}
	if change != nil {
		change(&s.policy)
	}
	s.open()
	s.fund(s.payee, 1_000_000)
	return s
}

func (s *stage) seed(p *torrenttest.Payee, dir string) *torrent.Seeder {
	offer := p.Offer(channel.TRX)
	offer.Hubs = []wallet.Address{s.creator}
	return p.Seeder(s.meta, dir, torrent.SeederConfig{House: torrent.TollhouseConfig{Offers: []torrent.Offer{offer}, Free: torrent.FreeChoke, Uplink: gate.UplinkConfig{Rate: 64 * mib}}})
}

// open starts the service on its file, as after a restart.
func (s *stage) open() {
	s.t.Helper()
	var err error
	s.service, err = sponsor.Open(context.Background(), sponsor.Config{
		Path: s.path, Domain: torrenttest.Domain, Payer: s.creator, Key: s.hot, Policy: s.policy, Log: torrenttest.Log(s.t, "sponsor"), Now: func() time.Time { return s.now() },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	service := s.service
	s.t.Cleanup(func() { _ = service.Close() })
	s.server = httptest.NewServer(sponsor.NewHandler(service))
	s.t.Cleanup(s.server.Close)
	if s.client, err = sponsor.NewClient(s.server.URL); err != nil {
		s.t.Fatal(err)
	}
	s.tell()
}

// tell shows the service one more block.
func (s *stage) tell(facts ...channel.Event) {
	s.t.Helper()
	s.block++
	hash := [32]byte{byte(s.block >> 8), byte(s.block)}
	err := s.service.Follow(context.Background(), channel.View{
		Solid: channel.Block{Number: s.block, Hash: hash}, Head: channel.Block{Number: s.block, Hash: hash}, Facts: facts, SeenAt: s.now(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// fund opens a channel of the creator's to a seeder, signed for by the sponsor.
func (s *stage) fund(p *torrenttest.Payee, deposit uint64) {
	terms := p.Open(s.creator, s.hot.Address(), channel.TRX, deposit)
	s.tell(channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(deposit)})
}

// viewer is a downloader with nothing but the sponsor's address.
func (s *stage) viewer(key ed25519.PrivateKey) (*sponsor.Viewer, *torrent.Downloader) {
	s.t.Helper()
	v, err := sponsor.NewViewer(context.Background(), s.client, key, s.meta.HashInfoBytes())
	if err != nil {
		s.t.Fatal(err)
	}
	d := torrenttest.Downloader(s.t, v, func(c *torrent.DownloaderConfig) { c.Limits, c.Want = v.Limits(), v.Want() })
	return v, d
}

func (s *stage) redeem() {
	s.t.Helper()
	list := func(ctx context.Context) ([]channel.Record, error) { return s.payee.List(ctx, channel.Query{}) }
	r := sponsor.Redeemer{Ledger: s.payee, List: list, Client: s.client, Offer: s.service.Offer(), Log: torrenttest.Log(s.t, "redeemer")}
	if _, err := r.Once(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

func viewerKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ask is a request for a session of that many steps of 250, which pay for 256 KiB each.
func (s *stage) ask(key ed25519.PrivateKey, steps uint32) (*sponsor.Ask, *channel.Chain) {
	s.t.Helper()
	chain, err := channel.NewChain(steps)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &sponsor.Ask{
		Torrent: sponsor.Hash20(s.meta.HashInfoBytes()), Payee: s.payee.Key.Address(), Price: channel.NewAmount(1000), Unit: channel.NewAmount(250),
		Length: steps, Anchor: sponsor.Hash32(chain.Anchor()),
	}
	a.Sign(key)
	return a, chain
}

func code(err error) string {
	var refused *sponsor.RefusedError
	if err == nil {
		return ""
	}
	if as(err, &refused) {
		return refused.Code
	}
	return err.Error()
}
