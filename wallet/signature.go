package wallet

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
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

// Normal is the signature with v as 27 or 28, whichever of the two styles its maker has: software says 27 and 28, devices and java-tron 0 and 1.
// It fails for any other v, and for a high s.
func (s Signature) Normal() (Signature, error) {
	if !s.LowS() {
		return Signature{}, fmt.Errorf("%w: s is high, or v is %d, want 27 or 28", ErrSignature, s[64])
	}
	if s[64] < 27 {
		s[64] += 27
	}
	return s, nil
}

// curveOrder and halfOrder are n and ⌊n/2⌋ of secp256k1 (SEC 2).
var (
	curveOrder = [32]byte{
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
		0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
	}
	halfOrder = [32]byte{
		0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
	}
)

// LowS says whether the signature has the only form that Piecework accepts where it verifies: r and s in range, s in the lower half
// of the group order (a high s is a second spelling of the same signature), v 0, 1, 27 or 28.
func (s Signature) LowS() bool {
	var zero [32]byte
	v, err := s.recoveryID()
	return err == nil && v <= 1 &&
		!bytes.Equal(s[:32], zero[:]) && bytes.Compare(s[:32], curveOrder[:]) < 0 &&
		!bytes.Equal(s[32:64], zero[:]) && bytes.Compare(s[32:64], halfOrder[:]) <= 0
}

// Recover gives the address whose key made the signature over digest. It accepts a high s, as Tron's nodes do; ask LowS where that matters.
func (s Signature) Recover(digest [32]byte) (Address, error) {
	public, err := s.RecoverKey(digest)
	if err != nil {
		return Address{}, err
	}
	return public.Address(), nil
}

// RecoverKey gives the public key that made the signature over digest. With it later signatures of the same signer are checked without recovery.
func (s Signature) RecoverKey(digest [32]byte) (PublicKey, error) {
	v, err := s.recoveryID()
	if err != nil {
		return PublicKey{}, err
	}
	s[64] = v
	public, err := crypto.Ecrecover(digest[:], s[:])
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: it matches no key", ErrSignature)
	}
	return PublicKey(public), nil
}

// Recovering is the signature with the v, 27 or 28, by which it recovers signer from digest; as it is where neither does. v says nothing that the signer's key does not (PublicKey.Verify does
// not look at it), but a contract's ecrecover needs it.
func (s Signature) Recovering(digest [32]byte, signer Address) Signature {
	if !s.LowS() {
		return s
	}
	for _, v := range []byte{27, 28} {
		c := s
		c[64] = v
		if who, err := c.Recover(digest); err == nil && who == signer {
			return c
		}
	}
	return s
}

// recoveryID is v from 0 to 3. 2 and 3 (29, 30) mean an r that was over the group order: one signature in 2^127, which Tron's nodes take.
func (s Signature) recoveryID() (byte, error) {
	switch v := s[64]; {
	case v <= 3:
		return v, nil
	case v >= 27 && v <= 30:
		return v - 27, nil
	default:
		return 0, fmt.Errorf("%w: v is %d, want 27 or 28", ErrSignature, v)
	}
}
