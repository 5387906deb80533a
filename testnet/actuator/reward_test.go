package actuator

import (
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestRewardsBeforeTheNewWay: without parameters 59 and 67 each period's share is rounded by itself; a proposal changes that from the period after the
// next maintenance on.
func TestRewardsBeforeTheNewWay(t *testing.T) {
	for _, c := range []struct {
		optimized int64
		want      wallet.Sun
	}{{0, 6 + 6 + 6 + 6}, {1, 19 + 6}} { // three periods of 20/3 sun the old way, then one the new way
		s, witness, rich := governed(t)
		for _, p := range []state.Param{state.AllowTvmVote, state.AllowNewReward} {
			s.SetParam(p, 0)
		}
		s.SetParam(state.AllowOldRewardOpt, c.optimized)
		s.SetParam(state.NewRewardCycle, FirstNewReward(s))
		editWitnessVotes(s, witness, 3)
		setRewardRow(s, state.VotesOfCycle, witness, 1, 3)
		s.Edit(rich, func(a *state.Account) { a.Ballots = []state.Ballot{{Witness: witness, Count: 1}} })
		SettleReward(s, rich)
		for cycle := int64(1); cycle <= 4; cycle++ {
			setRewardRow(s, state.RewardOfCycle, witness, cycle, 20)
			if cycle == 3 {
				SetChainParam(s, state.AllowNewReward, 1, 0)
			}
			countVotes(s)
		}
		if got := Reward(s, rich); got != c.want {
			t.Errorf("with parameter 79 = %d: %d sun, want %d", c.optimized, got, c.want)
		}
	}
}

func editWitnessVotes(s *state.State, witness wallet.Address, votes int64) {
	editWitness(s, witness, func(w *tronpb.Witness) { w.VoteCount = votes })
}
