package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// before2 is a state before Stake 2.0: parameters 70 and 77 are 0.
func before2(t *testing.T) (s *state.State, witness, rich wallet.Address) {
	t.Helper()
	s, witness, rich = governed(t)
	s.SetParam(state.UnfreezeDelayDays, 0)
	s.SetParam(state.AllowCancelAllUnfreezeV2, 0)
	return s, witness, rich
}

func freezeOf(owner wallet.Address, r tronpb.ResourceCode, amount wallet.Sun, receiver []byte) freezeOld {
	return freezeOld{&tronpb.FreezeBalanceContract{OwnerAddress: owner[:], FrozenBalance: int64(amount), FrozenDuration: 3, Resource: r, ReceiverAddress: receiver}}
}

func unfreezeOf(owner wallet.Address, r tronpb.ResourceCode, receiver []byte) unfreezeOld {
	return unfreezeOld{&tronpb.UnfreezeBalanceContract{OwnerAddress: owner[:], Resource: r, ReceiverAddress: receiver}}
}

// TestOldStake: frozen for bandwidth twice, so that three days count from the second time, and released later under Stake 2.0. Votes go with it.
func TestOldStake(t *testing.T) {
	s, witness, rich := before2(t)
	_, err := apply(s, freeze{&tronpb.FreezeBalanceV2Contract{OwnerAddress: rich[:], FrozenBalance: 1_000_000}})
	wants(t, err, "Not support FreezeV2 transaction, need to be opened by the committee")
	_, err = apply(s, freezeOf(rich, 0, 1_500_000, nil))
	wants(t, err, "")
	s.SetParam(state.HeadTime, dayMillis)
	_, err = apply(s, freezeOf(rich, 0, 1_500_000, nil))
	wants(t, err, "")
	a := s.Account(rich)
	if a.Frozen[0] != (state.OldStake{Amount: 3_000_000, Expires: 4 * dayMillis}) || s.Param(state.NetWeight) != 3 || a.Balance != 997*wallet.TRX {
		t.Errorf("frozen %v, weight %d, balance %d", a.Frozen, s.Param(state.NetWeight), a.Balance)
	}
	if got := NetLimit(s, a); got != s.Param(state.TotalNetLimit) {
		t.Errorf("the only stake gives %d bandwidth", got)
	}
	if m := a.Message(); len(m.GetFrozen()) != 1 || m.GetFrozen()[0].GetExpireTime() != 4*dayMillis || m.GetAccountResource() != nil {
		t.Errorf("the account shows %v", m)
	}
	_, err = apply(s, vote{&tronpb.VoteWitnessContract{OwnerAddress: rich[:], Votes: []*tronpb.VoteWitnessContract_Vote{{VoteAddress: witness[:], VoteCount: 3}}}})
	wants(t, err, "")
	_, err = apply(s, unfreezeOf(rich, 0, nil))
	wants(t, err, "It's not time to unfreeze(BANDWIDTH).")
	_, err = apply(s, unfreezeOf(rich, 1, nil))
	wants(t, err, "no frozenBalance(Energy)")
	SetChainParam(s, state.UnfreezeDelayDays, 14, 0)
	_, err = apply(s, freezeOf(rich, 0, 1_500_000, nil))
	wants(t, err, oldClosed)
	s.SetParam(state.HeadTime, 4*dayMillis)
	r, err := apply(s, unfreezeOf(rich, 0, nil))
	wants(t, err, "")
	a = s.Account(rich)
	if r.GetUnfreezeAmount() != 3_000_000 || a.Balance != 1000*wallet.TRX || s.Param(state.NetWeight) != 0 || len(a.Ballots) != 0 || a.VotePower() != 0 {
		t.Errorf("released %v: %+v, weight %d", r, a, s.Param(state.NetWeight))
	}
}

// TestOldLoan: energy lent to another account for three days, taken back whole; what a borrower lost by becoming a contract does not keep it.
func TestOldLoan(t *testing.T) {
	for _, lost := range []bool{false, true} {
		s, witness, rich := before2(t)
		_, err := apply(s, freezeOf(rich, 1, 2_500_000, witness[:]))
		wants(t, err, "")
		if got := s.Account(witness).Power(state.Energy); got != 2_500_000 || s.Account(rich).VotePower() != 2_500_000 || s.Param(state.EnergyWeight) != 2 {
			t.Errorf("lent %d, weight %d", got, s.Param(state.EnergyWeight))
		}
		if got := s.Partners(rich, true, true); len(got) != 1 || got[0] != witness || len(s.Partners(rich, true, false)) != 0 {
			t.Errorf("partners %v", got)
		}
		_, err = apply(s, unfreezeOf(rich, 1, witness[:]))
		wants(t, err, "It's not time to unfreeze.")
		_, err = apply(s, unfreezeOf(rich, 0, witness[:]))
		wants(t, err, "no delegatedFrozenBalance(BANDWIDTH)")
		if lost {
			NewLedger(s).CreateContract(witness, vmContract(rich), "")
		}
		s.SetParam(state.HeadTime, 3*dayMillis)
		_, err = apply(s, unfreezeOf(rich, 1, witness[:]))
		wants(t, err, "")
		if a, b := s.Account(rich), s.Account(witness); a.Balance != 1000*wallet.TRX || b.BorrowedOld[1] != 0 || s.Param(state.EnergyWeight) != 0 {
			t.Errorf("taken back: %+v, %+v, weight %d", a, b, s.Param(state.EnergyWeight))
		}
		_, err = apply(s, unfreezeOf(rich, 1, witness[:]))
		wants(t, err, "delegated Resource does not exist")
	}
}

// TestOldRecovery: before Stake 2.0 the rest of a use is rounded before the next is added.
func TestOldRecovery(t *testing.T) {
	s, _, _ := before2(t)
	u := useStaked(s, state.Use{Amount: 1000, Slot: 0}, 500, 9_999)
	first := recover(1000, 0, 9_999, defaultWindow)
	if u.Amount != first+500 || u.Slot != 9_999 || u.Window != 0 {
		t.Errorf("%+v, want %d and 500", u, first)
	}
}

func vmContract(origin wallet.Address) vm.Contract { return vm.Contract{Origin: origin} }
