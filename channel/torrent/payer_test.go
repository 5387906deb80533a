package torrent_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

func TestOddSizesAndPricesArePaidToTheUnit(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ size, piece, price, unitBytes int64 }{
		{3*mib + 12345, 256 << 10, 1000, 256 << 10},
		{1, 256 << 10, 1000, 256 << 10},
		{5 * mib, 1 * mib, 7, 64 << 10},
		{9*mib - 1, 4 * mib, 999_983, 1 * mib},
		{2 * mib, 16 << 10, 3, 32 << 10},
	} {
		mi, sum := w.file(c.size, c.piece)
		offer := w.Offer(channel.TRX)
		offer.Price, offer.UnitBytes = channel.NewAmount(uint64(c.price)), c.unitBytes
		s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Offers: []torrent.Offer{offer}}})
		p := w.payer(channel.TRX, 1_000_000_000)
		d := w.downloader(p, func(c *torrent.DownloaderConfig) { c.Limits.MaxPrice = channel.NewAmount(1_000_000) })
		r := get(t, d, mi, s.Addr())
		unit := gate.Unit(offer.Price, c.unitBytes)
		want := unit.Mul(gate.Steps(gate.Cost(offer.Price, c.size), unit, 1<<30))
		if fetched(t, d, r.Name) != sum || r.Paid != want || p.paid() != want {
			t.Errorf("%d bytes at %d: paid %s, the payee holds %s, want %s in units of %s", c.size, c.price, r.Paid, p.paid(), want, unit)
		}
	}
}

func TestLimitsAreNeverPassed(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(4*mib, 256<<10)
	for name, c := range map[string]struct {
		limits torrent.Limits
		most   uint64
	}{
		"too expensive": {torrent.Limits{MaxPrice: channel.NewAmount(999), Budget: channel.NewAmount(1 << 30)}, 0},
		"small budget":  {torrent.Limits{MaxPrice: channel.NewAmount(1000), Budget: channel.NewAmount(1300)}, 1300},
		"no budget":     {torrent.Limits{MaxPrice: channel.NewAmount(1000)}, 0},
		"bid over it":   {torrent.Limits{MaxPrice: channel.NewAmount(1000), Budget: channel.NewAmount(1 << 30), Bid: channel.NewAmount(1)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 8 * mib}}})
			p := w.payer(channel.TRX, 1_000_000)
			d := w.downloader(p, func(d *torrent.DownloaderConfig) { d.Limits = c.limits })
			r := get(t, d, mi, s.Addr()) // the rest comes for free
			if fetched(t, d, r.Name) != sum {
				t.Error("the file differs")
			}
			if most := channel.NewAmount(c.most); most.Less(r.Paid) || r.Paid != p.paid() || c.most > 0 && r.Paid.IsZero() {
				t.Errorf("paid %s (the payee holds %s), at most %s", r.Paid, p.paid(), most)
			}
		})
	}
}

func TestDepositRunsOut(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(4*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 8 * mib}}})
	p := w.payer(channel.TRX, 2600)
	d := w.downloader(p, nil)
	r := get(t, d, mi, s.Addr())
	if fetched(t, d, r.Name) != sum || r.Paid != channel.NewAmount(2500) || p.paid() != r.Paid {
		t.Errorf("paid %s, the payee holds %s, of a deposit of 2600", r.Paid, p.paid())
	}
}

func TestTailsRunOutAndTheSessionGoesOn(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(16*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{})
	p := w.payer(channel.TRX, 10_000_000)
	p.Purses.TailLength = 7
	d := w.downloader(p, nil)
	r := get(t, d, mi, s.Addr())
	if fetched(t, d, r.Name) != sum || r.Paid != cost(16*mib) || p.paid() != r.Paid {
		t.Errorf("paid %s, the payee holds %s", r.Paid, p.paid())
	}
}

