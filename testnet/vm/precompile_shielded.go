package vm

import (
	"math/big"
	"slices"
	"sync"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/twistededwards"
)

// shieldedPrecompiles are the four of shielded TRC-20 contracts. The three proofs need the Sapling parameters, 770 MB that a local network
// does not have: they answer as a node without them does, with a word of zeros, for every input.
var shieldedPrecompiles = [4]precompile{
	{flat(150000), noProof},
	{flat(200000), noProof},
	{flat(150000), noProof},
	{flat(500), func(c *precompileCall) ([]byte, bool, *fault) {
		out, ok := merkleHash(c.input)
		return out, ok, nil
	}},
}

func noProof(*precompileCall) ([]byte, bool, *fault) { return longWord(0), true, nil }

// The Pedersen hash of Zcash's Sapling protocol (section 5.4.1.7 of its specification) over the curve Jubjub.
const (
	pedersenWindow  = 3  // bits of a window
	pedersenWindows = 63 // windows of a segment, each segment with a generator of its own
	merkleLevels    = 63 // levels that the personalisation of six bits tells apart
	merkleNodeBits  = 255
	merkleInput     = 96
)

// pedersenGenerators are the points that Sapling derives from "Zcash_PH" and the number of the segment; three suffice for two nodes of a tree.
var pedersenGenerators = sync.OnceValue(func() (points [3]twistededwards.PointAffine) {
	for i, xy := range [3][2]string{
		{"73c016a42ded9578b5ea25de7ec0e3782f0c718f6f0fbadd194e42926f661b51", "289e87a2d3521b5779c9166b837edc5ef9472e8bc04e463277bfabd432243cca"},
		{"15a36d1f0f390d8852a35a8c1908dd87a361ee3fd48fdf77b9819dc82d90607e", "015d8c7f5b43fe33f7891142c001d9251f3abeeb98fad3e87b0dc53c4ebf1891"},
		{"664321a58246e2f6eb69ae39f5c84210bae8e5c46641ae5c76d6f7c2b67fc475", "362e1500d24eee9ee000a46c8e8ce8538bb22a7f1784b49880ed502c9793d457"},
	} {
		setHex(&points[i].X, xy[0])
		setHex(&points[i].Y, xy[1])
	}
	return points
})

func setHex(e *fr.Element, digits string) {
	n, _ := new(big.Int).SetString(digits, 16) // a constant of this file
	e.SetBigInt(n)
}

// merkleHash (0x01000004) hashes two nodes of the tree of notes: level, left, right. A wrong size or level fails the call.
func merkleHash(input []byte) ([]byte, bool) {
	if len(input) < merkleInput {
		return nil, false
	}
	level := saturate31(inputWord(input, 0))
	if level >= merkleLevels {
		return nil, false
	}
	bits := make([]bool, 0, 6+2*merkleNodeBits)
	bits = appendBits(bits, []byte{byte(level)}, 6)
	bits = appendBits(bits, input[32:64], merkleNodeBits)
	bits = appendBits(bits, input[64:96], merkleNodeBits)
	out := pedersen(bits)
	slices.Reverse(out[:])
	return out[:], true
}

// appendBits adds the lowest bits of a little-endian number.
func appendBits(bits []bool, number []byte, n int) []bool {
	for i := range n {
		bits = append(bits, number[i/8]>>(i%8)&1 == 1)
	}
	return bits
}

// pedersen sums, over the segments, a generator times a number that the windows spell; the answer is the first coordinate, big-endian.
func pedersen(bits []bool) [32]byte {
	const perSegment = pedersenWindow * pedersenWindows
	generators := pedersenGenerators()
	var sum twistededwards.PointAffine
	sum.Y.SetOne()
	for i := 0; i*perSegment < len(bits); i++ {
		part := bits[i*perSegment : min(len(bits), (i+1)*perSegment)]
		var term twistededwards.PointAffine
		term.ScalarMultiplication(&generators[i], pedersenScalar(part))
		sum.Add(&sum, &term)
	}
	return sum.X.Bytes()
}

// pedersenScalar reads windows of a sign and a number of 1 to 4, four bits apart.
func pedersenScalar(bits []bool) *big.Int {
	curve := twistededwards.GetEdwardsCurve()
	sum, term := new(big.Int), new(big.Int)
	for j := 0; j < len(bits); j += pedersenWindow {
		digit := 1 + b2i(bits[j]) + 2*b2i(bits[j+1])
		term.Lsh(big.NewInt(digit), uint(4*(j/pedersenWindow)))
		if bits[j+2] {
			term.Neg(term)
		}
		sum.Add(sum, term)
	}
	return sum.Mod(sum, &curve.Order)
}
