package cmd

import (
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// TestSales: the page's sums are those of its rows, today is today, and what is left out is said.
func TestSales(t *testing.T) {
	now := time.Date(2026, 11, 28, 23, 59, 0, 0, time.UTC)
	sold := func(day, name string, paid int64, earned uint64) torrent.Sold {
		return torrent.Sold{Day: day, Torrent: "hash of " + name, Name: name, PaidBytes: paid, Payments: 1, Earned: map[channel.Asset]channel.Amount{channel.TRX: channel.NewAmount(earned)}}
	}
	diary := []torrent.Sold{sold("2026-11-28", "film", 1<<20, 1_500_000), sold("2026-11-28", "song", 1<<10, 1), sold("2026-11-27", "song", 5<<20, 2_000_000)}
	s := salesOf(diary, tariff{coins: map[channel.Asset]money{channel.TRX: trx}}, nil, now)
	if s.Today.Earned[0] != "1.500001 TRX" || s.Today.Payments != 2 || s.Best.Name != "film" || len(s.Days) != 3 || s.Probes == nil {
		t.Errorf("%+v", s)
	}
	if len(s.Torrents) != 2 || s.Torrents[0].Name != "song" || s.Torrents[0].Earned[0] != "2.000001 TRX" || s.Torrents[0].Paid != "5.0 MiB" {
		t.Errorf("by torrent: %+v", s.Torrents)
	}
	for range shownSales {
		diary = append(diary, sold("2026-11-26", "film", 1, 1))
	}
	if s := salesOf(diary, tariff{}, nil, now); len(s.Days) != shownSales || s.More != 3 || s.Today.Earned[0] != "1500001 units of TRX" {
		t.Errorf("%d rows, %d more, today %v", len(s.Days), s.More, s.Today.Earned)
	}
}

func TestProbesByDay(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }
	days := probesByDay([]sponsor.Probe{
		{At: at(27), Passed: true, Paid: channel.NewAmount(1_000_000)}, {At: at(28), Passed: true, Fast: true, Paid: channel.NewAmount(2_000_000)}, {At: at(28), Why: "down"},
	}, trx)
	if len(days) != 2 || days[0].Day != "2026-11-28" || days[0].Passed != 1 || days[0].Fast != 1 || days[0].Failed != 1 || days[0].Why != "down" || days[0].Earned != "2 TRX" || days[1].Earned != "1 TRX" {
		t.Errorf("%+v", days)
	}
}
