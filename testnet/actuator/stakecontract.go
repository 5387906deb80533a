package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Texts about resource codes, with java-tron's full-width commas.
const (
	twoCodes       = "ResourceCode error, valid ResourceCode[BANDWIDTH、ENERGY]"
	threeCodes     = "ResourceCode error, valid ResourceCode[BANDWIDTH、ENERGY、TRON_POWER]"
	twoCodesFree   = "ResourceCode error.valid ResourceCode[BANDWIDTH、Energy]"
	threeCodesFree = "ResourceCode error.valid ResourceCode[BANDWIDTH、Energy、TRON_POWER]"
)

// existing finds the owner's account, in the words that most contracts of stake share. missing is how the last sentence ends.
func existing(s *state.State, owner []byte, missing string) (*state.Account, error) {
	a, ok := address(owner)
	if !ok {
		return nil, invalid("Invalid address")
	}
	account := s.Account(a)
	if account == nil {
		return nil, invalid("Account[%s] %s", hexOf(owner), missing)
	}
	return account, nil
}

// freeze stakes TRX for a resource.
type freeze struct {
	*tronpb.FreezeBalanceV2Contract
}

func (f freeze) Validate(s *state.State) error {
	if s.Param(state.UnfreezeDelayDays) <= 0 {
		return invalid("Not support FreezeV2 transaction, need to be opened by the committee")
	}
	a, err := existing(s, f.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	if err := canFreeze(a, wallet.Sun(f.GetFrozenBalance())); err != nil {
		return err
	}
	switch f.GetResource() {
	case tronpb.ResourceCode_BANDWIDTH, tronpb.ResourceCode_ENERGY:
		return nil
	case tronpb.ResourceCode_TRON_POWER:
		if newModel(s) {
			return nil
		}
		return invalid(twoCodes)
	}
	if newModel(s) {
		return invalid(threeCodes)
	}
	return invalid(twoCodes)
}

// canFreeze says whether an account has the amount and may stake so little.
func canFreeze(a *state.Account, amount wallet.Sun) error {
	switch {
	case amount <= 0:
		return invalid("frozenBalance must be positive")
	case amount < wallet.TRX:
		return invalid("frozenBalance must be greater than or equal to 1 TRX")
	case amount > a.Balance:
		return invalid("frozenBalance must be less than or equal to accountBalance")
	}
	return nil
}

func (f freeze) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	Freeze(s, wallet.Address(f.GetOwnerAddress()), state.Resource(f.GetResource()), wallet.Sun(f.GetFrozenBalance()))
	return nil
}

// unfreeze starts to release stake.
type unfreeze struct {
	*tronpb.UnfreezeBalanceV2Contract
}

func (u unfreeze) Validate(s *state.State) error {
	if s.Param(state.UnfreezeDelayDays) <= 0 {
		return invalid("Not support UnfreezeV2 transaction, need to be opened by the committee")
	}
	a, err := existing(s, u.GetOwnerAddress(), "does not exist")
	if err != nil {
		return err
	}
	if err := u.checkResource(s, a); err != nil {
		return err
	}
	staked := a.Staked(state.Resource(u.GetResource()))
	if amount := wallet.Sun(u.GetUnfreezeBalance()); amount <= 0 || amount > staked {
		return invalid("Invalid unfreeze_balance, [%d] is error", u.GetUnfreezeBalance())
	}
	if unstaking(s, a) >= maxUnstakes {
		return invalid("Invalid unfreeze operation, unfreezing times is over limit")
	}
	return nil
}

func (u unfreeze) checkResource(s *state.State, a *state.Account) error {
	name, err := releasable(s, u.GetResource())
	if err == nil && a.Staked(state.Resource(u.GetResource())) <= 0 {
		return invalid("no frozenBalance(%s)", name)
	}
	return err
}

// releasable is the name of a resource in texts about releasing stake for it.
func releasable(s *state.State, r tronpb.ResourceCode) (string, error) {
	switch {
	case r == tronpb.ResourceCode_BANDWIDTH:
		return "BANDWIDTH", nil
	case r == tronpb.ResourceCode_ENERGY:
		return "Energy", nil
	case !newModel(s):
		return "", invalid(twoCodesFree)
	case r == tronpb.ResourceCode_TRON_POWER:
		return "TronPower", nil
	}
	return "", invalid(threeCodesFree)
}

func (u unfreeze) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	paid := Unfreeze(s, wallet.Address(u.GetOwnerAddress()), state.Resource(u.GetResource()), wallet.Sun(u.GetUnfreezeBalance()))
	r.WithdrawExpireAmount = int64(paid)
	return nil
}

// withdrawExpired pays out released stake.
type withdrawExpired struct {
	*tronpb.WithdrawExpireUnfreezeContract
}

func (w withdrawExpired) Validate(s *state.State) error {
	if s.Param(state.UnfreezeDelayDays) <= 0 {
		return invalid("Not support WithdrawExpireUnfreeze transaction, need to be opened by the committee")
	}
	a, err := existing(s, w.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	var sum wallet.Sun
	for _, u := range a.Unstakes {
		if u.Expires <= s.Param(state.HeadTime) {
			sum += u.Amount
		}
	}
	if sum <= 0 {
		return invalid("no unFreeze balance to withdraw ")
	}
	if _, ok := addExact(int64(a.Balance), int64(sum)); !ok {
		return invalid("overflow: checkedAdd(%d, %d)", a.Balance, sum)
	}
	return nil
}

func (w withdrawExpired) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	r.WithdrawExpireAmount = int64(WithdrawExpired(s, wallet.Address(w.GetOwnerAddress())))
	return nil
}

// cancelUnfreezes stakes again what is on its way back.
type cancelUnfreezes struct {
	*tronpb.CancelAllUnfreezeV2Contract
}

func (c cancelUnfreezes) Validate(s *state.State) error {
	if !precisely(s) {
		return invalid("Not support CancelAllUnfreezeV2 transaction, need to be opened by the committee")
	}
	a, err := existing(s, c.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	if len(a.Unstakes) == 0 {
		return invalid("No unfreezeV2 list to cancel")
	}
	return nil
}

func (c cancelUnfreezes) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	done := CancelUnfreezes(s, wallet.Address(c.GetOwnerAddress()))
	r.WithdrawExpireAmount = int64(done.Paid)
	r.CancelUnfreezeV2Amount = map[string]int64{
		"BANDWIDTH": int64(done.Staked[0]), "ENERGY": int64(done.Staked[1]), "TRON_POWER": int64(done.Staked[2]),
	}
	return nil
}
