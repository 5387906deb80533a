//go:build linux

package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
)

const (
	benchPayers = 8
	benchFlight = 64 // vouchers of one payer that are not acknowledged
	benchFor    = 3 * time.Second
)

// BenchmarkServers is what one, two and four `piecework serve` on one PostgreSQL take: signed vouchers that are acknowledged, a second. It
// says where the processor time went, and what the limit was. What an ack costs servers and database against one server is what scaling
// takes: n servers on cores of their own take n/cost-of-one. The test's PostgreSQL does not sync.
func BenchmarkServers(b *testing.B) {
	var one float64
	for _, n := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFleet(b, n)
			for i := range n {
				f.start(i)
			}
			payers := f.openChannels(benchPayers)
			for _, s := range f.servers {
				f.until("a view of the chain", func() bool { return s.serving(b) })
			}
			cost := f.measure(b, payers)
			if n == 1 {
				one = cost
			}
			b.ReportMetric(cost/one, "cost-of-one")
		})
	}
}

// serving says whether the server takes payments.
func (s *served) serving(b *testing.B) bool {
	conn, err := grpc.NewClient(s.listen, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	health, err := channelpb.NewAdminClient(conn).Health(b.Context(), &channelpb.HealthRequest{})
	return err == nil && health.GetServing()
}

// measure lets every payer pay one of the servers for a while. It gives what an ack costs servers and database, in seconds of processor time.
func (f *fleet) measure(b *testing.B, payers []*steadyPayer) (cost float64) {
	before := f.usage()
	ctx, cancel := context.WithTimeout(b.Context(), benchFor)
	defer cancel()
	var group sync.WaitGroup
	var acknowledged atomic.Uint64
	for i, p := range payers {
		group.Go(func() {
			if err := p.stream(ctx, f.servers[i%len(f.servers)].listen, &acknowledged); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	used := f.usage().since(before)
	count := float64(acknowledged.Load())
	b.ReportMetric(count/used.wall, "acks/s")
	for what, seconds := range map[string]float64{"servers": used.servers, "postgres": used.postgres, "clients": used.clients} {
		b.ReportMetric(seconds/count*1e6, "cpu-µs/ack-"+what)
	}
	cores := float64(runtime.NumCPU())
	limit := "the waiting for each other's commits, not the cores"
	if used.idle < 0.1*used.wall*cores {
		limit = fmt.Sprintf("the %v cores", cores)
	}
	b.Logf("%.0f acks a second; busy: servers %.0f %%, PostgreSQL %.0f %%, clients and testnet %.0f %%, others %.0f %% of %v cores; the limit was %s", count/used.wall,
		used.servers/used.wall/cores*100, used.postgres/used.wall/cores*100, used.clients/used.wall/cores*100, used.others()/used.wall/cores*100, cores, limit)
	return (used.servers + used.postgres) / count
}

// stream sends vouchers of one unit more each until ctx ends, and counts acks.
func (p *steadyPayer) stream(ctx context.Context, address string, acknowledged *atomic.Uint64) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	stream, err := channelpb.NewPaymentsClient(conn).Pay(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	flight, received := make(chan struct{}, benchFlight), make(chan error, 1)
	go func() {
		for told := uint64(0); ; {
			ack, err := stream.Recv()
			if err != nil {
				received <- err
				return
			}
			for ; told < ack.GetAcknowledged(); told++ {
				acknowledged.Add(1)
				<-flight
			}
		}
	}()
	separator := p.domain.Separator()
	for ctx.Err() == nil {
		select {
		case flight <- struct{}{}:
		case err := <-received:
			return err
		}
		p.paid++
		v := channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(p.paid)}.SignUnder(p.key, separator)
		request := &channelpb.PayRequest{Payments: []*channelpb.Payment{message.FromPayment(channel.Payment{Channel: p.id, Voucher: &v})}}
		if p.paid == 1 {
			request.Channel = p.id[:]
		}
		if err := stream.Send(request); err != nil {
			return errors.Join(err, <-received)
		}
	}
	_ = stream.CloseSend()
	if err := <-received; !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// usage is processor time in seconds, by who used it.
type usage struct {
	wall                                  float64
	servers, postgres, clients, all, idle float64
}

func (u usage) since(v usage) usage {
	return usage{u.wall - v.wall, u.servers - v.servers, u.postgres - v.postgres, u.clients - v.clients, u.all - v.all, u.idle - v.idle}
}

func (u usage) others() float64 { return max(0, u.all-u.servers-u.postgres-u.clients) }

const ticks = 100 // a second, of the kernel's accounts

func (f *fleet) usage() usage {
	u := usage{wall: float64(time.Now().UnixNano()) / 1e9}
	servers := map[int]bool{}
	for _, s := range f.servers {
		servers[s.process.Process.Pid] = true
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		name, pid, seconds := processTime(file)
		switch {
		case servers[pid]:
			u.servers += seconds
		case name == "postgres":
			u.postgres += seconds
		case pid == os.Getpid():
			u.clients += seconds
		}
	}
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseFloat(field, 64)
		if i == 3 || i == 4 { // idle, and idle until the disk answers
			u.idle += n / ticks
		} else if i < 8 {
			u.all += n / ticks
		}
	}
	return u
}

// processTime reads a process's name, id, and the time that it has used.
func processTime(file string) (name string, pid int, seconds float64) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", 0, 0 // it has ended
	}
	head, rest, _ := strings.Cut(string(text), ") ")
	id, name, _ := strings.Cut(head, " (")
	pid, _ = strconv.Atoi(id)
	fields := strings.Fields(rest)
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return name, pid, (user + system) / ticks
}