func TestSeveralSeedersArePaidEach(t *testing.T) {
	w, x := newWorld(t), newWorld(t)
	mi, sum := w.file(16*mib, 256<<10)
	x.dir = w.dir
	uplink := torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: 16 * mib, FreeShare: -1}}
	s1, s2 := w.seed(mi, torrent.SeederConfig{House: uplink}), x.seed(mi, torrent.SeederConfig{House: uplink})
	p, q := w.payer(channel.TRX, 10_000_000), x.payer(channel.TRX, 10_000_000)
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Purses = both{torrent.FromChannels(p.Purses), torrent.FromChannels(q.Purses)}
	})
	r := get(t, d, mi, s1.Addr(), s2.Addr())
	if fetched(t, d, r.Name) != sum || len(r.Standings) != 2 {
		t.Errorf("%+v", r)
	}
	sum1, sum2 := s1.Totals(), s2.Totals()
	if total := sum1.PaidBytes + sum2.PaidBytes; total < 16*mib || total > 17*mib || sum1.PaidBytes == 0 || sum2.PaidBytes == 0 {
		t.Errorf("the seeders sent %d and %d", sum1.PaidBytes, sum2.PaidBytes)
	}
	for i, got := range []struct {
		bytes int64
		paid  channel.Amount
	}{{sum1.PaidBytes, p.paid()}, {sum2.PaidBytes, q.paid()}} {
		unit := channel.NewAmount(250)
		if want := unit.Mul(gate.Steps(cost(got.bytes), unit, 1<<30)); got.paid != want {
			t.Errorf("seeder %d sent %d and was paid %s, want %s", i, got.bytes, got.paid, want)
		}
	}
}

func TestEncryptedConnections(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(4*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{})
	p := w.payer(channel.TRX, 1_000_000)
	d := w.downloader(p, func(c *torrent.DownloaderConfig) { c.Net.Encryption = torrent.OnlyEncrypted })
	if r := get(t, d, mi, s.Addr()); fetched(t, d, r.Name) != sum || p.paid() != cost(4*mib) {
		t.Errorf("paid %s", p.paid())
	}
}

func TestMagnetLink(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(4*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{})
	p := w.payer(channel.TRX, 1_000_000)
	d := w.downloader(p, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	magnet := "magnet:?xt=urn:btih:" + mi.HashInfoBytes().HexString() + "&x.pe=" + s.Addr()
	r, err := d.Get(ctx, torrent.Source{Magnet: magnet})
	if err != nil || fetched(t, d, r.Name) != sum || p.paid() != cost(4*mib) {
		t.Errorf("%v, paid %s", err, p.paid())
	}
}

func TestSeederRestartsInTheMiddle(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(24*mib, 256<<10)
	slow := torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: 16 * mib}}}
	s := w.seed(mi, slow)
	addr := s.Addr()
	p := w.payer(channel.TRX, 10_000_000)
	var half atomic.Bool
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Every = 20 * time.Millisecond
		c.Progress = func(p torrent.Progress) { half.Store(p.Bytes > 8*mib) }
	})
	done := make(chan torrent.Result)
	go func() {
		defer close(done) // also when get gives up
		done <- get(t, d, mi, addr)
	}()
	for end := time.Now().Add(20 * time.Second); !half.Load(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no half of the file came")
		}
	}
	before := p.paid()
	_ = s.Close()
	w.Restart()
	if p.paid().Less(before) {
		t.Errorf("%s was paid before the restart, %s after", before, p.paid())
	}
	slow.Net.Listen = addr
	again := w.seed(mi, slow)
	if err := again.Connect(mi.HashInfoBytes(), d.Addr()); err != nil {
		t.Fatal(err)
	}
	r := <-done
	if fetched(t, d, r.Name) != sum {
		t.Error("the file differs")
	}
	// What was under way when the connection broke and was lost is written off; what had come is not sent again and is paid.
	if low, high := cost(24*mib-256<<10), cost(25*mib); r.Paid.Less(low) || high.Less(r.Paid) || p.paid() != r.Paid {
		t.Errorf("paid %s, the payee holds %s; want %s to %s", r.Paid, p.paid(), low, high)
	}
}

func TestDownloaderRestartsAndPaysNothingTwice(t *testing.T) {
	asItIs := func(p torrent.Purses) torrent.Purses { return p }
	kill := func(p torrent.Purses) torrent.Purses { return killed{p} }
	t.Run("stopped", func(t *testing.T) { restartsDownloader(t, asItIs, 8*mib) })
	t.Run("killed", func(t *testing.T) { restartsDownloader(t, kill, 8*mib) })
	t.Run("killed near the end", func(t *testing.T) { restartsDownloader(t, kill, 22*mib) })
}

// killed leaves in the store what a payer leaves there that is killed: its purses take nothing back.
type killed struct{ torrent.Purses }

// For implements torrent.Purses.
func (k killed) For(ctx context.Context, terms *wire.Terms) (torrent.Purse, error) {
	p, err := k.Purses.For(ctx, terms)
	return killedPurse{p}, err
}

type killedPurse struct{ torrent.Purse }

