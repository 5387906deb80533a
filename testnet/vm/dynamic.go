package vm

import (
	"github.com/piecework/piecework/testnet/strictmath"
	"github.com/piecework/piecework/wallet"
)

// decreaseDivision is how much slower a contract's factor falls in an idle period than it rises in a busy one.
const decreaseDivision = 4

// catchUp brings a contract's energy state to the present maintenance period and answers its factor. The address is the one that the
// code works for: a proxy pays its own factor, not that of its implementation.
func (m *machine) catchUp(a wallet.Address) int64 {
	now := m.state.Cycle()
	s, ok := m.state.EnergyState(a)
	if ok && s.Cycle == now {
		return s.Factor
	}
	if ok {
		s = s.Advance(now, m.params)
	} else {
		s = EnergyState{Cycle: now}
	}
	m.state.SetEnergyState(a, s)
	return s.Factor
}

// Advance computes the state at a later period, in Java's doubles and truncations.
func (s EnergyState) Advance(now int64, p *Params) EnergyState {
	if s.Cycle == now {
		return s
	}
	if s.Cycle > now || s.Cycle == 0 {
		return EnergyState{Cycle: now}
	}
	if s.Usage > p.DynamicEnergyThreshold {
		rise := 1 + float64(p.DynamicEnergyIncreaseFactor)/factorUnit
		s = EnergyState{Cycle: s.Cycle + 1, Factor: min(p.DynamicEnergyMaxFactor, strictmath.Long(float64(s.Factor+factorUnit)*rise)-factorUnit)}
	}
	idle := now - s.Cycle
	if idle <= 0 {
		return s
	}
	fall := strictmath.Pow(1-float64(p.DynamicEnergyIncreaseFactor)/decreaseDivision/factorUnit, float64(idle))
	return EnergyState{Cycle: now, Factor: max(0, strictmath.Long(float64(s.Factor+factorUnit)*fall)-factorUnit)}
}

// addUsage counts the energy that a frame used for itself, without penalty and without what it gave to others.
func (m *machine) addUsage(a wallet.Address, used int64) {
	if used == 0 {
		return
	}
	s, _ := m.state.EnergyState(a)
	s.Usage += used
	m.state.SetEnergyState(a, s)
}
