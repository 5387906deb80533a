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

// pedersenTable holds, for every window of three segments, one to four times the generator of the segment times 16 to the number of the
// window: all that a window can add to the sum, but for its sign. Three segments suffice for two nodes of a tree.
type pedersenTable [3][pedersenWindows][4]twistededwards.PointAffine

var pedersenPoints = sync.OnceValue(func() *pedersenTable {
	table := new(pedersenTable)
	for i, xy := range pedersenGenerators {
		var p twistededwards.PointAffine
		setHex(&p.X, xy[0])
		setHex(&p.Y, xy[1])
		for j := range table[i] {
			multiples := &table[i][j]
			multiples[0] = p
			for k := 1; k < len(multiples); k++ {
				multiples[k].Add(&multiples[k-1], &p)
			}
			p.Double(&multiples[3])
			p.Double(&p)
		}
	}
	return table
})

// pedersenGenerators are the coordinates of the points that Sapling derives from "Zcash_PH" and the number of the segment.
var pedersenGenerators = [3][2]string{
	{"73c016a42ded9578b5ea25de7ec0e3782f0c718f6f0fbadd194e42926f661b51", "289e87a2d3521b5779c9166b837edc5ef9472e8bc04e463277bfabd432243cca"},
	{"15a36d1f0f390d8852a35a8c1908dd87a361ee3fd48fdf77b9819dc82d90607e", "015d8c7f5b43fe33f7891142c001d9251f3abeeb98fad3e87b0dc53c4ebf1891"},
	{"664321a58246e2f6eb69ae39f5c84210bae8e5c46641ae5c76d6f7c2b67fc475", "362e1500d24eee9ee000a46c8e8ce8538bb22a7f1784b49880ed502c9793d457"},
}

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

// pedersen sums a point for every window of three bits: two tell which multiple, one its sign. The answer is the first coordinate of the sum,
// big-endian.
func pedersen(bits []bool) [32]byte {
	table := pedersenPoints()
	var sum twistededwards.PointExtended
	var zero twistededwards.PointAffine
	zero.Y.SetOne()
	sum.FromAffine(&zero)
	for i := 0; i < len(bits); i += pedersenWindow {
		window := i / pedersenWindow
		term := table[window/pedersenWindows][window%pedersenWindows][b2i(bits[i])+2*b2i(bits[i+1])]
		if bits[i+2] {
			term.Neg(&term)
		}
		sum.MixedAdd(&sum, &term)
	}
	var out twistededwards.PointAffine
	out.FromExtended(&sum)
	return out.X.Bytes()
}
