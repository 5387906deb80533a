package abi

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// maxNumberText is the longest spelling of a 256-bit number: 78 decimal digits, or 0x and 64 hex digits, with a sign.
const maxNumberText = 80

// parseScalar reads one value of an elementary type from text: numbers in decimal or 0x hex, addresses in any form, bytes in hex, true and false.
func parseScalar(t *Type, text string) (any, error) {
	switch t.kind {
	case KindUint, KindInt, KindTrcToken:
		return parseInteger(t, text)
	case KindAddress:
		if !strings.HasPrefix(text, "T") {
			text = strings.ToLower(text) // a program wrote it: its case is no checksum to TronWeb, either
		}
		return asAddress(wallet.ParseAddress(text))
	case KindBool:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%w: %q is neither true nor false", ErrValue, wallet.Clip(text))
		}
		return text == "true", nil
	case KindString:
		return text, nil
	}
	b, err := parseHex(text)
	switch {
	case err != nil:
		return nil, err
	case t.kind == KindBytes:
		return b, nil
	case len(b) != t.size:
		return nil, fmt.Errorf("%w: %d bytes for %s", ErrValue, len(b), t)
	}
	return byteArray(b), nil
}

// asAddress is a value of an address that was read, or not.
func asAddress(a wallet.Address, err error) (any, error) {
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrValue, err)
	}
	return a, nil
}

// parseInteger reads a number exactly: no exponents, separators, fractions or spaces.
func parseInteger(t *Type, text string) (*big.Int, error) {
	refuse := func(why string) (*big.Int, error) {
		return nil, fmt.Errorf("%w: %q %s", ErrValue, wallet.Clip(text), why)
	}
	if len(text) > maxNumberText {
		return refuse("is too long for a number")
	}
	digits, negative := strings.CutPrefix(text, "-")
	base := 10
	if rest, isHex := strings.CutPrefix(digits, "0x"); isHex {
		digits, base = rest, 16
	}
	for i := range len(digits) {
		if c := digits[i] | 0x20; !isDigit(digits[i]) && (base == 10 || c < 'a' || c > 'f') {
			return refuse("is no whole number: write decimal digits, or hex after 0x")
		}
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return refuse("is no whole number")
	}
	if negative {
		n.Neg(n)
	}
	if !inRange(t, n) {
		return refuse("is out of the range of " + t.String())
	}
	return n, nil
}

func parseHex(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		return nil, fmt.Errorf("%w: %q is not hex", ErrValue, wallet.Clip(text))
	}
	return b, nil
}
