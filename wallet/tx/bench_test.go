package tx_test

import (
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func reference() tx.Reference {
	id, err := tx.ParseBlockID("00000000000012340123456789abcdef00000000000000000000000000000000")
	if err != nil {
		panic(err)
	}
	return tx.Reference{Block: id, Time: time.UnixMilli(1700000000000)}
}

func transferOf(owner wallet.Address) *tx.Transfer {
	return &tx.Transfer{Owner: owner, To: wallet.MustParseAddress("TBXSw8fM4jpQkGc6zZjsVABFpVN7UvXPdV"), Amount: wallet.TRX}
}

func BenchmarkBuild(b *testing.B) {
	c := transferOf(keyOne(b).Address())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tx.Build(c, reference(), tx.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatches(b *testing.B) {
	c := transferOf(keyOne(b).Address())
	built, err := tx.Build(c, reference(), tx.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := built.Matches(tx.Expected{Contract: c}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareSign(b *testing.B) {
	key := keyOne(b)
	b.ReportAllocs()
	for b.Loop() {
		key.Sign([32]byte{1})
	}
}
