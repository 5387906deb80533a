package channel

import "time"

// EventKind is one of the contract's events.
type EventKind uint8

// The events of the contract. Their figures are absolute, so that a missed one heals with the next.
const (
	EventOpened EventKind = iota + 1
	EventDeposited
	EventSettled
	EventRevealed
	EventSkipped
	EventClosing
	EventClosed
)

// String is the event's name in the contract.
func (k EventKind) String() string {
	names := [...]string{"none", "Opened", "Deposited", "Settled", "Revealed", "Skipped", "Closing", "Closed"}
	if int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// Event is something the contract said about a channel, and where. Which fields are set depends on Kind.
type Event struct {
	Kind    EventKind
	Channel ID
	Terms   Terms  // Opened
	Deposit Amount // Opened, Deposited: the whole deposit
	Settled Amount // Settled, Closed: all that was ever paid out
	Refund  Amount // Closed
	CloseAt int64  // Closing: unix seconds
	Reveal  Reveal // Revealed
	Reason  string // Skipped

	Block int64    // number of the block
	Time  int64    // of the block, unix milliseconds; 0: not known
	Index int      // place among the events of that block
	TxID  [32]byte // the transaction
}

// Block is a header of the chain, as far as a follower needs it.
type Block struct {
	Number int64
	Hash   [32]byte // block id; its first 8 bytes are the number
	Parent [32]byte
	Time   int64 // unix milliseconds, as Tron has it
}

// Cursor is how far the chain was read: facts up to Solid are in the store, and Window links Solid to Head.
type Cursor struct {
	Head, Solid Block
	Window      []Block // headers, oldest first
}

// View is what one look at the chain found.
type View struct {
	Head, Solid Block
	Window      []Block   // headers after Solid up to Head, oldest first
	Facts       []Event   // of the blocks that became solid since the last View, in order
	Pending     []Event   // of the blocks after Solid up to Head, in order
	SeenAt      time.Time // when the node was asked, by this machine's clock
}

// AgeOf is how old a view is: by the clock that runs evenly or by the wall's, whichever says longer. The first stands still while the machine sleeps, the second can be set back.
func AgeOf(seen, now time.Time) time.Duration {
	return max(now.Sub(seen), now.Round(0).Sub(seen.Round(0)))
}
