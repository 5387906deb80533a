package tx_test

import (
	"slices"
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

// buildAndSign is the whole way with both safety checks.
func buildAndSign(b *testing.B, key *wallet.Key, want tx.Expected, ref tx.Reference) {
	built, err := tx.Build(want.Contract, ref, tx.Options{})
	if err == nil {
		err = built.SignExpected(b.Context(), key, want)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBuildAndSign takes turns with bare signing, so that both see the same machine, and reports the ratio of the two medians: the target is 0.85.
func BenchmarkBuildAndSign(b *testing.B) {
	key := keyOne(b)
	want := tx.Expected{Contract: transferOf(key.Address())}
	ref := reference()
	digest := [32]byte{1}
	var bare, whole []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		key.Sign(digest)
		middle := time.Now()
		buildAndSign(b, key, want, ref)
		bare, whole = append(bare, middle.Sub(start)), append(whole, time.Since(middle))
	}
	b.ReportMetric(float64(median(bare))/float64(median(whole)), "bare/whole(≥0.85)")
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
