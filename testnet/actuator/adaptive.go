package actuator

import (
	"github.com/piecework/piecework/testnet/state"
)

// The adaptive energy model (parameter 21, which mainnet never switched on): the network's energy grows by a thousandth a block while it is
// used little, and shrinks by a hundredth while it is used much.
const (
	shrinkNumerator, shrinkDenominator = 99, 100
	growNumerator, growDenominator     = 1000, 999
	// minutesADay is what the printed parameter 33 is multiplied with.
	minutesADay = 24 * 60
	// energyAverageWindow is a minute in slots.
	energyAverageWindow = 60_000 / state.SlotMillis
)

// countEnergy adds to the energy that the present block uses.
func countEnergy(s *state.State, energy int64) {
	if s.On(state.AllowAdaptiveEnergy) {
		s.AddParam(state.BlockEnergyUsage, energy)
	}
}

// AdaptEnergy ends a block: with parameter 21 the network's energy follows its use.
func AdaptEnergy(s *state.State) {
	if !s.On(state.AllowAdaptiveEnergy) {
		return
	}
	now := s.Slot()
	average := decayed(divideUp(s.Param(state.TotalEnergyAverageUsage)*usagePrecision, energyAverageWindow), s.Param(state.EnergyAverageSlot), now, energyAverageWindow)
	average += divideUp(s.Param(state.BlockEnergyUsage)*usagePrecision, energyAverageWindow)
	s.SetParam(state.TotalEnergyAverageUsage, average*energyAverageWindow/usagePrecision)
	s.SetParam(state.EnergyAverageSlot, now)
	s.SetParam(state.BlockEnergyUsage, 0)
	limit, least := s.Param(state.TotalEnergyCurrentLimit), s.Param(state.TotalEnergyLimit)
	if s.Param(state.TotalEnergyAverageUsage) > s.Param(state.TotalEnergyTargetLimit) {
		limit = limit * shrinkNumerator / shrinkDenominator
	} else {
		limit = limit * growNumerator / growDenominator
	}
	s.SetParam(state.TotalEnergyCurrentLimit, min(max(limit, least), least*s.Param(state.AdaptiveResourceLimitMultiplier)))
}

// energyTarget sets the use above which the network's energy shrinks.
func energyTarget(s *state.State) {
	ratio := max(1, s.Param(state.AdaptiveResourceLimitTargetRatio)) * minutesADay
	s.SetParam(state.TotalEnergyTargetLimit, s.Param(state.TotalEnergyLimit)/ratio)
}
