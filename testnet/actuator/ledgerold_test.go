package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// TestOldStakeOfContracts stakes for itself and for a new account, waits three days, and releases both; a contract that ends leaves its stake to its heir.
func TestOldStakeOfContracts(t *testing.T) {
	s, witness, rich := before2(t)
	s.SetParam(state.AllowTvmFreeze, 1)
	l, fresh := NewLedger(s), wallet.AddressFromEVM([20]byte{9})
	wants(t, l.FreezeLegacy(rich, rich, vm.Energy, 999_999), "FrozenBalance must be greater than or equal to 1 TRX")
	wants(t, l.FreezeLegacy(rich, rich, vm.Energy, 1001*wallet.TRX), "FrozenBalance must be less than or equal to accountBalance")
	wants(t, l.FreezeLegacy(rich, rich, vm.Energy, 2_500_000), "")
	wants(t, l.FreezeLegacy(rich, fresh, vm.Bandwidth, 3_000_000), "")
	if l.LegacyExpiry(rich, fresh, vm.Bandwidth) != 3*dayMillis || l.LegacyExpiry(rich, fresh, vm.Energy) != 0 || s.Param(state.EnergyWeight) != 2 {
		t.Errorf("expires %d, weight %d", l.LegacyExpiry(rich, fresh, vm.Bandwidth), s.Param(state.EnergyWeight))
	}
	if !l.HasForeignStake(rich) || len(s.Partners(rich, true, true)) != 0 || s.Account(fresh).Power(state.Bandwidth) != 3_000_000 {
		t.Error("the loan does not show")
	}
	_, err := l.UnfreezeLegacy(rich, fresh, vm.Bandwidth)
	wants(t, err, "It's not time to unfreeze.")
	setBallots(s, rich, []state.Ballot{{Witness: witness, Count: 5}})
	s.SetParam(state.HeadTime, 3*dayMillis)
	freed, err := l.UnfreezeLegacy(rich, fresh, vm.Bandwidth)
	wants(t, err, "")
	if a := s.Account(rich); freed != 3_000_000 || len(a.Ballots) != 0 || s.Account(fresh).BorrowedOld[0] != 0 || s.Param(state.NetWeight) != 0 {
		t.Errorf("released %d, votes %v", freed, a.Ballots)
	}
	_, err = l.UnfreezeLegacy(rich, fresh, vm.Bandwidth)
	wants(t, err, "delegated Resource does not exist")
	l.MoveLegacy(rich, witness)
	if s.Account(witness).Balance != 2_500_000 || s.Account(rich).Frozen != [3]state.OldStake{} || s.Param(state.EnergyWeight) != 0 {
		t.Error("the stake did not move")
	}
}

// TestOldStakeForbidsToEnd: with parameter 94 own stake of before Stake 2.0 keeps a contract from ending until it could be released (Program.java:752 of
// 4.8.2); before it only what is lent does.
func TestOldStakeForbidsToEnd(t *testing.T) {
	for _, r := range []vm.Resource{vm.Bandwidth, vm.Energy} {
		s, _, rich := before2(t)
		s.SetParam(state.AllowTvmFreeze, 1)
		l := NewLedger(s)
		wants(t, l.FreezeLegacy(rich, rich, r, 2*wallet.TRX), "")
		if l.HasForeignStake(rich) {
			t.Errorf("resource %d: before 94", r)
		}
		s.SetParam(state.AllowTvmSelfdestructRestriction, 1)
		if !l.HasForeignStake(rich) {
			t.Errorf("resource %d: with 94", r)
		}
		s.SetParam(state.HeadTime, 3*dayMillis)
		if l.HasForeignStake(rich) {
			t.Errorf("resource %d: expired", r)
		}
	}
}
