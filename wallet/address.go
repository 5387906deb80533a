package wallet

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/ethereum/go-ethereum/common"
	"github.com/mr-tron/base58"
)

// AddressPrefix is the first byte of every Tron address, on mainnet and on every public test network.
const AddressPrefix = 0x41

// ErrAddress is wrapped by every error of ParseAddress and AddressFromBytes.
var ErrAddress = errors.New("not a Tron address")

// Address is a Tron address: the prefix 0x41 and the last 20 bytes of the Keccak-256 of the public key (or of what a contract was created from).
// The zero Address is "none" and is no valid address.
type Address [21]byte

// ParseAddress reads an address in any form that people paste: base58check (T…, 34 characters), 21-byte hex (41…),
// or 20-byte hex as the EVM shows it; hex with or without 0x. Upper and lower case in the last form are a checksum (EIP-55), which is checked; in one case it has none.
func ParseAddress(s string) (Address, error) {
	if strings.HasPrefix(s, "T") {
		return parseBase58(s)
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return Address{}, fmt.Errorf("%w: %q is neither base58 (T…) nor hex (41…)", ErrAddress, Clip(s))
	}
	if len(raw) != common.AddressLength {
		return AddressFromBytes(raw)
	}
	if digits != strings.ToLower(digits) && digits != strings.ToUpper(digits) && common.BytesToAddress(raw).Hex()[2:] != digits {
		return Address{}, fmt.Errorf("%w: the checksum of %q, its upper and lower case, is wrong (a mistyped character?)", ErrAddress, s)
	}
	return AddressFromEVM([20]byte(raw)), nil
}

// MustParseAddress is ParseAddress for constants; it panics on a bad one.
func MustParseAddress(s string) Address {
	a, err := ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// AddressFromBytes takes the 21 bytes that Tron's messages carry.
func AddressFromBytes(b []byte) (Address, error) {
	if len(b) != len(Address{}) {
		return Address{}, fmt.Errorf("%w: %d bytes, want 21", ErrAddress, len(b))
	}
	if b[0] != AddressPrefix {
		return Address{}, fmt.Errorf("%w: it begins with %02x, want 41", ErrAddress, b[0])
	}
	return Address(b), nil
}

// AddressFromEVM puts the prefix before the 20 bytes that contracts, logs and typed data use.
func AddressFromEVM(b [20]byte) Address {
	a := Address{AddressPrefix}
	copy(a[1:], b[:])
	return a
}

// String is the base58check form (T…), or "none" for the zero Address.
func (a Address) String() string {
	if a.IsZero() {
		return "none"
	}
	sum := checksum(a[:])
	return base58.Encode(append(a[:], sum[:]...))
}

// Hex is the 42-digit form 41….
func (a Address) Hex() string { return hex.EncodeToString(a[:]) }

// EVM is the address without its prefix, as the TVM sees it.
func (a Address) EVM() [20]byte { return [20]byte(a[1:]) }

// IsZero says whether the address was never set.
func (a Address) IsZero() bool { return a == Address{} }

// MarshalText gives the base58check form; the zero Address is the empty text.
func (a Address) MarshalText() ([]byte, error) {
	if a.IsZero() {
		return nil, nil
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads what ParseAddress reads, and the empty text as the zero Address.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := ParseAddress(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

func parseBase58(s string) (Address, error) {
	const encoded = 34
	if len(s) != encoded {
		return Address{}, fmt.Errorf("%w: %q has %d characters, want %d", ErrAddress, Clip(s), len(s), encoded)
	}
	raw, err := base58.Decode(s)
	if err != nil || len(raw) != len(Address{})+4 {
		return Address{}, fmt.Errorf("%w: %q is not base58", ErrAddress, s)
	}
	payload, sum := raw[:len(Address{})], [4]byte(raw[len(Address{}):])
	if checksum(payload) != sum {
		return Address{}, fmt.Errorf("%w: the checksum of %q is wrong (a mistyped character?)", ErrAddress, s)
	}
	return AddressFromBytes(payload)
}

// Printable is a stranger's text as a terminal may show it, on one line: what moves the cursor, turns the direction of writing or shows nothing becomes U+FFFD.
// Spaces of all widths stay: Japanese mnemonic sentences have U+3000 between their words.
func Printable(s string) string { return strings.Map(printable, s) }

func printable(r rune) rune {
	if unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
		return r
	}
	return unicode.ReplacementChar
}

// PrintableLines is Printable, but lines and tabs stay.
func PrintableLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return printable(r)
	}, s)
}

// maxQuote is how much of a stranger's text an error repeats, in bytes.
const maxQuote = 80

// Clip keeps a stranger's text short in an error.
func Clip(s string) string {
	if len(s) > maxQuote {
		return strings.ToValidUTF8(s[:maxQuote], "") + "…"
	}
	return s
}
