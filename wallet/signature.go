package wallet

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/crypto"
)

// ErrSignature is wrapped by every error about a signature.
var ErrSignature = errors.New("bad signature")

// Signature is an ECDSA signature on secp256k1: r (32 bytes), s (32 bytes), v (27 or 28; readers accept 0, 1, 27, 28).
type Signature [65]byte

// ParseSignature reads 130 hex digits, with or without 0x.
func ParseSignature(s string) (Signature, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil {
		return Signature{}, fmt.Errorf("%w: want 130 hex digits", ErrSignature)
	}
	return SignatureFromBytes(raw)
}

// SignatureFromBytes takes the 65 bytes r ‖ s ‖ v.
func SignatureFromBytes(b []byte) (Signature, error) {
	if len(b) != len(Signature{}) {
		return Signature{}, fmt.Errorf("%w: %d bytes, want 65", ErrSignature, len(b))
	}
	return Signature(b), nil
}

// String is the signature in hex.
func (s Signature) String() string { return hex.EncodeToString(s[:]) }

// LowS says whether s is in the lower half of the group order, the only form that Piecework accepts (a high s is a second spelling of the same signature).
func (s Signature) LowS() bool {
	v, err := s.recoveryID()
	return err == nil && crypto.ValidateSignatureValues(v, new(big.Int).SetBytes(s[:32]), new(big.Int).SetBytes(s[32:64]), true)
}

// Recover gives the address whose key made the signature over digest. It accepts a high s, as Tron's nodes do; ask LowS where that matters.
func (s Signature) Recover(digest [32]byte) (Address, error) {
	v, err := s.recoveryID()
	if err != nil {
		return Address{}, err
	}
	compact := s
	compact[64] = v
	public, err := crypto.Ecrecover(digest[:], compact[:])
	if err != nil {
		return Address{}, fmt.Errorf("%w: it matches no key", ErrSignature)
	}
	sum := Keccak256(public[1:])
	return AddressFromEVM([20]byte(sum[12:])), nil
}

func (s Signature) recoveryID() (byte, error) {
	switch v := s[64]; v {
	case 0, 1:
		return v, nil
	case 27, 28:
		return v - 27, nil
	default:
		return 0, fmt.Errorf("%w: v is %d, want 27 or 28", ErrSignature, v)
	}
}
