package channel

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// ErrAmount says that an amount does not fit into the contract's 104 bits.
var ErrAmount = errors.New("amount is more than a channel can hold")

// amountBits is the width of deposit and settled in the contract's storage word.
const amountBits = 104

// Amount is a sum of a channel's asset in its smallest unit (sun for TRX).
//
// Every constructor refuses more than MaxAmount, so that Add and Mul, with at most 16 tails of 1,024 steps, never overflow the 256 bits inside.
type Amount struct{ v uint256.Int }

// MaxAmount is 2^104−1, the most that a channel can hold.
func MaxAmount() Amount {
	var a Amount
	a.v.SubUint64(a.v.Lsh(uint256.NewInt(1), amountBits), 1)
	return a
}

// NewAmount is n smallest units.
func NewAmount(n uint64) Amount { return Amount{*uint256.NewInt(n)} }

// ParseAmount reads a decimal integer of smallest units, as the API carries it.
func ParseAmount(s string) (Amount, error) {
	u, err := wallet.ParseUnits(s, 0)
	if err != nil {
		return Amount{}, err
	}
	return AmountFromUnits(u)
}

// AmountFromUnits takes a token amount that a channel can hold.
func AmountFromUnits(u wallet.Units) (Amount, error) { return AmountFromWord(u.Bytes32()) }

// AmountFromWord reads a big-endian 32-byte word.
func AmountFromWord(word [32]byte) (Amount, error) {
	var a Amount
	a.v.SetBytes32(word[:])
	if !a.Fits() {
		return Amount{}, fmt.Errorf("%w: %s", ErrAmount, a)
	}
	return a, nil
}

// AmountFromBytes reads the 16 bytes that Bytes writes.
func AmountFromBytes(b []byte) (Amount, error) {
	if len(b) != 16 {
		return Amount{}, fmt.Errorf("an amount of %d bytes, want 16", len(b))
	}
	var word [32]byte
	copy(word[16:], b)
	return AmountFromWord(word)
}

// Units is the same amount as the toolkit's type.
func (a Amount) Units() wallet.Units { return wallet.UnitsFromBytes(a.v.Bytes32()) }

// Word is the amount as a big-endian 32-byte word.
func (a Amount) Word() [32]byte { return a.v.Bytes32() }

// Bytes is the amount as 16 big-endian bytes, so that an ordering of bytes is an ordering of amounts. It panics when the amount does not fit.
func (a Amount) Bytes() []byte {
	if !a.Fits() {
		panic("channel: storing an amount over the maximum: " + a.String())
	}
	word := a.v.Bytes32()
	return word[16:]
}

// Big is the amount as a new big integer.
func (a Amount) Big() *big.Int { return a.v.ToBig() }

// Uint64 is the amount and whether it fits into 64 bits.
func (a Amount) Uint64() (uint64, bool) { return a.v.Uint64(), a.v.IsUint64() }

// String is the decimal integer of smallest units.
func (a Amount) String() string { return a.v.Dec() }

// IsZero says whether the amount is nothing.
func (a Amount) IsZero() bool { return a.v.IsZero() }

// Fits says whether a channel can hold the amount.
func (a Amount) Fits() bool { return a.v.BitLen() <= amountBits }

// Cmp is -1, 0 or 1 as a is less than, equal to or more than b.
func (a Amount) Cmp(b Amount) int { return a.v.Cmp(&b.v) }

// Less says whether a is less than b.
func (a Amount) Less(b Amount) bool { return a.v.Lt(&b.v) }

// Min is the smaller one.
func (a Amount) Min(b Amount) Amount {
	if b.Less(a) {
		return b
	}
	return a
}

// Max is the larger one.
func (a Amount) Max(b Amount) Amount {
	if a.Less(b) {
		return b
	}
	return a
}

// Add is the sum.
func (a Amount) Add(b Amount) Amount {
	var sum Amount
	sum.v.Add(&a.v, &b.v)
	return sum
}

// Mul is n times the amount.
func (a Amount) Mul(n uint64) Amount {
	var product Amount
	product.v.Mul(&a.v, uint256.NewInt(n))
	return product
}

// SubOK is the difference, and whether it exists: false when b is more than a.
func (a Amount) SubOK(b Amount) (Amount, bool) {
	var difference Amount
	_, borrow := difference.v.SubOverflow(&a.v, &b.v)
	if borrow {
		return Amount{}, false
	}
	return difference, true
}

// Excess is by how much a is more than b: nothing when it is not.
func (a Amount) Excess(b Amount) Amount {
	difference, _ := a.SubOK(b)
	return difference
}

// Sub is the difference where an invariant says that it exists; it panics otherwise, because money that went below nothing must stop the program.
func (a Amount) Sub(b Amount) Amount {
	difference, ok := a.SubOK(b)
	if !ok {
		panic(fmt.Sprintf("channel: %s − %s is below nothing", a, b))
	}
	return difference
}

// MarshalText gives the decimal integer.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAmount reads.
func (a *Amount) UnmarshalText(text []byte) error {
	parsed, err := ParseAmount(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}
