package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const maxWitnessURL = 256

func validURL(url []byte) bool { return len(url) > 0 && len(url) <= maxWitnessURL }

// createWitness makes an account a candidate.
type createWitness struct{ *tronpb.WitnessCreateContract }

func (c createWitness) Validate(s *state.State) error {
	owner, ok := address(c.GetOwnerAddress())
	if !ok {
		return invalid("Invalid address")
	}
	if !validURL(c.GetUrl()) {
		return invalid("Invalid url")
	}
	a := s.Account(owner)
	switch {
	case a == nil:
		return invalid("account[%s] not exists", owner.Hex())
	case s.Witness(owner) != nil:
		return invalid("Witness[%s] has existed", owner.Hex())
	case int64(a.Balance) < s.Param(state.AccountUpgradeCost):
		return invalid("balance < AccountUpgradeCost")
	}
	return nil
}

func (c createWitness) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(c.GetOwnerAddress())
	cost := wallet.Sun(s.Param(state.AccountUpgradeCost))
	s.PutWitness(owner, &tronpb.Witness{Address: owner[:], Url: utf8(c.GetUrl())})
	s.Edit(owner, func(a *state.Account) {
		a.IsWitness = true
		if !s.On(state.AllowMultiSign) {
			return
		}
		a.Witness = state.WitnessPermission(owner)
		if a.Owner == nil {
			a.Owner = state.OwnerPermission(owner)
		}
		if len(a.Active) == 0 {
			a.Active = []*tronpb.Permission{state.ActivePermission(owner, []byte(s.Text(state.DefaultOperations)))}
		}
	})
	r.Fee = int64(cost)
	return charge(s, owner, cost)
}

// updateWitness changes the page of a witness.
type updateWitness struct{ *tronpb.WitnessUpdateContract }

func (u updateWitness) Validate(s *state.State) error {
	owner, ok := address(u.GetOwnerAddress())
	switch {
	case !ok:
		return invalid("Invalid address")
	case s.Account(owner) == nil:
		return invalid("account does not exist")
	case !validURL(u.GetUpdateUrl()):
		return invalid("Invalid url")
	case s.Witness(owner) == nil:
		return invalid("Witness does not exist")
	}
	return nil
}

func (u updateWitness) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	editWitness(s, wallet.Address(u.GetOwnerAddress()), func(w *tronpb.Witness) { w.Url = utf8(u.GetUpdateUrl()) })
	return nil
}

// updateBrokerage changes a witness's share of rewards from the next period on.
type updateBrokerage struct {
	*tronpb.UpdateBrokerageContract
}

func (u updateBrokerage) Validate(s *state.State) error {
	if !s.On(state.ChangeDelegation) {
		return invalid("contract type error, unexpected type [UpdateBrokerageContract]")
	}
	owner, ok := address(u.GetOwnerAddress())
	switch {
	case !ok:
		return invalid("Invalid ownerAddress")
	case u.GetBrokerage() < 0 || u.GetBrokerage() > 100:
		return invalid("Invalid brokerage")
	case s.Witness(owner) == nil:
		return invalid("Not existed witness:%s", owner.Hex())
	case s.Account(owner) == nil:
		return invalid("Account does not exist")
	}
	return nil
}

func (u updateBrokerage) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	setRewardRow(s, state.BrokerageOfCycle, wallet.Address(u.GetOwnerAddress()), anyCycle, int64(u.GetBrokerage()))
	return nil
}

// CurrentBrokerage is the percent of rewards that a witness keeps in the present period.
func CurrentBrokerage(s *state.State, witness wallet.Address) int64 {
	return rewardRow(s, state.BrokerageOfCycle, witness, s.Param(state.CycleNumber), defaultBrokerage)
}
