package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/torrent/live"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
)

// needs skips a test where a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skip("needs " + p + ": apt-get install ffmpeg")
		}
	}
}

// film makes MPEG-TS of some seconds with a picture every second that needs no other.
func film(t *testing.T, seconds int, more ...string) string {
	t.Helper()
	needs(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "film.ts")
	args := []string{
		"-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=160x120:r=25:d=%d", seconds), "-f", "lavfi", "-i", fmt.Sprintf("sine=d=%d", seconds),
		"-c:v", "mpeg2video", "-g", "25", "-sc_threshold", "1000000000", "-c:a", "mp2",
	}
	torrenttest.Run(t, "ffmpeg", append(append(args, more...), path)...)
	return path
}

// cuts cuts an input to its end.
func cuts(t *testing.T, in io.Reader, every time.Duration) (list []live.Cut) {
	t.Helper()
	dir := t.TempDir()
	err := live.Cutter{Dir: dir, Every: every}.Run(t.Context(), in, func(c live.Cut) error {
		kept := fmt.Sprintf("%s/%d", dir, len(list))
		list = append(list, live.Cut{Path: kept, Length: c.Length, Format: c.Format})
		return os.Rename(c.Path, kept)
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestTransportStreamIsCutAtPictures: every chunk plays alone, lasts as long as it says, and together they are the stream.
func TestTransportStreamIsCutAtPictures(t *testing.T) {
	path := film(t, 9)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"from the begin", whole},
		{"from the middle of a packet", whole[100:]},
		{"with garbage in between", append(append(append([]byte{}, whole[:100*188]...), "some bytes that are no packet"...), whole[100*188:]...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := cuts(t, bytes.NewReader(c.in), 2*time.Second)
			if len(list) != 5 && len(list) != 4 {
				t.Fatalf("%d chunks of 9 seconds", len(list))
			}
			frames := 0
			for i, cut := range list {
				n := torrenttest.Run(t, "ffprobe", "-v", "fatal", "-f", "mpegts", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", cut.Path)
				n, _, _ = strings.Cut(n, "\n")
				shown := 0
				if _, err := fmt.Sscan(strings.TrimRight(n, ","), &shown); err != nil {
					t.Fatalf("ffprobe says %q", n)
				}
				frames += shown
				if last := i == len(list)-1; cut.Format != live.MPEGTS || !last && (cut.Length < 1900*time.Millisecond || cut.Length > 2100*time.Millisecond || shown < 49 || shown > 51) {
					t.Errorf("chunk %d: %s, %d pictures, format %d", i, cut.Length, shown, cut.Format)
				}
			}
			if frames < 195 {
				t.Errorf("%d of 225 pictures are left", frames)
			}
		})
	}
}

func TestAnythingElseIsCutByTime(t *testing.T) {
	in, out := io.Pipe()
	go func() {
		for range 10 {
			_, _ = out.Write(bytes.Repeat([]byte("line\n"), 1000))
			time.Sleep(100 * time.Millisecond)
		}
		_ = out.Close()
	}()
	size := int64(0)
	list := cuts(t, in, 300*time.Millisecond)
	for _, c := range list {
		stat, err := os.Stat(c.Path)
		if err != nil {
			t.Fatal(err)
		}
		size += stat.Size()
		if c.Format != live.Bytes || c.Length > 3*time.Second {
			t.Errorf("chunk %+v", c)
		}
	}
	if size != 50_000 || len(list) < 2 {
		t.Errorf("%d chunks of %d bytes together", len(list), size)
	}
}

// TestGrowingFile: a file is followed from its end as it grows.
func TestGrowingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "growing")
	write := func(text string) {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	write("before")
	ctx, stop := context.WithCancel(t.Context())
	in, err := live.Open(ctx, path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	write("after")
	got := make([]byte, 5)
	if _, err := io.ReadFull(in, got); err != nil || string(got) != "after" {
		t.Errorf("read %q (%v)", got, err)
	}
	if err := os.WriteFile(path, []byte("anew"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(in, got[:4]); err != nil || string(got[:4]) != "anew" {
		t.Errorf("after the file was begun anew: read %q (%v)", got[:4], err)
	}
	stop()
	if _, err := in.Read(got); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

// TestFFmpegCuts: ffmpeg makes segments of a container that is no MPEG-TS.
func TestFFmpegCuts(t *testing.T) {
	needs(t, "ffmpeg", "ffprobe")
	path := filepath.Join(t.TempDir(), "film.mkv")
	torrenttest.Run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-c:v", "mpeg2video", "-g", "25", path)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lengths []time.Duration
	dir := t.TempDir()
	err = live.Cutter{Dir: dir, Every: time.Second}.FFmpeg(t.Context(), "-", file, func(c live.Cut) error {
		lengths = append(lengths, c.Length)
		_, err := os.Stat(c.Path)
		return err
	})
	if err != nil || len(lengths) != 4 || lengths[0] < 900*time.Millisecond || lengths[0] > 1100*time.Millisecond {
		t.Errorf("segments %v (%v)", lengths, err)
	}
	if err := (live.Cutter{Dir: dir}).FFmpeg(t.Context(), "/does/not/exist", nil, func(live.Cut) error { return nil }); err == nil || !strings.Contains(err.Error(), "No such file") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestPlayers lets the real ffprobe and ffmpeg play a stream while it grows: as one answer without end, and as HLS.
func TestPlayers(t *testing.T) {
	needs(t, "ffmpeg", "ffprobe")
	s := newSource(t, 0)
	v := s.watchers(1, 0)[0]
	screen := httptest.NewServer(live.NewPlayer(v.Viewer))
	t.Cleanup(screen.Close)
	t.Cleanup(screen.CloseClientConnections)

	camera := exec.Command("ffmpeg", "-v", "error", "-re", "-i", film(t, 14), "-c", "copy", "-f", "mpegts", "-")
	picture, err := camera.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := camera.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = camera.Process.Kill(); _ = camera.Wait() })
	ended := make(chan error, 1)
	go func() {
		err := live.Cutter{Dir: s.dir, Every: time.Second}.Run(context.Background(), picture, func(c live.Cut) error { return s.publisher.Publish(context.Background(), c) })
		ended <- errors.Join(err, s.publisher.End())
	}()

	if got := torrenttest.Run(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", screen.URL+"/live"); !strings.HasPrefix(got, "mpeg2video,160") || !strings.Contains(got, "mp2") {
		t.Errorf("ffprobe says %q", got)
	}
	if len(ended) > 0 {
		t.Fatal("ffprobe was only answered when the stream had ended")
	}
	for _, path := range []string{"/live", "/live.m3u8"} {
		if got := torrenttest.Run(t, "ffmpeg", "-v", "error", "-i", screen.URL+path, "-map", "0:v", "-frames:v", "50", "-f", "framecrc", "-"); strings.Count(got, "\n") < 50 {
			t.Errorf("%s: ffmpeg shows %d lines", path, strings.Count(got, "\n"))
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := <-v.over; err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(screen.URL + "/live.m3u8") //nolint:noctx // a test on the loopback
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if list, _ := io.ReadAll(answer.Body); !strings.HasSuffix(string(list), "#EXT-X-ENDLIST\n") {
		t.Errorf("the playlist of a stream that has ended:\n%s", list)
	}
}
