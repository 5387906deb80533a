package torrent

import (
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// patience is how much work for nothing a payee takes of one connection. A refused payment may have cost a signature check; what is repeated, or is about a channel that is
// not known (yet), costs a look-up. Work is paid for by whole steps, and by nothing less: who could buy forgiveness with payments of a single unit, which he himself
// chooses, would make the payee check signatures for next to nothing.
type patience struct {
	worn int
	paid channel.Amount // in the session, when it was last worn or mended
}

// What wears patience, and when it ends.
const (
	wornOut     = 64 // four refusals, or 64 repetitions
	wearRefused = 16
	wearCheap   = 1
	mendStep    = wearRefused // a step that was paid makes up for one refusal
)

// refused says whether the connection must end.
func (p *patience) refused(why *wire.Error) bool {
	if why.Code == wire.CodeChannel {
		return p.wear(wearCheap)
	}
	return p.wear(wearRefused)
}

// repeated is for what was known already.
func (p *patience) repeated() bool { return p.wear(wearCheap) }

func (p *patience) wear(n int) bool {
	p.worn += n
	return p.worn >= wornOut
}

// mend takes note of what is paid in the session, in steps of a value.
func (p *patience) mend(paid, step channel.Amount) {
	if p.worn == 0 || paid.Less(p.paid) { // or another session
		p.paid = paid
		return
	}
	for p.worn > 0 && !paid.Less(p.paid.Add(step)) {
		p.paid = p.paid.Add(step)
		p.worn = max(0, p.worn-mendStep)
	}
}
