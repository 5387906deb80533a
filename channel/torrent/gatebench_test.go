//go:build unix

package torrent_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// What transfers of BenchmarkGate move, how fast, and how often what is verified is paid.
const (
	fullSize   = 64 * mib // as fast as both ends can
	lineSize   = 32 * mib
	lineRate   = 16 * mib // bytes a second: 134 Mbit/s
	benchPiece = 256 << 10
)

// BenchmarkGate is the processor time of both ends of a transfer with gates, ledger and purse, as a ratio of the same transfer between the same clients without them: the same disk and
// verification, in turn, after a transfer of each that does not count. It is taken twice, with a window too narrow for a payer to gather steps: as fast as both ends can, and by a line of
// another process, whose time does not count, that is slow enough that nearly every piece is paid before the next is whole. Where two pieces are paid at once all the same, the ratio counts the
// payment that is missing: it is always that of one payment for 256 KiB. Payments are durable at both ends, several by one write.
//
//   - of-ungated-cpu is the target's ratio, as fast as both ends can; gate-alone the same when nothing is paid (a free rider through the gate of a seeder that serves it), µs/payment what a
//     payment adds,
//   - as-shipped is the ratio with the usual window, by which a payer gathers steps,
//   - the same by the line, and without-writes with books at both ends that write nothing for a reveal: what is left is the rhythm itself, by which everybody is woken for each 256 KiB.
func BenchmarkGate(b *testing.B) {
	g := newGateBench(b)
	for b.Loop() {
		for range 5 {
			g.round()
		}
	}
	b.ReportMetric(g.full.exact(), "of-ungated-cpu(target≤1.05)")
	b.ReportMetric(ratio(g.full.alone, g.full.plain), "gate-alone")
	b.ReportMetric(median(g.full.payments)/(fullSize/mib), "payments/MiB-counted-as-4")
	b.ReportMetric(g.full.payment()*1e6, "µs/payment")
	b.ReportMetric(median(g.full.plain)*1e3/(fullSize/1e6), "ungated-ms/MB")
	b.ReportMetric(ratio(g.shipped.paid, g.shipped.plain), "as-shipped")
	b.ReportMetric(median(g.shipped.payments)/(fullSize/mib), "as-shipped-payments/MiB")
	b.ReportMetric(g.line.exact(), "line-of-ungated-cpu")
	b.ReportMetric(g.unwritten.exact(), "line-without-writes")
	b.ReportMetric(ratio(g.line.alone, g.line.plain), "line-gate-alone")
	b.ReportMetric(g.line.payment()*1e6, "line-µs/payment")
	b.ReportMetric(median(g.line.plain)*1e3/(lineSize/1e6), "line-ungated-ms/MB")
}

// gateBench is the two ends of BenchmarkGate, and what its transfers took.
type gateBench struct {
	fetch                          func(how benchWay) (seconds float64, payments int64)
	full, shipped, line, unwritten gateTimes
}

// gateTimes are the processor seconds of transfers of one size that were made next to each other, and the payments of the paid ones.
type gateTimes struct {
	size                         int64
	plain, alone, paid, payments []float64
}

// add takes down one transfer of each kind.
func (t *gateTimes) add(plain, alone, paid float64, payments int64) {
	t.plain, t.alone, t.paid, t.payments = append(t.plain, plain), append(t.alone, alone), append(t.paid, paid), append(t.payments, float64(payments))
}

// payment is what one payment adds, in seconds.
func (t *gateTimes) payment() float64 {
	list := make([]float64, len(t.paid))
	for i := range list {
		list[i] = (t.paid[i] - t.alone[i]) / t.payments[i]
	}
	return median(list)
}

// exact is the ratio of a transfer with a payment for each piece to an ungated one.
func (t *gateTimes) exact() float64 {
	list := make([]float64, len(t.paid))
	for i := range list {
		list[i] = t.alone[i] + (t.paid[i]-t.alone[i])*float64(t.size/benchPiece)/t.payments[i]
	}
	return ratio(list, t.plain)
}

// benchWay is how a transfer is made.
type benchWay struct{ gated, pays, line, usual, unwritten bool }

