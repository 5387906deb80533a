package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// freezeOld is stake of the first kind, which Stake 2.0 closed.
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
	switch amount := wallet.Sun(f.GetFrozenBalance()); {
	case amount <= 0:
		return invalid("frozenBalance must be positive")
	case amount < wallet.TRX:
		return invalid("frozenBalance must be greater than or equal to 1 TRX")
	case amount > a.Balance:
		return invalid("frozenBalance must be less than or equal to accountBalance")
	case f.GetFrozenDuration() < minFreezeDays || f.GetFrozenDuration() > maxFreezeDays:
		return invalid("frozenDuration must be less than %d days and more than %d days", maxFreezeDays, minFreezeDays)
	}
	if err := f.checkResource(s); err != nil {
		return err
	}
	if err := f.checkReceiver(s, a.Address); err != nil {
		return err
	}
	return invalid(oldClosed)
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

func (f freezeOld) Execute(*state.State, *tronpb.Transaction_Result) error {
	return Errorf(Execute, oldClosed)
}

// unfreezeOld releases stake of the first kind, of which there is none on this chain.
type unfreezeOld struct {
	*tronpb.UnfreezeBalanceContract
}

func (u unfreezeOld) Validate(s *state.State) error {
	if _, err := existing(s, u.GetOwnerAddress(), "does not exist"); err != nil {
		return err
	}
	if len(u.GetReceiverAddress()) > 0 && s.On(state.AllowDelegateResource) {
		if string(u.GetReceiverAddress()) == string(u.GetOwnerAddress()) {
			return invalid("receiverAddress must not be the same as ownerAddress")
		}
		if _, ok := address(u.GetReceiverAddress()); !ok {
			return invalid("Invalid receiverAddress")
		}
		return invalid("delegated Resource does not exist")
	}
	switch u.GetResource() {
	case tronpb.ResourceCode_BANDWIDTH:
		return invalid("no frozenBalance(BANDWIDTH)")
	case tronpb.ResourceCode_ENERGY:
		return invalid("no frozenBalance(Energy)")
	}
	return invalid(twoCodesFree)
}

func (u unfreezeOld) Execute(*state.State, *tronpb.Transaction_Result) error {
	return Errorf(Execute, "no frozenBalance(BANDWIDTH)")
}
