package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
)

// TestEnergyLeftCountsWholeTRX stakes 2.9 TRX of a network's 10: clients see 29 of its 100 energy, a call may spend 20.
func TestEnergyLeftCountsWholeTRX(t *testing.T) {
	s, _, rich := governed(t)
	s.SetParam(state.TotalEnergyCurrentLimit, 100)
	s.SetParam(state.EnergyWeight, 10)
	s.Edit(rich, func(a *state.Account) { a.AddStake(state.Energy, 2_900_000) })
	a := s.Account(rich)
	if shown, left := EnergyLimit(s, a), EnergyLeft(s, a); shown != 29 || left != 20 {
		t.Errorf("limit %d, left %d", shown, left)
	}
	s.Edit(rich, func(a *state.Account) { a.AddStake(state.Energy, -2*wallet.TRX) })
	if left := EnergyLeft(s, s.Account(rich)); left != 0 {
		t.Errorf("0.9 TRX give %d", left)
	}
}
