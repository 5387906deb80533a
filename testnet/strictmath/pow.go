// Package strictmath computes powers to the last bit as Java's StrictMath does: java-tron prices exchanges with them, and its exchanges are exact
// to the unit only with the same rounding. Java defines StrictMath by fdlibm (Sun Microsystems, 1993), whose method and constants these are.
package strictmath

import "math"

// Constants of fdlibm's e_pow, by their bits.
var (
	// breaks are where the reduced argument is compared to; logBreaks are their logarithms to base 2 in two parts.
	breaks        = [2]float64{1, 1.5}
	logBreaksHigh = [2]float64{0, math.Float64frombits(0x3FE2B80340000000)}
	logBreaksLow  = [2]float64{0, math.Float64frombits(0x3E4CFDEB43CFD006)}
	// logarithm and exponential are the coefficients of (3/2)(log(x)-2s-2s³/3) and of the exponential's rational form.
	logarithm = [6]float64{
		math.Float64frombits(0x3FE3333333333303), math.Float64frombits(0x3FDB6DB6DB6FABFF), math.Float64frombits(0x3FD55555518F264D),
		math.Float64frombits(0x3FD17460A91D4101), math.Float64frombits(0x3FCD864A93C9DB65), math.Float64frombits(0x3FCA7E284A454EEF),
	}
	exponential = [5]float64{
		math.Float64frombits(0x3FC555555555553E), math.Float64frombits(0xBF66C16C16BEBD93), math.Float64frombits(0x3F11566AAF25DE2C),
		math.Float64frombits(0xBEBBBD41C5D26BF1), math.Float64frombits(0x3E66376972BEA4D0),
	}
	// ln2 and 2/(3 ln 2), whole and in two parts.
	ln2, ln2High, ln2Low           = math.Float64frombits(0x3FE62E42FEFA39EF), math.Float64frombits(0x3FE62E4300000000), math.Float64frombits(0xBE205C610CA86C39)
	inverse, inverseHigh, inverse2 = math.Float64frombits(0x3FEEC709DC3A03FD), math.Float64frombits(0x3FEEC709E0000000), math.Float64frombits(0xBE3E2FE0145B01F5)
)

// Bounds of what is computed here.
const (
	hugeExponent = 1 << 31
	overflow     = 1022
)

// Pow is StrictMath.pow for a positive normal x and a power that is neither huge nor tiny; math.Pow has the rest, whose results Java fixes by rule.
func Pow(x, y float64) float64 {
	switch {
	case y == 0.5:
		return math.Sqrt(x)
	case y == 0 || y == 1 || y == 2 || !(x >= 0x1p-1022) || math.IsInf(x, 1) || !(math.Abs(y) < hugeExponent):
		return math.Pow(x, y)
	}
	high, low := log2(x)
	yHigh := top(y)
	low = float64((y-yHigh)*high) + float64(y*low)
	high = float64(yHigh * high)
	if z := low + high; math.Abs(z) >= overflow {
		return math.Pow(x, y)
	}
	return exp2(high, low)
}

// top is a number without the low half of its bits.
func top(x float64) float64 { return math.Float64frombits(math.Float64bits(x) &^ 0xFFFFFFFF) }

// word is a number from the high half of its bits.
func word(high int32) float64 { return math.Float64frombits(uint64(uint32(high)) << 32) }

func highOf(x float64) int32 { return int32(math.Float64bits(x) >> 32) }

// log2 is the logarithm to base 2 in two parts. Each product is rounded by itself: float64() keeps compilers from joining it with a sum.
func log2(x float64) (high, low float64) {
	bits := highOf(x)
	n := bits>>20 - 0x3ff
	fraction := bits & 0xfffff
	bits = fraction | 0x3ff00000
	k := 0
	switch {
	case fraction <= 0x3988E:
	case fraction < 0xBB67A:
		k = 1
	default:
		n++
		bits -= 0x100000
	}
	x = math.Float64frombits(math.Float64bits(x)&0xFFFFFFFF | uint64(uint32(bits))<<32)
	u, v := x-breaks[k], 1/(x+breaks[k])
	s := u * v
	sHigh := top(s)
	tHigh := word(bits>>1 | 0x20000000 + 0x80000 + int32(k)<<18)
	tLow := x - (tHigh - breaks[k])
	sLow := v * ((u - float64(sHigh*tHigh)) - float64(sHigh*tLow))
	s2 := s * s
	r := float64(s2*s2) * polynomial(s2, logarithm[:])
	r += float64(sLow * (sHigh + s))
	s2 = sHigh * sHigh
	tHigh = top(3 + s2 + r)
	tLow = r - ((tHigh - 3) - s2)
	u = sHigh * tHigh
	v = float64(sLow*tHigh) + float64(tLow*s)
	pHigh := top(u + v)
	pLow := v - (pHigh - u)
	zHigh := inverseHigh * pHigh
	zLow := float64(inverse2*pHigh) + float64(pLow*inverse) + logBreaksLow[k]
	t := float64(n)
	high = top(((zHigh + zLow) + logBreaksHigh[k]) + t)
	return high, zLow - (((high - t) - logBreaksHigh[k]) - zHigh)
}

// exp2 is two to a power in two parts.
func exp2(high, low float64) float64 {
	j := highOf(low + high)
	i := j & 0x7fffffff
	n := int32(0)
	if i > 0x3fe00000 { // beyond a half: take the nearest whole number out
		k := i>>20 - 0x3ff
		n = j + 0x100000>>(k+1)
		k = (n&0x7fffffff)>>20 - 0x3ff
		t := word(n &^ (0xfffff >> k))
		n = (n&0xfffff | 0x100000) >> (20 - k)
		if j < 0 {
			n = -n
		}
		high -= t
	}
	t := top(low + high)
	u := t * ln2High
	v := float64((low-(t-high))*ln2) + float64(t*ln2Low)
	z := u + v
	w := v - (z - u)
	t = z * z
	t1 := z - float64(t*polynomial(t, exponential[:]))
	r := float64(z*t1)/(t1-2) - (w + float64(z*w))
	z = 1 - (r - z)
	return math.Ldexp(z, int(n))
}

// polynomial is c[0] + x(c[1] + x(c[2] + …)).
func polynomial(x float64, c []float64) float64 {
	sum := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		sum = c[i] + float64(x*sum)
	}
	return sum
}

// Long is Java's cast of a double to a long: it cuts off, saturates, and makes 0 of what is no number.
func Long(f float64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= 1<<63:
		return math.MaxInt64
	case f <= -1<<63:
		return math.MinInt64
	}
	return int64(f)
}
