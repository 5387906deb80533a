package strictmath_test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/piecework/piecework/testnet/strictmath"
)

// TestPow compares with what Java 17's StrictMath.pow gave for the arguments of exchanges, of dynamic energy and others: the bits of x, y and the result.
func TestPow(t *testing.T) {
	file, err := os.Open("testdata/pow.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	count := 0
	for lines := bufio.NewScanner(file); lines.Scan(); count++ {
		var x, y, want uint64
		if _, err := fmt.Sscanf(lines.Text(), "%x %x %x", &x, &y, &want); err != nil {
			t.Fatal(err)
		}
		a, b := math.Float64frombits(x), math.Float64frombits(y)
		if got := math.Float64bits(strictmath.Pow(a, b)); got != want {
			t.Errorf("%g to the power of %g is %x, want %x", a, b, got, want)
		}
	}
	if count != 400 {
		t.Errorf("%d vectors", count)
	}
}

func TestPowAtTheEdges(t *testing.T) {
	for _, c := range []struct{ x, y, want float64 }{
		{2, 10, 1024},
		{4, 0.5, 2},
		{3, 0, 1},
		{3, 1, 3},
		{3, 2, 9},
		{0, 5, 0},
		{2, 2000, math.Inf(1)},
		{2, -2000, 0},
		{1, 1e300, 1},
		{-2, 3, -8},
		{math.Inf(1), 2, math.Inf(1)},
		{0x1p-1030, 2, 0},
	} {
		if got := strictmath.Pow(c.x, c.y); got != c.want {
			t.Errorf("Pow(%g, %g) = %g, want %g", c.x, c.y, got, c.want)
		}
	}
	if !math.IsNaN(strictmath.Pow(math.NaN(), 3)) {
		t.Error("NaN to a power is a number")
	}
}

func FuzzPow(f *testing.F) {
	f.Add(1.5, 2000.0)
	f.Fuzz(func(t *testing.T, x, y float64) {
		got, near := strictmath.Pow(x, y), math.Pow(x, y)
		if math.IsNaN(got) != math.IsNaN(near) || math.Abs(got-near) > 1e-12*math.Abs(near) && !math.IsInf(near, 0) {
			t.Errorf("Pow(%g, %g) = %g, about %g", x, y, got, near)
		}
	})
}

func TestLong(t *testing.T) {
	for f, want := range map[float64]int64{
		1.9: 1, -1.9: -1, 1e300: math.MaxInt64, -1e300: math.MinInt64, math.Inf(1): math.MaxInt64, 1 << 62: 1 << 62, 0x1p63: math.MaxInt64,
	} {
		if got := strictmath.Long(f); got != want {
			t.Errorf("Long(%g) = %d, want %d", f, got, want)
		}
	}
	if strictmath.Long(math.NaN()) != 0 {
		t.Error("NaN is not 0")
	}
}
