package actuator

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// committee finds the witness who makes a contract about proposals.
func committee(s *state.State, owner []byte) (wallet.Address, error) {
	a, err := existing(s, owner, "not exists")
	if err != nil {
		return wallet.Address{}, err
	}
	if s.Witness(a.Address) == nil {
		return wallet.Address{}, invalid("Witness[%s] not exists", a.Address.Hex())
	}
	return a.Address, nil
}

// propose opens a proposal to change chain parameters.
type propose struct{ *tronpb.ProposalCreateContract }

func (p propose) Validate(s *state.State) error {
	if _, err := committee(s, p.GetOwnerAddress()); err != nil {
		return err
	}
	if len(p.GetParameters()) == 0 {
		return invalid("This proposal has no parameter.")
	}
	for _, v := range asMap(p.GetParameters()) {
		if err := checkProposed(s, v.GetKey(), v.GetValue()); err != nil {
			return err
		}
	}
	return nil
}

// asMap are the values of a proposal as Java's map keeps them: in the order of their numbers' first appearance, the last value of each.
func asMap(sent []*tronpb.Proposal_ParametersEntry) (kept []*tronpb.Proposal_ParametersEntry) {
	at := make(map[int64]int, len(sent))
	for _, v := range sent {
		if i, again := at[v.GetKey()]; again {
			kept[i] = v
			continue
		}
		at[v.GetKey()] = len(kept)
		kept = append(kept, v)
	}
	return kept
}

func (p propose) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	s.AddParam(state.ProposalCount, 1)
	now, next, interval := s.Param(state.HeadTime), s.Param(state.NextMaintenance), s.Param(state.MaintenanceTimeInterval)
	rounds := (now + s.Param(state.ProposalExpireTime) - next) / interval
	s.PutProposal(&tronpb.Proposal{
		ProposalId: s.Param(state.ProposalCount), ProposerAddress: p.GetOwnerAddress(), Parameters: asMap(p.GetParameters()),
		CreateTime: now, ExpirationTime: next + (rounds+1)*interval,
	})
	return nil
}

// openProposal finds a proposal that can still be changed. late is asked after the checks that come before expiry.
func openProposal(s *state.State, id int64, early func(*tronpb.Proposal) error) (*tronpb.Proposal, error) {
	p := s.Proposal(id)
	if p == nil {
		return nil, invalid("Proposal[%d] not exists", id)
	}
	if err := early(p); err != nil {
		return nil, err
	}
	if s.Param(state.HeadTime) >= p.GetExpirationTime() {
		return nil, invalid("Proposal[%d] expired", id)
	}
	if p.GetState() == tronpb.Proposal_CANCELED {
		return nil, invalid("Proposal[%d] canceled", id)
	}
	return p, nil
}

func editProposal(s *state.State, id int64, f func(*tronpb.Proposal)) {
	p := proto.Clone(s.Proposal(id)).(*tronpb.Proposal)
	f(p)
	s.PutProposal(p)
}

func approved(p *tronpb.Proposal, a wallet.Address) bool {
	return slices.ContainsFunc(p.GetApprovals(), func(b []byte) bool { return string(b) == string(a[:]) })
}

// approve gives or takes back a witness's approval.
type approve struct {
	*tronpb.ProposalApproveContract
}

func (c approve) Validate(s *state.State) error {
	a, err := committee(s, c.GetOwnerAddress())
	if err != nil {
		return err
	}
	p, err := openProposal(s, c.GetProposalId(), func(*tronpb.Proposal) error { return nil })
	if err != nil {
		return err
	}
	switch has := approved(p, a); {
	case has && c.GetIsAddApproval():
		return invalid("Witness[%s]has approved proposal[%d] before", a.Hex(), c.GetProposalId())
	case !has && !c.GetIsAddApproval():
		return invalid("Witness[%s]has not approved proposal[%d] before", a.Hex(), c.GetProposalId())
	}
	return nil
}

func (c approve) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	owner := c.GetOwnerAddress()
	editProposal(s, c.GetProposalId(), func(p *tronpb.Proposal) {
		if c.GetIsAddApproval() {
			p.Approvals = append(p.Approvals, owner)
			return
		}
		p.Approvals = slices.DeleteFunc(p.GetApprovals(), func(b []byte) bool { return string(b) == string(owner) })
	})
	return nil
}

// cancelProposal takes a proposal back.
type cancelProposal struct{ *tronpb.ProposalDeleteContract }

