//go:build unix

package api_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

// The streams of the performance page: 16, each with 64 payments in flight.
const (
	benchStreams = 16
	benchFlight  = 64
)

// BenchmarkPay measures payments over gRPC, durable on SQLite and acknowledged, client and server on the same cores, as ratios of what the same cores did in the same run, a
// second of processor time: other programs on the machine slow only the clock. Targets: signed 0.7 of raw with cgo and 0.8 without; reveals 7 and frames 14 of signed.
func BenchmarkPay(b *testing.B) {
	var raw, signed float64
	b.Run("raw", func(b *testing.B) { raw = rawVerifications(b); b.ReportMetric(raw, "/cpu-s") })
	b.Run("signed", func(b *testing.B) {
		signed = benchPay(b, 1, func(w *world, terms channel.Terms, n int) []*pb.Payment { return vouchers(w, terms, n) })
		b.ReportMetric(signed/raw, "of-raw(target≥0.7,0.8-without-cgo)")
	})
	b.Run("reveals", func(b *testing.B) { b.ReportMetric(benchPay(b, 1, reveals)/signed, "of-signed(target≥7)") })
	b.Run("frames", func(b *testing.B) { b.ReportMetric(benchPay(b, benchFlight, reveals)/signed, "of-signed(target≥14)") })
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func rawVerifications(b *testing.B) float64 {
	key := wallettest.Key(b)
	digest := wallet.Keccak256([]byte("a digest")) // of zeros half of the work would be left out
	signature, secret := key.Sign(digest), key.Bytes()
	private, err := crypto.ToECDSA(secret[:])
	if err != nil {
		b.Fatal(err)
	}
	public, used := crypto.CompressPubkey(&private.PublicKey), cpuTime()
	var group sync.WaitGroup
	each := max(b.N/runtime.GOMAXPROCS(0), 1)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for range each {
				crypto.VerifySignature(public, digest[:], signature[:64])
			}
		})
	}
	group.Wait()
	return float64(each*runtime.GOMAXPROCS(0)) / (cpuTime() - used).Seconds()
}

func vouchers(w *world, terms channel.Terms, n int) (list []*pb.Payment) {
	for i := range n {
		v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(uint64(i + 1))}.Sign(w.payer, w.domain)
		list = append(list, message.FromPayment(channel.Payment{Channel: v.Channel, Voucher: &v}))
	}
	return list
}

func reveals(w *world, terms channel.Terms, n int) (list []*pb.Payment) {
	for paid := uint64(0); len(list) < n; paid += channel.MaxTailLength {
		chain, tail := w.tail(channel.MaxTailLength, 1)
		v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(paid), Tails: []channel.Tail{tail}}.Sign(w.payer, w.domain)
		list = append(list, message.FromPayment(channel.Payment{Channel: v.Channel, Voucher: &v}))
		for count := uint32(1); count <= channel.MaxTailLength && len(list) < n; count++ {
			reveal := chain.Reveal(count)
			list = append(list, message.FromPayment(channel.Payment{Channel: terms.ID(), Reveal: &reveal}))
		}
	}
	return list
}

// benchPay sends every stream's payments in frames of that size with at most benchFlight of them unanswered, and gives the rate per second of processor time.
func benchPay(b *testing.B, frame int, source func(*world, channel.Terms, int) []*pb.Payment) float64 {
	w := newWorld(b, func(c *api.Config) { c.Limits.Vouchers = 1 << 30 })
	terms, payments := make([]channel.Terms, benchStreams), make([][]*pb.Payment, benchStreams)
	var opened []channel.Event
	for i := range terms {
		terms[i] = w.in
		terms[i].Seed = [32]byte{9, byte(i)}
		opened = append(opened, w.opened(terms[i], 1<<50))
		payments[i] = source(w, terms[i], b.N/benchStreams+1)
	}
	w.follow(2, opened...)
	latencies := make([][]time.Duration, benchStreams)
	b.ResetTimer()
	used := cpuTime()
	var group sync.WaitGroup
	for i := range terms {
		group.Go(func() { latencies[i] = w.stream(b, terms[i].ID(), payments[i], frame) })
	}
	group.Wait()
	rate := float64(benchStreams*len(payments[0])) / (cpuTime() - used).Seconds()
	b.StopTimer()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)*99/100])/float64(all[len(all)/2]), "p99/p50")
	b.ReportMetric(rate, "/cpu-s")
	return rate
}

func (w *world) stream(b *testing.B, id channel.ID, payments []*pb.Payment, frame int) (latencies []time.Duration) {
	stream, err := pb.NewPaymentsClient(w.conn).Pay(context.Background())
	if err != nil {
		b.Error(err)
		return []time.Duration{1}
	}
	flight := make(chan time.Time, benchFlight)
	var group sync.WaitGroup
	group.Go(func() {
		for answered := uint64(0); ; {
			ack, err := stream.Recv()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					b.Error(err)
				}
				return
			}
			for ; answered < ack.GetAcknowledged(); answered++ {
				latencies = append(latencies, time.Since(<-flight))
			}
		}
	})
	named := id[:]
	for part := range slices.Chunk(payments, frame) {
		for range part {
			flight <- time.Now()
		}
		if err := stream.Send(&pb.PayRequest{Channel: named, Payments: part}); err != nil {
			b.Error(err)
			break
		}
		named = nil
	}
	_ = stream.CloseSend()
	group.Wait()
	return latencies
}
