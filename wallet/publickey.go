package wallet

import (
	"errors"
	"fmt"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/ethereum/go-ethereum/crypto"
)

// PublicKey is a secp256k1 public key, uncompressed: 0x04, x, y.
type PublicKey [65]byte

// ErrPublicKey is wrapped by errors about bytes that are no public key.
var ErrPublicKey = errors.New("not a public key")

// PublicKeyFromBytes takes a public key of 65 bytes, or of 33 in the compressed form; the point must lie on the curve. Errors wrap ErrPublicKey.
func PublicKeyFromBytes(b []byte) (PublicKey, error) {
	public, err := btcec.ParsePubKey(b)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: want 33 or 65 bytes, a point on the curve", ErrPublicKey)
	}
	return PublicKey(public.SerializeUncompressed()), nil
}

// Address is where the key's account lives: the prefix and the last 20 bytes of the Keccak-256 of x and y.
func (p PublicKey) Address() Address {
	sum := Keccak256(p[1:])
	return AddressFromEVM([20]byte(sum[12:]))
}

// Verify says whether the key made the signature over digest. A high s is refused, and v must be 0, 1, 27 or 28 but is not otherwise looked at.
// It is a little faster than Recover (libsecp256k1 under cgo, Go without, with the same answers).
func (p PublicKey) Verify(digest [32]byte, s Signature) bool {
	return s.LowS() && crypto.VerifySignature(p[:], digest[:], s[:64])
}
