package actuator

import (
	"slices"
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// governed is a state with mainnet's parameters, one witness of the genesis block and one rich account.
func governed(t *testing.T) (s *state.State, witness, rich wallet.Address) {
	t.Helper()
	s = state.New()
	for _, p := range state.ListedParams() {
		if info := state.ParamInfoOf(p); !info.Later {
			s.SetParam(p, info.Mainnet)
		}
	}
	s.SetParam(state.CycleNumber, 1)
	witness, rich = wallet.AddressFromEVM([20]byte{1}), wallet.AddressFromEVM([20]byte{2})
	s.PutAccount(&state.Account{Address: witness, IsWitness: true})
	s.PutAccount(&state.Account{Address: rich, Balance: 1000 * wallet.TRX})
	s.PutWitness(witness, &tronpb.Witness{Address: witness[:], VoteCount: GenesisVotes + 5, IsJobs: true})
	s.SetText(state.ActiveWitnesses, string(witness[:]))
	s.SetText(state.GenesisWitnesses, string(witness[:]))
	return s, witness, rich
}

// TestEveryParameterHasARule proposes values just outside of every parameter's range.
func TestEveryParameterHasARule(t *testing.T) {
	s, _, _ := governed(t)
	for _, p := range state.ListedParams() {
		info := state.ParamInfoOf(p)
		rule, ok := proposalRules[p]
		switch {
		case info.Proposal < 0:
			continue
		case !ok && p != state.MaxDelegateLockPeriod:
			t.Errorf("%s has no rule", info.Key)
		case info.Later:
			if err := checkProposed(s, info.Proposal, 1); err == nil {
				t.Errorf("%s can be proposed before its release", info.Key)
			}
		case ok && rule.text != "":
			if checkProposed(s, info.Proposal, rule.least-1) == nil || checkProposed(s, info.Proposal, rule.most+1) == nil {
				t.Errorf("%s takes a value outside of %d to %d", info.Key, rule.least, rule.most)
			}
		}
	}
}

func TestProposalNeeds(t *testing.T) {
	for _, c := range []struct {
		id, value int64
		off       []state.Param
		want      string
	}{
		{77, 1, []state.Param{state.UnfreezeDelayDays}, "[UNFREEZE_DELAY_DAYS] proposal must be approved before [ALLOW_CANCEL_ALL_UNFREEZE_V2] can be proposed"},
		{79, 1, []state.Param{state.AllowOldRewardOpt, state.AllowNewReward, state.AllowTvmVote}, "[ALLOW_NEW_REWARD] or [ALLOW_TVM_VOTE] proposal must be approved before [ALLOW_OLD_REWARD_OPT] can be proposed"},
		{79, 1, nil, "[ALLOW_OLD_REWARD_OPT] has been valid, no need to propose again"},
		{47, 20_000_000_000, []state.Param{state.AllowTvmLondon}, "Bad MAX_FEE_LIMIT parameter value, valid range is [0,10_000_000_000L]"},
		{47, 20_000_000_000, nil, ""},
		{45, 1, nil, "Market Transaction is not activated, can not set Market Sell Fee"},
		{13, 300, nil, ""},
		{13, 300, []state.Param{state.AllowHigherLimitForMaxCPUTimeOfOneTx}, "Bad chain parameter value, valid range is [10,100]"},
		{94, 1, nil, "Does not support code : 94"},
	} {
		s, _, _ := governed(t)
		for _, p := range c.off {
			s.SetParam(p, 0)
		}
		s.SetParam(state.NewRewardCycle, FirstNewReward(s))
		err := checkProposed(s, c.id, c.value)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("proposal %d of %d: %v, want %q", c.id, c.value, err, c.want)
		}
	}
}

// TestGenesisVotesGo is parameter 10: the votes of the genesis block are taken away once, at the next maintenance.
func TestGenesisVotesGo(t *testing.T) {
	s, witness, _ := governed(t)
	SetChainParam(s, state.RemoveThePowerOfTheGr, 1, 0)
	for range 2 {
		countVotes(s)
		if votes := s.Witness(witness).GetVoteCount(); votes != 5 || s.Param(state.RemoveThePowerOfTheGr) != -1 {
			t.Errorf("%d votes, parameter %d", votes, s.Param(state.RemoveThePowerOfTheGr))
		}
	}
}

