package torrent

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
)

// countingPurse knows what a killed payer would take for revealed.
type countingPurse struct {
	Purse
	shown, written uint32
	writes         int
}

// RevealAhead implements Purse.
func (p *countingPurse) RevealAhead(_ context.Context, tail channel.Anchor, count, steps uint32) (channel.Reveal, error) {
	if p.shown = count; count > p.written {
		p.written = count + steps
		p.writes++
	}
	return channel.Reveal{Tail: tail, Count: count}, nil
}

// Rest implements Purse.
func (p *countingPurse) Rest(context.Context) error { p.written = p.shown; return nil }

// Note implements Purse.
func (p *countingPurse) Note(context.Context, int64) error { return nil }

// Whatever purses count ahead, a payer that is killed has counted no more than its budget; and all of the budget can be spent, by whichever of them.
func TestWhatIsCountedAheadIsWithinTheBudget(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 5))
		const step, tabs = 7, 5
		budget := 1 + rng.Uint64N(3_000)
		s := NewSpender(nil, Limits{Budget: channel.NewAmount(budget), MaxPrice: channel.NewAmount(1000), Ahead: 1 << 20}, Want{}, slog.New(slog.DiscardHandler))
		purses := make([]*countingPurse, tabs)
		list := make([]*tab, tabs)
		for i := range list {
			purses[i] = &countingPurse{}
			list[i] = &tab{
				spend: s, purse: purses[i], open: 1, price: channel.NewAmount(140), unit: channel.NewAmount(step), step: channel.NewAmount(step), trusted: rng.IntN(4) > 0,
				tail: channel.Tail{Length: 1 << 10, Unit: channel.NewAmount(step), Expiry: time.Now().Add(time.Hour).Unix()},
			}
			s.tabs[tabKey{asset: channel.TRX, payee: [21]byte{0x41, byte(i)}}] = list[i]
		}
		p := &payer{l: &link{log: slog.New(slog.DiscardHandler)}}
		paid, writes := uint64(0), 0
		for {
			err := list[rng.IntN(tabs)].payOut(t.Context(), 1, p)
			counted, shown := uint64(0), uint64(0)
			writes = 0
			for _, one := range purses {
				counted, shown, writes = counted+step*uint64(one.written), shown+step*uint64(one.shown), writes+one.writes
			}
			if counted > budget {
				t.Fatalf("seed %d: %d is counted, the budget is %d", seed, counted, budget)
			}
			if spent, _ := s.Spent(); spent != channel.NewAmount(shown) {
				t.Fatalf("seed %d: %s is spent, %d was revealed", seed, spent, shown)
			}
			if errors.Is(err, ErrBudget) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			paid++
		}
		if paid != budget/step {
			t.Errorf("seed %d: %d steps were paid out of a budget for %d", seed, paid, budget/step)
		}
		if budget > 2_000 && uint64(writes) > paid*3/4 {
			t.Errorf("seed %d: %d steps took %d writes", seed, paid, writes)
		}
	}
}
