package server

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

const (
	// earningDays is how many days the dashboard's chart goes back, today included.
	earningDays = 30
	// madeGoodWithin is how many blocks after its own a settlement may be recorded whose event a node kept back.
	madeGoodWithin = 200
)

// assetDay is a day, YYYY-MM-DD in UTC, of an asset.
type assetDay struct {
	asset channel.Asset
	day   string
}

// earnings is what the contract has paid to an account in the last days. What is in a solid block stays there, so that old settlements are not read again.
type earnings struct {
	of wallet.Address

	mu      sync.Mutex // covers what follows
	through int64      // the last block whose settlements are added up
	sums    map[assetDay]channel.Amount
}

// read takes in what became solid since it was called last, and adds the newest.
func (e *earnings) read(ctx context.Context, from *store.Store, now time.Time) (map[assetDay]channel.Amount, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	first := now.UTC().AddDate(0, 0, 1-earningDays).Truncate(24 * time.Hour)
	var through int64
	var sums, all map[assetDay]channel.Amount
	err := from.View(ctx, func(t *store.Tx) error {
		sums, all = maps.Clone(e.sums), maps.Clone(e.sums)
		cursor, err := t.Cursor()
		if err != nil {
			return err
		}
		through = max(e.through, cursor.Solid.Number-madeGoodWithin)
		return t.Settlements(e.of, e.through, first, func(f channel.Settlement, a channel.Asset) error {
			at := assetDay{a, dayOf(&f, cursor.Head)}
			all[at] = all[at].Add(f.Amount)
			if f.Block <= through {
				sums[at] = sums[at].Add(f.Amount)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for _, of := range []map[assetDay]channel.Amount{sums, all} {
		maps.DeleteFunc(of, func(at assetDay, amount channel.Amount) bool {
			return at.day < first.Format(time.DateOnly) || amount.IsZero()
		})
	}
	e.through, e.sums = through, sums
	return all, nil
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

// showEarnings shows what became solid, by day and asset.
func (s *Server) showEarnings(ctx context.Context, status *dashboard.Status, now time.Time) error {
	sums, err := s.earnings.read(ctx, s.store, now)
	best := map[channel.Asset]channel.Amount{}
	for at, amount := range sums {
		best[at.asset] = best[at.asset].Max(amount)
	}
	for at, amount := range sums {
		whole, _ := best[at.asset].Big().Float64()
		part, _ := amount.Big().Float64() // for the height of a bar, not for money
		status.Earnings = append(status.Earnings, dashboard.Earning{Day: at.day, Asset: at.asset.String(), Amount: s.format(at.asset, amount.Units()), Height: part / whole})
	}
	slices.SortFunc(status.Earnings, func(a, b dashboard.Earning) int { return strings.Compare(a.Asset+a.Day, b.Asset+b.Day) })
	return err
}