// TestAdaptiveEnergy is parameter 21: little use lets the network's energy grow up to its multiplier, much use lets it shrink down to the limit.
func TestAdaptiveEnergy(t *testing.T) {
	s, _, _ := governed(t)
	limit := s.Param(state.TotalEnergyLimit)
	AdaptEnergy(s)
	if s.Param(state.TotalEnergyCurrentLimit) != limit {
		t.Error("it adapts though it is off")
	}
	SetChainParam(s, state.AllowAdaptiveEnergy, 1, 0)
	if target := s.Param(state.TotalEnergyTargetLimit); target != limit/2880 {
		t.Errorf("target %d, want %d", target, limit/2880)
	}
	AdaptEnergy(s)
	if got, want := s.Param(state.TotalEnergyCurrentLimit), limit*1000/999; got != want {
		t.Errorf("after an empty block %d, want %d", got, want)
	}
	countEnergy(s, limit)
	AdaptEnergy(s)
	if got := s.Param(state.TotalEnergyCurrentLimit); got != limit {
		t.Errorf("after a full block %d, want %d", got, limit)
	}
	if s.Param(state.BlockEnergyUsage) != 0 || s.Param(state.TotalEnergyAverageUsage) != limit {
		t.Errorf("average %d", s.Param(state.TotalEnergyAverageUsage))
	}
	SetChainParam(s, state.TotalEnergyCurrentLimit, limit*2, 0)
	if s.Param(state.TotalEnergyLimit) != limit*2 || s.Param(state.TotalEnergyCurrentLimit) != limit {
		t.Error("a new limit moved the present one, which finds its own way")
	}
}

// TestFeePool is parameter 48: fees for bytes and energy wait for the next producer, and are no new money when it takes them.
func TestFeePool(t *testing.T) {
	s, witness, rich := governed(t)
	SetChainParam(s, state.AllowTransactionFeePool, 1, 0)
	if err := collect(s, rich, 100, true); err != nil {
		t.Fatal(err)
	}
	if err := collect(s, rich, 7, false); err != nil {
		t.Fatal(err)
	}
	if s.Param(state.FeePool) != 100 || s.Param(state.Burnt) != 7 {
		t.Errorf("pool %d, burnt %d", s.Param(state.FeePool), s.Param(state.Burnt))
	}
	s.SetParam(state.WitnessPayPerBlock, 0)
	s.SetParam(state.Witness127PayPerBlock, 0)
	PayBlock(s, witness)
	pool := rewardRow(s, state.RewardOfCycle, witness, 1, 0)
	if own := s.Account(witness).Allowance; own != 20 || pool != 80 || s.Param(state.FeePool) != 0 || s.Param(state.Minted) != -100 {
		t.Errorf("witness %d, voters %d, pool %d, minted %d", own, pool, s.Param(state.FeePool), s.Param(state.Minted))
	}
	if err := collect(s, rich, 2000*wallet.TRX, true); err == nil {
		t.Error("an account paid more than it has")
	}
}

// TestRounding pins the rounding of usage, which decides single bytes of bandwidth.
func TestRounding(t *testing.T) {
	if got := useMore(100, 50, 10, 10); got != 150 {
		t.Errorf("use in the same slot: %d", got)
	}
	if got := recover(1000, 0, defaultWindow/2, defaultWindow); got != 500 {
		t.Errorf("after half of the window: %d", got)
	}
	if recover(1000, 0, defaultWindow, defaultWindow) != 0 {
		t.Error("something is left after the window")
	}
	if _, ok := multiplyExact(1<<62, 2); ok {
		t.Error("a product beyond 63 bits fits")
	}
	if got, ok := multiplyExact(-1<<62, 2); !ok || got != -1<<63 {
		t.Errorf("the smallest number: %d %v", got, ok)
	}
	if _, ok := addExact(1<<63-1, 1); ok {
		t.Error("a sum beyond 63 bits fits")
	}
}

// TestProposalOrder: values are checked, kept and put in force in the order in which they were sent; of equal numbers the last value counts, at the
// place of the first.
func TestProposalOrder(t *testing.T) {
	s, witness, _ := governed(t)
	proposal := func(numbers ...int64) propose {
		c := &tronpb.ProposalCreateContract{OwnerAddress: witness[:]}
		for i := 0; i < len(numbers); i += 2 {
			c.Parameters = append(c.Parameters, &tronpb.Proposal_ParametersEntry{Key: &numbers[i], Value: &numbers[i+1]})
		}
		return propose{c}
	}
	_, err := apply(s, proposal(999, 1, 0, 5))
	wants(t, err, "Does not support code : 999")
	_, err = apply(s, proposal(0, 5, 999, 1))
	wants(t, err, "Bad chain parameter value, valid range is [3 * 27 * 1000,24 * 3600 * 1000]")
	_, err = apply(s, proposal(11, 300, 3, 500, 11, 200))
	wants(t, err, "")
	var got []int64
	for _, v := range s.Proposal(1).GetParameters() {
		got = append(got, v.GetKey(), v.GetValue())
	}
	if !slices.Equal(got, []int64{11, 200, 3, 500}) {
		t.Errorf("kept %v", got)
	}
}
