package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// lend gives the resource of a stake to another account.
type lend struct {
	*tronpb.DelegateResourceContract
}

// Validate is what holds in a block and at broadcast.
func (l lend) Validate(s *state.State) error { return l.validate(s, false) }

// ValidateBuild is what holds while a node builds the transaction: its own bandwidth must be left.
func (l lend) ValidateBuild(s *state.State) error { return l.validate(s, true) }

func (l lend) validate(s *state.State, building bool) error {
	switch {
	case !s.On(state.AllowDelegateResource):
		return invalid("No support for resource delegate")
	case s.Param(state.UnfreezeDelayDays) <= 0:
		return invalid("Not support Delegate resource transaction, need to be opened by the committee")
	}
	a, err := existing(s, l.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	if wallet.Sun(l.GetBalance()) < wallet.TRX {
		return invalid("delegateBalance must be greater than or equal to 1 TRX")
	}
	if err := l.checkStake(s, a, building); err != nil {
		return err
	}
	return l.checkReceiver(s, a.Address)
}

func (l lend) checkStake(s *state.State, a *state.Account, building bool) error {
	amount := wallet.Sun(l.GetBalance())
	switch l.GetResource() {
	case tronpb.ResourceCode_BANDWIDTH:
		var more int64
		if building {
			more = lendingReserve(s, a.Staked(state.Bandwidth))
		}
		if Lendable(s, a, state.Bandwidth, more) < amount {
			return invalid("delegateBalance must be less than or equal to available FreezeBandwidthV2 balance")
		}
	case tronpb.ResourceCode_ENERGY:
		if Lendable(s, a, state.Energy, 0) < amount {
			return invalid("delegateBalance must be less than or equal to available FreezeEnergyV2 balance")
		}
	default:
		return invalid(twoCodes)
	}
	return nil
}

func (l lend) checkReceiver(s *state.State, owner wallet.Address) error {
	to, ok := address(l.GetReceiverAddress())
	if !ok {
		return invalid("Invalid receiverAddress")
	}
	if to == owner {
		return invalid("receiverAddress must not be the same as ownerAddress")
	}
	receiver := s.Account(to)
	if receiver == nil {
		return invalid("Account[%s] not exists", to.Hex())
	}
	if err := l.checkLock(s, owner, to); err != nil {
		return err
	}
	if receiver.Type == tronpb.AccountType_Contract {
		return invalid("Do not allow delegate resources to contract addresses")
	}
	return nil
}

func (l lend) checkLock(s *state.State, owner, to wallet.Address) error {
	if !l.GetLock() || !longLocks(s) {
		return nil
	}
	period, most := l.period(s), s.Param(state.MaxDelegateLockPeriod)
	if period < 0 || period > most {
		return invalid("The lock period of delegate resource cannot be less than 0 and cannot exceed %d!", most)
	}
	earlier, ok := s.Loan(state.LoanKey{From: owner, To: to, Locked: true})
	if !ok {
		return nil
	}
	left := earlier.Expires[l.GetResource()] - s.Param(state.HeadTime)
	if period*state.SlotMillis < left {
		name := l.GetResource()
		return invalid("The lock period for %s this time cannot be less than the remaining time[%dms] of the last lock period for %s!", name, left, name)
	}
	return nil
}

// period is the lock's length in blocks.
func (l lend) period(s *state.State) int64 {
	if longLocks(s) && l.GetLockPeriod() != 0 {
		return l.GetLockPeriod()
	}
	return lockBlocks
}

func (l lend) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	var lock int64
	if l.GetLock() {
		lock = l.period(s)
	}
	Lend(s, wallet.Address(l.GetOwnerAddress()), wallet.Address(l.GetReceiverAddress()), state.Resource(l.GetResource()), wallet.Sun(l.GetBalance()), lock)
	return nil
}

// recall takes it back.
type recall struct {
	*tronpb.UnDelegateResourceContract
}

func (c recall) Validate(s *state.State) error {
	switch {
	case !s.On(state.AllowDelegateResource):
		return invalid("No support for resource delegate")
	case s.Param(state.UnfreezeDelayDays) <= 0:
		return invalid("Not support unDelegate resource transaction, need to be opened by the committee")
	}
	a, err := existing(s, c.GetOwnerAddress(), "does not exist")
	if err != nil {
		return err
	}
	to, ok := address(c.GetReceiverAddress())
	if !ok {
		return invalid("Invalid receiverAddress")
	}
	if to == a.Address {
		return invalid("receiverAddress must not be the same as ownerAddress")
	}
	_, free := s.Loan(state.LoanKey{From: a.Address, To: to})
	_, locked := s.Loan(state.LoanKey{From: a.Address, To: to, Locked: true})
	if !free && !locked {
		return invalid("delegated Resource does not exist")
	}
	if c.GetBalance() <= 0 {
		return invalid("unDelegateBalance must be more than 0 TRX")
	}
	return c.checkAmount(s, a.Address, to)
}

func (c recall) checkAmount(s *state.State, owner, to wallet.Address) error {
	var text string
	switch c.GetResource() {
	case tronpb.ResourceCode_BANDWIDTH:
		text = "insufficient delegatedFrozenBalance(BANDWIDTH), request=%d, unlock_balance=%d"
	case tronpb.ResourceCode_ENERGY:
		text = "insufficient delegateFrozenBalance(Energy), request=%d, unlock_balance=%d"
	default:
		return invalid(twoCodesFree)
	}
	if have := Callable(s, owner, to, state.Resource(c.GetResource())); int64(have) < c.GetBalance() {
		return invalid(text, c.GetBalance(), have)
	}
	return nil
}

func (c recall) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	r, amount := state.Resource(c.GetResource()), wallet.Sun(c.GetBalance())
	Recall(s, wallet.Address(c.GetOwnerAddress()), wallet.Address(c.GetReceiverAddress()), r, amount, given(s, r, amount))
	return nil
}
