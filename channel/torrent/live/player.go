package live

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Of what players get.
const (
	buffered     = 2                // chunks that a player gets at once: while it shows them, the next may take its time
	playlist     = 6                // chunks in the playlist, at most
	firstChunks  = 90 * time.Second // until a player is told to come again
	streamPath   = "/live"
	playlistPath = "/live.m3u8"
)

// Player is an http.Handler that shows a stream to players: /live is all of it from now on as one answer without end, /live.m3u8 is a playlist for those
// that speak HLS, and / is a page.
type Player struct {
	viewer  *Viewer
	name    string
	log     *slog.Logger
	mux     *http.ServeMux
	playing sync.WaitGroup
}

// NewPlayer makes the handler.
func NewPlayer(v *Viewer) *Player {
	p := &Player{viewer: v, name: v.config.Link.Name, log: v.config.Log, mux: http.NewServeMux()}
	p.mux.HandleFunc("GET /{$}", p.page)
	p.mux.HandleFunc("GET "+streamPath, p.stream)
	p.mux.HandleFunc("GET "+playlistPath, p.playlist)
	p.mux.HandleFunc("GET /chunk/{name}", p.chunk)
	return p
}

// ServeHTTP implements http.Handler.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.playing.Add(1)
	defer p.playing.Done()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	p.mux.ServeHTTP(w, r)
}

// Drain waits until every player has what it asked for, or ctx ends.
func (p *Player) Drain(ctx context.Context) {
	done := make(chan struct{})
	go func() { p.playing.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// first is behind which chunk a player begins that comes now.
func (p *Player) first(ctx context.Context, most int) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, firstChunks)
	defer cancel()
	return p.viewer.Begin(ctx, most)
}

// stream sends chunk after chunk, for as long as the player listens.
func (p *Player) stream(w http.ResponseWriter, r *http.Request) {
	after, err := p.first(r.Context(), buffered)
	if err != nil {
		wait(w)
		return
	}
	w.Header().Set("Content-Type", p.viewer.Format().ContentType())
	answer := http.NewResponseController(w)
	for {
		piece, err := p.viewer.Next(r.Context(), after)
		if err != nil {
			return
		}
		if piece.Gap && after >= 0 {
			p.log.Debug("a player gets a gap", "after", after, "then", piece.Number)
		}
		if err := copyTo(w, piece.Path); err != nil {
			return
		}
		_ = answer.Flush()
		after = piece.Number
	}
}

// copyTo sends a chunk. One that is too old, and gone, is left out.
func copyTo(w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	_, err = io.Copy(w, file)
	return err
}

func wait(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "nothing of the stream is here yet", http.StatusServiceUnavailable)
}

// playlist lists the newest chunks that follow each other (RFC 8216).
func (p *Player) playlist(w http.ResponseWriter, r *http.Request) {
	after, err := p.first(r.Context(), playlist)
	if err != nil {
		wait(w)
		return
	}
	var lines strings.Builder
	first, longest, ended := after+1, time.Second, false
	for n := range playlist + 1 {
		ctx, cancel := context.WithCancel(r.Context())
		cancel() // what is not here is not waited for
		piece, err := p.viewer.Next(ctx, after)
		if err != nil || n == playlist || piece.Gap && n > 0 {
			ended = errors.Is(err, io.EOF)
			break
		}
		if n == 0 {
			first = piece.Number
		}
		if piece.Break && n > 0 {
			lines.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		fmt.Fprintf(&lines, "#EXTINF:%.3f,\nchunk/%s\n", piece.Length.Seconds(), filepath.Base(piece.Path))
		longest, after = max(longest, piece.Length), piece.Number
	}
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n%s", (longest+time.Second-1)/time.Second, first, lines.String())
	if ended {
		_, _ = io.WriteString(w, "#EXT-X-ENDLIST\n")
	}
}

// chunk serves one chunk of the playlist.
func (p *Player) chunk(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.PathValue("name"), ".")
	number, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	piece, err := p.viewer.Next(ctx, number-1)
	if err != nil || filepath.Base(piece.Path) != r.PathValue("name") {
		http.NotFound(w, r)
		return
	}
	file, err := os.Open(piece.Path)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("Content-Type", p.viewer.Format().ContentType())
	http.ServeContent(w, r, "", time.Time{}, file)
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{{.Name}} (live)</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:1rem auto;padding:0 1rem;color-scheme:light dark}video{width:100%}code{word-break:break-all}</style>
<h1>{{.Name}}</h1>
<video controls autoplay muted src="live.m3u8"></video>
<p>Where the browser does not play HLS, open one of these in a player:</p>
<p><code>http://{{.Host}}/live</code><br><code>http://{{.Host}}/live.m3u8</code></p>
<p>{{.Status.Fetched}} chunks fetched, {{.Status.Lost}} left out, {{.Status.Peers}} peers.{{if .Status.Ended}} The stream has ended.{{end}}</p>
</html>
`))

func (p *Player) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'")
	name := p.name
	if name == "" {
		name = "A live stream"
	}
	data := struct {
		Name, Host string
		Status     Status
	}{name, r.Host, p.viewer.Status()}
	if err := page.Execute(w, data); err != nil {
		p.log.Debug("the page was not sent", "error", err)
	}
}
