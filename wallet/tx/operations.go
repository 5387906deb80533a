package tx

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// ErrOperations is wrapped by errors about the operations of an active permission.
var ErrOperations = errors.New("not a set of operations")

// Operations is the set of contract types that an active permission may sign: type i is bit i%8 of byte i/8, counted from the lowest.
type Operations [32]byte

// The sets of mainnet and Nile with the order book off (computed from java-tron's start values and the proposals that passed since).
// What the chain allows in a permission, and what it gives a new account's: the same without AccountPermissionUpdate.
const (
	availableOperations = "7fff1fc0037ec30f000000000000000000000000000000000000000000000000"
	defaultOperations   = "7fff1fc0033ec30f000000000000000000000000000000000000000000000000"
)

// AvailableOperations is everything that the chain allows an active permission to sign.
func AvailableOperations() Operations { return mustOperations(availableOperations) }

// DefaultOperations is what the active permission of a new account may sign: everything available but changing the permissions.
func DefaultOperations() Operations { return mustOperations(defaultOperations) }

// NewOperations is the set of those types.
func NewOperations(types ...Type) Operations {
	var o Operations
	for _, t := range types {
		o = o.With(t)
	}
	return o
}

// ParseOperations reads 64 hex digits.
func ParseOperations(s string) (Operations, error) {
	b, err := decodeHex(s)
	if err != nil {
		return Operations{}, fmt.Errorf("%w: %q is no hex", ErrOperations, wallet.Clip(s))
	}
	return OperationsFromBytes(b)
}

// OperationsFromBytes takes the 32 bytes of a Permission.
func OperationsFromBytes(b []byte) (Operations, error) {
	if len(b) != len(Operations{}) {
		return Operations{}, fmt.Errorf("%w: %d bytes, want 32", ErrOperations, len(b))
	}
	return Operations(b), nil
}

// Has says whether the type is in the set.
func (o Operations) Has(t Type) bool {
	return t >= 0 && int(t) < 8*len(o) && o[t/8]&(1<<(t%8)) != 0
}

// With is the set and the type. A number that no bit stands for changes nothing.
func (o Operations) With(t Type) Operations {
	if t >= 0 && int(t) < 8*len(o) {
		o[t/8] |= 1 << (t % 8)
	}
	return o
}

// Without is the set less the type.
func (o Operations) Without(t Type) Operations {
	if t >= 0 && int(t) < 8*len(o) {
		o[t/8] &^= 1 << (t % 8)
	}
	return o
}

// Types lists the set by number.
func (o Operations) Types() []Type {
	var list []Type
	for t := range Type(8 * len(o)) {
		if o.Has(t) {
			list = append(list, t)
		}
	}
	return list
}

// String is the set in hex, as nodes print it.
func (o Operations) String() string { return hex.EncodeToString(o[:]) }

func mustOperations(s string) Operations {
	o, err := ParseOperations(s)
	if err != nil {
		panic("tx: " + err.Error())
	}
	return o
}
