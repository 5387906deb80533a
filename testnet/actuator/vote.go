package actuator

import (
	"strings"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const maxVotes = 30

// vote replaces an account's votes.
type vote struct{ *tronpb.VoteWitnessContract }

func (v vote) Validate(s *state.State) error {
	owner, ok := address(v.GetOwnerAddress())
	if !ok {
		return invalid("Invalid address")
	}
	if len(v.GetVotes()) == 0 {
		return invalid("VoteNumber must more than 0")
	}
	if len(v.GetVotes()) > maxVotes {
		return invalid("VoteNumber more than maxVoteNumber %d", maxVotes)
	}
	sum, err := v.count(s)
	if err != nil {
		return err
	}
	a := s.Account(owner)
	if a == nil {
		return invalid("Account[%s] not exists", owner.Hex())
	}
	need, ok := multiplyExact(sum, int64(wallet.TRX))
	if !ok {
		return invalid("overflow: checkedMultiply(%d, %d)", sum, wallet.TRX)
	}
	if power := TronPower(s, a); need > int64(power) {
		return invalid("The total number of votes[%d] is greater than the tronPower[%d]", need, power)
	}
	return nil
}

func (v vote) count(s *state.State) (sum int64, err error) {
	for _, b := range v.GetVotes() {
		candidate, ok := address(b.GetVoteAddress())
		switch {
		case !ok:
			return 0, invalid("Invalid vote address!")
		case b.GetVoteCount() <= 0:
			return 0, invalid("vote count must be greater than 0")
		case s.Account(candidate) == nil:
			return 0, invalid("Account[%s] not exists", candidate.Hex())
		case s.Witness(candidate) == nil:
			return 0, invalid("Witness[%s] not exists", candidate.Hex())
		}
		before := sum
		if sum, ok = addExact(sum, b.GetVoteCount()); !ok {
			return 0, invalid("overflow: checkedAdd(%d, %d)", before, b.GetVoteCount())
		}
	}
	return sum, nil
}

func (v vote) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner := wallet.Address(v.GetOwnerAddress())
	SettleReward(s, owner)
	initOldPower(s, owner)
	var ballots []state.Ballot
	for _, b := range v.GetVotes() {
		ballots = append(ballots, state.Ballot{Witness: wallet.Address(b.GetVoteAddress()), Count: b.GetVoteCount()})
	}
	setBallots(s, owner, ballots)
	return nil
}

// withdrawBalance takes out rewards, once a day.
type withdrawBalance struct {
	*tronpb.WithdrawBalanceContract
}

func isGenesisWitness(s *state.State, a wallet.Address) bool {
	all := s.Text(state.GenesisWitnesses)
	for i := 0; i+len(a) <= len(all); i += len(a) {
		if strings.HasPrefix(all[i:], string(a[:])) {
			return true
		}
	}
	return false
}

func (w withdrawBalance) Validate(s *state.State) error {
	a, err := existing(s, w.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	if isGenesisWitness(s, a.Address) {
		return invalid("Account[%s] is a guard representative and is not allowed to withdraw Balance", a.Address.Hex())
	}
	if s.Param(state.HeadTime)-a.LastWithdrawn < dayMillis {
		return invalid("The last withdraw time is %d, less than 24 hours", a.LastWithdrawn)
	}
	if a.Allowance <= 0 && Reward(s, a.Address) <= 0 {
		return invalid("witnessAccount does not have any reward")
	}
	if _, ok := addExact(int64(a.Balance), int64(a.Allowance)); !ok {
		return invalid("overflow: checkedAdd(%d, %d)", a.Balance, a.Allowance)
	}
	return nil
}

func (w withdrawBalance) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(w.GetOwnerAddress())
	SettleReward(s, owner)
	now := s.Param(state.HeadTime)
	r.WithdrawAmount = int64(payAllowance(s, owner, now))
	s.Edit(owner, func(a *state.Account) { a.LastWithdrawn = now })
	return nil
}
