package chain

import (
	"time"

	"github.com/piecework/piecework/testnet/state"
)

// clock tells what time the next block has. It is part of what a snapshot restores.
type clock struct {
	real  func() time.Time
	start int64
	// shift is what cheats added, in milliseconds.
	shift int64
	// next, if set, is the time of the next block.
	next int64
	// step, if set, is the time from one block to the next in milliseconds, whatever the real clock says.
	step int64
}

// now is the present in milliseconds since 1970, given the head's time.
func (c *clock) now(head int64) int64 {
	if c.real == nil {
		return max(head, c.start) + c.shift
	}
	return c.real().UnixMilli() + c.shift
}

// blockTime is the next block's time. With a clock that only blocks move, slots is how many slots it is after its parent: 1, or 3 after
// maintenance. With a real clock it is the present, so that what clients wait for by their own clocks has come on the chain too: the present
// slot where blocks are made in turns (aligned), else the present itself; 1 ms after the parent at least.
func (c *clock) blockTime(genesis, head, slots int64, aligned bool) int64 {
	if c.next > head {
		return c.next
	}
	if c.step > 0 {
		return head + c.step
	}
	slot := func(t int64) int64 { return genesis + (t-genesis)/state.SlotMillis*state.SlotMillis }
	if c.real == nil {
		shift := (c.shift + state.SlotMillis - 1) / state.SlotMillis * state.SlotMillis
		return max(slot(head)+slots*state.SlotMillis, slot(c.start)) + shift
	}
	now := c.real().UnixMilli() + c.shift
	if present := slot(now); aligned && present > head {
		return present
	}
	return max(now, head+1)
}

// late is the time that expirations are compared with: the head's, unless blocks came faster than one a slot and the head is ahead of a real
// clock. Clients that count a transaction's minute of validity from their own clock still get in then.
func (c *clock) late(head int64) int64 {
	if c.real == nil {
		return head
	}
	return min(head, c.real().UnixMilli()+c.shift)
}

// spent forgets what was meant for one block.
func (c *clock) spent() {
	c.next = 0
	if c.real == nil {
		c.shift = 0
	}
}
