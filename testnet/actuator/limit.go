package actuator

import (
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
)

// NetLimit is the bandwidth a day that an account's stake gives it.
func NetLimit(s *state.State, a *state.Account) int64 {
	return limitOf(s, a.Power(state.Bandwidth), s.Param(state.TotalNetLimit), s.Param(state.NetWeight))
}

// EnergyLimit is the energy a day that an account's stake gives it.
func EnergyLimit(s *state.State, a *state.Account) int64 {
	return limitOf(s, a.Power(state.Energy), s.Param(state.TotalEnergyCurrentLimit), s.Param(state.EnergyWeight))
}

// limitOf is stake's share of a daily total, in java-tron's floating point.
func limitOf(s *state.State, stake wallet.Sun, total, weight int64) int64 {
	if weight <= 0 {
		return 0
	}
	if s.Param(state.UnfreezeDelayDays) > 0 {
		return strictmath.Long(float64(stake) / float64(wallet.TRX) * (float64(total) / float64(weight)))
	}
	if stake < wallet.TRX {
		return 0
	}
	return strictmath.Long(float64(stake/wallet.TRX) * (float64(total) / float64(weight)))
}

// EnergyLeft is the staked energy that an account may spend on a call. Unlike EnergyLimit, which clients are shown, it counts whole TRX: java-tron's
// VM computes it for itself.
func EnergyLeft(s *state.State, a *state.Account) int64 {
	whole := a.Power(state.Energy) / wallet.TRX * wallet.TRX
	limit := limitOf(s, whole, s.Param(state.TotalEnergyCurrentLimit), s.Param(state.EnergyWeight))
	return max(0, limit-Recovered(a.Used[state.Energy], s.Slot()))
}

// netLeft is the staked bandwidth that an account has not used.
func netLeft(s *state.State, a *state.Account) int64 {
	return NetLimit(s, a) - Recovered(a.Used[state.Bandwidth], s.Slot())
}

// FreeRecovered is what is left of the use of free bandwidth.
func FreeRecovered(a *state.Account, now int64) int64 {
	return recover(a.FreeUsed.Amount, a.FreeUsed.Slot, now, defaultWindow)
}

// TokenRecovered is what is left at a slot of a use of a token's free bandwidth.
func TokenRecovered(amount, slot, now int64) int64 { return recover(amount, slot, now, defaultWindow) }
