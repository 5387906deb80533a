package abi

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"unicode"

	"github.com/piecework/piecework/wallet"
)

// CustomError is an error that a contract declares, made by ParseError or ParseJSON: "error InsufficientBalance(uint256 available, uint256 required)".
type CustomError struct {
	Name   string
	Inputs Params

	id hashOnce
}

// ParseError reads a declaration of an error, with or without "error" before.
func ParseError(declaration string) (CustomError, error) {
	p := &parser{text: declaration}
	e := CustomError{Name: p.word()}
	if e.Name == "error" {
		e.Name = p.word()
	}
	var err error
	if e.Name == "" {
		err = p.unexpected("a name")
	} else if e.Inputs, err = p.params(); err == nil {
		p.take(';')
		err = p.end()
	}
	if err != nil {
		return CustomError{}, fmt.Errorf("error %q: %w", wallet.Clip(declaration), err)
	}
	e.id = hashOf(e.Signature())
	return e, nil
}

// MustError is ParseError for constants; it panics on bad text.
func MustError(declaration string) CustomError {
	e, err := ParseError(declaration)
	if err != nil {
		panic(err)
	}
	return e
}

// Signature is what the selector is the hash of.
func (e CustomError) Signature() string { return e.Name + e.Inputs.String() }

// Selector is the first four bytes of the revert data.
func (e CustomError) Selector() [4]byte { return e.id.selector(e) }

// String is the declaration in Solidity's spelling.
func (e CustomError) String() string { return "error " + e.Name + e.Inputs.Declaration() }

// RevertError is why a call reverted. Read it with errors.As and compare Name, or print it.
type RevertError struct {
	Reason string // for people: "insufficient balance", "InsufficientBalance(available: 5, required: 7)", "division by zero (panic 0x12)"
	Name   string // of the error: "Error", "Panic", a custom error's name, or "" when it is unknown
	Values []any  // its arguments, when it is known
	Data   []byte // what the contract returned
}

// Error is "reverted: " and the reason.
func (r *RevertError) Error() string { return "reverted: " + r.Reason }

const (
	noReason  = "no reason given"
	maxReason = 500 // characters of a contract's own words
)

// Solidity's own two errors.
var (
	stringError = MustError("Error(string)")
	panicError  = MustError("Panic(uint256)")
)

// DecodeRevert explains the data that a reverting call returned: Error(string) of require and revert, Panic(uint256) of the compiler's checks,
// and the custom errors that the caller knows. It always gives a reason, if only that none was given.
func DecodeRevert(data []byte, known ...CustomError) *RevertError {
	r := &RevertError{Data: data}
	if len(data) == 0 {
		r.Reason = noReason
		return r
	}
	for _, e := range append([]CustomError{stringError, panicError}, known...) {
		if r.explain(e) {
			return r
		}
	}
	r.Reason = unknownReason(data)
	return r
}

// explain reads the data as an error, if that is what it is.
func (r *RevertError) explain(e CustomError) bool {
	id := e.Selector()
	if !bytes.HasPrefix(r.Data, id[:]) {
		return false
	}
	values, err := e.Inputs.Decode(r.Data[len(id):])
	if err == nil {
		r.Name, r.Values, r.Reason = e.Name, values, reason(e, values)
	}
	return err == nil
}

func reason(e CustomError, values []any) string {
	switch e.Signature() {
	case "Error(string)":
		return printable(values[0].(string))
	case "Panic(uint256)":
		return panicReason(values[0].(*big.Int))
	default:
		return e.Name + e.Inputs.Format(values)
	}
}

// printable is a stranger's sentence for a terminal: without what moves the cursor or turns the direction of writing, and not too long. Values has it whole.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, text)
	if text == "" {
		return noReason
	}
	if runes := []rune(text); len(runes) > maxReason {
		return string(runes[:maxReason]) + "…"
	}
	return text
}

func panicReason(code *big.Int) string {
	if code.IsUint64() {
		if text, ok := panics[code.Uint64()]; ok {
			return fmt.Sprintf("%s (panic 0x%02x)", text, code)
		}
	}
	return fmt.Sprintf("panic 0x%02x", code)
}

// panics are the codes of Solidity's documentation, "Panic via assert and Error via require".
var panics = map[uint64]string{
	0x00: "compiler-inserted check failed",
	0x01: "assertion failed",
	0x11: "arithmetic overflow or underflow",
	0x12: "division by zero",
	0x21: "value out of range of its enum",
	0x22: "badly encoded byte array in storage",
	0x31: "pop on an empty array",
	0x32: "array index out of bounds",
	0x41: "too much memory",
	0x51: "call of an uninitialised function",
}

func unknownReason(data []byte) string {
	if len(data) < 4 {
		return fmt.Sprintf("unknown error 0x%x", data)
	}
	text := fmt.Sprintf("unknown error 0x%x", data[:4])
	if len(data) > 4 {
		text += fmt.Sprintf(" with %d bytes", len(data)-4)
	}
	return strings.TrimSpace(text)
}
