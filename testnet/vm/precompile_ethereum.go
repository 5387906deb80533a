package vm

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/blake2b"
	"github.com/ethereum/go-ethereum/crypto/bn256"
	"github.com/ethereum/go-ethereum/crypto/secp256r1"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // the hash that the precompile is for

	"github.com/piecework/piecework/wallet"
)

// ethereumPrecompiles are 0x01 to 0x08. 0x03 is not RIPEMD-160 on Tron, and ecrecover answers the 21-byte form of the address.
var ethereumPrecompiles = [8]precompile{
	{flat(3000), func(c *precompileCall) ([]byte, bool, *fault) { return ecrecover(c.input), true, nil }},
	{perWord(60, 12), func(c *precompileCall) ([]byte, bool, *fault) {
		sum := sha256.Sum256(c.input)
		return sum[:], true, nil
	}},
	{perWord(600, 120), func(c *precompileCall) ([]byte, bool, *fault) {
		sum := sha256.Sum256(c.input)
		sum = sha256.Sum256(sum[:20])
		return sum[:], true, nil
	}},
	{perWord(15, 3), func(c *precompileCall) ([]byte, bool, *fault) { return c.input, true, nil }},
	{modexpPrice, modexp},
	{istanbul(150, 500), func(c *precompileCall) ([]byte, bool, *fault) { return bn128Add(c.input) }},
	{istanbul(6000, 40000), func(c *precompileCall) ([]byte, bool, *fault) { return bn128Mul(c.input) }},
	{pairingPrice, func(c *precompileCall) ([]byte, bool, *fault) { return bn128Pairing(c.input) }},
}

var p256Verify = precompile{flat(6900), func(c *precompileCall) ([]byte, bool, *fault) { return verifyP256(c.input), true, nil }}

var ripemd160Hash = precompile{perWord(600, 120), func(c *precompileCall) ([]byte, bool, *fault) {
	h := ripemd160.New()
	_, _ = h.Write(c.input)
	return h.Sum(make([]byte, 12)), true, nil
}}

var blake2F = precompile{blake2Price, func(c *precompileCall) ([]byte, bool, *fault) { return blake2(c.input) }}

func istanbul(since, before int64) func(*Params, []byte) int64 {
	return func(p *Params, _ []byte) int64 {
		if p.Istanbul {
			return since
		}
		return before
	}
}

// padded is size bytes of data from an offset, with zeros past its end.
func padded(data []byte, from, size int) []byte {
	out := make([]byte, size)
	if from < len(data) {
		copy(out, data[from:])
	}
	return out
}

// ecrecover takes hash, v, r, s. A high s counts. Nothing is answered when there is no key.
func ecrecover(input []byte) []byte {
	in := padded(input, 0, 128)
	v := in[63]
	for _, b := range in[32:63] {
		if b != 0 {
			return nil
		}
	}
	if v != 27 && v != 28 {
		return nil
	}
	a, ok := recoverAddress([32]byte(in[:32]), in[64:128], v)
	if !ok {
		return nil
	}
	w := prefixedWord(a)
	word := w.Bytes32()
	return word[:]
}

// recoverAddress is whose key made a signature r ‖ s over a digest; v is 27 or 28.
func recoverAddress(digest [32]byte, rs []byte, v byte) (wallet.Address, bool) {
	r, s := new(big.Int).SetBytes(rs[:32]), new(big.Int).SetBytes(rs[32:64])
	if v != 27 && v != 28 || !crypto.ValidateSignatureValues(v-27, r, s, false) {
		return wallet.Address{}, false
	}
	public, err := crypto.Ecrecover(digest[:], append(rs[:64:64], v-27))
	if err != nil {
		return wallet.Address{}, false
	}
	sum := crypto.Keccak256(public[1:])
	return wallet.AddressFromEVM([20]byte(sum[12:])), true
}

func bn128Point(input []byte, from int) (*bn256.G1, bool) {
	p := new(bn256.G1)
	_, err := p.Unmarshal(padded(input, from, 64))
	return p, err == nil
}

func bn128Add(input []byte) ([]byte, bool, *fault) {
	x, ok := bn128Point(input, 0)
	if !ok {
		return nil, false, nil
	}
	y, ok := bn128Point(input, 64)
	if !ok {
		return nil, false, nil
	}
	sum := new(bn256.G1)
	sum.Add(x, y)
	return sum.Marshal(), true, nil
}

func bn128Mul(input []byte) ([]byte, bool, *fault) {
	p, ok := bn128Point(input, 0)
	if !ok {
		return nil, false, nil
	}
	product := new(bn256.G1)
	product.ScalarMult(p, new(big.Int).SetBytes(padded(input, 64, 32)))
	return product.Marshal(), true, nil
}

// pairSize is the bytes of a pair of points.
const pairSize = 192

func pairingPrice(p *Params, input []byte) int64 {
	pairs := int64(len(input) / pairSize)
	if p.Istanbul {
		return 45000 + 34000*pairs
	}
	return 100000 + 80000*pairs
}

func bn128Pairing(input []byte) ([]byte, bool, *fault) {
	if len(input)%pairSize != 0 {
		return nil, false, nil
	}
	var left []*bn256.G1
	var right []*bn256.G2
	for ; len(input) > 0; input = input[pairSize:] {
		p, ok := bn128Point(input, 0)
		if !ok {
			return nil, false, nil
		}
		q := new(bn256.G2)
		if _, err := q.Unmarshal(input[64:pairSize]); err != nil {
			return nil, false, nil //nolint:nilerr // a bad point fails the call, not the frame
		}
		left, right = append(left, p), append(right, q)
	}
	return boolWord(bn256.PairingCheck(left, right)), true, nil
}

// verifyP256 answers one, or nothing for anything else.
func verifyP256(input []byte) []byte {
	const size = 160
	if len(input) != size {
		return nil
	}
	number := func(n int) *big.Int { return new(big.Int).SetBytes(input[32*n : 32*n+32]) }
	if !secp256r1.Verify(input[:32], number(1), number(2), number(3), number(4)) {
		return nil
	}
	return boolWord(true)
}

const blake2Size = 213

func blake2Price(_ *Params, input []byte) int64 {
	if len(input) != blake2Size || input[blake2Size-1]&0xfe != 0 {
		return 0
	}
	return int64(binary.BigEndian.Uint32(input))
}

func blake2(input []byte) ([]byte, bool, *fault) {
	if len(input) != blake2Size || input[blake2Size-1]&0xfe != 0 {
		return make([]byte, 32), false, nil
	}
	var h [8]uint64
	var m [16]uint64
	for i := range h {
		h[i] = binary.LittleEndian.Uint64(input[4+8*i:])
	}
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(input[68+8*i:])
	}
	t := [2]uint64{binary.LittleEndian.Uint64(input[196:]), binary.LittleEndian.Uint64(input[204:])}
	blake2b.F(&h, m, t, input[blake2Size-1] == 1, binary.BigEndian.Uint32(input))
	out := make([]byte, 64)
	for i := range h {
		binary.LittleEndian.PutUint64(out[8*i:], h[i])
	}
	return out, true, nil
}
