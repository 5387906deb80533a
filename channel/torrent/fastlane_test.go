package torrent_test

import (
	"context"
	"testing"
	"time"

	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// lane is a seeder whose uplink is contended, over real TCP.
type lane struct {
	*world
	mi *metainfo.MetaInfo
	s  *torrent.Seeder
}

func newLane(t *testing.T, size, rate int64) *lane {
	w := newWorld(t)
	mi, _ := w.file(size, 256<<10)
	return &lane{w, mi, w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: rate}}})}
}

// begin lets a downloader loose; the channel tells when it is done.
func (l *lane) begin(p *payer, bid uint64) <-chan struct{} {
	d := l.downloader(p, func(c *torrent.DownloaderConfig) { c.Limits.Bid = channel.NewAmount(bid) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	l.t.Cleanup(cancel)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = d.Get(ctx, torrent.Source{Torrent: l.mi, Peers: []string{l.s.Addr()}})
	}()
	return done
}

// TestPayerGetsTheUplink: against three free riders a payer gets 95 % of the uplink and more, and they are not starved below their share.
func TestPayerGetsTheUplink(t *testing.T) {
	t.Parallel()
	const rate = 8 * mib
	l := newLane(t, 32*mib, rate)
	for range 3 {
		l.begin(nil, 0)
	}
	l.until("the free riders are served", func(t torrent.Totals) bool { return t.FreeBytes > 256<<10 })
	done := l.begin(l.payer(channel.TRX, 10_000_000), 0)
	l.until("the payer is served", func(t torrent.Totals) bool { return t.PaidBytes > 2*mib })
	before, begun := l.s.Totals(), time.Now()
	<-done
	after, took := l.s.Totals(), time.Since(begun)
	paid, free := after.PaidBytes-before.PaidBytes, after.FreeBytes-before.FreeBytes
	if paid*100 < (paid+free)*95 {
		t.Errorf("the payer got %d bytes, the free riders %d", paid, free)
	}
	if least := rate * gate.DefaultFreeShare / 1000 * took.Milliseconds() / 1000 / 2; free < least {
		t.Errorf("the free riders got %d bytes in %s, their share is twice %d", free, took, least)
	}
}

// TestPayersShareByBid: who bids as much as the price on top gets twice the share of an uplink that is short. Where the machine is what is short, the two come
// closer to each other; the exact shares are in gate's tests, which bring their own time.
func TestPayersShareByBid(t *testing.T) {
	t.Parallel()
	l := newLane(t, 40*mib, 8*mib)
	high, low := l.payer(channel.TRX, 10_000_000), l.payer(channel.TRX, 10_000_000)
	l.begin(low, 0)
	done := l.begin(high, 1000)
	l.until("both are served", func(torrent.Totals) bool { return l.sent(high) > 2*mib && l.sent(low) > 2*mib })
	h, w := l.sent(high), l.sent(low)
	<-done
	h, w = l.sent(high)-h, l.sent(low)-w
	if ratio := float64(h) / float64(w); ratio < 1.25 || ratio > 2.75 {
		t.Errorf("the bidder got %d bytes, the other %d: %.2f times", h, w, ratio)
	}
}

// sent is what was sent to a payer.
func (l *lane) sent(p *payer) int64 {
	for _, a := range l.s.Payers() {
		if a.Channel == p.id {
			return a.Sent
		}
	}
	return 0
}

func (l *lane) until(what string, so func(torrent.Totals) bool) {
	l.t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(l.s.Totals()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("waited in vain until %s: %+v", what, l.s.Totals())
		}
	}
}
