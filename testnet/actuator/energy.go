package actuator

import (
	"math/big"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
)

// energyPrice is the price of one energy in sun.
func energyPrice(s *state.State) int64 {
	if fee := s.Param(state.EnergyFee); fee > 0 {
		return fee
	}
	return 100
}

// budget is what a call may use and who pays, worked out before it runs.
type budget struct {
	limit int64
	// callerLeft and originLeft are staked energy that was unused before the call.
	callerLeft, originLeft int64
	caller, origin         wallet.Address
	// originPays is the percent that the origin pays at most, originCap its limit for one call.
	originPays, originCap int64
	// before and merged are the uses of energy before and after what the call may use was charged in advance, for the contracts' view.
	before, merged map[wallet.Address]state.Use
}

// callerBudget is the energy that an account can pay for: stake and balance, both capped by the fee limit.
func callerBudget(s *state.State, b *budget, feeLimit, callValue int64) {
	a := s.Account(b.caller)
	price := energyPrice(s)
	b.callerLeft = EnergyLeft(s, a)
	fromBalance := max(0, int64(a.Balance)-callValue) / price
	fromFee := feeLimit / price
	b.precharge(s, b.caller, min(b.callerLeft, fromFee))
	b.limit = min(b.callerLeft+fromBalance, fromFee)
}

// precharge counts energy as used while contracts run, so that they cannot lend or release the stake that pays for them.
func (b *budget) precharge(s *state.State, who wallet.Address, energy int64) {
	if s.Param(state.UnfreezeDelayDays) <= 0 {
		return
	}
	now := s.Slot()
	use := useStaked(s, s.Account(who).Used[state.Energy], 0, now)
	b.before[who] = use
	use = useStaked(s, use, energy, now)
	b.merged[who] = use
	s.Edit(who, func(a *state.Account) { a.Used[state.Energy] = use })
}

// originBudget adds what the contract's origin pays.
func originBudget(s *state.State, b *budget, percent int64) {
	if percent < 100 {
		b.originLeft = EnergyLeft(s, s.Account(b.origin))
	}
	own := int64(0)
	switch {
	case percent <= 0:
		own = min(b.originLeft, b.originCap)
	case percent < 100:
		share := new(big.Int).Mul(big.NewInt(b.limit), big.NewInt(100-percent))
		share.Quo(share, big.NewInt(percent))
		own = min(b.originLeft, b.originCap)
		if share.IsInt64() {
			own = min(own, share.Int64())
		}
	}
	b.precharge(s, b.origin, own)
	b.limit += own
}

// release takes the charge in advance back after a success: what a contract did to the stake meanwhile stays.
func (b *budget) release(s *state.State) {
	for who, before := range b.before {
		if s.Account(who) == nil {
			continue
		}
		merged := b.merged[who]
		s.Edit(who, func(a *state.Account) {
			use := a.Used[state.Energy]
			slots, precise := windowSlots(use), windowMillislots(use)
			area := use.Amount*slots - (merged.Amount*windowSlots(merged) - before.Amount*windowSlots(before))
			if windowSlots(merged) == slots {
				slots, precise = windowSlots(before), windowMillislots(before)
			}
			use.Amount = max(0, area/slots)
			switch {
			case use.Amount == 0:
				use.Window = 0
			case precisely(s):
				use.Window = precise
			default:
				use.Window = slots
			}
			use.Optimized = use.Optimized || precisely(s)
			a.Used[state.Energy] = use
		})
	}
}

// EnergyBill is who paid how much energy.
type EnergyBill struct {
	// Staked is the caller's staked energy, Origin the origin's, Fee what the caller burnt for the rest.
	Staked, Origin int64
	Fee            wallet.Sun
}

// pay charges energy that was used. pooled says whether the fee may go into the pool of parameter 48.
func (b *budget) pay(s *state.State, used int64, pooled bool) (EnergyBill, error) {
	var bill EnergyBill
	if used <= 0 {
		return bill, nil
	}
	left := used
	if b.origin != b.caller && s.Account(b.origin) != nil {
		bill.Origin = min(used*b.originPays/100, b.originLeft, b.originCap)
		b.use(s, b.origin, bill.Origin)
		left -= bill.Origin
	}
	bill.Staked = min(left, b.callerLeft)
	b.use(s, b.caller, bill.Staked)
	if left == bill.Staked {
		return bill, nil
	}
	bill.Fee = wallet.Sun((left - bill.Staked) * energyPrice(s))
	if s.Account(b.caller).Balance < bill.Fee {
		return bill, Errorf(Execute, "%s insufficient balance", b.caller.Hex())
	}
	countEnergy(s, left-bill.Staked)
	return bill, collect(s, b.caller, bill.Fee, pooled)
}

func (b *budget) use(s *state.State, who wallet.Address, energy int64) {
	countEnergy(s, energy)
	s.Edit(who, func(a *state.Account) {
		a.Used[state.Energy] = useStaked(s, a.Used[state.Energy], energy, s.Slot())
		a.LastOperation = s.Param(state.HeadTime)
	})
}
