package actuator

import (
	"math"
	"math/big"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
)

// noNewReward stands for a network on which neither parameter 59 nor 67 has changed the way in which rewards are counted.
const noNewReward = math.MaxInt64

// FirstNewReward is the first period of the present way to count rewards on a network that begins with the parameters in force: all, or none.
func FirstNewReward(s *state.State) int64 {
	if s.On(state.AllowTvmVote) || s.On(state.AllowNewReward) {
		return 0
	}
	return noNewReward
}

// startNewReward changes to the present way with the next period.
func startNewReward(s *state.State) {
	if s.Param(state.NewRewardCycle) == noNewReward {
		s.SetParam(state.NewRewardCycle, s.Param(state.CycleNumber)+1)
	}
}

// earnedOld is what votes earned in periods before the present way: their share of each period's reward in floating point. With parameter 79 it is
// worked out as today, over all the periods at once.
func earnedOld(s *state.State, begin, end int64, ballots []state.Ballot) (sum wallet.Sun) {
	if s.On(state.AllowOldRewardOpt) {
		for _, b := range ballots {
			index := new(big.Int)
			for cycle := begin; cycle < end; cycle++ {
				index.Add(index, perVote(s, b.Witness, cycle, rewardRow(s, state.VotesOfCycle, b.Witness, cycle, never)))
			}
			sum += share(index, b.Count)
		}
		return sum
	}
	for cycle := begin; cycle < end; cycle++ {
		var inCycle wallet.Sun
		for _, b := range ballots {
			reward := rewardRow(s, state.RewardOfCycle, b.Witness, cycle, 0)
			votes := rewardRow(s, state.VotesOfCycle, b.Witness, cycle, never)
			if reward > 0 && votes != never && votes != 0 {
				inCycle = wallet.Sun(strictmath.Long(float64(inCycle) + float64(b.Count)/float64(votes)*float64(reward)))
			}
		}
		sum += inCycle
	}
	return sum
}

// perVote is what a vote for a witness has earned in a period, times voteScale.
func perVote(s *state.State, witness wallet.Address, cycle, votes int64) *big.Int {
	reward := rewardRow(s, state.RewardOfCycle, witness, cycle, 0)
	if reward == 0 || votes == 0 {
		return new(big.Int)
	}
	each := new(big.Int).Mul(big.NewInt(reward), voteScale)
	return each.Quo(each, big.NewInt(votes))
}

// share is what votes have earned of what each has, which is times voteScale.
func share(each *big.Int, votes int64) wallet.Sun {
	if each.Sign() <= 0 {
		return 0
	}
	all := new(big.Int).Mul(each, big.NewInt(votes))
	return wallet.Sun(all.Quo(all, voteScale).Int64())
}