func (c cancelProposal) Validate(s *state.State) error {
	a, err := existing(s, c.GetOwnerAddress(), "not exists")
	if err != nil {
		return err
	}
	_, err = openProposal(s, c.GetProposalId(), func(p *tronpb.Proposal) error {
		if string(p.GetProposerAddress()) != string(a.Address[:]) {
			return invalid("Proposal[%d] is not proposed by %s", c.GetProposalId(), a.Address.Hex())
		}
		return nil
	})
	return err
}

func (c cancelProposal) Execute(s *state.State, _ *tronpb.Transaction_Result) error {
	editProposal(s, c.GetProposalId(), func(p *tronpb.Proposal) { p.State = tronpb.Proposal_CANCELED })
	return nil
}

// DecideProposals settles the proposals whose time has come: seven tenths of the producers must have approved.
func DecideProposals(s *state.State) {
	for id := s.Param(state.ProposalCount); id > 0; id-- {
		p := s.Proposal(id)
		if p == nil || p.GetState() == tronpb.Proposal_CANCELED {
			continue
		}
		if p.GetState() != tronpb.Proposal_PENDING {
			return
		}
		if p.GetExpirationTime() > s.Param(state.NextMaintenance) {
			continue
		}
		active, votes := ActiveWitnesses(s), 0
		for _, a := range active {
			if approved(p, a) {
				votes++
			}
		}
		outcome := tronpb.Proposal_DISAPPROVED
		if votes >= len(active)*7/10 {
			outcome = tronpb.Proposal_APPROVED
			for _, v := range p.GetParameters() {
				if param, ok := state.ParamByProposal(v.GetKey()); ok && (!oneWay[param] || s.Param(param) == 0) {
					SetChainParam(s, param, v.GetValue(), p.GetExpirationTime())
				}
			}
		}
		editProposal(s, id, func(p *tronpb.Proposal) { p.State = outcome })
	}
}

// SetChainParam changes a chain parameter with all that follows from it; at is the time in milliseconds that price histories show.
func SetChainParam(s *state.State, p state.Param, value, at int64) {
	old := s.Param(p)
	s.SetParam(p, value)
	histories := map[state.Param]state.Text{
		state.EnergyFee: state.EnergyPrices, state.TransactionFee: state.BandwidthPrices, state.MemoFee: state.MemoFees,
	}
	if text, ok := histories[p]; ok {
		s.SetText(text, s.Text(text)+fmt.Sprintf(",%d:%d", at, value))
	}
	switch p {
	case state.TotalEnergyLimit, state.AdaptiveResourceLimitTargetRatio:
		energyTarget(s)
	case state.TotalEnergyCurrentLimit:
		s.SetParam(state.TotalEnergyLimit, value)
		energyTarget(s)
		if s.On(state.AllowAdaptiveEnergy) {
			s.SetParam(p, old) // it finds its own way from there
		}
	case state.AllowTvmVote, state.AllowNewReward:
		startNewReward(s)
	case state.AllowAdaptiveEnergy:
		const ratio, multiplier = 2, 50 // 2880 for a minute, half of the limit
		s.SetParam(state.AdaptiveResourceLimitTargetRatio, ratio)
		s.SetParam(state.AdaptiveResourceLimitMultiplier, multiplier)
		energyTarget(s)
	case state.AllowTvmConstantinople, state.ChangeDelegation, state.AllowMarketTransaction, state.UnfreezeDelayDays, state.AllowCancelAllUnfreezeV2:
		available, standard := Bitmaps(s)
		s.SetText(state.AvailableContracts, string(available))
		s.SetText(state.DefaultOperations, string(standard))
	}
}

// oneWay are the parameters that a proposal changes only while they are 0.
var oneWay = map[state.Param]bool{
	state.RemoveThePowerOfTheGr: true, state.AllowMultiSign: true, state.AllowAdaptiveEnergy: true, state.AllowMarketTransaction: true,
	state.AllowCancelAllUnfreezeV2: true,
}

// removeGenesisVotes takes the votes of the genesis block away once parameter 10 says so.
func removeGenesisVotes(s *state.State) {
	if s.Param(state.RemoveThePowerOfTheGr) != 1 {
		return
	}
	for text, i := s.Text(state.GenesisWitnesses), int64(0); len(text) >= 21; text, i = text[21:], i+1 {
		editWitness(s, wallet.Address([]byte(text[:21])), func(w *tronpb.Witness) { w.VoteCount -= GenesisVotes - i })
	}
	s.SetParam(state.RemoveThePowerOfTheGr, -1)
}

// GenesisVotes is what the genesis block gives its first witness, so that rewards are shared from the start; each one after it has one less.
const GenesisVotes = 100_000_026
