package chain

import (
	"context"
	"time"
)

// Run makes the blocks of Interval and Mixed mining until the context ends.
func (n *Node) Run(ctx context.Context) {
	for {
		turn := time.NewTimer(n.BlockTime())
		select {
		case <-ctx.Done():
			turn.Stop()
			return
		case <-n.paced:
			turn.Stop()
		case <-turn.C:
			n.Tick()
		}
	}
}

// BlockTime is how often Interval and Mixed make blocks.
func (n *Node) BlockTime() time.Duration {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.pace
}

// SetBlockTime changes it, from the present turn on; it must be positive.
func (n *Node) SetBlockTime(d time.Duration) {
	n.mu.Lock()
	n.pace = max(d, time.Millisecond)
	n.mu.Unlock()
	select {
	case n.paced <- struct{}{}:
	default:
	}
}
