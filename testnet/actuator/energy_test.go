package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
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

// TestContractOnABorrowersAddress: an account that becomes a contract keeps its balance, but not what it has borrowed, and the lender can have it back.
func TestContractOnABorrowersAddress(t *testing.T) {
	s, lender, rich := governed(t)
	s.SetParam(state.TotalEnergyCurrentLimit, 100)
	s.Edit(lender, func(a *state.Account) { a.Balance = 10 * wallet.TRX })
	Freeze(s, lender, state.Energy, 5*wallet.TRX)
	Lend(s, lender, rich, state.Energy, 2*wallet.TRX, 0)
	l := NewLedger(s)
	l.CreateContract(rich, vm.Contract{Origin: lender, UserPercent: 100}, "")
	if a := s.Account(rich); a.Borrowed[state.Energy] != 0 || a.Balance != 1000*wallet.TRX {
		t.Errorf("borrowed %s, balance %s", a.Borrowed[state.Energy], a.Balance)
	}
	if err := l.Undelegate(lender, rich, vm.Energy, 2*wallet.TRX); err != nil {
		t.Fatal(err)
	}
	if a := s.Account(lender); a.Staked(state.Energy) != 5*wallet.TRX || s.Account(rich).Borrowed[state.Energy] != 0 {
		t.Errorf("the lender has %s", a.Staked(state.Energy))
	}
}

// TestUseOfAMissingAccount: on a network younger than a day an account that never used energy counts as recovering since its first slot; one that is
// missing does not (FreezeV2Util.java:113).
func TestUseOfAMissingAccount(t *testing.T) {
	s, _, rich := governed(t)
	s.SetParam(state.EnergyWeight, 10)
	s.SetParam(state.NetWeight, 10)
	l := NewLedger(s)
	for _, r := range []vm.Resource{vm.Bandwidth, vm.Energy} {
		if used, seconds := l.UsedStake(rich, r); used != 0 || seconds != 86_400 {
			t.Errorf("an account that used nothing: %s, %d s", used, seconds)
		}
		if used, seconds := l.UsedStake(wallet.AddressFromEVM([20]byte{9}), r); used != 0 || seconds != 0 {
			t.Errorf("no account: %s, %d s", used, seconds)
		}
	}
}

// TestUseOfAnEmptiedContract: with parameter 94 a contract outlives its SELFDESTRUCT, and its account says when that was (Program.java:645 and 688 of 4.8.2).
func TestUseOfAnEmptiedContract(t *testing.T) {
	s, heir, rich := governed(t)
	s.SetParam(state.HeadTime, 90_000)
	s.Edit(rich, func(a *state.Account) {
		a.AddStake(state.Energy, 5*wallet.TRX)
		a.Used[state.Energy] = state.Use{Amount: 7, Slot: 30}
	})
	NewLedger(s).MoveStake(rich, heir)
	for r, use := range s.Account(rich).Used {
		if want := (state.Use{Slot: 30, Optimized: true}); use != want {
			t.Errorf("resource %d: %+v, want %+v", r, use, want)
		}
	}
	if use := s.Account(heir).Used[state.Energy]; use.Amount != 7 {
		t.Errorf("the heir's use: %+v", use)
	}
}

// TestWeightBelowNothing: stake that a contract releases may bring the network's sum below nothing (RepositoryImpl.java:1085); what a transaction releases
// does not. Two halves of a TRX that met in an heir are one that was never counted.
func TestWeightBelowNothing(t *testing.T) {
	s, other, heir := governed(t)
	l := NewLedger(s)
	s.Edit(other, func(a *state.Account) { a.Balance = 10 * wallet.TRX })
	for _, a := range []wallet.Address{other, heir} {
		if err := l.Freeze(a, vm.Energy, 1_500_000); err != nil {
			t.Fatal(err)
		}
	}
	l.MoveStake(other, heir)
	before := s.Mark()
	if _, err := l.Unfreeze(heir, vm.Energy, 3*wallet.TRX); err != nil {
		t.Fatal(err)
	}
	if sum := s.Param(state.EnergyWeight); sum != -1 {
		t.Errorf("a contract: %d", sum)
	}
	s.Revert(before)
	Unfreeze(s, heir, state.Energy, 3*wallet.TRX)
	if sum := s.Param(state.EnergyWeight); sum != 0 {
		t.Errorf("a transaction: %d", sum)
	}
}
