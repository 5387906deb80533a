package torrent_test

import (
	"io"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestSeedersAreChosenByPriceAndSpeed: the dearer of two seeders gets little while the cheaper one is fast, and most of it when the cheaper one is slow.
func TestSeedersAreChosenByPriceAndSpeed(t *testing.T) {
	for name, c := range map[string]struct {
		cheapRate, dearRate, size int64
		enough                    func(cheap, dear int64) bool
	}{
		// The dear one may come first; what it was asked for until then comes still.
		"the cheap one is fast": {16 * mib, 16 * mib, 24 * mib, func(cheap, dear int64) bool { return dear < cheap/8 }},
		"the cheap one is slow": {2 * mib, 24 * mib, 40 * mib, func(cheap, dear int64) bool { return dear > 2*cheap }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, x := newWorld(t), newWorld(t)
			mi, sum := w.file(c.size, 256<<10)
			x.dir = w.dir
			sell := func(w *world, price uint64, rate int64) *torrent.Seeder {
				offer := w.Offer(channel.TRX)
				offer.Price = channel.NewAmount(price)
				return w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{
					Offers: []torrent.Offer{offer}, Uplink: gate.UplinkConfig{Rate: rate, FreeShare: -1},
				}})
			}
			cheap, dear := sell(w, 1000, c.cheapRate), sell(x, 3000, c.dearRate)
			p, q := w.payer(channel.TRX, 10_000_000), x.payer(channel.TRX, 10_000_000)
			d := w.downloader(p, func(c *torrent.DownloaderConfig) {
				c.Purses = both{torrent.FromChannels(p.Purses), torrent.FromChannels(q.Purses)}
			})
			r := get(t, d, mi, cheap.Addr(), dear.Addr())
			a, b := cheap.Totals().PaidBytes, dear.Totals().PaidBytes
			if fetched(t, d, r.Name) != sum || !c.enough(a, b) {
				t.Errorf("%d bytes came from the cheap one, %d from the dear one", a, b)
			}
		})
	}
}

// TestPlayerIsServedByEverySeeder: what a player reads is asked of one seeder and then of another, as it moves on. None of them is left idle by that.
func TestPlayerIsServedByEverySeeder(t *testing.T) {
	const size, count = 8 * mib, 4
	w := newWorld(t)
	mi, _ := w.file(size, 256<<10)
	var seeders []*torrent.Seeder
	var peers []string
	for range count {
		x := newWorld(t)
		x.dir = w.dir
		s := x.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: 32 * mib}}})
		seeders, peers = append(seeders, s), append(peers, s.Addr())
	}
	d := w.downloader(nil, func(c *torrent.DownloaderConfig) { c.Want = torrent.Want{OnlyFree: true} })
	film, err := d.Start(t.Context(), torrent.Source{Torrent: mi, Peers: peers})
	if err != nil {
		t.Fatal(err)
	}
	player := film.NewReader()
	defer func() { _ = player.Close() }()
	player.SetContext(t.Context())
	player.SetReadahead(2 * mib)
	if _, err := io.Copy(io.Discard, player); err != nil {
		t.Fatal(err)
	}
	for i, s := range seeders {
		if sent := s.Totals().FreeBytes; sent < size/count/4 {
			t.Errorf("seeder %d of %d equal ones sent %d of %d bytes", i, count, sent, size)
		}
	}
}
