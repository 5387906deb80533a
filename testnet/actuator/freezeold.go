package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// freezeOld stakes as before Stake 2.0, which closed that: parameter 70, on mainnet 14, must be 0.
type freezeOld struct{ *tronpb.FreezeBalanceContract }

const (
	oldClosed     = "freeze v2 is open, old freeze is closed"
	minFreezeDays = 3
	maxFreezeDays = 3
)

func (f freezeOld) Validate(s *state.State) error {
	a, err := existing(s, f.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	if err := canFreeze(a, wallet.Sun(f.GetFrozenBalance())); err != nil {
		return err
	}
	if f.GetFrozenDuration() < minFreezeDays || f.GetFrozenDuration() > maxFreezeDays {
		return invalid("frozenDuration must be less than %d days and more than %d days", maxFreezeDays, minFreezeDays)
	}
	if err := f.checkResource(s); err != nil {
		return err
	}
	if err := f.checkReceiver(s, a.Address); err != nil {
		return err
	}
	if s.Param(state.UnfreezeDelayDays) > 0 {
		return invalid(oldClosed)
	}
	return nil
}

func (f freezeOld) checkResource(s *state.State) error {
	switch {
	case f.GetResource() == tronpb.ResourceCode_BANDWIDTH, f.GetResource() == tronpb.ResourceCode_ENERGY:
		return nil
	case !newModel(s):
		return invalid(twoCodes)
	case f.GetResource() != tronpb.ResourceCode_TRON_POWER:
		return invalid(threeCodes)
	case len(f.GetReceiverAddress()) > 0:
		return invalid("TRON_POWER is not allowed to delegate to other accounts.")
	}
	return nil
}

func (f freezeOld) checkReceiver(s *state.State, owner wallet.Address) error {
	if len(f.GetReceiverAddress()) == 0 || !s.On(state.AllowDelegateResource) {
		return nil
	}
	if string(f.GetReceiverAddress()) == string(owner[:]) {
		return invalid("receiverAddress must not be the same as ownerAddress")
	}
	to, ok := address(f.GetReceiverAddress())
	if !ok {
		return invalid("Invalid receiverAddress")
	}
	receiver := s.Account(to)
	if receiver == nil {
		return invalid("Account[%s] not exists", to.Hex())
	}
	if s.On(state.AllowTvmConstantinople) && receiver.Type == tronpb.AccountType_Contract {
		return invalid("Do not allow delegate resources to contract addresses")
	}
	return nil
}

func (f freezeOld) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner, amount, r := wallet.Address(f.GetOwnerAddress()), wallet.Sun(f.GetFrozenBalance()), state.Resource(f.GetResource())
	initOldPower(s, owner)
	expires := s.Param(state.HeadTime) + f.GetFrozenDuration()*dayMillis
	s.Edit(owner, func(a *state.Account) { a.Balance -= amount })
	if len(f.GetReceiverAddress()) > 0 && s.On(state.AllowDelegateResource) {
		receiver := wallet.Address(f.GetReceiverAddress())
		weighOld(s, r, amount, lendOld(s, owner, receiver, r, amount, expires))
		s.SetPartners(owner, receiver, true, s.Param(state.HeadTime))
		return nil
	}
	weighOld(s, r, amount, stakeOld(s, owner, r, amount, expires))
	return nil
}

// stakeOld adds to own old stake and says by how many whole TRX it has grown.
func stakeOld(s *state.State, owner wallet.Address, r state.Resource, amount wallet.Sun, expires int64) int64 {
	before := s.Account(owner).Frozen[r].Amount
	s.Edit(owner, func(a *state.Account) { a.Frozen[r] = state.OldStake{Amount: before + amount, Expires: expires} })
	return inTRX(before, before+amount)
}

// inTRX is by how many whole TRX an amount has changed.
func inTRX(before, after wallet.Sun) int64 { return int64(after/wallet.TRX - before/wallet.TRX) }

// weighOld changes the network's sum for old stake: by what the account's whole TRX changed, before parameter 67 by the amount's own.
func weighOld(s *state.State, r state.Resource, amount wallet.Sun, whole int64) {
	if !s.On(state.AllowNewReward) {
		whole = int64(amount / wallet.TRX)
	}
	addWeight(s, r, whole)
}

// lendOld gives old stake to another account and says by how many whole TRX that account's part has grown.
func lendOld(s *state.State, owner, receiver wallet.Address, r state.Resource, amount wallet.Sun, expires int64) int64 {
	key := state.LoanKey{From: owner, To: receiver, Old: true}
	loan, _ := s.Loan(key)
	loan.Amount[r] += amount
	loan.Expires[r] = expires
	s.SetLoan(key, loan)
	s.Edit(owner, func(a *state.Account) { a.LentOld[r] += amount })
	before := s.Account(receiver).BorrowedOld[r]
	s.Edit(receiver, func(a *state.Account) { a.BorrowedOld[r] += amount })
	return inTRX(before, before+amount)
}
