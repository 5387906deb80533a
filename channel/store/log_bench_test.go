package store

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Benchmark_Evidence compares a batch of 512 random channels out of 20,000 as one packed row with as many upserts, durable both. Target: 3 times as many channels a second.
func Benchmark_Evidence(b *testing.B) {
	const channels, batch = 20_000, 512
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	all := fill(b, s, channels)
	rng := rand.New(rand.NewPCG(1, 1))
	pick := func() []channel.Record {
		records := make([]channel.Record, 0, batch)
		for _, i := range rng.Perm(channels)[:batch] {
			all[i].Held.Cumulative = all[i].Held.Cumulative.Add(channel.NewAmount(1))
			records = append(records, all[i])
			all[i].Version++
		}
		return records
	}
	rate := func(b *testing.B, save func([]channel.Record) error) float64 {
		var spent time.Duration
		for b.Loop() {
			records := pick()
			begin := time.Now()
			if err := save(records); err != nil {
				b.Fatal(err)
			}
			spent += time.Since(begin)
		}
		perSecond := float64(b.N) * batch / spent.Seconds()
		b.ReportMetric(perSecond, "channels/s")
		return perSecond
	}
	var packed, rows float64
	for range 4 * channels / batch { // a running server knows its channels
		if _, err := s.SaveEvidence(context.Background(), pick()); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("packed", func(b *testing.B) {
		packed = rate(b, func(records []channel.Record) error {
			lost, err := s.SaveEvidence(context.Background(), records)
			if len(lost) > 0 {
				b.Fatalf("%d lost", len(lost))
			}
			return err
		})
	})
	if err := s.kind.(*sqliteBackend).foldAll(context.Background(), s); err != nil {
		b.Fatal(err)
	}
	b.Run("rows", func(b *testing.B) {
		rows = rate(b, func(records []channel.Record) error { return saveRows(s, records) })
		if rows > 0 {
			b.ReportMetric(packed/rows, "packed/rows(≥3)")
		}
	})
}

// saveRows is what the log replaces.
func saveRows(s *Store, records []channel.Record) error {
	return s.Update(context.Background(), func(t *Tx) error {
		update, err := t.prepare(`UPDATE channels SET paid = $1, promised = $2, evidence = $3, due_since = $4, accepted = $5, version = version + 1
			WHERE id = $6 AND version = $7 AND state = 0 AND frozen = 0 AND $2 <= deposit`)
		if err != nil {
			return err
		}
		defer func() { _ = update.Close() }()
		for i := range records {
			r := &records[i]
			paid, promised := r.Paid(), r.Promised()
			_, err := update.ExecContext(t.ctx, paid.Bytes(), promised.Bytes(), r.AppendEvidence([]byte{}), r.DueSince, int64(r.Accepted), r.ID[:], int64(r.Version))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func fill(tb testing.TB, s *Store, n int) []channel.Record {
	tb.Helper()
	all := make([]channel.Record, n)
	err := s.Update(context.Background(), func(t *Tx) error {
		for i := range all {
			terms := channel.Terms{Payer: wallet.AddressFromEVM([20]byte{byte(i), byte(i >> 8), byte(i >> 16)}), Payee: wallet.AddressFromEVM([20]byte{9}), Challenge: time.Hour}
			r := channel.NewRecord(terms, channel.NewAmount(1<<40))
			r.Held = channel.SignedVoucher{Voucher: channel.Voucher{Channel: r.ID, Tails: []channel.Tail{{Unit: channel.NewAmount(1), Length: 256, Expiry: 1 << 40}}}}
			r.Reveals = []channel.Progress{{Count: 3, Preimage: [32]byte{1}}}
			if err := t.PutChannel(&r); err != nil {
				return err
			}
			all[i] = r
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}
