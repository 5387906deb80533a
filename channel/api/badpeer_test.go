//go:build unix

package api_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
)

// badPeerHelper names, in the environment, the server and the channel against which the test binary plays the bad peer.
const badPeerHelper = "PIECEWORK_TEST_BAD_PEER"

const (
	badRate = 10_000 // bad signatures a second
	badFor  = 3 * time.Second
	// badAddress is the peer's own on the loopback, so that its ban meets nobody else.
	badAddress = "127.0.0.66"
)

// BenchmarkBadSignatures measures what a peer costs that sends 10,000 bad signatures a second in frames of 64, connects again whenever it
// is cut off, and never tires: its share of one core in this process, and what the pay of somebody else waits meanwhile against before.
func BenchmarkBadSignatures(b *testing.B) {
	if target := os.Getenv(badPeerHelper); target != "" {
		playBadPeer(target)
		return
	}
	w := newWorld(b, nil)
	quiet := w.payFor(b, 1, badFor/3)
	idle := shareFor(badFor / 3)
	peer := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkBadSignatures$")
	peer.Env = append(os.Environ(), badPeerHelper+"="+w.address+"/"+w.in.ID().String())
	var said strings.Builder
	peer.Stdout = &said
	if err := peer.Start(); err != nil {
		b.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // until it has begun
	share := shareFor(badFor)
	busy := w.payFor(b, 1<<20, badFor/3)
	if err := peer.Wait(); err != nil {
		b.Fatal(err, said.String())
	}
	_, line, _ := strings.Cut(said.String(), "sent ")
	b.Logf("idle %.1f %% of a core; the peer sent %s", 100*idle, strings.SplitN(line, "\n", 2)[0])
	b.ReportMetric(100*(share-idle), "%-of-a-core(target<5)")
	b.ReportMetric(busy.Seconds()/quiet.Seconds(), "p99-of-others/p99-alone")
}

// shareFor is how much of a core this process takes for a while.
func shareFor(long time.Duration) float64 {
	used, begun := cpuTime(), time.Now()
	time.Sleep(long)
	return float64(cpuTime()-used) / float64(time.Since(begun))
}

// payFor pays one voucher after the other and gives the time that 99 of 100 took at most.
func (w *world) payFor(b *testing.B, from uint64, long time.Duration) time.Duration {
	var took []time.Duration
	for end := time.Now().Add(long); time.Now().Before(end); {
		begun := time.Now()
		w.pay(from + uint64(len(took)))
		took = append(took, time.Since(begun))
		time.Sleep(time.Millisecond)
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// playBadPeer sends its share of signatures for each tenth of a second, as far as it is let.
func playBadPeer(target string) {
	address, name, _ := strings.Cut(target, "/")
	id, err := hex.DecodeString(name)
	if err != nil {
		panic(err)
	}
	sent, connects := 0, 0
	var stream pb.Payments_PayClient
	begun := time.Now()
	for time.Since(begun) < 2*badFor {
		for due := int(time.Since(begun).Seconds() * badRate); sent < due; {
			if stream == nil {
				connects++
				if stream = badStream(address); stream == nil {
					sent += 64 // it had them ready
					continue
				}
			}
			if stream.Send(badFrame(id)) != nil {
				stream = nil
			}
			sent += 64
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Printf("sent %d signatures over %d connections\n", sent, connects)
}

// badStream connects at once, or gives nil where it is turned away.
func badStream(address string) pb.Payments_PayClient {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(badAddress)}}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, a string) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", a) }))
	if err != nil {
		panic(err)
	}
	stream, err := pb.NewPaymentsClient(conn).Pay(context.Background())
	if err != nil {
		_ = conn.Close()
		return nil
	}
	context.AfterFunc(stream.Context(), func() { _ = conn.Close() })
	return stream
}

// badFrame is 64 vouchers that look like the next ones, with signatures that recover somebody.
func badFrame(id []byte) *pb.PayRequest {
	frame := &pb.PayRequest{Channel: id}
	for i := range uint64(64) {
		v := channel.SignedVoucher{Voucher: channel.Voucher{Channel: channel.ID(id), Cumulative: channel.NewAmount(1<<30 + i)}}
		for k := range 31 {
			v.Signature[1+k], v.Signature[33+k] = byte(rand.Uint32()), byte(rand.Uint32())
		}
		v.Signature[64] = 27
		frame.Payments = append(frame.Payments, message.FromPayment(channel.Payment{Channel: v.Channel, Voucher: &v}))
	}
	return frame
}
