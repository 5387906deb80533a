package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
)

const (
	// maxUnstakes is the most amounts that an account may have on their way back from stake.
	maxUnstakes = 32
	dayMillis   = 86_400_000
)

// weightOf is the network number that sums all stakes for a resource in whole TRX.
func weightOf(r state.Resource) state.Param {
	switch r {
	case state.Bandwidth:
		return state.NetWeight
	case state.Energy:
		return state.EnergyWeight
	default:
		return state.TronPowerWeight
	}
}

// owned is own stake for a resource, lent out or not.
func owned(a *state.Account, r state.Resource) wallet.Sun {
	if r == state.TronPower {
		return a.Staked(r)
	}
	return a.Owned(r)
}

// addStake changes an account's own stake and the network's sum with it. Each account counts in whole TRX.
func addStake(s *state.State, owner wallet.Address, r state.Resource, amount wallet.Sun) {
	before := owned(s.Account(owner), r) / wallet.TRX
	s.Edit(owner, func(a *state.Account) { a.AddStake(r, amount) })
	after := owned(s.Account(owner), r) / wallet.TRX
	addWeight(s, r, int64(after-before))
}

// addWeight changes the network's sum of stake for a resource, in whole TRX. Since parameter 67 it does not fall below nothing.
func addWeight(s *state.State, r state.Resource, delta int64) {
	sum := s.Param(weightOf(r)) + delta
	if delta != 0 && s.On(state.AllowNewReward) {
		sum = max(0, sum)
	}
	s.SetParam(weightOf(r), sum)
}

// Freeze stakes from the balance. The caller has checked that it may.
func Freeze(s *state.State, owner wallet.Address, r state.Resource, amount wallet.Sun) {
	initOldPower(s, owner)
	s.Edit(owner, func(a *state.Account) { a.Balance -= amount })
	addStake(s, owner, r, amount)
}

// Unfreeze starts to release stake, after paying out what has been released before; paid is that sum. The caller has checked that it may.
func Unfreeze(s *state.State, owner wallet.Address, r state.Resource, amount wallet.Sun) (paid wallet.Sun) {
	SettleReward(s, owner)
	paid = WithdrawExpired(s, owner)
	initOldPower(s, owner)
	expires := s.Param(state.HeadTime) + s.Param(state.UnfreezeDelayDays)*dayMillis
	s.Edit(owner, func(a *state.Account) {
		a.Unstakes = append(append([]state.Unstake(nil), a.Unstakes...), state.Unstake{Resource: r, Amount: amount, Expires: expires})
	})
	addStake(s, owner, r, -amount)
	trimVotes(s, owner, r)
	if newModel(s) && s.Account(owner).OldTronPower != -1 {
		s.Edit(owner, func(a *state.Account) { a.OldTronPower = -1 })
	}
	return paid
}

// WithdrawExpired moves what has been released to the balance and says how much that was.
func WithdrawExpired(s *state.State, owner wallet.Address) (paid wallet.Sun) {
	now := s.Param(state.HeadTime)
	a := s.Account(owner)
	var left []state.Unstake
	for _, u := range a.Unstakes {
		if u.Expires <= now {
			paid += u.Amount
		} else {
			left = append(left, u)
		}
	}
	if len(left) != len(a.Unstakes) {
		s.Edit(owner, func(a *state.Account) { a.Balance, a.Unstakes = a.Balance+paid, left })
	}
	return paid
}

// Cancelled is what CancelUnfreezes did.
type Cancelled struct {
	// Staked is what was staked again, by resource; Paid is what had been released and went to the balance.
	Staked [3]wallet.Sun
	Paid   wallet.Sun
}

// CancelUnfreezes stakes again what is not released yet and pays out the rest.
func CancelUnfreezes(s *state.State, owner wallet.Address) (c Cancelled) {
	now := s.Param(state.HeadTime)
	for _, u := range s.Account(owner).Unstakes {
		if u.Expires <= now {
			c.Paid += u.Amount
			continue
		}
		addStake(s, owner, u.Resource, u.Amount)
		c.Staked[u.Resource] += u.Amount
	}
	s.Edit(owner, func(a *state.Account) { a.Balance, a.Unstakes = a.Balance+c.Paid, nil })
	return c
}

// unstaking counts the amounts that are not released yet.
func unstaking(s *state.State, a *state.Account) (count int) {
	for _, u := range a.Unstakes {
		if u.Expires > s.Param(state.HeadTime) {
			count++
		}
	}
	return count
}

// AvailableUnfreezes is how many more amounts an account may start to release.
func AvailableUnfreezes(s *state.State, a *state.Account) int64 {
	return max(0, maxUnstakes-int64(unstaking(s, a)))
}

// newModel is parameter 51, off on mainnet: stake for votes is a resource of its own.
func newModel(s *state.State) bool { return s.On(state.AllowNewResourceModel) }

// initOldPower remembers, once, the power to vote from before parameter 51.
func initOldPower(s *state.State, owner wallet.Address) {
	a := s.Account(owner)
	if !newModel(s) || a.OldTronPower != 0 {
		return
	}
	power := int64(a.VotePower())
	if power == 0 {
		power = -1
	}
	s.Edit(owner, func(a *state.Account) { a.OldTronPower = power })
}

// TronPower is the stake that an account may vote with, in sun.
func TronPower(s *state.State, a *state.Account) wallet.Sun {
	switch {
	case !newModel(s):
		return a.VotePower()
	case a.OldTronPower == -1:
		return a.PowerStake()
	case a.OldTronPower == 0:
		return a.VotePower() + a.PowerStake()
	default:
		return wallet.Sun(a.OldTronPower) + a.PowerStake()
	}
}

// trimVotes scales an account's votes down when its stake covers fewer.
func trimVotes(s *state.State, owner wallet.Address, r state.Resource) {
	a := s.Account(owner)
	if len(a.Ballots) == 0 {
		return
	}
	if newModel(s) {
		if a.OldTronPower == -1 && r != state.TronPower {
			return
		}
		if a.OldTronPower != -1 {
			setBallots(s, owner, nil)
			return
		}
	}
	var total int64
	for _, b := range a.Ballots {
		total += b.Count
	}
	power := TronPower(s, a)
	if total == 0 || int64(power) >= total*int64(wallet.TRX) {
		return
	}
	var kept []state.Ballot
	for _, b := range a.Ballots {
		count := strictmath.Long(float64(b.Count) / float64(total) * float64(power) / float64(wallet.TRX))
		if count > 0 {
			kept = append(kept, state.Ballot{Witness: b.Witness, Count: count})
		}
	}
	setBallots(s, owner, kept)
}

// setBallots replaces an account's votes and remembers the change for the next maintenance.
func setBallots(s *state.State, owner wallet.Address, ballots []state.Ballot) {
	change, ok := s.Votes(owner)
	if !ok {
		change.Old = s.Account(owner).Ballots
	}
	change.New = ballots
	s.SetVotes(owner, change)
	s.Edit(owner, func(a *state.Account) { a.Ballots = ballots })
}
