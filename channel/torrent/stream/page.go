package stream

import (
	_ "embed"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strings"

	bt "github.com/anacrolix/torrent"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// types are content types that players need and that not every machine's table has.
var types = map[string]string{
	".mkv": "video/x-matroska", ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".avi": "video/x-msvideo", ".mov": "video/quicktime",
	".ts": "video/mp2t", ".mpg": "video/mpeg", ".mpeg": "video/mpeg", ".ogv": "video/ogg", ".m3u8": "application/vnd.apple.mpegurl",
	".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".m4a": "audio/mp4", ".wav": "audio/wav",
	".srt": "application/x-subrip", ".vtt": "text/vtt; charset=utf-8", ".txt": "text/plain; charset=utf-8",
}

// contentType is told from the name: the first bytes may not be there yet. HTML and the like of a stranger's torrent never run in the browser.
func contentType(name string) string {
	extension := strings.ToLower(path.Ext(name))
	if known := types[extension]; known != "" {
		return known
	}
	kind := mime.TypeByExtension(extension)
	for _, harmless := range []string{"video/", "audio/", "image/png", "image/jpeg"} {
		if strings.HasPrefix(kind, harmless) {
			return kind
		}
	}
	return "application/octet-stream"
}

func nameOf(f *bt.File) string { return path.Base(f.Path()) }

// row is a file on the page.
type row struct {
	Name, Path, Size, Kind string
	Percent                int64
}

func (s *Server) rows() []row {
	var rows []row
	for i, f := range s.config.Torrent.Files() {
		r := row{Name: f.DisplayPath(), Path: Path(i, f), Size: size(f.Length()), Percent: 100}
		r.Kind, _, _ = strings.Cut(contentType(f.Path()), "/")
		if f.Length() > 0 {
			r.Percent = f.BytesCompleted() * 100 / f.Length()
		}
		rows = append(rows, r)
	}
	return rows
}

func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	t := s.config.Torrent
	data := struct {
		Name   string
		Rows   []row
		Status Status
		Done   string
		Of     string
	}{Name: t.Name(), Rows: s.rows(), Done: size(t.BytesCompleted()), Of: size(t.Length())}
	if s.config.Status != nil {
		data.Status = s.config.Status()
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'")
	if err := page.Execute(w, data); err != nil {
		s.config.Log.Debug("the page was not sent", "error", err)
	}
}

// playlist names everything that plays, for players that take one address.
func (s *Server) playlist(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "audio/x-mpegurl")
	_, _ = fmt.Fprintln(w, "#EXTM3U")
	for _, f := range s.rows() {
		if f.Kind == "video" || f.Kind == "audio" {
			_, _ = fmt.Fprintf(w, "#EXTINF:-1,%s\nhttp://%s%s\n", strings.Map(oneLine, f.Name), r.Host, f.Path)
		}
	}
}

// oneLine keeps a name from breaking out of its line.
func oneLine(r rune) rune {
	if r < ' ' {
		return '_'
	}
	return r
}

func size(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
