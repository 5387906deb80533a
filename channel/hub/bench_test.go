//go:build unix

package hub_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
)

// BenchmarkHub measures what a session and a redemption take, both legs, book and disk included, and computes from it what a hub for 100,000 seeders at 1 Gbit/s each needs.
// The pieces take nothing: they do not pass the hub.
func BenchmarkHub(b *testing.B) {
	w := newWorld(b, filepath.Join(b.TempDir(), "hub.db"))
	w.terms.Deposit = amount(1 << 40)
	s, d := w.seeder(1, 1<<60), w.downloader(2, 1<<60, 24*time.Hour)
	const steps = 1024
	var opening, redeeming, cpu time.Duration
	sessions := 0
	for b.Loop() {
		q, chain := d.ask(s, steps)
		last := chain.Reveal(steps)
		used, began := processorTime(b), time.Now()
		if _, err := w.h.Open(ctx, q); err != nil {
			b.Fatal(err)
		}
		opened := time.Now()
		if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: []channel.Reveal{last}}); err != nil {
			b.Fatal(err)
		}
		cpu += processorTime(b) - used
		opening, redeeming = opening+opened.Sub(began), redeeming+time.Since(opened)
		d.held.Cumulative, d.held.Tails = d.held.Cumulative.Add(amount(steps*in)), nil
		sessions++
	}
	n := float64(sessions)
	b.ReportMetric(opening.Seconds()/n*1e6, "µs/session")
	b.ReportMetric(redeeming.Seconds()/n*1e6, "µs/redeem")
	b.ReportMetric(cpu.Seconds()/n*1e6, "cpu-µs/session+redeem")
	b.ReportMetric(cpu.Seconds()/n/steps*1e6, "cpu-µs/paid-step")
	const (
		seeders = 100_000
		bytes   = 1e9 / 8  // a second and seeder
		perStep = 16 << 20 // the largest step that a downloader takes
	)
	perSecond := seeders * bytes / (steps * perStep)
	b.ReportMetric(perSecond, "sessions/s-of-100k-seeders")
	b.ReportMetric(perSecond*cpu.Seconds()/n, "cores-for-100k-seeders")
}

// processorTime is what this process has used, all cores together.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
