package gate

// windowGrowth is the share of what was paid by which the window grows: one part in eight, so that a payee risks at most 12.5 % of what this payer has paid already.
const windowGrowth = 8

// Window is how far a payee serves ahead of payment, in bytes.
type Window struct {
	Start int64 // before anything is paid; at least two units, or a payer that pays for whole steps could never move
	Max   int64 // however much is paid
}

// At is min(Max, Start + paid/8) for that many paid bytes.
func (w Window) At(paid int64) int64 { return min(max(w.Max, w.Start), w.Start+paid/windowGrowth) }
