package trc10

import (
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// A price that parses must print as one that means the same.
func FuzzParsePrice(f *testing.F) {
	for _, s := range []string{"1 TRX = 100 ACM", "0.000001=1", "3 trx = 0.5", "= 1", "1 = 1e3"} {
		f.Add(s, 6)
	}
	f.Fuzz(func(t *testing.T, text string, decimals int) {
		if decimals < 0 || decimals > MaxDecimals {
			return
		}
		p, err := ParsePrice(text, decimals)
		if err != nil {
			return
		}
		if p.Sun < 1 || p.Units < 1 {
			t.Fatalf("%q: %+v", text, p)
		}
		again, err := ParsePrice(p.Format(decimals, "X"), decimals)
		if err != nil || again != p {
			t.Fatalf("%q is %+v, prints as %q: %+v %v", text, p, p.Format(decimals, "X"), again, err)
		}
	})
}

// No contract that a stranger can make may break the rules' own reckoning.
func FuzzCheckIssue(f *testing.F) {
	f.Add("Acme", "ACM", uint64(5), int64(1), int32(1), int32(1), int32(6), int64(0))
	f.Fuzz(func(t *testing.T, name, abbr string, supply uint64, days int64, sun, units, precision int32, limit int64) {
		c := goodIssue().Contract()
		c.Name, c.Abbr, c.TotalSupply, c.TRXNum, c.Num, c.Precision, c.FreeLimit = name, abbr, wallet.UnitsFromUint64(supply), sun, units, precision, limit
		c.Frozen = []tx.FrozenPart{{Amount: wallet.UnitsFromUint64(supply / 2), Days: days}}
		err := CheckIssue(c, IssueFacts{Head: head, Exists: true})
		c.ID = FirstID.String()
		token, bad := TokenFrom(c)
		if err == nil && bad != nil {
			t.Fatalf("%+v passes the check and is no token: %v", c, bad)
		}
		if bad == nil {
			_ = token.Format(token.Price.Buys(wallet.Sun(limit))) + token.Price.Format(token.Decimals, token.Symbol())
		}
	})
}
