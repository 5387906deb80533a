package cmd

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/sponsor"
)

// shownSales is how many rows the page of earnings lists at most.
const shownSales = 200

// probeBook is what a sponsor says of its probes of this seeder.
type probeBook struct {
	mu    sync.Mutex
	ask   func(ctx context.Context) (sponsor.Statement, error) // nil: there is no sponsor
	coin  money
	days  []dashboard.Probes
	asked time.Time
}

// probesEvery is how often a sponsor is asked for its statement, when somebody looks.
const probesEvery = time.Minute

// open lets the statements of a sponsor be read. One that pays in what is not sold for here has none to show.
func (p *probeBook) open(client *sponsor.Client, t tariff, asset string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range t.offers {
		if o.Asset.String() == asset {
			p.coin = t.coins[o.Asset]
			p.ask = func(ctx context.Context) (sponsor.Statement, error) { return client.Statement(ctx, o.Payee) }
		}
	}
}

// byDay is the probes of each day, the newest first. While the sponsor does not answer, they are what they were.
func (p *probeBook) byDay(ctx context.Context) []dashboard.Probes {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ask == nil || time.Since(p.asked) < probesEvery {
		return slices.Clone(p.days)
	}
	p.asked = time.Now()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if statement, err := p.ask(ctx); err == nil {
		p.days = probesByDay(statement.Lines, p.coin)
	}
	return slices.Clone(p.days)
}

func probesByDay(lines []sponsor.Probe, coin money) (days []dashboard.Probes) {
	paid := channel.Amount{}
	for _, line := range lines {
		if day := line.At.UTC().Format(time.DateOnly); len(days) == 0 || days[len(days)-1].Day != day {
			days, paid = append(days, dashboard.Probes{Day: day}), channel.Amount{}
		}
		d := &days[len(days)-1]
		switch {
		case line.Passed && line.Fast:
			d.Passed++
			d.Fast++
		case line.Passed:
			d.Passed++
		default:
			d.Failed++
			d.Why = line.Why
		}
		paid = paid.Add(line.Paid)
		d.Earned = coin.format(paid)
	}
	slices.Reverse(days)
	return days
}

// salesOf is a diary for the page of earnings.
func salesOf(diary []torrent.Sold, t tariff, probes []dashboard.Probes, now time.Time) dashboard.Sales {
	today := now.UTC().Format(time.DateOnly)
	s := dashboard.Sales{Selling: true, Torrents: []dashboard.Sold{}, Days: []dashboard.Sold{}, Probes: probes}
	if s.Probes == nil {
		s.Probes = []dashboard.Probes{}
	}
	sums, order := map[string]*torrent.Sold{}, []string{}
	ofToday, best := torrent.Sold{Day: today}, torrent.Sold{}
	for i := range diary {
		row := &diary[i]
		if row.Day == today {
			addSold(&ofToday, row)
			if row.PaidBytes > best.PaidBytes {
				best = *row
			}
		}
		if sums[row.Torrent] == nil {
			sums[row.Torrent] = &torrent.Sold{Torrent: row.Torrent, Name: row.Name}
			order = append(order, row.Torrent)
		}
		addSold(sums[row.Torrent], row)
		if len(s.Days) < shownSales {
			s.Days = append(s.Days, t.sold(row))
		} else {
			s.More++
		}
	}
	s.Today, s.Best = t.sold(&ofToday), t.sold(&best)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(sums[b].PaidBytes, sums[a].PaidBytes) })
	for _, hash := range order[:min(len(order), shownSales)] {
		s.Torrents = append(s.Torrents, t.sold(sums[hash]))
	}
	return s
}

func addSold(to, row *torrent.Sold) {
	to.PaidBytes, to.FreeBytes, to.Payments = to.PaidBytes+row.PaidBytes, to.FreeBytes+row.FreeBytes, to.Payments+row.Payments
	if to.Earned == nil {
		to.Earned = map[channel.Asset]channel.Amount{}
	}
	for asset, amount := range row.Earned {
		to.Earned[asset] = to.Earned[asset].Add(amount)
	}
}

// sold is a row for people. An asset that is not sold for any more has no decimals that are known.
func (t tariff) sold(row *torrent.Sold) dashboard.Sold {
	s := dashboard.Sold{
		Day: row.Day, Name: row.Name, InfoHash: row.Torrent, Paid: formatBytes(row.PaidBytes), Free: formatBytes(row.FreeBytes), Payments: row.Payments, Earned: []string{},
	}
	for asset, amount := range row.Earned {
		if coin, known := t.coins[asset]; known {
			s.Earned = append(s.Earned, coin.format(amount))
		} else {
			s.Earned = append(s.Earned, amount.String()+" units of "+asset.String())
		}
	}
	slices.Sort(s.Earned)
	return s
}
