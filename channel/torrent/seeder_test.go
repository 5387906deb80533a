package torrent_test

import (
	"sync"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
)

func TestThreeDownloadersPayToTheUnit(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(24*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{})
	var wait sync.WaitGroup
	for range 3 {
		p := w.payer(channel.TRX, 10_000_000)
		d := w.downloader(p, nil)
		wait.Go(func() {
			r := get(t, d, mi, s.Addr())
			if fetched(t, d, r.Name) != sum {
				t.Error("the file differs")
			}
			if r.Paid != cost(24*mib) || p.paid() != cost(24*mib) {
				t.Errorf("paid %s, the payee holds %s, want %s", r.Paid, p.paid(), cost(24*mib))
			}
		})
	}
	wait.Wait()
	if totals := s.Totals(); totals.PaidBytes != 72*mib || totals.FreeBytes != 0 {
		t.Errorf("%+v", totals)
	}
}
