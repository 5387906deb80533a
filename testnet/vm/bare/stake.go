package bare

import (
	"errors"
	"slices"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// stake is what an account has staked, lent, borrowed and voted. It is copied whole for undo.
type stake struct {
	frozen, acquired [3]wallet.Sun
	lent             []loan
	unfreezing       []vm.Unfreezing
	votes            []vm.Vote
	reward           wallet.Sun
	withdrawn        int64
	witness          bool
	received         int64
}

// loan is stake lent to an account.
type loan struct {
	to       wallet.Address
	resource vm.Resource
	amount   wallet.Sun
}

// Why an operation on stake is refused.
var (
	ErrAmount   = errors.New("the amount must be at least 1 TRX and no more than there is")
	ErrResource = errors.New("the resource must be bandwidth or energy")
	ErrFull     = errors.New("32 releases of stake are under way")
	ErrReceiver = errors.New("the receiver must be another account and no contract")
	ErrPower    = errors.New("more votes than Tron power")
)

const (
	slots   = 32
	dayInMs = 24 * 60 * 60 * 1000
)

// MakeWitness makes an account a candidate that people may vote for.
func (l *Ledger) MakeWitness(a wallet.Address) { l.edit(a).witness = true }

// AddReward gives a voter a reward that waits to be withdrawn.
func (l *Ledger) AddReward(a wallet.Address, amount wallet.Sun) { l.edit(a).reward += amount }

// Withdrawn is when an account withdrew its reward last, in milliseconds since 1970.
func (l *Ledger) Withdrawn(a wallet.Address) int64 { return l.stakeOf(a).withdrawn }

// edit is the stake of an existing account, about to be changed.
func (l *Ledger) edit(a wallet.Address) *stake {
	acc := l.accounts[a]
	old := acc.stake
	old.lent, old.unfreezing, old.votes = slices.Clone(old.lent), slices.Clone(old.unfreezing), slices.Clone(old.votes)
	l.later(func() { acc.stake = old })
	return &acc.stake
}

func (l *Ledger) stakeOf(a wallet.Address) stake {
	if acc := l.accounts[a]; acc != nil {
		return acc.stake
	}
	return stake{}
}

// Freeze implements vm.State.
func (l *Ledger) Freeze(owner wallet.Address, r vm.Resource, amount wallet.Sun) error {
	switch {
	case amount < wallet.TRX || amount > l.Balance(owner):
		return ErrAmount
	case r == vm.TronPower:
		return ErrResource
	}
	l.AddBalance(owner, -amount)
	l.edit(owner).frozen[r] += amount
	return nil
}

// Unfreeze implements vm.State.
func (l *Ledger) Unfreeze(owner wallet.Address, r vm.Resource, amount wallet.Sun) (wallet.Sun, error) {
	s := l.edit(owner)
	switch {
	case amount <= 0 || amount > s.frozen[r]:
		return 0, ErrAmount
	case len(s.unfreezing)-l.expired(s) >= slots:
		return 0, ErrFull
	}
	paid := l.payExpired(owner, s)
	s.frozen[r] -= amount
	s.unfreezing = append(s.unfreezing, vm.Unfreezing{Resource: r, Amount: amount, Expires: l.Now + l.DelayDays*dayInMs})
	return paid, nil
}

func (l *Ledger) expired(s *stake) (n int) {
	for _, u := range s.unfreezing {
		if u.Expires <= l.Now {
			n++
		}
	}
	return n
}

func (l *Ledger) payExpired(owner wallet.Address, s *stake) (paid wallet.Sun) {
	s.unfreezing = slices.DeleteFunc(s.unfreezing, func(u vm.Unfreezing) bool {
		if u.Expires <= l.Now {
			paid += u.Amount
		}
		return u.Expires <= l.Now
	})
	l.AddBalance(owner, paid)
	return paid
}

// CancelUnfreezes implements vm.State.
func (l *Ledger) CancelUnfreezes(owner wallet.Address) (c vm.Cancelled, err error) {
	s := l.edit(owner)
	c.Paid = l.payExpired(owner, s)
	for _, u := range s.unfreezing {
		c.Frozen[u.Resource] += u.Amount
		s.frozen[u.Resource] += u.Amount
	}
	s.unfreezing = nil
	return c, nil
}

// WithdrawExpired implements vm.State.
func (l *Ledger) WithdrawExpired(owner wallet.Address) (wallet.Sun, error) {
	return l.payExpired(owner, l.edit(owner)), nil
}

// Delegate implements vm.State.
func (l *Ledger) Delegate(owner, receiver wallet.Address, r vm.Resource, amount wallet.Sun) error {
	_, contract := l.Contract(receiver)
	switch {
	case r == vm.TronPower:
		return ErrResource
	case amount < wallet.TRX || amount > l.Frozen(owner, r):
		return ErrAmount
	case owner == receiver || contract || !l.Exists(receiver):
		return ErrReceiver
	}
	s := l.edit(owner)
	s.frozen[r] -= amount
	s.lent = append(s.lent, loan{receiver, r, amount})
	l.edit(receiver).acquired[r] += amount
	return nil
}

// Undelegate implements vm.State.
func (l *Ledger) Undelegate(owner, receiver wallet.Address, r vm.Resource, amount wallet.Sun) error {
	if r == vm.TronPower || amount <= 0 || amount > l.DelegatedTo(owner, receiver, r) {
		return ErrAmount
	}
	s := l.edit(owner)
	s.frozen[r] += amount
	l.edit(receiver).acquired[r] -= amount
	for i := range s.lent {
		if n := &s.lent[i]; n.to == receiver && n.resource == r {
			part := min(amount, n.amount)
			n.amount -= part
			amount -= part
		}
	}
	return nil
}

// Frozen implements vm.State.
func (l *Ledger) Frozen(a wallet.Address, r vm.Resource) wallet.Sun { return l.stakeOf(a).frozen[r] }

// AllFrozen implements vm.State.
func (l *Ledger) AllFrozen(a wallet.Address, r vm.Resource) wallet.Sun {
	return l.Frozen(a, r) + l.AcquiredIn(a, r)
}

// DelegatedOut implements vm.State.
func (l *Ledger) DelegatedOut(a wallet.Address, r vm.Resource) (sum wallet.Sun) {
	for _, n := range l.stakeOf(a).lent {
		if n.resource == r {
			sum += n.amount
		}
	}
	return sum
}

// AcquiredIn implements vm.State.
func (l *Ledger) AcquiredIn(a wallet.Address, r vm.Resource) wallet.Sun {
	return l.stakeOf(a).acquired[r]
}

// DelegatedTo implements vm.State.
func (l *Ledger) DelegatedTo(from, to wallet.Address, r vm.Resource) (sum wallet.Sun) {
	for _, n := range l.stakeOf(from).lent {
		if n.to == to && n.resource == r {
			sum += n.amount
		}
	}
	return sum
}

// Delegatable implements vm.State. Nothing is ever used here.
func (l *Ledger) Delegatable(a wallet.Address, r vm.Resource) wallet.Sun { return l.Frozen(a, r) }

// UnfreezesLeft implements vm.State.
func (l *Ledger) UnfreezesLeft(a wallet.Address) int64 {
	if !l.Exists(a) {
		return 0
	}
	s := l.stakeOf(a)
	return max(0, int64(slots-len(s.unfreezing)+l.expired(&s)))
}

// Unfreezing implements vm.State.
func (l *Ledger) Unfreezing(a wallet.Address) []vm.Unfreezing { return l.stakeOf(a).unfreezing }

// UsedStake implements vm.State. Nothing is ever used here.
func (l *Ledger) UsedStake(wallet.Address, vm.Resource) (wallet.Sun, int64) { return 0, 0 }

// HasForeignStake implements vm.State.
func (l *Ledger) HasForeignStake(a wallet.Address) bool {
	s := l.stakeOf(a)
	lent := l.DelegatedOut(a, vm.Bandwidth) + l.DelegatedOut(a, vm.Energy)
	return lent > 0 || len(s.unfreezing) > l.expired(&s)
}

// MoveStake implements vm.State.
func (l *Ledger) MoveStake(owner, heir wallet.Address) wallet.Sun {
	s, h := l.edit(owner), l.edit(heir)
	for r := range s.frozen {
		h.frozen[r] += s.frozen[r]
		s.frozen[r] = 0
	}
	paid := l.payExpired(owner, s)
	l.AddBalance(owner, -paid)
	l.AddBalance(heir, paid)
	s.unfreezing = nil
	return paid
}

// Vote implements vm.State.
func (l *Ledger) Vote(owner wallet.Address, votes []vm.Vote) error {
	var sum int64
	for _, v := range votes {
		sum += v.Count
	}
	if wallet.Sun(sum)*wallet.TRX > l.TronPower(owner) {
		return ErrPower
	}
	for _, v := range l.stakeOf(owner).votes {
		l.edit(v.Witness).received -= v.Count
	}
	for _, v := range votes {
		l.edit(v.Witness).received += v.Count
	}
	l.edit(owner).votes = votes
	return nil
}

// WithdrawReward implements vm.State.
func (l *Ledger) WithdrawReward(owner wallet.Address, now int64) (wallet.Sun, error) {
	s := l.edit(owner)
	paid := s.reward
	s.reward, s.withdrawn = 0, now
	l.AddBalance(owner, paid)
	return paid, nil
}

// ForfeitVotes implements vm.State.
func (l *Ledger) ForfeitVotes(owner wallet.Address, now int64) {
	_, _ = l.WithdrawReward(owner, now) // never refused here
	l.edit(owner).votes = nil
}

// Reward implements vm.State.
func (l *Ledger) Reward(a wallet.Address) wallet.Sun { return l.stakeOf(a).reward }

// IsWitness implements vm.State.
func (l *Ledger) IsWitness(a wallet.Address) bool { return l.stakeOf(a).witness }

// VotesOf implements vm.State.
func (l *Ledger) VotesOf(a wallet.Address) []vm.Vote { return l.stakeOf(a).votes }

// ReceivedVotes implements vm.State.
func (l *Ledger) ReceivedVotes(witness wallet.Address) int64 { return l.stakeOf(witness).received }

// TronPower implements vm.State.
func (l *Ledger) TronPower(a wallet.Address) wallet.Sun {
	s := l.stakeOf(a)
	return s.frozen[vm.Bandwidth] + s.frozen[vm.Energy] + l.DelegatedOut(a, vm.Bandwidth) + l.DelegatedOut(a, vm.Energy)
}
