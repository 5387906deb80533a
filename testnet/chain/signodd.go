package chain

import (
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// What java-tron's libraries say of a signature that gives no key.
var (
	errNoKey   = errors.New("java.security.SignatureException: Could not recover public key from signature")
	errInverse = errors.New("java.lang.ArithmeticException: BigInteger not invertible.")
	errPoint   = errors.New("java.lang.IllegalArgumentException: Invalid point compression")
)

// recoverOdd recovers the key of a signature that libraries refuse and java-tron does not: its numbers may be zero or beyond the curve's order. Who
// looks for such a signature can make one for a key that nobody has, which harms nobody.
func recoverOdd(sig []byte, id [32]byte) ([]byte, error) {
	curve := crypto.S256()
	p, n := curve.Params().P, curve.Params().N
	r, s, which := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:64]), sig[64]
	x := new(big.Int).Set(r)
	if which >= 2 {
		x.Add(x, n)
	}
	if x.Cmp(p) >= 0 {
		return nil, errNoKey
	}
	y := new(big.Int).Exp(x, big.NewInt(3), p)
	if y.ModSqrt(y.Add(y, curve.Params().B), p) == nil {
		return nil, errPoint
	}
	if byte(y.Bit(0)) != which&1 {
		y.Sub(p, y)
	}
	inverse := new(big.Int).ModInverse(r, n)
	if inverse == nil {
		return nil, errInverse
	}
	scalar := func(v *big.Int) []byte { return v.Mod(v.Mul(v, inverse), n).Bytes() }
	fromHash := scalar(new(big.Int).Neg(new(big.Int).SetBytes(id[:])))
	gx, gy := curve.ScalarBaseMult(fromHash)
	if s.Mod(s, n).Sign() == 0 {
		return uncompressed(gx, gy), nil
	}
	rx, ry := curve.ScalarMult(x, y, scalar(s))
	return uncompressed(curve.Add(gx, gy, rx, ry)), nil
}

func uncompressed(x, y *big.Int) []byte {
	b := make([]byte, 65)
	b[0] = 4
	x.FillBytes(b[1:33])
	y.FillBytes(b[33:])
	return b
}
