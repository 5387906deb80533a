package wallet

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/btcsuite/btcd/btcec/v2"
)

// ErrDerivation says that a path leads to no key. It happens once in 2^127 steps; BIP-32 says to take the next number.
var ErrDerivation = errors.New("the path leads to no key")

// HDKey is a node of a BIP-32 tree: a private key and the chain code that its children need. It never prints.
type HDKey struct{ node *hdNode } // behind a second pointer, because fmt looks through one in other people's unexported fields

type hdNode struct {
	private btcec.ModNScalar
	chain   [32]byte
}

// NewMaster is the root of the tree that belongs to a seed of 16 to 64 bytes.
func NewMaster(seed []byte) (*HDKey, error) {
	if len(seed) < 16 || len(seed) > 64 {
		return nil, fmt.Errorf("%w: a seed of %d bytes, want 16 to 64", ErrDerivation, len(seed))
	}
	return newHDKey(hmac512([]byte("Bitcoin seed"), seed), nil)
}

// DeriveKey is the key of a mnemonic sentence at a path. To derive many, ask NewMaster once: the sentence takes a millisecond, a step some microseconds.
func DeriveKey(mnemonic, passphrase string, path Path) (*Key, error) {
	m, err := ParseMnemonic(mnemonic)
	if err != nil {
		return nil, err
	}
	seed, err := m.Seed(passphrase)
	if err != nil {
		return nil, err
	}
	master, err := NewMaster(seed)
	if err != nil {
		return nil, err
	}
	node, err := master.Derive(path)
	if err != nil {
		return nil, err
	}
	return node.Key(), nil
}

// Derive follows a path down from the node.
func (h *HDKey) Derive(path Path) (*HDKey, error) {
	for i, step := range path {
		child, err := h.child(step)
		if err != nil {
			return nil, fmt.Errorf("deriving %s: %w", path[:i+1], err)
		}
		h = child
	}
	return h, nil
}

// Key is the private key at the node.
func (h *HDKey) Key() *Key { return keyFromScalar(&h.node.private) }

// Format keeps the secret out of every verb of package fmt.
func (h *HDKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "HD key of "+h.Key().Address().String())
}

// LogValue keeps the secret out of logs.
func (h *HDKey) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(h)) }

// MarshalJSON refuses.
func (h *HDKey) MarshalJSON() ([]byte, error) { return nil, errors.New("a private key is not JSON") }

// child is CKDpriv of BIP-32.
func (h *HDKey) child(step uint32) (*HDKey, error) {
	data := make([]byte, 0, 37)
	if step&hardened != 0 {
		private := h.node.private.Bytes()
		data = append(append(data, 0), private[:]...)
	} else {
		data = append(data, btcec.PrivKeyFromScalar(&h.node.private).PubKey().SerializeCompressed()...)
	}
	return newHDKey(hmac512(h.node.chain[:], binary.BigEndian.AppendUint32(data, step)), &h.node.private)
}

// newHDKey reads the 64 bytes that an HMAC gave: a scalar, to be added to the parent's, and a chain code.
func newHDKey(sum [64]byte, parent *btcec.ModNScalar) (*HDKey, error) {
	h := HDKey{&hdNode{}}
	overflow := h.node.private.SetByteSlice(sum[:32])
	if parent != nil {
		h.node.private.Add(parent)
	}
	if overflow || h.node.private.IsZero() {
		return nil, ErrDerivation
	}
	h.node.chain = [32]byte(sum[32:])
	return &h, nil
}

func hmac512(key, data []byte) [64]byte {
	mac := hmac.New(sha512.New, key)
	mac.Write(data)
	return [64]byte(mac.Sum(nil))
}
