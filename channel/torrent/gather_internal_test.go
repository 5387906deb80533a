package torrent

import (
	"testing"

	"github.com/piecework/piecework/channel"
)

// TestStepsAreGatheredUpToAnEighthOfTheWindow: a payer pays each step to who serves little ahead, and never more than 4 MiB at once.
func TestStepsAreGatheredUpToAnEighthOfTheWindow(t *testing.T) {
	for _, c := range []struct {
		window, price, unit int64
		at                  uint64 // steps that are paid at once
	}{
		{0, 1000, 250, 1},
		{1 << 20, 1000, 250, 1},
		{2 << 20, 1000, 250, 1},
		{8 << 20, 1000, 250, 4},
		{32 << 20, 1000, 250, 16},
		{1 << 40, 1000, 250, 16},
		{8 << 20, 1000, 1000, 1}, // steps of a whole MiB
		{8 << 20, 0, 1, 1},       // what costs nothing is not counted
	} {
		s := &tab{granted: c.window, price: channel.NewAmount(uint64(c.price)), unit: channel.NewAmount(uint64(c.unit))}
		for steps := uint64(1); steps < c.at+2; steps++ {
			if got, want := s.gathers(steps), steps < c.at; got != want {
				t.Errorf("a window of %d, %d steps of %d at %d per MiB: gathered %v, want %v", c.window, steps, c.unit, c.price, got, want)
			}
		}
	}
}
