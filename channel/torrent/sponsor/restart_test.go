package sponsor_test

import (
	"context"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
	"github.com/piecework/piecework/wallet"
)

// TestSeederForgetsItsAccounts: a seeder that keeps no accounts, as a relay, starts again while a viewer is in its tenth tail or so. It knows what the tail in use has paid and not what those
// before have; the viewer goes on from there.
func TestSeederForgetsItsAccounts(t *testing.T) {
	s := newStage(t, 32, func(p *sponsor.Policy) { p.Session, p.PerViewer = mib, 0 })
	dir := t.TempDir()
	s.meta = torrenttest.File(t, dir, "long.mkv", 32*mib, 256<<10)
	s.policy.Torrents = map[[20]byte]int64{s.meta.HashInfoBytes(): 32 * mib}
	if err := s.service.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	offer := s.payee.Offer(channel.TRX)
	offer.Hubs = []wallet.Address{s.creator}
	seed := func(listen string) *torrent.Seeder {
		return s.payee.Seeder(s.meta, dir, torrent.SeederConfig{
			House: torrent.TollhouseConfig{Offers: []torrent.Offer{offer}, Free: torrent.FreeChoke, Uplink: gate.UplinkConfig{Rate: 8 * mib}}, Net: torrent.NetConfig{Listen: listen},
		})
	}
	seeder := seed("")
	v, err := sponsor.NewViewer(t.Context(), s.client, viewerKey(t), s.meta.HashInfoBytes())
	if err != nil {
		t.Fatal(err)
	}
	half, once := make(chan struct{}), false
	d := torrenttest.Downloader(t, v, func(c *torrent.DownloaderConfig) {
		c.Limits, c.Want, c.Every = v.Limits(), v.Want(), 10*time.Millisecond
		c.Progress = func(p torrent.Progress) {
			if p.Bytes > 16*mib && !once {
				once = true
				close(half)
			}
		}
	})
	go func() {
		<-half
		address := seeder.Addr()
		_ = seeder.Close()
		seed(address)
	}()
	ctx, stop := context.WithTimeout(t.Context(), 40*time.Second)
	defer stop()
	r, err := d.Get(ctx, torrent.Source{Torrent: s.meta, Peers: []string{seeder.Addr()}})
	if err != nil {
		t.Fatalf("%v: %d of %d bytes", err, r.Bytes, 32*mib)
	}
	if most := channel.NewAmount(34_000); most.Less(r.Paid) {
		t.Errorf("paid %s for 32,000", r.Paid)
	}
}
