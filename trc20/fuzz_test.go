package trc20

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/piecework/piecework/wallet"
)

// Whatever a contract answers, what is shown of it is short and printable, and amounts are exact or nothing is opened.
func FuzzOpen(f *testing.F) {
	f.Add(make([]byte, 32), says("string", "Tether")(nil), says("bytes32", [32]byte{'U'})(nil))
	f.Add(says("uint256", 6)(nil), []byte{}, []byte("\x1b[2J"))
	f.Fuzz(func(t *testing.T, decimals, name, symbol []byte) {
		answer := func(b []byte) func([]any) []byte { return func([]any) []byte { return b } }
		token, err := Open(t.Context(), answers{"decimals()": answer(decimals), "name()": answer(name), "symbol()": answer(symbol)}, usdt)
		if err != nil {
			return
		}
		for _, shown := range []string{token.Name(), token.Symbol(), token.Format(wallet.UnitsFromUint64(1))} {
			if strings.ContainsAny(shown, "\x00\x1b\n\u202e") || utf8.RuneCountInString(shown) > 200 {
				t.Fatalf("%q", shown)
			}
		}
		u, err := token.Amount("1")
		if err != nil || wallet.FormatUnits(u, token.Decimals()) != "1" {
			t.Fatalf("1 is %s units of %d decimals: %v", u, token.Decimals(), err)
		}
	})
}

// A log that counts as a transfer has what a transfer has.
func FuzzParseTransfer(f *testing.F) {
	l := moved(usdt, alice, bob, 5)
	f.Add(l.Topics[1][:], l.Topics[2][:], l.Data)
	f.Fuzz(func(t *testing.T, from, to, data []byte) {
		if len(from) != 32 || len(to) != 32 {
			return
		}
		l := Log{Contract: usdt, Topics: [][32]byte{TransferTopic, [32]byte(from), [32]byte(to)}, Data: data}
		got, ok := ParseTransfer(l)
		if !ok {
			return
		}
		if got.From.EVM() != [20]byte(from[12:]) || got.To.EVM() != [20]byte(to[12:]) || got.Amount.Bytes32() != [32]byte(data[:32]) {
			t.Fatalf("%+v from %x %x %x", got, from, to, data)
		}
	})
}
