//go:build unix

package ledger_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"syscall"
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
// performance page are for the whole service with gRPC; the ledger alone must leave room for that. Rates are per second of processor time as well as of the clock, because
// other programs on the machine slow only the second.
func BenchmarkAccept(b *testing.B) {
	var raw, signed rate
	b.Run("raw", func(b *testing.B) {
		raw = rawVerifications(b)
		raw.report(b)
	})
	b.Run("signed", func(b *testing.B) {
		signed = benchStream(b, signedVouchers)
		signed.against(b, raw, "of-raw(target≥0.7)")
	})
	b.Run("reveals", func(b *testing.B) {
		benchStream(b, revealsOneByOne).against(b, signed, "of-signed(target≥7)")
	})
	b.Run("frames", func(b *testing.B) {
		benchFrames(b).against(b, signed, "of-signed(target≥14)")
	})
}

// rate is how many of something a second of the clock and a second of processor time bring.
type rate struct{ clock, cpu float64 }

// since is the rate of n since a begin, which had used that much processor time.
func since(n int, begin time.Time, used time.Duration) rate {
	return rate{clock: float64(n) / time.Since(begin).Seconds(), cpu: float64(n) / (cpuTime() - used).Seconds()}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (r rate) report(b *testing.B) {
	b.ReportMetric(r.clock, "/s")
	b.ReportMetric(r.cpu, "/cpu-s")
}

func (r rate) against(b *testing.B, other rate, name string) {
	r.report(b)
	if other.cpu > 0 {
		b.ReportMetric(r.clock/other.clock, name)
		b.ReportMetric(r.cpu/other.cpu, "cpu:"+name)
	}
}

// rawVerifications is how many signatures all cores check.
func rawVerifications(b *testing.B) rate {
	key, err := wallet.NewKey()
	if err != nil {
		b.Fatal(err)
	}
	digest := wallet.Keccak256([]byte("a digest")) // of zeros half of the work would be left out
	signature, secret := key.Sign(digest), key.Bytes()
	private, err := crypto.ToECDSA(secret[:])
	if err != nil {
		b.Fatal(err)
	}
	public := crypto.CompressPubkey(&private.PublicKey)
	each := b.N / runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	begin, used := time.Now(), cpuTime()
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for range each {
				crypto.VerifySignature(public, digest[:], signature[:64])
			}
		})
	}
	group.Wait()
	return since(max(each, 1)*runtime.GOMAXPROCS(0), begin, used)
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
func benchStream(b *testing.B, make_ source) rate {
	w := newWorld(b)
	payments := make([][]channel.Payment, benchStreams)
	for i := range payments {
		payments[i] = make_(w.payer(1<<50), b.N/benchStreams+1)
	}
	latencies := make([][]time.Duration, benchStreams)
	b.ResetTimer()
	begin, used := time.Now(), cpuTime()
	var group sync.WaitGroup
	for i := range payments {
		group.Go(func() { latencies[i] = stream(b, w.l, payments[i]) })
	}
	group.Wait()
	r := since(benchStreams*len(payments[0]), begin, used)
	b.StopTimer()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	p50, p99 := all[len(all)/2], all[len(all)*99/100]
	b.ReportMetric(float64(p99)/float64(p50), "p99/p50")
	b.ReportMetric(float64(len(all))/float64(max(w.l.Stats().Commits, 1)), "payments/commit")
	return r
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
func benchFrames(b *testing.B) rate {
	w := newWorld(b)
	payments := make([][]channel.Payment, benchStreams)
	for i := range payments {
		payments[i] = revealsOneByOne(w.payer(1<<50), b.N/benchStreams+1)
	}
	b.ResetTimer()
	begin, used := time.Now(), cpuTime()
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
	r := since(benchStreams*len(payments[0]), begin, used)
	b.StopTimer()
	return r
}
