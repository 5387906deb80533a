package store_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

// Benchmark_Postgres is what a shared store takes: 512 random channels out of 5,000 a commit, each written under its condition. The server of the tests does not sync.
func Benchmark_Postgres(b *testing.B) {
	const channels, batch = 5_000, 512
	s := open(b, storetest.Postgres(b))
	all := make([]channel.Record, channels)
	if err := s.Update(ctx, func(t *store.Tx) error {
		for i := range all {
			all[i] = channel.NewRecord(channel.Terms{Payer: wallet.AddressFromEVM([20]byte{byte(i), byte(i >> 8)}), Payee: bob, Challenge: time.Hour}, channel.NewAmount(1<<40))
			all[i].Held = channel.SignedVoucher{Voucher: channel.Voucher{Channel: all[i].ID}}
			if err := t.PutChannel(&all[i]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		records := make([]channel.Record, 0, batch)
		for _, i := range rng.Perm(channels)[:batch] {
			all[i].Held.Cumulative = all[i].Held.Cumulative.Add(channel.NewAmount(1))
			records = append(records, all[i])
			all[i].Version++
		}
		if lost, err := s.SaveEvidence(ctx, records); err != nil || len(lost) > 0 {
			b.Fatal(len(lost), err)
		}
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "channels/s")
}
