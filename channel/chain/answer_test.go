package chain_test

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/wallet"
)

// What a transaction may burn: never less than what our own reckoning asks, whatever a simulation says, and never more than the cap.
func TestFeeLimit(t *testing.T) {
	for _, c := range []struct {
		name      string
		fee       chain.Fee
		simulated int64
		want      wallet.Sun
		over      bool
	}{
		{"a third above the simulation", chain.Fee{}, 1_000, 130_000, false},
		{"a simulation below our own reckoning", chain.Fee{Least: 2_000}, 1_000, 260_000, false},
		{"and one above", chain.Fee{Least: 2_000}, 3_000, 390_000, false},
		{"raised after a failure", chain.Fee{Percent: 200}, 1_000, 200_000, false},
		{"never below the usual margin", chain.Fee{Percent: 100}, 1_000, 130_000, false},
		{"at the cap", chain.Fee{Cap: 130_000}, 1_000, 130_000, false},
		{"over the cap", chain.Fee{Cap: 129_999}, 1_000, 0, true},
		{"over the cap by our own reckoning", chain.Fee{Cap: 130_000, Least: 2_000}, 1_000, 0, true},
		{"raised to the cap", chain.Fee{Percent: 200, Cap: 150_000}, 1_000, 150_000, false},
	} {
		got, err := c.fee.Limit(c.simulated, 100)
		if got != c.want || errors.Is(err, chain.ErrOverCap) != c.over || !c.over && err != nil {
			t.Errorf("%s: %d, %v", c.name, got, err)
		}
	}
}
