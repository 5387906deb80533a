package vm

import (
	"math"
	"math/big"
	"math/bits"
)

// modexpBound is the most bytes of each number since parameter 96.
const modexpBound = 1024

// modexpWork bounds the exponent before parameter 96, in bytes: what is longer takes more time than java-tron's limit for a transaction allows.
const modexpWork = 32 << 10

// modexpHead is the three lengths.
const modexpHead = 96

// modexpLengths are the lengths of base, exponent and modulus, saturated as Java does.
func modexpLengths(input []byte) (base, exponent, modulus int) {
	head := padded(input, 0, modexpHead)
	return saturate31(inputWord(head, 0)), saturate31(inputWord(head, 1)), saturate31(inputWord(head, 2))
}

func modexpPrice(p *Params, input []byte) int64 {
	base, exponent, modulus := modexpLengths(input)
	head := padded(input, modexpHead+base, min(exponent, 32))
	highest := int64(new(big.Int).SetBytes(head).BitLen())
	if highest > 0 {
		highest--
	}
	long, beyond := int64(max(base, modulus)), int64(max(0, exponent-32))
	if p.Osaka {
		complexity := int64(16)
		if long > 32 {
			w := (long + 7) / 8
			complexity = 2 * w * w
		}
		return max(500, product(complexity, max(1, 16*beyond+highest)))
	}
	const divisor = 20
	return quotient(modexpComplexity(long), max(1, 8*beyond+highest), divisor)
}

// modexpComplexity is EIP-198's.
func modexpComplexity(n int64) int64 {
	switch {
	case n <= 64:
		return n * n
	case n <= 1024:
		return n*n/4 + 96*n - 3072
	}
	return n*n/16 + 480*n - 199680
}

// product is x·y, at most the largest int64.
func product(x, y int64) int64 { return quotient(x, y, 1) }

// quotient is x·y/z, at most the largest int64.
func quotient(x, y, z int64) int64 {
	high, low := bits.Mul64(uint64(x), uint64(y))
	if high >= uint64(z) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(high, low, uint64(z))
	return int64(min(q, math.MaxInt64))
}

func modexp(c *precompileCall) ([]byte, bool, *fault) {
	base, exponent, modulus := modexpLengths(c.input)
	p := c.m.params
	if p.Osaka && max(base, exponent, modulus) > modexpBound {
		return nil, false, nil
	}
	if !p.Osaka && p.Release4811 && base == 0 && modulus == 0 && exponent > modexpBound {
		return nil, false, faultOutOfTime("CPU timeout for modExp executing")
	}
	if !p.Osaka && exponent >= javaArrayLimit && len(c.input) > modexpHead+base {
		return nil, false, faultThrowable()
	}
	m := modexpArg(c.input, modexpHead+base+exponent, modulus)
	if m.Sign() == 0 {
		if p.Osaka {
			return make([]byte, modulus), true, nil
		}
		return nil, true, nil
	}
	if exponent > modexpWork {
		return nil, false, late(opCALL)
	}
	x := modexpArg(c.input, modexpHead, base)
	e := modexpArg(c.input, modexpHead+base, exponent)
	return x.Exp(x, e, m).FillBytes(make([]byte, modulus)), true, nil
}

// modexpArg is a number of size bytes in the input, which goes on with zeros. Bytes that are not there are not stored: a stranger may name
// any size, and the price of a long modulus is only paid for in energy, not in memory.
func modexpArg(input []byte, from, size int) *big.Int {
	if from >= len(input) || size == 0 {
		return new(big.Int)
	}
	there := input[from:min(len(input), from+size)]
	n := new(big.Int).SetBytes(there)
	if n.Sign() == 0 {
		return n
	}
	return n.Lsh(n, uint(8*(size-len(there))))
}
