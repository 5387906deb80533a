package events

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet/tx"
)

// ErrCursor is wrapped by errors about text that is no cursor.
var ErrCursor = errors.New("not a cursor")

// WholeBlock is the Seen of a cursor behind all events of its block.
const WholeBlock = -1

// Cursor is how far somebody has read: Seen events of block Block, and everything before it.
type Cursor struct {
	Block int64      // its number
	ID    tx.BlockID // of that block; zero when it is not known, as for a start by number
	Seen  int        // how many of the block's events, or WholeBlock
	Solid int64      // the solid block when this was read, at most Block: a fork can undo nothing up to there
}

// Before is the cursor from which a Follower begins with a block.
func Before(block int64) Cursor { return Cursor{Block: block - 1, Seen: WholeBlock, Solid: block - 1} }

// String is the cursor as text without spaces, which ParseCursor reads: block.seen.solid.id, where seen is * for the whole block.
func (c Cursor) String() string {
	seen := "*"
	if c.Seen != WholeBlock {
		seen = strconv.Itoa(c.Seen)
	}
	return fmt.Sprintf("%d.%s.%d.%s", c.Block, seen, c.Solid, c.ID)
}

// MarshalText is String.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is ParseCursor.
func (c *Cursor) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCursor(string(text))
	return err
}

// ParseCursor reads what String writes. Errors wrap ErrCursor.
func ParseCursor(text string) (Cursor, error) {
	refuse := func(what string) (Cursor, error) {
		return Cursor{}, fmt.Errorf("%w: %s; want BLOCK.SEEN.SOLID.ID as events print it", ErrCursor, what)
	}
	parts := strings.Split(text, ".")
	if len(text) > 128 || len(parts) != 4 {
		return refuse("it does not have four parts")
	}
	c := Cursor{Seen: WholeBlock}
	var err error
	if c.Block, err = strconv.ParseInt(parts[0], 10, 64); err != nil || c.Block < -1 {
		return refuse("the block is no number")
	}
	if parts[1] != "*" {
		seen, err := strconv.ParseUint(parts[1], 10, 31)
		if err != nil {
			return refuse("the count of events is no number")
		}
		c.Seen = int(seen)
	}
	if c.Solid, err = strconv.ParseInt(parts[2], 10, 64); err != nil || c.Solid < -1 || c.Solid > c.Block {
		return refuse("the solid block is no number up to the block's")
	}
	if c.ID, err = tx.ParseBlockID(parts[3]); err != nil {
		return refuse("the block's id is not 64 hex digits")
	}
	return c, nil
}
