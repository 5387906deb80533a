package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	bt "github.com/anacrolix/torrent"
)

// Readahead is how much is asked for beyond what a player has read: as much as it has read in one go, between these bounds.
const (
	minReadahead = 4 << 20
	maxReadahead = 64 << 20
)

// Config is what a Server needs. Torrent, whose info must be known, is required.
type Config struct {
	Torrent *bt.Torrent
	Status  func() Status // what the page says about the money; nil: nothing
	Log     *slog.Logger  // nil: silence
}

// Status is what the page says beside the files.
type Status struct {
	Paid  string // with its unit
	Peers int
}

// Server is an http.Handler that serves a torrent's files with byte ranges.
type Server struct {
	config Config
	mux    *http.ServeMux
}

// New makes the handler. GET / is a page, GET /playlist.m3u names all files that play, GET /{index}/{name} is a file; all of them answer HEAD too.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: c, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.index)
	s.mux.HandleFunc("GET /playlist.m3u", s.playlist)
	s.mux.HandleFunc("GET /{index}/{name...}", s.file)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Path is where a file of the torrent is.
func Path(index int, f *bt.File) string {
	return "/" + strconv.Itoa(index) + "/" + url.PathEscape(nameOf(f))
}

// file serves one file. Ranges, conditions and HEAD are net/http's; reading waits for verified pieces.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	files := s.config.Torrent.Files()
	i, err := strconv.Atoi(r.PathValue("index"))
	if err != nil || i < 0 || i >= len(files) || r.PathValue("name") != nameOf(files[i]) {
		http.NotFound(w, r)
		return
	}
	f := files[i]
	reader := f.NewReader()
	defer func() { _ = reader.Close() }()
	reader.SetContext(r.Context())
	reader.SetReadaheadFunc(readahead)
	w.Header().Set("Content-Type", contentType(f.Path()))
	w.Header().Set("ETag", fmt.Sprintf(`"%s-%d"`, s.config.Torrent.InfoHash().HexString(), i))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.config.Log.Debug("a player asks", "file", f.Path(), "range", r.Header.Get("Range"))
	http.ServeContent(w, r, "", time.Time{}, reader)
}

func readahead(c bt.ReadaheadContext) int64 {
	return min(max(c.CurrentPos-c.ContiguousReadStartPos, minReadahead), maxReadahead)
}

// Serve answers players on the listener until ctx ends. Requests that wait for a piece end with it.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving players: %w", err)
	}
	return nil
}
