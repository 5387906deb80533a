package actuator

import (
	"math"
	"math/bits"

	"github.com/piecework/piecework/testnet/state"
)

// Used resources recover over a window: by default a day, in slots of 3 seconds. Usage is averaged over the window in units of 1/usagePrecision,
// which rounds the way java-tron does.
const (
	defaultWindow   = 28_800
	usagePrecision  = 1_000_000
	windowPrecision = 1_000
)

// windowSlots is the recovery window of a use in whole slots.
func windowSlots(u state.Use) int64 {
	switch {
	case u.Window == 0:
		return defaultWindow
	case !u.Optimized:
		return u.Window
	case u.Window < windowPrecision:
		return defaultWindow
	default:
		return u.Window / windowPrecision
	}
}

// windowMillislots is the recovery window of a use in thousandths of a slot.
func windowMillislots(u state.Use) int64 {
	switch {
	case u.Window == 0:
		return defaultWindow * windowPrecision
	case u.Optimized:
		return u.Window
	default:
		return u.Window * windowPrecision
	}
}

// Recovered is what is left at a slot of a use that recovers over its own window.
func Recovered(u state.Use, now int64) int64 { return recover(u.Amount, u.Slot, now, windowSlots(u)) }

// recover is what is left of an amount used at a slot.
func recover(amount, slot, now, window int64) int64 {
	return decayed(divideUp(amount*usagePrecision, window), slot, now, window) * window / usagePrecision
}

// decayed is an average after the time from slot to now.
func decayed(average, slot, now, window int64) int64 {
	switch {
	case slot == now:
		return average
	case slot+window <= now:
		return 0
	}
	share := float64(window-(now-slot)) / float64(window)
	return int64(math.Floor(float64(average)*share + 0.5))
}

// useMore adds to a use with the fixed window of a day: free bandwidth, and bandwidth that a token's issuer gives.
func useMore(amount, more, slot, now int64) int64 {
	average := decayed(divideUp(amount*usagePrecision, defaultWindow), slot, now, defaultWindow)
	return (average + divideUp(more*usagePrecision, defaultWindow)) * defaultWindow / usagePrecision
}

// useStaked adds to a use of staked bandwidth or energy, whose window moves with it. Adding nothing brings it up to now.
func useStaked(s *state.State, u state.Use, more, now int64) state.Use {
	if more != 0 && s.Param(state.UnfreezeDelayDays) <= 0 { // before Stake 2.0 all recover over a day, and rounding is done twice
		return state.Use{Amount: useMore(recover(u.Amount, u.Slot, now, defaultWindow), more, now, now), Slot: now, Window: u.Window, Optimized: u.Optimized}
	}
	window, precise := windowSlots(u), windowMillislots(u)
	average := decayed(divideUp(u.Amount*usagePrecision, window), u.Slot, now, window)
	added := divideUp(more*usagePrecision, defaultWindow)
	left := average * window / usagePrecision
	elapsed := now - u.Slot
	u.Amount = (average*window + added*defaultWindow) / usagePrecision
	u.Slot = now
	switch {
	case precisely(s):
		u.Optimized = true
		u.Window = defaultWindow * windowPrecision
		if left != 0 {
			sum := left*(precise-elapsed*windowPrecision) + more*defaultWindow*windowPrecision
			u.Window = min(divideUp(sum, u.Amount), defaultWindow*windowPrecision)
		}
	case s.Param(state.UnfreezeDelayDays) > 0:
		u.Window = defaultWindow
		if left != 0 {
			u.Window = (left*(window-elapsed) + more*defaultWindow) / u.Amount
		}
	}
	return u
}

// precisely says whether windows are kept in thousandths of a slot.
func precisely(s *state.State) bool {
	return s.On(state.AllowCancelAllUnfreezeV2) && s.Param(state.UnfreezeDelayDays) > 0
}

// takeBack moves the usage that belongs to a loan from the borrower's window into the lender's.
func takeBack(s *state.State, lender, borrower state.Use, moved, now int64) state.Use {
	lender = useStaked(s, lender, 0, now)
	sum := lender.Amount + moved
	if precisely(s) {
		window := int64(defaultWindow * windowPrecision)
		if sum != 0 {
			weighted := lender.Amount*max(0, windowMillislots(lender)) + moved*max(0, windowMillislots(borrower))
			window = min(divideUp(weighted, sum), window)
		}
		return state.Use{Amount: sum, Slot: now, Window: window, Optimized: true}
	}
	window := int64(defaultWindow)
	if sum != 0 {
		window = (lender.Amount*max(0, windowSlots(lender)) + moved*max(0, windowSlots(borrower))) / sum
	}
	return state.Use{Amount: sum, Slot: now, Window: window, Optimized: lender.Optimized}
}

// divideUp divides, rounding positive results up.
func divideUp(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// addExact adds, and says false when the sum does not fit into 64 bits.
func addExact(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// multiplyExact multiplies, and says false when the product does not fit into 64 bits.
func multiplyExact(a, b int64) (int64, bool) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	negative := (a < 0) != (b < 0)
	if high != 0 || low > 1<<63 || low == 1<<63 && !negative {
		return 0, false
	}
	return a * b, true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}
