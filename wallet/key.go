package wallet

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/ethereum/go-ethereum/crypto"
)

// ErrKey is wrapped by errors about private keys; they never hold the key.
var ErrKey = errors.New("not a private key")

// Key is a secp256k1 private key. It never prints: every format verb, JSON and slog show its address.
type Key struct {
	private *btcec.PrivateKey
	signing *ecdsa.PrivateKey // the same key as go-ethereum wants it
	public  PublicKey
	address Address
}

// NewKey draws a key from the system's random source.
func NewKey() (*Key, error) { return newKeyFrom(rand.Reader) }

// ParseKey reads a private key of 64 hex digits, with or without 0x.
func ParseKey(s string) (*Key, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil {
		return nil, fmt.Errorf("%w: want 64 hex digits", ErrKey)
	}
	return KeyFromBytes(raw)
}

// KeyFromBytes takes the 32 bytes of a private key, which must lie in 1 … n−1 of secp256k1.
func KeyFromBytes(raw []byte) (*Key, error) {
	if len(raw) != btcec.PrivKeyBytesLen {
		return nil, fmt.Errorf("%w: %d bytes, want %d", ErrKey, len(raw), btcec.PrivKeyBytesLen)
	}
	var scalar btcec.ModNScalar
	if overflow := scalar.SetByteSlice(raw); overflow || scalar.IsZero() {
		return nil, fmt.Errorf("%w: it is not in the range of the curve", ErrKey)
	}
	return keyFromScalar(&scalar), nil
}

func keyFromScalar(scalar *btcec.ModNScalar) *Key {
	private := btcec.PrivKeyFromScalar(scalar)
	signing := private.ToECDSA() // multiplies the curve's base point, once for the key's whole life
	signing.Curve = crypto.S256()
	public := PublicKey(crypto.FromECDSAPub(&signing.PublicKey))
	return &Key{private: private, signing: signing, public: public, address: public.Address()}
}

// Address is where the key's account lives.
func (k *Key) Address() Address { return k.address }

// Public is the public key.
func (k *Key) Public() PublicKey { return k.public }

// Bytes is the secret itself, for keystore files.
func (k *Key) Bytes() [32]byte { return [32]byte(k.private.Serialize()) }

// Sign signs a 32-byte digest: deterministic (RFC 6979), low-s, v is 27 or 28.
func (k *Key) Sign(digest [32]byte) Signature {
	made, err := crypto.Sign(digest[:], k.signing)
	if err != nil {
		panic("wallet: signing with a valid key: " + err.Error()) // neither the length of the digest nor the key can be wrong
	}
	s := Signature(made)
	s[64] += 27
	return s
}

// Format keeps the secret out of every verb of package fmt.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key of "+k.address.String()) }

// LogValue keeps the secret out of logs.
func (k *Key) LogValue() slog.Value { return slog.StringValue("key of " + k.address.String()) }

// MarshalJSON refuses: a key is written by the keystore alone.
func (k *Key) MarshalJSON() ([]byte, error) { return nil, errors.New("a private key is not JSON") }

func newKeyFrom(random io.Reader) (*Key, error) {
	for {
		var raw [32]byte
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return nil, fmt.Errorf("drawing a key: %w", err)
		}
		if k, err := KeyFromBytes(raw[:]); err == nil {
			return k, nil
		}
	}
}
