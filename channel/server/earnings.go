package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/store"
)

// earningDays is how many days the dashboard's chart goes back, today included.
const earningDays = 30

// showEarnings adds up by day and asset what became solid.
func (s *Server) showEarnings(ctx context.Context, status *dashboard.Status, now time.Time) error {
	head, first := s.ledger.Cursor().Head, firstDay(now)
	days := map[channel.Asset]map[string]channel.Amount{}
	err := s.store.View(ctx, func(t *store.Tx) error {
		clear(days)
		facts, err := t.Settlements(channel.ID{})
		if err != nil {
			return err
		}
		for i := range facts {
			day := dayOf(&facts[i], head)
			if day < first || facts[i].Amount.IsZero() {
				continue
			}
			r, err := t.Channel(facts[i].Channel)
			if err != nil {
				return err
			}
			if days[r.Terms.Asset] == nil {
				days[r.Terms.Asset] = map[string]channel.Amount{}
			}
			days[r.Terms.Asset][day] = days[r.Terms.Asset][day].Add(facts[i].Amount)
		}
		return nil
	})
	for a, byDay := range days {
		status.Earnings = append(status.Earnings, s.bars(a, byDay)...)
	}
	slices.SortFunc(status.Earnings, func(a, b dashboard.Earning) int { return strings.Compare(a.Asset+a.Day, b.Asset+b.Day) })
	return err
}

func firstDay(now time.Time) string {
	return now.UTC().AddDate(0, 0, 1-earningDays).Format(time.DateOnly)
}

// dayOf is the day of a settlement's block, in UTC. Stores from before schema 6 do not know a block's time: for what they kept it is reckoned back from the head, three
// seconds a block.
func dayOf(f *channel.Settlement, head channel.Block) string {
	at := time.UnixMilli(f.Time)
	if f.Time == 0 {
		at = time.UnixMilli(head.Time).Add(-time.Duration(head.Number-f.Block) * 3 * time.Second)
	}
	return at.UTC().Format(time.DateOnly)
}

func (s *Server) bars(a channel.Asset, byDay map[string]channel.Amount) (bars []dashboard.Earning) {
	best := channel.Amount{}
	for _, amount := range byDay {
		best = best.Max(amount)
	}
	whole, _ := best.Big().Float64()
	for day, amount := range byDay {
		part, _ := amount.Big().Float64() // for the height of a bar, not for money
		bars = append(bars, dashboard.Earning{Day: day, Asset: a.String(), Amount: s.format(a, amount.Units()), Height: part / whole})
	}
	return bars
}
