package torrent_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
)

// What cannot be written, as on a full disk, ends a download with the reason, instead of letting it stand still for ever.
func TestUnwritableFileEndsADownload(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full is Linux's")
	}
	w := newWorld(t)
	mi, _ := w.file(2*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Offers: []torrent.Offer{w.Offer(channel.TRX)}}})
	d := w.downloader(w.payer(channel.TRX, 1<<30), func(c *torrent.DownloaderConfig) {
		if err := os.Symlink("/dev/full", filepath.Join(c.Dir, "film-2097152.bin.part")); err != nil {
			t.Fatal(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var failed *fs.PathError
	if r, err := d.Get(ctx, torrent.Source{Torrent: mi, Peers: []string{s.Addr()}}); !errors.As(err, &failed) {
		t.Fatalf("%v after %s; %+v", err, r.Took, r)
	}
}