// Rest implements torrent.Purse.
func (killedPurse) Rest(context.Context) error { return nil }

func restartsDownloader(t *testing.T, first func(torrent.Purses) torrent.Purses, at int64) {
	w := newWorld(t)
	mi, sum := w.file(24*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: 16 * mib}}})
	p := w.payer(channel.TRX, 10_000_000)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Dir, c.Every, c.Purses = dir, 20*time.Millisecond, first(c.Purses)
		c.Progress = func(p torrent.Progress) {
			if p.Bytes > at {
				cancel()
			}
		}
	})
	if _, err := d.Get(ctx, torrent.Source{Torrent: mi, Peers: []string{s.Addr()}}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	_ = d.Close() // at once: nothing is paid to the end
	_ = p.Purses.Store.Close()
	p.Open()
	stands := func() channel.Amount {
		r, err := p.Purses.Purse(p.id).Held(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.Paid()
	}
	before := stands()
	d = w.downloader(p, func(c *torrent.DownloaderConfig) { c.Dir, c.Limits.Spent = dir, before })
	r := get(t, d, mi, s.Addr())
	if fetched(t, d, r.Name) != sum {
		t.Error("the file differs")
	}
	if low, high := cost(23*mib), cost(26*mib); p.paid().Less(low) || high.Less(p.paid()) {
		t.Errorf("%s was paid in all; want about %s", p.paid(), cost(24*mib))
	}
	if more := r.Paid.Sub(before); cost(25*mib - at).Less(more) {
		t.Errorf("the second run paid %s, the first %s", more, before)
	}
	_ = d.Close()
	if r.Paid != p.paid() || stands() != p.paid() {
		t.Errorf("%s was paid, the payer counts %s and its purse %s", p.paid(), r.Paid, stands())
	}
}

// awkward is a ledger that is away for a while.
type awkward struct {
	torrent.Ledger
	away  atomic.Bool
	asked atomic.Int64
}

var errAway = errors.New("the server is away")

func (a *awkward) Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error) {
	if a.asked.Add(1); a.away.Load() {
		return channel.Receipt{}, errAway
	}
	return a.Ledger.Accept(ctx, p)
}

// AcceptLater takes what it cannot write while it is away.
func (a *awkward) AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error) {
	a.asked.Add(1)
	pending, err := a.Ledger.AcceptLater(ctx, p)
	return unwritten{pending, a}, err
}

type unwritten struct {
	channel.Pending
	books *awkward
}

// Wait implements channel.Pending.
func (u unwritten) Wait(ctx context.Context) (channel.Receipt, error) {
	if u.books.away.Load() {
		return channel.Receipt{}, errAway
	}
	return u.Pending.Wait(ctx)
}

func TestLedgerAwayKeepsTheWindowShutAndThePeer(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(16*mib, 256<<10)
	l := &awkward{Ledger: w.Ledger}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Ledger: l, Uplink: noFree}})
	p := w.payer(channel.TRX, 10_000_000)
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Every = 5 * time.Millisecond
		c.Progress = func(r torrent.Progress) {
			if asked := l.asked.Load(); asked == 5 || r.Bytes > 2*mib && asked < 20 {
				l.away.Store(true)
				if asked > 7 {
					l.away.Store(false)
				}
			}
		}
	})
	r := get(t, d, mi, s.Addr())
	if fetched(t, d, r.Name) != sum || p.paid() != cost(16*mib) {
		t.Errorf("paid %s", p.paid())
	}
}