func newGateBench(b *testing.B) *gateBench {
	w := newWorld(b)
	usual := w.Offer(channel.TRX)
	narrow := usual
	narrow.Window = gate.Window{Start: 2 * mib, Max: 2 * mib} // an eighth of it is a step
	whole, _ := w.file(fullSize, benchPiece)
	part, _ := w.file(lineSize, benchPiece)
	seed := func(mi *metainfo.MetaInfo, o torrent.Offer, l torrent.Ledger) string {
		return w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Ledger: l, Offers: []torrent.Offer{o}, Uplink: gate.UplinkConfig{FreeFloor: 1 << 30}}}).Addr()
	}
	seeders := map[benchWay]string{
		{}: plainSeeder(b, w, whole), {gated: true}: seed(whole, narrow, w.Ledger), {gated: true, usual: true}: seed(whole, usual, w.Ledger),
		{line: true}: slowLine(b, plainSeeder(b, w, part)), {line: true, gated: true}: slowLine(b, seed(part, narrow, w.Ledger)),
		{line: true, gated: true, unwritten: true}: slowLine(b, seed(part, narrow, &unwrittenLedger{Ledger: w.Ledger, records: map[channel.ID]*channel.Record{}})),
	}
	g := &gateBench{}
	g.fetch = func(how benchWay) (seconds float64, payments int64) {
		runtime.GC()
		mi := whole
		if how.line {
			mi = part
		}
		var from *payer
		if how.pays {
			from, how.pays = w.payer(channel.TRX, 1<<40), false
		}
		address := seeders[how]
		if !how.gated {
			c := plainClient(b, b.TempDir())
			defer c.Close()
			return cpuOf(func() { plainGet(b, c, mi, address, nil) }).Seconds(), 0
		}
		d := w.downloader(from, func(c *torrent.DownloaderConfig) {
			if how.unwritten {
				c.Purses = unwrittenPurses{c.Purses}
			}
		})
		defer func() { _ = d.Close() }()
		return cpuOf(func() { payments = get(b, d, mi, address).Payments }).Seconds(), payments
	}
	g.round()
	for t, size := range map[*gateTimes]int64{&g.full: fullSize, &g.shipped: fullSize, &g.line: lineSize, &g.unwritten: lineSize} {
		*t = gateTimes{size: size} // the first do not count
	}
	return g
}

// round is one transfer of each kind by the line, and a few, which take a fifth of the time, without it.
func (g *gateBench) round() {
	plain, _ := g.fetch(benchWay{line: true})
	alone, _ := g.fetch(benchWay{line: true, gated: true})
	paid, payments := g.fetch(benchWay{line: true, gated: true, pays: true})
	g.line.add(plain, alone, paid, payments)
	paid, payments = g.fetch(benchWay{line: true, gated: true, pays: true, unwritten: true})
	g.unwritten.add(plain, alone, paid, payments)
	for range 4 {
		plain, _ := g.fetch(benchWay{})
		alone, _ := g.fetch(benchWay{gated: true})
		paid, payments := g.fetch(benchWay{gated: true, pays: true})
		g.full.add(plain, alone, paid, payments)
		paid, payments = g.fetch(benchWay{gated: true, pays: true, usual: true})
		g.shipped.add(plain, alone, paid, payments)
	}
}

// unwrittenLedger takes reveals by the rule, and writes none of them.
type unwrittenLedger struct {
	*ledger.Ledger
	mu      sync.Mutex
	records map[channel.ID]*channel.Record
}

// Accept implements torrent.Ledger.
func (l *unwrittenLedger) Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	if p.Voucher == nil {
		pending, err := l.AcceptLater(ctx, p)
		if err != nil {
			return channel.Receipt{}, err
		}
		return pending.Receipt(), nil
	}
	l.mu.Lock()
	delete(l.records, p.Channel)
	l.mu.Unlock()
	return l.Ledger.Accept(ctx, p)
}

// AcceptLater implements torrent.Ledger.
func (l *unwrittenLedger) AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.records[p.Channel]
	if r == nil {
		read, err := l.Ledger.Record(ctx, p.Channel)
		if err != nil {
			return nil, err
		}
		r = &read
		l.records[p.Channel] = r
	}
	outcome, err := l.Rule().AcceptReveal(r, p.Reveal, l.Now())
	return channel.Durable{Channel: r.ID, Paid: r.Paid(), Replayed: outcome == channel.Replayed}, err
}

// unwrittenPurses write once for all steps of a tail.
type unwrittenPurses struct{ torrent.Purses }

// For implements torrent.Purses.
func (u unwrittenPurses) For(ctx context.Context, terms *wire.Terms) (torrent.Purse, error) {
	p, err := u.Purses.For(ctx, terms)
	return unwrittenPurse{p}, err
}

type unwrittenPurse struct{ torrent.Purse }

// RevealAhead implements torrent.Purse.
func (u unwrittenPurse) RevealAhead(ctx context.Context, tail channel.Anchor, count, _ uint32) (channel.Reveal, error) {
	return u.Purse.RevealAhead(ctx, tail, count, channel.MaxTailLength)
}

// ratio is the median of the ratios of the transfers of one kind to those of another that were made next to them.
func ratio(of, to []float64) float64 {
	list := make([]float64, len(of))
	for i := range of {
		list[i] = of[i] / to[i]
	}
	return median(list)
}

// slowLine is a line of lineRate to an address, kept by a process of its own. It gives where it begins.
func slowLine(b *testing.B, to string) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", slowLineTo, to))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// slowLineTo is where a slow line leads.
const slowLineTo = "PIECEWORK_TEST_SLOW_LINE_TO"

// TestMain is the process of slowLine where it is asked to. That ends with its input.
func TestMain(m *testing.M) {
	to := os.Getenv(slowLineTo)
	if to == "" {
		os.Exit(m.Run())
	}
	l, err := way{rate: lineRate}.listen(to)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}
