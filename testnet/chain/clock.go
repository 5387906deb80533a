package chain

import (
	"time"

	"github.com/piecework/piecework/testnet/state"
)

// maxAhead is how far the head's time may run ahead of a real clock while blocks are made faster than one a slot, in milliseconds.
// Beyond it blocks are 1 ms apart: deadlines that clients take from their own clock stay meaningful, and an idle chain goes on.
const maxAhead = 27_000

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

// blockTime is the next block's time. slots is how many slots it is after its parent at least: 1, or 3 after maintenance.
func (c *clock) blockTime(genesis, head, slots int64) int64 {
	if c.next > head {
		return c.next
	}
	if c.step > 0 {
		return head + c.step
	}
	slot := func(t int64) int64 { return genesis + (t-genesis)/state.SlotMillis*state.SlotMillis }
	earliest := slot(head) + slots*state.SlotMillis
	if c.real == nil {
		shift := (c.shift + state.SlotMillis - 1) / state.SlotMillis * state.SlotMillis
		return max(earliest, slot(c.start)) + shift
	}
	now := c.real().UnixMilli() + c.shift
	if present := slot(now); present >= earliest {
		return present
	}
	if earliest <= now+maxAhead {
		return earliest
	}
	return head + 1
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
