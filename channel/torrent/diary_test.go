package torrent_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
)

// TestDiary: what was sold is booked by torrent and day, adds up with the ledger, and is there after a restart.
func TestDiary(t *testing.T) {
	dir, book := t.TempDir(), filepath.Join(t.TempDir(), "sold.json")
	film, song := torrenttest.File(t, dir, "film", 4*torrenttest.MiB, 256<<10), torrenttest.File(t, dir, "song", 128<<10, 32<<10)
	payee, payer := torrenttest.NewPayee(t), torrenttest.NewPayer(t)
	payer.Fund(payee, channel.TRX, 1<<40)
	s := payee.Seeder(film, dir, torrent.SeederConfig{House: torrent.TollhouseConfig{Diary: book}})
	if err := s.Add(t.Context(), song, dir); err != nil {
		t.Fatal(err)
	}
	paying := torrenttest.Downloader(t, torrent.FromChannels(payer.Purses), nil)
	free := torrenttest.Downloader(t, nil, nil)
	for _, get := range []struct {
		d   *torrent.Downloader
		src torrent.Source
	}{
		{paying, torrent.Source{Torrent: film}}, {paying, torrent.Source{Torrent: song}}, {free, torrent.Source{Torrent: song}},
	} {
		get.src.Peers = []string{s.Addr()}
		if _, err := get.d.Get(context.Background(), get.src); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := payee.Seeder(nil, "", torrent.SeederConfig{House: torrent.TollhouseConfig{Diary: book}})
	for who, diary := range map[string][]torrent.Sold{"before": s.Diary(), "after the restart": again.Diary()} {
		earned, sent := channel.Amount{}, map[string]int64{}
		for _, row := range diary {
			earned = earned.Add(row.Earned[channel.TRX])
			sent[row.Name] += row.PaidBytes + row.FreeBytes
			if row.Day == "" || row.Name == "film" && row.Payments == 0 {
				t.Errorf("%s: %+v", who, row)
			}
		}
		if sent["film"] < 4*torrenttest.MiB || sent["song"] < 256<<10 {
			t.Errorf("%s: sent %v", who, sent)
		}
		if len(diary) < 2 || earned != payee.Paid() { // four when midnight passes
			t.Errorf("%s: %d rows, %s earned; the ledger has %s", who, len(diary), earned, payee.Paid())
		}
	}
}
