package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Stake of before Stake 2.0 for contracts, with parameter 52. Unlike the transactions it keeps no lists of partners, and weighs in the amounts' own TRX.
var _ vm.LegacyStakes = (*Ledger)(nil)

// FreezeLegacy stakes for a contract, or for a receiver, whose account it makes where there is none.
func (l *Ledger) FreezeLegacy(owner, receiver wallet.Address, resource vm.Resource, amount wallet.Sun) error {
	switch {
	case amount <= 0:
		return invalid("FrozenBalance must be positive")
	case amount < wallet.TRX:
		return invalid("FrozenBalance must be greater than or equal to 1 TRX")
	case amount > l.Balance(owner):
		return invalid("FrozenBalance must be less than or equal to accountBalance")
	}
	r, expires := state.Resource(resource), l.s.Param(state.HeadTime)+minFreezeDays*dayMillis
	if receiver == owner {
		stakeOld(l.s, owner, r, amount, expires)
	} else {
		if !l.Exists(receiver) {
			l.CreateAccount(receiver)
		}
		if l.account(receiver).Type == tronpb.AccountType_Contract {
			return invalid("Do not allow delegate resources to contract addresses")
		}
		lendOld(l.s, owner, receiver, r, amount, expires)
	}
	l.AddBalance(owner, -amount)
	l.s.AddParam(weightOf(r), int64(amount/wallet.TRX))
	return nil
}

// UnfreezeLegacy releases all of a contract's stake for a resource and a receiver; votes that it no longer covers go.
func (l *Ledger) UnfreezeLegacy(owner, receiver wallet.Address, resource vm.Resource) (wallet.Sun, error) {
	frozen := l.legacy(owner, receiver, resource)
	switch {
	case frozen.Amount <= 0:
		return 0, invalid("delegated Resource does not exist")
	case frozen.Expires > l.s.Param(state.HeadTime):
		return 0, invalid("It's not time to unfreeze.")
	}
	r := state.Resource(resource)
	if receiver == owner {
		l.s.Edit(owner, func(a *state.Account) { a.Frozen[r] = state.OldStake{} })
	} else {
		key := state.LoanKey{From: owner, To: receiver, Old: true}
		loan, _ := l.s.Loan(key)
		loan.Amount[r], loan.Expires[r] = 0, 0
		l.s.SetLoan(key, loan)
		l.s.Edit(owner, func(a *state.Account) { a.LentOld[r] -= frozen.Amount })
		l.s.Edit(receiver, func(a *state.Account) { a.BorrowedOld[r] = max(0, a.BorrowedOld[r]-frozen.Amount) })
	}
	l.AddBalance(owner, frozen.Amount)
	l.s.AddParam(weightOf(r), -int64(frozen.Amount/wallet.TRX))
	l.dropUncovered(owner)
	return frozen.Amount, nil
}

// dropUncovered takes all of a contract's votes when its stake covers fewer.
func (l *Ledger) dropUncovered(owner wallet.Address) {
	a := l.account(owner)
	var used int64
	for _, b := range a.Ballots {
		used += b.Count
	}
	if l.s.On(state.AllowTvmVote) && int64(a.VotePower()) < used*int64(wallet.TRX) {
		SettleReward(l.s, owner)
		setBallots(l.s, owner, nil)
	}
}

// legacy is what a contract has staked for a receiver.
func (l *Ledger) legacy(owner, receiver wallet.Address, r vm.Resource) state.OldStake {
	if receiver == owner {
		return l.account(owner).Frozen[r]
	}
	loan, _ := l.s.Loan(state.LoanKey{From: owner, To: receiver, Old: true})
	return state.OldStake{Amount: loan.Amount[r], Expires: loan.Expires[r]}
}

// LegacyExpiry is when it can be released, in milliseconds since 1970, or 0.
func (l *Ledger) LegacyExpiry(owner, receiver wallet.Address, r vm.Resource) int64 {
	return l.legacy(owner, receiver, r).Expires
}

// MoveLegacy pays the old stake of a contract that ends to its heir.
func (l *Ledger) MoveLegacy(owner, heir wallet.Address) {
	for _, r := range []state.Resource{state.Bandwidth, state.Energy} {
		amount := l.account(owner).Frozen[r].Amount
		l.s.AddParam(weightOf(r), -int64(amount/wallet.TRX))
		l.s.Edit(owner, func(a *state.Account) { a.Frozen[r] = state.OldStake{} })
		l.AddBalance(heir, amount)
	}
}
