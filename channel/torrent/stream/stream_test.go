package stream_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/stream"
	"github.com/piecework/piecework/channel/torrent/torrenttest"
)

const mib = torrenttest.MiB

// screen is a viewer: a paying downloader whose player is the test.
type screen struct {
	*httptest.Server
	torrent *bt.Torrent
	loader  *torrent.Downloader
	payee   *torrenttest.Payee
}

// watch seeds what is in dir at a rate, and shows it to a player of a viewer that pays.
func watch(t *testing.T, mi *metainfo.MetaInfo, dir string, rate int64) *screen {
	t.Helper()
	payee, payer := torrenttest.NewPayee(t), torrenttest.NewPayer(t)
	payer.Fund(payee, channel.TRX, 1<<40)
	s := payee.Seeder(mi, dir, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: rate}}})
	d := torrenttest.Downloader(t, torrent.FromChannels(payer.Purses), nil)
	tor, err := d.Start(context.Background(), torrent.Source{Torrent: mi, Peers: []string{s.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(stream.New(stream.Config{Torrent: tor, Status: func() stream.Status { return stream.Status{Paid: "0.5 TRX", Peers: 1} }}))
	t.Cleanup(server.Close)
	return &screen{Server: server, torrent: tor, loader: d, payee: payee}
}

// reply is an answer whose body was read.
type reply struct {
	StatusCode    int
	Header        http.Header
	ContentLength int64
}

func (s *screen) ask(t *testing.T, method, path string, header ...string) (reply, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, answer.ContentLength}, body
}

func TestRanges(t *testing.T) {
	dir := t.TempDir()
	mi := torrenttest.File(t, dir, "film.mkv", 8*mib, 256<<10)
	want, err := os.ReadFile(filepath.Join(dir, "film.mkv"))
	if err != nil {
		t.Fatal(err)
	}
	s := watch(t, mi, dir, 16*mib)
	const path = "/0/film.mkv"
	for _, c := range []struct {
		name, method, header string
		code                 int
		body                 []byte
		contentRange         string
	}{
		{"from the end first", "GET", "bytes=8388000-", 206, want[8388000:], "bytes 8388000-8388607/8388608"},
		{"a suffix", "GET", "bytes=-1000", 206, want[8*mib-1000:], "bytes 8387608-8388607/8388608"},
		{"the middle", "GET", "bytes=4194304-4194403", 206, want[4194304:4194404], "bytes 4194304-4194403/8388608"},
		{"over the end", "GET", "bytes=8388607-99999999", 206, want[8*mib-1:], "bytes 8388607-8388607/8388608"},
		{"beyond it", "GET", "bytes=8388608-", 416, nil, "bytes */8388608"},
		{"backwards", "GET", "bytes=9-5", 416, nil, ""},
		{"no range at all", "GET", "bytes=x", 416, nil, ""},
		{"head", "HEAD", "", 200, []byte{}, ""},
		{"all", "GET", "", 200, want, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var header []string
			if c.header != "" {
				header = []string{"Range", c.header}
			}
			answer, body := s.ask(t, c.method, path, header...)
			if answer.StatusCode != c.code || c.body != nil && !bytes.Equal(body, c.body) {
				t.Errorf("status %d with %d bytes, want %d with %d", answer.StatusCode, len(body), c.code, len(c.body))
			}
			if c.code < 300 && (answer.Header.Get("Content-Type") != "video/x-matroska" || answer.Header.Get("Accept-Ranges") != "bytes") {
				t.Errorf("headers %v", answer.Header)
			}
			if c.contentRange != "" && answer.Header.Get("Content-Range") != c.contentRange {
				t.Errorf("Content-Range %q, want %q", answer.Header.Get("Content-Range"), c.contentRange)
			}
			if c.method == "HEAD" && answer.ContentLength != 8*mib {
				t.Errorf("HEAD says %d bytes", answer.ContentLength)
			}
		})
	}
	if answer, _ := s.ask(t, "GET", "/1/film.mkv"); answer.StatusCode != 404 {
		t.Errorf("a file that is not there: status %d", answer.StatusCode)
	}
	if answer, _ := s.ask(t, "POST", path); answer.StatusCode != 405 {
		t.Errorf("POST: status %d", answer.StatusCode)
	}
	etag, _ := s.ask(t, "HEAD", path)
	if answer, _ := s.ask(t, "GET", path, "If-None-Match", etag.Header.Get("ETag")); answer.StatusCode != 304 {
		t.Errorf("If-None-Match: status %d", answer.StatusCode)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.loader.Wait(ctx, s.torrent); err != nil {
		t.Fatal(err)
	}
	if paid := s.payee.Paid(); paid != gate.Cost(channel.NewAmount(1000), 8*mib) {
		t.Errorf("paid %s for 8 MiB at 1,000", paid)
	}
}

// TestSeekComesBeforeTheRest: what the player asks for is there long before the file is.
func TestSeekComesBeforeTheRest(t *testing.T) {
	dir := t.TempDir()
	mi := torrenttest.File(t, dir, "film.mp4", 48*mib, 256<<10)
	s := watch(t, mi, dir, 8*mib) // six seconds for all of it
	begun := time.Now()
	answer, body := s.ask(t, "GET", "/0/film.mp4", "Range", "bytes=41943040-42991615")
	if answer.StatusCode != 206 || len(body) != mib {
		t.Fatalf("status %d, %d bytes", answer.StatusCode, len(body))
	}
	if took, got := time.Since(begun), s.torrent.BytesCompleted(); got > 24*mib {
		t.Errorf("the end of the file came after %s, when %d MiB of 48 were there", took, got>>20)
	}
}

func TestSeveralFilesAndThePage(t *testing.T) {
	dir := t.TempDir()
	series := filepath.Join(dir, "series <b>")
	if err := os.MkdirAll(series, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"one & only.mp4", "two.webm", "page.html"} {
		if err := os.WriteFile(filepath.Join(series, name), bytes.Repeat([]byte{byte('a' + i)}, 300_000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := watch(t, torrenttest.Torrent(t, series, 64<<10), dir, 0)
	paths := map[string]string{}
	for i, f := range s.torrent.Files() {
		paths[filepath.Base(f.Path())] = stream.Path(i, f)
	}
	for name, kind := range map[string]string{"one & only.mp4": "video/mp4", "two.webm": "video/webm", "page.html": "application/octet-stream"} {
		answer, body := s.ask(t, "GET", paths[name])
		if answer.StatusCode != 200 || len(body) != 300_000 || answer.Header.Get("Content-Type") != kind {
			t.Errorf("%s: status %d, %d bytes of %s", name, answer.StatusCode, len(body), answer.Header.Get("Content-Type"))
		}
	}
	_, page := s.ask(t, "GET", "/")
	for _, part := range []string{"series &lt;b&gt;", "one &amp; only.mp4", "paid 0.5 TRX", `<video controls`, paths["two.webm"]} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page lacks %q:\n%s", part, page)
		}
	}
	_, list := s.ask(t, "GET", "/playlist.m3u")
	if !strings.HasPrefix(string(list), "#EXTM3U\n") || strings.Count(string(list), s.URL) != 2 {
		t.Errorf("playlist:\n%s", list)
	}
}

// TestPlayers lets the real ffprobe and ffmpeg play while the file is being fetched. The MP4 has its index at the end, so they must seek.
func TestPlayers(t *testing.T) {
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool + ": apt-get install ffmpeg")
		}
	}
	dir := t.TempDir()
	film := filepath.Join(dir, "film.mp4")
	torrenttest.Run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=20", "-c:v", "mpeg4", "-b:v", "1500k", "-g", "25", film)
	s := watch(t, torrenttest.Torrent(t, film, 64<<10), dir, mib/2) // eight seconds for all of it
	url := s.URL + "/0/film.mp4"
	if got := torrenttest.Run(t, "ffprobe", "-v", "error", "-show_entries", "format=duration:stream=width", "-of", "csv=p=0", url); got != "320\n20.000000" {
		t.Errorf("ffprobe says %q", got)
	}
	if missing := s.torrent.BytesMissing(); missing == 0 {
		t.Error("ffprobe was only answered when all of the file was there")
	}
	frame := torrenttest.Run(t, "ffmpeg", "-v", "error", "-ss", "15", "-i", url, "-frames:v", "1", "-f", "framehash", "-")
	if direct := torrenttest.Run(t, "ffmpeg", "-v", "error", "-ss", "15", "-i", film, "-frames:v", "1", "-f", "framehash", "-"); frame != direct {
		t.Errorf("the frame at 15 s differs:\n%s\n%s", frame, direct)
	}
	torrenttest.Run(t, "ffmpeg", "-v", "error", "-xerror", "-i", url, "-f", "null", "-")
}
