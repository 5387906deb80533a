package torrent_test

import (
	"sync"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
)

func TestThreeDownloadersPayToTheUnitEachInAnotherAsset(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(24*mib, 256<<10)
	btt, err := channel.TRC10(1_000_001)
	if err != nil {
		t.Fatal(err)
	}
	token, err := channel.TRC20(domain.Contract)
	if err != nil {
		t.Fatal(err)
	}
	assets := []channel.Asset{channel.TRX, btt, token}
	var house torrent.TollhouseConfig
	for _, a := range assets {
		house.Offers = append(house.Offers, w.Offer(a))
	}
	s := w.seed(mi, torrent.SeederConfig{House: house})
	var wait sync.WaitGroup
	for _, asset := range assets {
		p := w.payer(asset, 10_000_000)
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
