package torrent_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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

// A file that is cut short while it is seeded, or lies on a disk that went away, ends neither the seeder nor anything else of it: what cannot be read is not sent. Once it is whole again it is.
func TestFileThatShrinks(t *testing.T) {
	w := newWorld(t)
	mi, want := w.file(2*mib, 256<<10)
	path := filepath.Join(w.dir, "film-2097152.bin")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Offers: []torrent.Offer{w.Offer(channel.TRX)}}, Tending: 100 * time.Millisecond})
	const left = 64 << 10 // of the first piece, which can be sent and are never whole
	if err := os.Truncate(path, left); err != nil {
		t.Fatal(err)
	}
	payer := w.payer(channel.TRX, 1<<30)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	r, err := w.downloader(payer, nil).Get(ctx, torrent.Source{Torrent: mi, Peers: []string{s.Addr()}})
	if !errors.Is(err, context.DeadlineExceeded) || r.Bytes > left || r.Payments != 0 {
		t.Fatalf("%+v: %v", r, err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	d := w.downloader(payer, nil)
	get(t, d, mi, s.Addr())
	if fetched(t, d, "film-2097152.bin") != want {
		t.Error("not the file")
	}
}

// A file that is changed while it is seeded is not sent where it differs: who sends what is not in the torrent is cut off.
func TestFileThatChanges(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(2*mib, 256<<10)
	warned := make(heard, 1)
	s := w.seed(mi, torrent.SeederConfig{
		House: torrent.TollhouseConfig{Offers: []torrent.Offer{w.Offer(channel.TRX)}}, Tending: 50 * time.Millisecond, Log: slog.New(slog.NewTextHandler(warned, nil)),
	})
	file, err := os.OpenFile(filepath.Join(w.dir, "film-2097152.bin"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte("something else"), 3*256<<10); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	select {
	case <-warned:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody is told that the file differs")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := w.downloader(w.payer(channel.TRX, 1<<30), func(c *torrent.DownloaderConfig) {
		c.Every = 50 * time.Millisecond
		c.Progress = func(p torrent.Progress) {
			if p.Bytes >= 7*256<<10 {
				time.AfterFunc(time.Second, cancel) // time for what differs to come, if it did
			}
		}
	})
	if r, err := d.Get(ctx, torrent.Source{Torrent: mi, Peers: []string{s.Addr()}}); !errors.Is(err, context.Canceled) || r.Bytes != 7*256<<10 {
		t.Fatalf("%+v: %v", r, err)
	}
}

// heard is a log that tells when it was said that files differ.
type heard chan struct{}

func (h heard) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "differ from the torrent") {
		select {
		case h <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}
