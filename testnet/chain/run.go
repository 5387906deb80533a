package chain

import (
	"context"
	"time"
)

// Run makes the blocks of Interval and Mixed mining until the context ends.
func (n *Node) Run(ctx context.Context) {
	turn := time.NewTicker(n.cfg.BlockTime)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
			n.Tick()
		}
	}
}
