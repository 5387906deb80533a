package ledger_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/wallet"
)

// The streams of the performance page: 16, each with 64 payments in flight.
const (
	benchStreams = 16
	benchFlight  = 64
)

// BenchmarkAccept measures what the ledger takes, durable on SQLite, as ratios to the raw verification rate of the same cores in the same run. The targets of the
// performance page are for the whole service with gRPC; the ledger alone must leave room for that.
func BenchmarkAccept(b *testing.B) {
	raw := rawVerifications(b)
	b.Run("raw", func(b *testing.B) {
		for b.Loop() { // the rate is measured before
		}
		b.ReportMetric(raw, "verifications/s")
	})
	var signed float64
	b.Run("signed", func(b *testing.B) {
		signed = benchStream(b, signedVouchers)
		b.ReportMetric(signed/raw, "of-raw(target≥0.7)")
	})
	b.Run("reveals", func(b *testing.B) {
		reveals := benchStream(b, revealsOneByOne)
		if signed > 0 {
			b.ReportMetric(reveals/signed, "of-signed(target≥7)")
		}
	})
	b.Run("frames", func(b *testing.B) {
		frames := benchFrames(b)
		if signed > 0 {
			b.ReportMetric(frames/signed, "of-signed(target≥14)")
		}
	})
}

// rawVerifications is how many signatures all cores check in a second.
func rawVerifications(b *testing.B) float64 {
	key, err := wallet.NewKey()
	if err != nil {
		b.Fatal(err)
	}
	var digest [32]byte
	signature, secret := key.Sign(digest), key.Bytes()
	private, err := crypto.ToECDSA(secret[:])
	if err != nil {
		b.Fatal(err)
	}
	public := crypto.CompressPubkey(&private.PublicKey)
	const each = 4_000
	var group sync.WaitGroup
	begin := time.Now()
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for range each {
				crypto.VerifySignature(public, digest[:], signature[:64])
			}
		})
	}
	group.Wait()
	return float64(each*runtime.GOMAXPROCS(0)) / time.Since(begin).Seconds()
}

// source makes the n-th payment of a stream's channel, prepared before the clock runs.
type source func(p *payer, n int) []channel.Payment

func signedVouchers(p *payer, n int) []channel.Payment {
	list := make([]channel.Payment, n)
	for i := range list {
		list[i] = p.voucher(uint64(i + 1))
	}
	return list
}

// revealsOneByOne are reveals of as many tails as are needed, with the voucher that promises each.
func revealsOneByOne(p *payer, n int) []channel.Payment {
	list := make([]channel.Payment, 0, n)
	for paid := uint64(0); len(list) < n; paid += channel.MaxTailLength {
		chain, tail := p.chain(channel.MaxTailLength, 1)
		list = append(list, p.voucher(paid, tail))
		for count := uint32(1); count <= channel.MaxTailLength && len(list) < n; count++ {
			list = append(list, p.reveal(chain, count))
		}
	}
	return list
}

// benchStream lets every stream send its payments with at most benchFlight of them unanswered, and reports rate and latency.
func benchStream(b *testing.B, make_ source) float64 {
	w := newWorld(b)
	payments := make([][]channel.Payment, benchStreams)
	for i := range payments {
		payments[i] = make_(w.payer(1<<50), b.N/benchStreams+1)
	}
	latencies := make([][]time.Duration, benchStreams)
	b.ResetTimer()
	begin := time.Now()
	var group sync.WaitGroup
	for i := range payments {
		group.Go(func() { latencies[i] = stream(b, w.l, payments[i]) })
	}
	group.Wait()
	spent := time.Since(begin)
	b.StopTimer()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	rate := float64(len(all)) / spent.Seconds()
	p50, p99 := all[len(all)/2], all[len(all)*99/100]
	b.ReportMetric(rate, "payments/s")
	b.ReportMetric(float64(p99)/float64(p50), "p99/p50")
	b.ReportMetric(float64(len(all))/float64(max(w.l.Stats().Commits, 1)), "payments/commit")
	return rate
}

type sent struct {
	ticket ledger.Ticket
	at     time.Time
}

// stream is what a server does for one connection: one goroutine takes payments in, another answers them in order.
func stream(b *testing.B, l *ledger.Ledger, payments []channel.Payment) (latencies []time.Duration) {
	flight := make(chan sent, benchFlight)
	var group sync.WaitGroup
	group.Go(func() {
		for s := range flight {
			if _, err := s.ticket.Wait(context.Background()); err != nil {
				b.Error(err)
			}
			latencies = append(latencies, time.Since(s.at))
		}
	})
	for i := range payments {
		at := time.Now()
		ticket, err := l.Offer(context.Background(), payments[i])
		if err != nil {
			b.Error(err)
			break
		}
		flight <- sent{ticket, at}
	}
	close(flight)
	group.Wait()
	return latencies
}

// benchFrames sends reveals in frames of 64 that are answered by their last.
func benchFrames(b *testing.B) float64 {
	w := newWorld(b)
	payments := make([][]channel.Payment, benchStreams)
	for i := range payments {
		payments[i] = revealsOneByOne(w.payer(1<<50), b.N/benchStreams+1)
	}
	b.ResetTimer()
	begin := time.Now()
	var group sync.WaitGroup
	for i := range payments {
		group.Go(func() {
			for frame := range slices.Chunk(payments[i], benchFlight) {
				if _, err := w.l.AcceptAll(context.Background(), frame); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	rate := float64(b.N) / time.Since(begin).Seconds()
	b.StopTimer()
	b.ReportMetric(rate, "payments/s")
	return rate
}
