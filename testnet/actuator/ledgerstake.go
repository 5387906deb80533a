package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Freeze stakes for a contract.
func (l *Ledger) Freeze(owner wallet.Address, r vm.Resource, amount wallet.Sun) error {
	c := freeze{&tronpb.FreezeBalanceV2Contract{OwnerAddress: owner[:], FrozenBalance: int64(amount), Resource: tronpb.ResourceCode(r)}}
	if err := c.Validate(l.s); err != nil {
		return err
	}
	l.weigh(owner, func() { Freeze(l.s, owner, state.Resource(r), amount) })
	return nil
}

// weigh changes an account's stake so that the network's sums follow it even below nothing: java-tron puts a floor under them for transactions alone.
func (l *Ledger) weigh(owner wallet.Address, change func()) {
	resources := [...]state.Resource{state.Bandwidth, state.Energy, state.TronPower}
	var rest [len(resources)]int64
	for i, r := range resources {
		rest[i] = l.s.Param(weightOf(r)) - int64(owned(l.account(owner), r)/wallet.TRX)
	}
	change()
	for i, r := range resources {
		l.s.AddParam(weightOf(r), rest[i]+int64(owned(l.account(owner), r)/wallet.TRX)-l.s.Param(weightOf(r)))
	}
}

// Unfreeze starts to release stake of a contract.
func (l *Ledger) Unfreeze(owner wallet.Address, r vm.Resource, amount wallet.Sun) (wallet.Sun, error) {
	c := unfreeze{&tronpb.UnfreezeBalanceV2Contract{OwnerAddress: owner[:], UnfreezeBalance: int64(amount), Resource: tronpb.ResourceCode(r)}}
	if err := c.Validate(l.s); err != nil {
		return 0, err
	}
	var paid wallet.Sun
	l.weigh(owner, func() { paid = Unfreeze(l.s, owner, state.Resource(r), amount) })
	return paid, nil
}

// CancelUnfreezes stakes again what a contract has on its way back. Unlike the contract of a transaction it may find nothing.
func (l *Ledger) CancelUnfreezes(owner wallet.Address) (vm.Cancelled, error) {
	if _, err := existing(l.s, owner[:], "not exists"); err != nil {
		return vm.Cancelled{}, err
	}
	var done Cancelled
	l.weigh(owner, func() { done = CancelUnfreezes(l.s, owner) })
	return vm.Cancelled{Frozen: done.Staked, Paid: done.Paid}, nil
}

// WithdrawExpired pays out what has been released.
func (l *Ledger) WithdrawExpired(owner wallet.Address) (wallet.Sun, error) {
	if _, err := existing(l.s, owner[:], "not exists"); err != nil {
		return 0, err
	}
	return WithdrawExpired(l.s, owner), nil
}

// Delegate lends stake of a contract.
func (l *Ledger) Delegate(owner, receiver wallet.Address, r vm.Resource, amount wallet.Sun) error {
	c := lend{&tronpb.DelegateResourceContract{
		OwnerAddress: owner[:], ReceiverAddress: receiver[:], Resource: tronpb.ResourceCode(r), Balance: int64(amount),
	}}
	if err := c.Validate(l.s); err != nil {
		return err
	}
	Lend(l.s, owner, receiver, state.Resource(r), amount, 0)
	return nil
}

// Undelegate takes it back. What the stake gives is multiplied before it is divided here, other than in a transaction: the last unit may differ.
func (l *Ledger) Undelegate(owner, receiver wallet.Address, r vm.Resource, amount wallet.Sun) error {
	c := recall{&tronpb.UnDelegateResourceContract{
		OwnerAddress: owner[:], ReceiverAddress: receiver[:], Resource: tronpb.ResourceCode(r), Balance: int64(amount),
	}}
	if err := c.Validate(l.s); err != nil {
		return err
	}
	total, weight := shared(l.s, state.Resource(r))
	most := strictmath.Long(float64(amount) / float64(wallet.TRX) * float64(total) / float64(weight))
	Recall(l.s, owner, receiver, state.Resource(r), amount, most)
	return nil
}

// account is an account, or an empty one.
func (l *Ledger) account(a wallet.Address) *state.Account {
	if found := l.s.Account(a); found != nil {
		return found
	}
	return &state.Account{Address: a}
}

// Frozen is an account's stake that is not lent out.
func (l *Ledger) Frozen(a wallet.Address, r vm.Resource) wallet.Sun {
	return l.account(a).Staked(state.Resource(r))
}

// recovering says whether a resource is one that is used up and recovers.
func recovering(r vm.Resource) bool { return r == vm.Bandwidth || r == vm.Energy }

// AllFrozen is all that gives an account a resource.
func (l *Ledger) AllFrozen(a wallet.Address, r vm.Resource) wallet.Sun {
	if !recovering(r) {
		return l.Frozen(a, r)
	}
	return l.account(a).Power(state.Resource(r))
}

