package wallet

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/holiman/uint256"
)

// TRXDecimals is the number of decimals of TRX: one TRX is 1,000,000 sun.
const TRXDecimals = 6

// TRX is one TRX in sun.
const TRX Sun = 1_000_000

// MaxDecimals bounds the decimals a token may claim. A uint256 has 78 digits; Tron caps TRC-10 precision at 6 and ERC-20 tokens in the wild use at most 30.
const MaxDecimals = 77

// ErrAmount is wrapped by every error about an amount that is not exact.
var ErrAmount = errors.New("not an exact amount")

// Sun is an amount of the chain's own currency in its smallest unit. Negative values appear only as differences.
type Sun int64

// String is the decimal number of TRX without trailing zeros, "1.5" for 1,500,000 sun.
func (s Sun) String() string {
	sign, magnitude := "", uint64(s)
	if s < 0 {
		sign, magnitude = "-", -magnitude
	}
	return sign + FormatUnits(UnitsFromUint64(magnitude), TRXDecimals)
}

// ParseTRX reads a decimal number of TRX exactly: "1.5" is 1,500,000 sun. See ParseUnits for what is refused.
func ParseTRX(s string) (Sun, error) {
	u, err := ParseUnits(s, TRXDecimals)
	if err != nil {
		return 0, err
	}
	n, err := u.Int64()
	return Sun(n), err
}

// Units is an amount of a token in its smallest unit, 0 … 2^256−1. The number of decimals is not part of it: it belongs to the token.
type Units struct{ v uint256.Int }

// UnitsFromUint64 is n smallest units.
func UnitsFromUint64(n uint64) Units { return Units{*uint256.NewInt(n)} }

// UnitsFromBig takes an integer that must lie in 0 … 2^256−1.
func UnitsFromBig(b *big.Int) (Units, error) {
	if b.Sign() < 0 {
		return Units{}, fmt.Errorf("%w: %s is negative", ErrAmount, b)
	}
	v, overflow := uint256.FromBig(b)
	if overflow {
		return Units{}, fmt.Errorf("%w: it does not fit into 256 bits", ErrAmount)
	}
	return Units{*v}, nil
}

// UnitsFromBytes reads a big-endian word of at most 32 bytes.
func UnitsFromBytes(b [32]byte) Units {
	var u Units
	u.v.SetBytes32(b[:])
	return u
}

// Big is the amount as a new big integer.
func (u Units) Big() *big.Int { return u.v.ToBig() }

// Bytes32 is the amount as a big-endian word.
func (u Units) Bytes32() [32]byte { return u.v.Bytes32() }

// String is the decimal integer of smallest units.
func (u Units) String() string { return u.v.Dec() }

// IsZero says whether the amount is nothing.
func (u Units) IsZero() bool { return u.v.IsZero() }

// Cmp is -1, 0 or 1 as u is less than, equal to or more than o.
func (u Units) Cmp(o Units) int { return u.v.Cmp(&o.v) }

// Int64 is the amount as the signed 64-bit number that TRX and TRC-10 use, or ErrAmount when it does not fit.
func (u Units) Int64() (int64, error) {
	if !u.v.IsUint64() || u.v.Uint64() > 1<<63-1 {
		return 0, fmt.Errorf("%w: %s units are more than 2^63-1", ErrAmount, u)
	}
	return int64(u.v.Uint64()), nil
}

// ParseUnits reads a decimal number of a token with the given decimals exactly.
// Refused, with the reason: a sign, an exponent, a comma or space, more decimals than the token has, more than 2^256−1 units, and the empty text.
func ParseUnits(s string, decimals int) (Units, error) {
	if decimals < 0 || decimals > MaxDecimals {
		return Units{}, fmt.Errorf("%w: %d decimals (0 … %d are possible)", ErrAmount, decimals, MaxDecimals)
	}
	whole, fraction, point := strings.Cut(s, ".")
	if err := checkDigits(s, whole, fraction, point); err != nil {
		return Units{}, err
	}
	if len(fraction) > decimals {
		return Units{}, fmt.Errorf("%w: %q has %d decimals, the asset has %d", ErrAmount, Clip(s), len(fraction), decimals)
	}
	digits := strings.TrimLeft(whole+fraction+strings.Repeat("0", decimals-len(fraction)), "0")
	if digits == "" {
		return Units{}, nil
	}
	var u Units
	if err := u.v.SetFromDecimal(digits); err != nil {
		return Units{}, fmt.Errorf("%w: %q does not fit into 256 bits", ErrAmount, Clip(s))
	}
	return u, nil
}

// FormatUnits is the decimal number of a token with the given decimals, without trailing zeros. Decimals out of range give the plain integer.
func FormatUnits(u Units, decimals int) string {
	digits := u.String()
	if decimals <= 0 || decimals > MaxDecimals {
		return digits
	}
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - decimals
	fraction := strings.TrimRight(digits[point:], "0")
	if fraction == "" {
		return digits[:point]
	}
	return digits[:point] + "." + fraction
}

func checkDigits(s, whole, fraction string, point bool) error {
	refuse := func(why string) error { return fmt.Errorf("%w: %q %s", ErrAmount, Clip(s), why) }
	switch {
	case s == "":
		return fmt.Errorf("%w: it is empty", ErrAmount)
	case strings.HasPrefix(s, "-"), strings.HasPrefix(s, "+"):
		return refuse("has a sign")
	case strings.ContainsAny(s, "eE"):
		return refuse("has an exponent; write the digits")
	case strings.ContainsAny(s, ", _'"):
		return refuse("has a separator; write 1234.5")
	case whole == "" || point && fraction == "":
		return refuse("needs digits on both sides of the point")
	}
	for _, r := range whole + fraction {
		if r < '0' || r > '9' {
			return refuse("holds " + strconv.QuoteRune(r))
		}
	}
	return nil
}
