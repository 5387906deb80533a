// Package dashboard is the operator's web page: balances, channels, what was earned with which torrent, what is to be settled and why, the reserve, and alarms.
// Plain files, embedded; it only reads, and asks nobody else for anything.
package dashboard

import (
	"context"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

//go:embed static
var static embed.FS

// Source gives what the page shows.
type Source interface {
	Status(ctx context.Context) (Status, error)
}

// Page serves the dashboard. Its fields are set before the first request.
type Page struct {
	Source Source
	// Sales is what is sold here; nil: nothing.
	Sales SalesFunc
	// Token opens the page from elsewhere than this machine's loopback.
	Token string
	Log   *slog.Logger
}

const (
	cookieName = "piecework_dashboard"
	// policy lets the page run its own files and nothing else.
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// maxForm bounds the one form: a token.
	maxForm = 1 << 10
)

// Handler answers everything under "/".
func (p *Page) Handler() http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /status.json", p.status)
	mux.HandleFunc("GET /sales.json", p.sales)
	mux.HandleFunc("POST /login", p.login)
	return headers(mux)
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (p *Page) status(w http.ResponseWriter, r *http.Request) {
	if !p.Allowed(r) {
		http.Error(w, "the operator's token is needed", http.StatusUnauthorized)
		return
	}
	status, err := p.Source.Status(r.Context())
	if err != nil {
		p.Log.Error("reading the status for the dashboard", "err", err)
		http.Error(w, "the server's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(status); err != nil {
		p.Log.Debug("writing the status", "err", err)
	}
}

// login trades the token for a cookie that scripts cannot read and other sites cannot send.
func (p *Page) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if !p.is(r.PostFormValue("token")) {
		http.Error(w, "that is not the token", http.StatusUnauthorized)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: p.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Allowed says whether a request may see figures: with the token, or straight from this machine. A request that came through a proxy, or by a name that
// a stranger's page may have pointed at this machine, is from elsewhere.
func (p *Page) Allowed(r *http.Request) bool {
	if p.is(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
		return true
	}
	if cookie, err := r.Cookie(cookieName); err == nil && p.is(cookie.Value) {
		return true
	}
	return r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == "" && isLoopback(r.RemoteAddr) && isLoopback(r.Host)
}

func (p *Page) is(token string) bool {
	return p.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(p.Token)) == 1
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
