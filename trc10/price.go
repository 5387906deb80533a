package trc10

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ErrPrice is wrapped by errors about a price that the chain cannot hold exactly.
var ErrPrice = errors.New("not a price")

// Price is what a sale asks: Units smallest units of the token for Sun sun. Both are at least 1.
type Price struct {
	Sun   int32 // trx_num
	Units int32 // num
}

// NewPrice is so many units for so much TRX, in lowest terms. It fails when those do not fit into the chain's two 31-bit numbers.
func NewPrice(pay wallet.Sun, get wallet.Units) (Price, error) {
	a, b := big.NewInt(int64(pay)), get.Big()
	if a.Sign() <= 0 || b.Sign() <= 0 {
		return Price{}, fmt.Errorf("%w: both sides are more than nothing", ErrPrice)
	}
	common := new(big.Int).GCD(nil, nil, a, b)
	a.Quo(a, common)
	b.Quo(b, common)
	if limit := big.NewInt(math.MaxInt32); a.Cmp(limit) > 0 || b.Cmp(limit) > 0 {
		return Price{}, fmt.Errorf("%w: %s sun for %s units does not fit into 31 bits each; choose rounder figures", ErrPrice, a, b)
	}
	return Price{Sun: int32(a.Int64()), Units: int32(b.Int64())}, nil
}

// ParsePrice reads "1 TRX = 100 ACM", with the token's name or abbreviation on the right (it is not compared), or "1 = 100".
func ParsePrice(text string, decimals int) (Price, error) {
	left, right, ok := strings.Cut(text, "=")
	pay, unit, _ := strings.Cut(strings.TrimSpace(left), " ")
	get, name, _ := strings.Cut(strings.TrimSpace(right), " ")
	if unit = strings.TrimSpace(unit); !ok || unit != "" && !strings.EqualFold(unit, "TRX") || strings.Contains(strings.TrimSpace(name), " ") {
		return Price{}, fmt.Errorf("%w: %q; write it as \"1 TRX = 100 ACM\"", ErrPrice, wallet.Clip(text))
	}
	trx, err := wallet.ParseTRX(pay)
	if err != nil {
		return Price{}, fmt.Errorf("%w: %q: %w", ErrPrice, wallet.Clip(text), err)
	}
	tokens, err := wallet.ParseUnits(get, decimals)
	if err != nil {
		return Price{}, fmt.Errorf("%w: %q: %w", ErrPrice, wallet.Clip(text), err)
	}
	return NewPrice(trx, tokens)
}

// Buys is what a payment gets, rounded down as the chain does: pay × Units ÷ Sun.
func (p Price) Buys(pay wallet.Sun) wallet.Units {
	if pay <= 0 || p.Sun <= 0 || p.Units <= 0 {
		return wallet.Units{}
	}
	n := new(big.Int).Mul(big.NewInt(int64(pay)), big.NewInt(int64(p.Units)))
	units, _ := wallet.UnitsFromBig(n.Quo(n, big.NewInt(int64(p.Sun)))) // 94 bits at most
	return units
}

// Costs is the least payment that gets at least so many units: units × Sun ÷ Units, rounded up. It fails when that is more TRX than an account can have.
func (p Price) Costs(units wallet.Units) (wallet.Sun, error) {
	if p.Sun <= 0 || p.Units <= 0 {
		return 0, fmt.Errorf("%w: %d sun for %d units", ErrPrice, p.Sun, p.Units)
	}
	n := new(big.Int).Mul(units.Big(), big.NewInt(int64(p.Sun)))
	n.Add(n, big.NewInt(int64(p.Units-1)))
	if n.Quo(n, big.NewInt(int64(p.Units))); !n.IsInt64() {
		return 0, fmt.Errorf("%w: %s units cost more than 2^63-1 sun", ErrPrice, units)
	}
	return wallet.Sun(n.Int64()), nil
}

// Format is the price of a token with those decimals: "1 TRX = 100 ACM", or as many TRX as one whole token costs when that is the rounder figure.
func (p Price) Format(decimals int, name string) string {
	if units, exact := p.exactly(int64(wallet.TRX)); exact {
		return "1 TRX = " + wallet.FormatUnits(units, decimals) + " " + name
	}
	return wallet.Sun(p.Sun).String() + " TRX = " + wallet.FormatUnits(wallet.UnitsFromUint64(uint64(p.Units)), decimals) + " " + name
}

// exactly is what so much sun buys, and whether nothing was rounded away.
func (p Price) exactly(sun int64) (wallet.Units, bool) {
	if p.Sun <= 0 || p.Units <= 0 {
		return wallet.Units{}, false
	}
	return p.Buys(wallet.Sun(sun)), sun*int64(p.Units)%int64(p.Sun) == 0
}
