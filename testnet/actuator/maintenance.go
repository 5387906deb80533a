package actuator

import (
	"bytes"
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/javahash"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	// MaxActiveWitnesses produce blocks; maxStandby share the reward by votes.
	MaxActiveWitnesses = 27
	maxStandby         = 127
)

// Maintain ends a period: votes are counted, producers chosen, rewards closed. The first block only sets the time of the next one.
func Maintain(s *state.State, number, blockTime int64) {
	if number != 1 {
		countVotes(s)
	}
	next, interval := s.Param(state.NextMaintenance), s.Param(state.MaintenanceTimeInterval)
	rounds := (blockTime - next) / interval
	s.SetParam(state.NextMaintenance, next+(rounds+1)*interval)
}

func countVotes(s *state.State) {
	removeGenesisVotes(s)
	cycle := s.Param(state.CycleNumber)
	if s.Param(state.NewRewardCycle) != noNewReward {
		for _, a := range s.Witnesses() {
			accumulate(s, cycle, a, s.Witness(a).GetVoteCount())
		}
	}
	if changes := takeVotes(s); len(changes) > 0 {
		for _, a := range s.Witnesses() {
			if delta, ok := changes[a]; ok && s.Account(a) != nil {
				editWitness(s, a, func(w *tronpb.Witness) { w.VoteCount += delta })
			}
		}
		electProducers(s)
		payStandbyAllowance(s)
	}
	if !s.On(state.ChangeDelegation) {
		return
	}
	s.SetParam(state.CycleNumber, cycle+1)
	for _, a := range s.Witnesses() {
		setRewardRow(s, state.BrokerageOfCycle, a, cycle+1, Brokerage(s, a))
		setRewardRow(s, state.VotesOfCycle, a, cycle+1, s.Witness(a).GetVoteCount())
	}
}

// takeVotes sums up and forgets how votes changed in this period.
func takeVotes(s *state.State) map[wallet.Address]int64 {
	changes := map[wallet.Address]int64{}
	for _, voter := range s.Voters() {
		change, _ := s.Votes(voter)
		for _, b := range change.Old {
			changes[b.Witness] -= b.Count
		}
		for _, b := range change.New {
			changes[b.Witness] += b.Count
		}
		s.DropVotes(voter)
	}
	return changes
}

func editWitness(s *state.State, a wallet.Address, f func(*tronpb.Witness)) {
	w := proto.Clone(s.Witness(a)).(*tronpb.Witness)
	f(w)
	s.PutWitness(a, w)
}

// byVotes lists all witnesses, most votes first. Among equals the greatest address comes first; before parameter 88 the one with the greatest hash
// (WitnessStore.sortWitness).
func byVotes(s *state.State) []wallet.Address {
	all, byAddress := s.Witnesses(), s.On(state.ConsensusLogicOptimization)
	slices.SortStableFunc(all, func(x, y wallet.Address) int {
		if d := cmp.Compare(s.Witness(y).GetVoteCount(), s.Witness(x).GetVoteCount()); d != 0 {
			return d
		}
		if byAddress {
			return bytes.Compare(y[:], x[:])
		}
		return cmp.Compare(int32(javahash.Bytes(y[:])), int32(javahash.Bytes(x[:])))
	})
	return all
}

// ActiveWitnesses lists the block producers in the order of their turns.
func ActiveWitnesses(s *state.State) []wallet.Address {
	text := s.Text(state.ActiveWitnesses)
	list := make([]wallet.Address, 0, len(text)/21)
	for len(text) >= 21 {
		list = append(list, wallet.Address([]byte(text[:21])))
		text = text[21:]
	}
	return list
}

func electProducers(s *state.State) {
	before := ActiveWitnesses(s)
	chosen := byVotes(s)
	chosen = chosen[:min(len(chosen), MaxActiveWitnesses)]
	var text []byte
	for _, a := range chosen {
		text = append(text, a[:]...)
	}
	s.SetText(state.ActiveWitnesses, string(text))
	for _, a := range before {
		if !slices.Contains(chosen, a) {
			editWitness(s, a, func(w *tronpb.Witness) { w.IsJobs = false })
		}
	}
	for _, a := range chosen {
		if !s.Witness(a).GetIsJobs() {
			editWitness(s, a, func(w *tronpb.Witness) { w.IsJobs = true })
		}
	}
}

// payStandbyAllowance is the reward of a period from before parameter 30: by votes, to the witnesses alone.
func payStandbyAllowance(s *state.State) {
	if s.On(state.ChangeDelegation) {
		return
	}
	standby, votes := standbyWitnesses(s)
	if votes <= 0 {
		return
	}
	each := float64(s.Param(state.WitnessStandbyAllowance)) / float64(votes)
	for _, a := range standby {
		addAllowance(s, a, wallet.Sun(strictmath.Long(float64(s.Witness(a).GetVoteCount())*each)))
	}
}

func standbyWitnesses(s *state.State) (list []wallet.Address, votes int64) {
	list = byVotes(s)
	list = list[:min(len(list), maxStandby)]
	for _, a := range list {
		votes += s.Witness(a).GetVoteCount()
	}
	return list, votes
}

// PayBlock is the reward for a block: a fixed sum for its producer, and one that the first 127 witnesses share by votes.
func PayBlock(s *state.State, producer wallet.Address) {
	pay := wallet.Sun(s.Param(state.WitnessPayPerBlock))
	pool := takePool(s)
	if !s.On(state.ChangeDelegation) {
		addAllowance(s, producer, pay+pool)
		return
	}
	PayReward(s, producer, pay)
	payStandby(s)
	if s.On(state.AllowTransactionFeePool) {
		PayReward(s, producer, pool)
	}
}

// takePool empties the pool of fees. A reward counts as made when it becomes money, and these were there before.
func takePool(s *state.State) wallet.Sun {
	pool := s.Param(state.FeePool)
	if pool != 0 {
		s.SetParam(state.FeePool, 0)
		s.AddParam(state.Minted, -pool)
	}
	return wallet.Sun(pool)
}

// payStandby shares a sum among the first 127 witnesses by votes.
func payStandby(s *state.State) {
	standby, votes := standbyWitnesses(s)
	if votes < 1 {
		return
	}
	each := float64(s.Param(state.Witness127PayPerBlock)) / float64(votes)
	for _, a := range standby {
		PayReward(s, a, wallet.Sun(strictmath.Long(float64(s.Witness(a).GetVoteCount())*each)))
	}
}