// DelegatedOut is what an account lends.
func (l *Ledger) DelegatedOut(a wallet.Address, r vm.Resource) wallet.Sun {
	if !recovering(r) {
		return 0
	}
	account := l.account(a)
	return account.Lent[r] + account.LentOld[r]
}

// AcquiredIn is what an account borrows.
func (l *Ledger) AcquiredIn(a wallet.Address, r vm.Resource) wallet.Sun {
	if !recovering(r) {
		return 0
	}
	account := l.account(a)
	return account.Borrowed[r] + account.BorrowedOld[r]
}

// AcquiredV2 is what it borrows under Stake 2.0.
func (l *Ledger) AcquiredV2(a wallet.Address, r vm.Resource) wallet.Sun {
	if !recovering(r) {
		return 0
	}
	return l.account(a).Borrowed[r]
}

// DelegatedTo is what one account lends another, locked or not.
func (l *Ledger) DelegatedTo(from, to wallet.Address, r vm.Resource) wallet.Sun {
	if !recovering(r) {
		return 0
	}
	free, _ := l.s.Loan(state.LoanKey{From: from, To: to})
	locked, _ := l.s.Loan(state.LoanKey{From: from, To: to, Locked: true})
	return free.Amount[r] + locked.Amount[r]
}

// Delegatable is the most that an account could lend.
func (l *Ledger) Delegatable(a wallet.Address, r vm.Resource) wallet.Sun {
	if !recovering(r) {
		return 0
	}
	used, _ := l.UsedStake(a, r)
	account := l.account(a)
	return max(0, account.Staked(state.Resource(r))-max(0, used-(account.Power(state.Resource(r))-account.Staked(state.Resource(r)))))
}

// UnfreezesLeft is how many more amounts an account may start to release.
func (l *Ledger) UnfreezesLeft(a wallet.Address) int64 {
	account := l.s.Account(a)
	if account == nil {
		return 0
	}
	return AvailableUnfreezes(l.s, account)
}

// Unfreezing lists what is on its way back.
func (l *Ledger) Unfreezing(a wallet.Address) []vm.Unfreezing {
	var list []vm.Unfreezing
	for _, u := range l.account(a).Unstakes {
		list = append(list, vm.Unfreezing{Resource: vm.Resource(u.Resource), Amount: u.Amount, Expires: u.Expires})
	}
	return list
}

// UsedStake is how much stake the use of a resource takes, and for how long. A missing account uses nothing; any other had its last use in slot 0 at least.
func (l *Ledger) UsedStake(a wallet.Address, r vm.Resource) (wallet.Sun, int64) {
	if !recovering(r) || !l.Exists(a) {
		return 0, 0
	}
	use, now := l.account(a).Used[r], l.s.Slot()
	window := windowSlots(use)
	if now >= use.Slot+window {
		return 0, 0
	}
	total, weight := shared(l.s, state.Resource(r))
	used := float64(Recovered(use, now)) * float64(weight) / float64(total) * float64(wallet.TRX)
	return wallet.Sun(strictmath.Long(used)), (use.Slot + window - now) * state.SlotMillis / 1000
}

// HasForeignStake says whether a contract may not end.
func (l *Ledger) HasForeignStake(a wallet.Address) bool {
	account, none := l.account(a), [state.Resources]wallet.Sun{}
	return account.Lent != none || unstaking(l.s, account) > 0 || l.s.On(state.AllowTvmFreeze) && (account.LentOld != none || l.locked(account))
}

// locked says whether stake of before Stake 2.0 cannot be released yet, which counts since parameter 94.
func (l *Ledger) locked(a *state.Account) bool {
	now := l.s.Param(state.HeadTime)
	return l.s.On(state.AllowTvmSelfdestructRestriction) && (a.Frozen[state.Bandwidth].Expires > now || a.Frozen[state.Energy].Expires > now)
}

// MoveStake gives the stake of a contract that ends to its heir.
func (l *Ledger) MoveStake(owner, heir wallet.Address) (paid wallet.Sun) {
	now := l.s.Slot()
	from := l.account(owner)
	var used [state.Resources]state.Use
	for r := range used {
		used[r] = useStaked(l.s, from.Used[r], 0, now)
	}
	for _, u := range from.Unstakes {
		if u.Expires <= l.s.Param(state.HeadTime) {
			paid += u.Amount
		}
	}
	l.s.Edit(heir, func(h *state.Account) {
		for _, st := range from.Stakes {
			if st.Amount > 0 {
				h.AddStake(st.Resource, st.Amount)
			}
		}
		for r := range used {
			if used[r].Amount > 0 {
				h.Used[r] = takeBack(l.s, h.Used[r], used[r], used[r].Amount, now)
			}
		}
		h.Balance += paid
	})
	l.s.Edit(owner, func(o *state.Account) {
		o.Stakes, o.Unstakes = nil, nil
		for r := range used { // a contract that stays remembers when that was
			o.Used[r] = state.Use{Slot: now, Optimized: used[r].Optimized}
		}
	})
	return paid
}
