package actuator

import (
	"math/big"
	"strconv"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
)

const (
	// defaultBrokerage is the percent of rewards that a witness keeps unless it says otherwise.
	defaultBrokerage = 20
	// never is a row about votes that was not written.
	never = -1
	// anyCycle stands for a brokerage that holds from the next period on.
	anyCycle = -1
)

// voteScale is what the reward of a vote is multiplied with, to keep its fractions.
var voteScale = new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil)

func rewardRow(s *state.State, kind state.RewardKind, a wallet.Address, cycle, missing int64) int64 {
	text, ok := s.Reward(state.RewardKey{Kind: kind, Owner: a, Cycle: cycle})
	if !ok {
		return missing
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func setRewardRow(s *state.State, kind state.RewardKind, a wallet.Address, cycle, value int64) {
	s.SetReward(state.RewardKey{Kind: kind, Owner: a, Cycle: cycle}, strconv.FormatInt(value, 10))
}

// Brokerage is the percent of rewards that a witness will keep from the next period on.
func Brokerage(s *state.State, witness wallet.Address) int64 {
	return rewardRow(s, state.BrokerageOfCycle, witness, anyCycle, defaultBrokerage)
}

// PayReward splits a reward between a witness and those who vote for it, by the brokerage of the present period.
func PayReward(s *state.State, witness wallet.Address, amount wallet.Sun) {
	cycle := s.Param(state.CycleNumber)
	percent := rewardRow(s, state.BrokerageOfCycle, witness, cycle, defaultBrokerage)
	own := wallet.Sun(strictmath.Long(float64(percent) / 100 * float64(amount)))
	pool := rewardRow(s, state.RewardOfCycle, witness, cycle, 0)
	setRewardRow(s, state.RewardOfCycle, witness, cycle, pool+int64(amount-own))
	addAllowance(s, witness, own)
}

func addAllowance(s *state.State, a wallet.Address, amount wallet.Sun) {
	if amount > 0 {
		s.Edit(a, func(e *state.Account) { e.Allowance += amount })
	}
}

// SettleReward moves what an account's votes have earned to its allowance.
func SettleReward(s *state.State, owner wallet.Address) {
	a := s.Account(owner)
	if !s.On(state.ChangeDelegation) || a == nil {
		return
	}
	begin := rewardRow(s, state.BeginCycle, owner, 0, 0)
	end := rewardRow(s, state.EndCycle, owner, 0, never)
	current := s.Param(state.CycleNumber)
	if begin > current {
		return
	}
	if begin == current {
		if _, ok := s.BallotsOf(owner, begin); ok {
			return
		}
	}
	if begin+1 == end && begin < current {
		if ballots, ok := s.BallotsOf(owner, begin); ok {
			addAllowance(s, owner, earned(s, begin, end, ballots))
		}
		begin++
	}
	if len(a.Ballots) == 0 {
		setRewardRow(s, state.BeginCycle, owner, 0, current+1)
		return
	}
	if begin < current {
		addAllowance(s, owner, earned(s, begin, current, a.Ballots))
	}
	setRewardRow(s, state.BeginCycle, owner, 0, current)
	setRewardRow(s, state.EndCycle, owner, 0, current+1)
	s.SetBallotsOf(owner, current, a.Ballots)
}

// Reward is what an account could withdraw: its allowance and what its votes have earned since it was settled.
func Reward(s *state.State, owner wallet.Address) wallet.Sun {
	a := s.Account(owner)
	if !s.On(state.ChangeDelegation) || a == nil {
		return 0
	}
	begin := rewardRow(s, state.BeginCycle, owner, 0, 0)
	end := rewardRow(s, state.EndCycle, owner, 0, never)
	current := s.Param(state.CycleNumber)
	if begin > current {
		return a.Allowance
	}
	var sum wallet.Sun
	if begin+1 == end && begin < current {
		if ballots, ok := s.BallotsOf(owner, begin); ok {
			sum = earned(s, begin, end, ballots)
		}
		begin++
	}
	if len(a.Ballots) > 0 && begin < current {
		sum += earned(s, begin, current, a.Ballots)
	}
	return sum + a.Allowance
}

// earned is what votes earned from one period up to, and without, another.
func earned(s *state.State, begin, end int64, ballots []state.Ballot) (sum wallet.Sun) {
	if changed := min(end, s.Param(state.NewRewardCycle)); begin < changed {
		sum = earnedOld(s, begin, changed, ballots)
		begin = changed
	}
	if begin >= end {
		return sum
	}
	for _, b := range ballots {
		from, to := voteIndex(s, b.Witness, begin-1), voteIndex(s, b.Witness, end-1)
		sum += share(to.Sub(to, from), b.Count)
	}
	return sum
}

// voteIndex is what one vote for a witness has earned from the beginning up to the end of a period, times voteScale.
func voteIndex(s *state.State, witness wallet.Address, cycle int64) *big.Int {
	text, _ := s.Reward(state.RewardKey{Kind: state.VoteIndex, Owner: witness, Cycle: cycle})
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

// accumulate closes a period for a witness: its votes share what it has earned.
func accumulate(s *state.State, cycle int64, witness wallet.Address, votes int64) {
	index := voteIndex(s, witness, cycle-1)
	index.Add(index, perVote(s, witness, cycle, votes))
	if index.Sign() != 0 {
		s.SetReward(state.RewardKey{Kind: state.VoteIndex, Owner: witness, Cycle: cycle}, index.String())
	}
}
