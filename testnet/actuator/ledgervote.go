package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// Vote replaces a contract's votes.
func (l *Ledger) Vote(owner wallet.Address, votes []vm.Vote) error {
	SettleReward(l.s, owner)
	var sum int64
	ballots := make([]state.Ballot, 0, len(votes))
	for _, v := range votes {
		var ok bool
		if sum, ok = addExact(sum, v.Count); !ok {
			return invalid("long overflow")
		}
		ballots = append(ballots, state.Ballot{Witness: v.Witness, Count: v.Count})
	}
	need, ok := multiplyExact(sum, int64(wallet.TRX))
	power := int64(TronPower(l.s, l.account(owner)))
	if !ok || need > power {
		return invalid("The total number of votes[%d] is greater than the tronPower[%d]", need, power)
	}
	setBallots(l.s, owner, ballots)
	return nil
}

// WithdrawReward settles the reward and moves it to the balance.
func (l *Ledger) WithdrawReward(owner wallet.Address, now int64) (wallet.Sun, error) {
	if isGenesisWitness(l.s, owner) {
		return 0, invalid("Account[%s] is a guard representative and is not allowed to withdraw Balance", owner)
	}
	SettleReward(l.s, owner)
	return payAllowance(l.s, owner, now), nil
}

// payAllowance moves an account's allowance to its balance: the moment at which a reward becomes money.
func payAllowance(s *state.State, owner wallet.Address, now int64) (paid wallet.Sun) {
	a := s.Account(owner)
	if a == nil || a.Allowance <= 0 {
		return 0
	}
	paid = a.Allowance
	s.AddParam(state.Minted, int64(paid))
	s.Edit(owner, func(e *state.Account) {
		e.Balance, e.Allowance, e.LastWithdrawn = e.Balance+paid, 0, now
	})
	return paid
}

// ForfeitVotes settles a contract's reward into its balance and drops its votes.
func (l *Ledger) ForfeitVotes(owner wallet.Address, now int64) {
	SettleReward(l.s, owner)
	payAllowance(l.s, owner, now)
	l.s.Edit(owner, func(a *state.Account) { a.LastWithdrawn = now })
	if len(l.account(owner).Ballots) > 0 {
		setBallots(l.s, owner, nil)
	}
}

// Reward is what WithdrawReward would pay.
func (l *Ledger) Reward(a wallet.Address) wallet.Sun { return Reward(l.s, a) }

// IsWitness says whether an account is a witness.
func (l *Ledger) IsWitness(a wallet.Address) bool { return l.s.Witness(a) != nil }

// VotesOf lists an account's votes.
func (l *Ledger) VotesOf(a wallet.Address) []vm.Vote {
	var list []vm.Vote
	for _, b := range l.account(a).Ballots {
		list = append(list, vm.Vote{Witness: b.Witness, Count: b.Count})
	}
	return list
}

// ReceivedVotes is what a witness counts.
func (l *Ledger) ReceivedVotes(witness wallet.Address) int64 {
	return l.s.Witness(witness).GetVoteCount()
}

// TronPower is the stake that an account may vote with.
func (l *Ledger) TronPower(a wallet.Address) wallet.Sun { return TronPower(l.s, l.account(a)) }
