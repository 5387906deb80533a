package trc10

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/piecework/piecework/wallet"
)

// FirstID is the smallest id that Tron gave out.
const FirstID ID = 1_000_001

// ErrID is wrapped by errors about text that is no token id.
var ErrID = errors.New("not a TRC-10 id")

// ID is what tells TRC-10 tokens apart; the zero ID is none.
type ID int64

// ParseID reads a decimal id of at least FirstID.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if id := ID(n); err == nil && id >= FirstID && id.String() == s {
		return id, nil
	}
	return 0, fmt.Errorf("%w: %q; they are numbers from %d on", ErrID, wallet.Clip(s), FirstID)
}

// String is the decimal id, as transactions carry it.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }
