package wallet

import (
	"crypto/sha256"

	"golang.org/x/crypto/sha3"
)

// Keccak256 is the hash behind addresses, ABI selectors and typed data (the original Keccak, not SHA3-256).
func Keccak256(parts ...[]byte) (sum [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(sum[:0])
	return sum
}

// checksum is the first four bytes of the double SHA-256, as base58check uses it.
func checksum(payload []byte) [4]byte {
	once := sha256.Sum256(payload)
	twice := sha256.Sum256(once[:])
	return [4]byte(twice[:4])
}