// Several payments share a write. While that fails, nothing is acknowledged, and what is served on the strength of it is another window at most; then everything is there.
func TestPaymentsShareAWrite(t *testing.T) {
	w := newWorld(t)
	const size, window = 24 * mib, 2 * mib
	mi, sum := w.file(size, 256<<10)
	l := &awkward{Ledger: w.Ledger}
	offer := w.Offer(channel.TRX)
	offer.Window = gate.Window{Start: window, Max: window}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Ledger: l, Offers: []torrent.Offer{offer}, Uplink: noFree}})
	p := w.payer(channel.TRX, 10_000_000)
	was := w.Ledger.Stats()
	var shut atomic.Int64 // what was sent when the books were shut for good
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Every = 5 * time.Millisecond
		c.Progress = func(r torrent.Progress) {
			if r.Bytes < 8*mib || shut.Load() > 0 {
				return
			}
			l.away.Store(true)
			stands := func() torrent.PayerAccount { return s.Payers()[0] }
			before := stands()
			shut.Store(before.Sent)
			time.AfterFunc(time.Second, func() {
				defer l.away.Store(false)
				if more := stands().Sent - before.Sent; more > 3*window {
					t.Errorf("%d bytes were served while nothing could be written", more)
				}
			})
		}
	})
	r := get(t, d, mi, s.Addr())
	if fetched(t, d, r.Name) != sum || p.paid() != cost(size) || shut.Load() == 0 {
		t.Errorf("paid %s", p.paid())
	}
	record, err := w.Ledger.Record(t.Context(), p.id)
	if err != nil || record.Paid() != cost(size) {
		t.Errorf("%s is held: %v", record.Paid(), err)
	}
	now := w.Ledger.Stats()
	if commits, payments := now.Commits-was.Commits, now.Accepted-was.Accepted; commits*4 > payments*3 { // a busy machine makes few payments and takes long for each
		t.Errorf("%d payments took %d writes", payments, commits)
	}
	if sold := s.Diary(); len(sold) != 1 || sold[0].Earned[channel.TRX] != cost(size) {
		t.Errorf("the diary says %+v", sold)
	}
}

func TestClearErrors(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(2*mib, 256<<10)
	d := w.downloader(nil, nil)
	bad := *mi
	bad.InfoBytes = mi.InfoBytes[:len(mi.InfoBytes)-30]
	for name, src := range map[string]torrent.Source{
		"cut torrent": {Torrent: &bad}, "no magnet": {Magnet: "http://example.org"}, "bad magnet": {Magnet: "magnet:?xt=urn:btih:zz"}, "nothing": {},
	} {
		if _, err := d.Get(context.Background(), src); !errors.Is(err, torrent.ErrTorrent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "x.torrent")
	if err := os.WriteFile(path, []byte("d4:infod6:lengthi5eee"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := torrent.Load(path); !errors.Is(err, torrent.ErrTorrent) {
		t.Errorf("a broken file: %v", err)
	}
	if _, err := torrent.NewDownloader(context.Background(), torrent.DownloaderConfig{Dir: filepath.Join(path, "below-a-file")}); err == nil {
		t.Error("a directory that cannot be written is taken")
	}
	s := w.seeder(torrent.SeederConfig{})
	var incomplete *torrent.IncompleteError
	if err := s.Add(context.Background(), mi, t.TempDir()); !errors.As(err, &incomplete) || incomplete.Missing != 2*mib {
		t.Errorf("files that are not there: %v", err)
	}
	if _, err := torrent.NewSeeder(context.Background(), torrent.SeederConfig{Net: torrent.NetConfig{Listen: s.Addr()}}); err == nil {
		t.Error("a busy port is taken")
	}
}

// TestWhatWasOnDiskBlamesNobody: pieces that fail the check of what is on disk are no seeder's, even when its blocks arrive while the check is still heard of.
func TestWhatWasOnDiskBlamesNobody(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(16*mib, 16<<10)
	s := w.seed(mi, torrent.SeederConfig{})
	p := w.payer(channel.TRX, 10_000_000)
	dir := t.TempDir()
	info, err := mi.UnmarshalInfo()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, info.Name), bytes.Repeat([]byte("something else, "), 16*mib/16), 0o600); err != nil {
		t.Fatal(err)
	}
	d := w.downloader(p, func(c *torrent.DownloaderConfig) { c.Dir = dir })
	r := get(t, d, mi, s.Addr())
	if fetched(t, d, r.Name) != sum || r.Paid != cost(16*mib) {
		t.Errorf("paid %s, want %s", r.Paid, cost(16*mib))
	}
}

// TestPayerGathersSteps: with a wide window a payer makes far fewer payments than there are steps, and all of them are paid.
func TestPayerGathersSteps(t *testing.T) {
	t.Parallel()
	const size = 16 * mib
	w := newWorld(t)
	mi, _ := w.file(size, 256<<10)
	offer := w.Offer(channel.TRX)
	offer.Window = gate.Window{Start: 16 * mib, Max: 16 * mib}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Offers: []torrent.Offer{offer}}})
	p := w.payer(channel.TRX, 1<<40)
	r := get(t, w.downloader(p, nil), mi, way{rate: 16 * mib}.line(t, s.Addr()))
	if steps := int64(size / (256 << 10)); r.Payments > steps/2 || r.Payments < steps/8 {
		t.Errorf("%d payments for %d steps", r.Payments, steps)
	}
	if got := p.paid(); got != cost(size) {
		t.Errorf("%s paid, want %s", got, cost(size))
	}
}
