package actuator

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	// lockBlocks is the lock of a delegation that names none, in blocks: three days.
	lockBlocks = 86_400
	// lendingSize is the bandwidth that java-tron reserves for the delegating transaction while it builds it.
	lendingSize = 275
)

// shared is a resource of a day for the whole network, and the whole TRX that share it.
func shared(s *state.State, r state.Resource) (total, weight int64) {
	if r == state.Energy {
		return s.Param(state.TotalEnergyCurrentLimit), s.Param(state.EnergyWeight)
	}
	return s.Param(state.TotalNetLimit), s.Param(state.NetWeight)
}

// UsedStake is how much stake the present use of a resource takes. More stands for use that is about to come.
func UsedStake(s *state.State, a *state.Account, r state.Resource, more int64) wallet.Sun {
	total, weight := shared(s, r)
	used := Recovered(a.Used[r], s.Slot()) + more
	return wallet.Sun(strictmath.Long(float64(used*int64(wallet.TRX)) * (float64(weight) / float64(total))))
}

// Lendable is the stake for a resource that is neither lent out nor in use.
func Lendable(s *state.State, a *state.Account, r state.Resource, more int64) wallet.Sun {
	own := max(0, UsedStake(s, a, r, more)-(a.Power(r)-a.Staked(r))) // what others lend and what was staked before Stake 2.0 is used up first
	return a.Staked(r) - own
}

// lendingReserve is the bandwidth that a delegation being built will use.
func lendingReserve(s *state.State, staked wallet.Sun) int64 {
	most := &tronpb.DelegateResourceContract{Lock: true, Balance: int64(staked)}
	if longLocks(s) {
		most.LockPeriod = s.Param(state.MaxDelegateLockPeriod)
	}
	least := &tronpb.DelegateResourceContract{Balance: int64(wallet.TRX)}
	return lendingSize + int64(max(0, proto.Size(most)-proto.Size(least)))
}

// MaxLendable is the most that a delegation built now could lend; less than the 1 TRX that it must lend counts as nothing.
func MaxLendable(s *state.State, a *state.Account, r state.Resource) wallet.Sun {
	var more int64
	if r == state.Bandwidth {
		more = lendingReserve(s, a.Staked(r))
	}
	if most := Lendable(s, a, r, more); most >= wallet.TRX {
		return most
	}
	return 0
}

// longLocks says whether a delegation may name the length of its lock.
func longLocks(s *state.State) bool {
	return s.Param(state.UnfreezeDelayDays) > 0 && s.Param(state.MaxDelegateLockPeriod) > lockBlocks
}

// Lend gives stake to another account. lock is in blocks, 0 for none. The caller has checked that it may.
func Lend(s *state.State, owner, receiver wallet.Address, r state.Resource, amount wallet.Sun, lock int64) {
	now := s.Param(state.HeadTime)
	unlockExpired(s, owner, receiver)
	key := state.LoanKey{From: owner, To: receiver, Locked: lock > 0}
	loan, _ := s.Loan(key)
	loan.Amount[r] += amount
	loan.Expires[r] = 0
	if lock > 0 {
		loan.Expires[r] = now + lock*state.SlotMillis
	}
	s.SetLoan(key, loan)
	s.SetPartners(owner, receiver, false, now)
	s.Edit(receiver, func(a *state.Account) { a.Borrowed[r] += amount })
	s.Edit(owner, func(a *state.Account) {
		a.Lent[r] += amount
		a.AddStake(r, -amount)
	})
}

// unlockExpired moves loans whose lock has ended to the unlocked row.
func unlockExpired(s *state.State, owner, receiver wallet.Address) {
	key := state.LoanKey{From: owner, To: receiver, Locked: true}
	locked, ok := s.Loan(key)
	if !ok {
		return
	}
	now := s.Param(state.HeadTime)
	if locked.Expires[state.Bandwidth] >= now && locked.Expires[state.Energy] >= now {
		return
	}
	open := state.LoanKey{From: owner, To: receiver}
	free, _ := s.Loan(open)
	for r := range locked.Amount {
		if locked.Expires[r] < now {
			free.Amount[r] += locked.Amount[r]
			locked.Amount[r], locked.Expires[r] = 0, 0
		}
	}
	s.SetLoan(open, free)
	if locked.Amount == ([state.Resources]wallet.Sun{}) {
		s.DropLoan(key)
		return
	}
	s.SetLoan(key, locked)
}

// Callable is what an owner could take back now: unlocked loans, and locked ones whose lock has ended.
func Callable(s *state.State, owner, receiver wallet.Address, r state.Resource) wallet.Sun {
	free, _ := s.Loan(state.LoanKey{From: owner, To: receiver})
	locked, _ := s.Loan(state.LoanKey{From: owner, To: receiver, Locked: true})
	sum := free.Amount[r]
	if locked.Expires[r] < s.Param(state.HeadTime) {
		sum += locked.Amount[r]
	}
	return sum
}

// given is the resource that an amount of stake gives.
func given(s *state.State, r state.Resource, amount wallet.Sun) int64 {
	total, weight := shared(s, r)
	return strictmath.Long(float64(amount) / float64(wallet.TRX) * (float64(total) / float64(weight)))
}

// Recall takes stake back from another account, with the share of its use, at most what the stake gives: most. The caller has checked that it may.
func Recall(s *state.State, owner, receiver wallet.Address, r state.Resource, amount wallet.Sun, most int64) {
	moved, lent := takeFromBorrower(s, receiver, r, amount, most)
	unlockExpired(s, owner, receiver)
	key := state.LoanKey{From: owner, To: receiver}
	loan, _ := s.Loan(key)
	loan.Amount[r] -= amount
	if loan.Amount == ([state.Resources]wallet.Sun{}) {
		s.DropLoan(key)
		if _, locked := s.Loan(state.LoanKey{From: owner, To: receiver, Locked: true}); !locked {
			s.DropPartners(owner, receiver, false)
		}
	} else {
		s.SetLoan(key, loan)
	}
	s.Edit(owner, func(a *state.Account) {
		a.Lent[r] -= amount
		a.AddStake(r, amount)
		if moved > 0 {
			a.Used[r] = takeBack(s, a.Used[r], lent, moved, s.Slot())
		}
	})
}

// takeFromBorrower lowers what an account has borrowed and gives the use that goes with it, at most so much, and the borrower's window.
func takeFromBorrower(s *state.State, receiver wallet.Address, r state.Resource, amount wallet.Sun, most int64) (moved int64, use state.Use) {
	b := s.Account(receiver)
	if b == nil {
		return 0, state.Use{}
	}
	use = useStaked(s, b.Used[r], 0, s.Slot())
	borrowed := b.Borrowed[r] - amount
	if borrowed < 0 {
		borrowed = 0
	} else {
		moved = min(most, strictmath.Long(float64(use.Amount)*(float64(amount)/float64(b.Power(r)))))
	}
	use.Amount -= moved
	s.Edit(receiver, func(a *state.Account) { a.Borrowed[r], a.Used[r] = borrowed, use })
	return moved, use
}
