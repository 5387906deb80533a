package javajson

import (
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/piecework/piecework/wallet"
)

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// Base58 is Commons.decodeFromBase58Check: nil for a bad checksum, length or prefix, IllegalArgumentException for a letter that is none of base58.
func Base58(text string, ok bool) ([]byte, error) {
	if !ok || text == "" {
		return nil, nil
	}
	for i, r := range text {
		if !strings.ContainsRune(base58Alphabet, r) {
			return nil, Throw(IllegalArgument, fmt.Sprintf("Illegal character %c at %d", r, i))
		}
	}
	raw, err := base58.Decode(text)
	if err != nil || len(raw) <= 4 {
		return nil, nil
	}
	payload, sum := raw[:len(raw)-4], doubleSHA(raw[:len(raw)-4])
	if string(sum[:4]) != string(raw[len(raw)-4:]) {
		return nil, nil
	}
	if _, err := wallet.AddressFromBytes(payload); err != nil {
		return nil, nil
	}
	return payload, nil
}
