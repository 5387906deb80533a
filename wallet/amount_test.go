package wallet_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
)

func TestParseTRX(t *testing.T) {
	for text, want := range map[string]wallet.Sun{
		"0": 0, "1": 1_000_000, "1.5": 1_500_000, "0.000001": 1, "007": 7_000_000, "1.500000": 1_500_000,
		"9223372036854.775807": math.MaxInt64,
	} {
		if got, err := wallet.ParseTRX(text); err != nil || got != want {
			t.Errorf("%s is %d sun, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-5", "+5", "1e6", "1E6", "1,5", "1 000", "1_000", "0.0000001", "1.5000000", "9223372036854.775808", "0x10", "１", "1.2.3", "NaN", "Inf", "∞", "1'000",
		strings.Repeat("9", 1<<16),
	} {
		if got, err := wallet.ParseTRX(text); !errors.Is(err, wallet.ErrAmount) {
			t.Errorf("%q is %d sun, %v", text, got, err)
		}
	}
}

func TestSunPrints(t *testing.T) {
	for sun, want := range map[wallet.Sun]string{0: "0", 1: "0.000001", -1: "-0.000001", 1_500_000: "1.5", math.MaxInt64: "9223372036854.775807", math.MinInt64: "-9223372036854.775808"} {
		if got := sun.String(); got != want {
			t.Errorf("%d sun prints as %s, want %s", int64(sun), got, want)
		}
	}
}

// Numbers that JavaScript rounds stay exact: TronWeb's sendToken makes 9007199254740992 of the first.
func TestUnitsAreExact(t *testing.T) {
	for _, text := range []string{"9007199254740993", "115792089237316195423570985008687907853269984665640564039457584007913129639935"} {
		u, err := wallet.ParseUnits(text, 0)
		if err != nil || u.String() != text || wallet.UnitsFromBytes(u.Bytes32()) != u {
			t.Errorf("%s reads as %s, %v", text, u, err)
		}
		again, err := wallet.UnitsFromBig(u.Big())
		if err != nil || again.Cmp(u) != 0 {
			t.Errorf("%s: %v", text, err)
		}
	}
	top := new(big.Int).Lsh(big.NewInt(1), 256)
	for name, b := range map[string]*big.Int{"2^256": top, "negative": big.NewInt(-1)} {
		if _, err := wallet.UnitsFromBig(b); !errors.Is(err, wallet.ErrAmount) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wallet.ParseUnits(top.String(), 0); !errors.Is(err, wallet.ErrAmount) {
		t.Errorf("2^256: %v", err)
	}
	for _, decimals := range []int{-1, wallet.MaxDecimals + 1} {
		if _, err := wallet.ParseUnits("1", decimals); !errors.Is(err, wallet.ErrAmount) {
			t.Errorf("%d decimals: %v", decimals, err)
		}
	}
	if _, err := wallet.UnitsFromUint64(math.MaxInt64 + 1).Int64(); !errors.Is(err, wallet.ErrAmount) {
		t.Errorf("2^63: %v", err)
	}
}

func FuzzParseUnits(f *testing.F) {
	f.Add("1234.5", 6)
	f.Add("0.000001", 18)
	f.Add("1e6", 0)
	f.Fuzz(func(t *testing.T, text string, decimals int) {
		u, err := wallet.ParseUnits(text, decimals)
		if err != nil {
			if !errors.Is(err, wallet.ErrAmount) {
				t.Fatal(err)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q was taken and is no number", text)
		}
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
		if exact.Mul(exact, scale); !exact.IsInt() || exact.Num().Cmp(u.Big()) != 0 {
			t.Fatalf("%q with %d decimals is %s units, want %s", text, decimals, u, exact)
		}
		again, err := wallet.ParseUnits(wallet.FormatUnits(u, decimals), decimals)
		if err != nil || again != u {
			t.Fatalf("%s prints as %s, %v", u, wallet.FormatUnits(u, decimals), err)
		}
	})
}
