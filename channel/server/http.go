package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/dashboard"
)

// Bounds of an HTTP request; everything that is served is small.
const (
	httpHeaderFor = 5 * time.Second
	httpBodyFor   = 30 * time.Second
	httpFor       = time.Minute
)

// serveHTTP serves the dashboard, /metrics, /healthz and the JSON form of the API until ctx ends.
func (s *Server) serveHTTP(ctx context.Context) error {
	handler, err := s.Handler(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: prompt(handler, httpBodyFor), ReadHeaderTimeout: httpHeaderFor, IdleTimeout: httpFor, MaxHeaderBytes: 16 << 10}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
		defer cancel()
		if server.Shutdown(drain) != nil {
			_ = server.Close()
		}
	}()
	err = s.serveOn(s.api.Guard(s.config.HTTP), server)
	if errors.Is(err, http.ErrServerClosed) {
		<-stopped
		return nil
	}
	return err
}

// prompt gives a request's body so much time, so that who sends a byte now and then holds no connection. Answers may take longer.
func prompt(next http.Handler, within time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(time.Now().Add(within)) // in tests there is none
			r.Body = &promptBody{r.Body, control}
		}
		next.ServeHTTP(w, r)
	})
}

// promptBody lifts the deadline once everything has come: the connection is watched on for its end.
type promptBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read reads the body.
func (b *promptBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// serveOn encrypts what comes from other machines, where there is a certificate; a browser on this machine has no use for one.
func (s *Server) serveOn(listener net.Listener, server *http.Server) error {
	if s.config.TLS == nil || api.CheckListener(listener.Addr(), nil) == nil {
		return server.Serve(listener)
	}
	config, err := s.config.TLS.Config()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server.TLSConfig = config
	return server.ServeTLS(listener, "", "")
}

// Handler answers everything on the HTTP port.
func (s *Server) Handler(ctx context.Context) (http.Handler, error) {
	gateway, err := s.api.Gateway(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing the JSON gateway: %w", err)
	}
	page := &dashboard.Page{Source: s, Sales: s.sales, Token: s.config.Token, Log: s.config.Log}
	registry := prometheus.NewRegistry()
	registry.MustRegister(&metrics{server: s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	scrape := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	mux := http.NewServeMux()
	mux.Handle("/v1/", gateway)
	mux.Handle("/openapi", gateway)
	mux.Handle("/", page.Handler())
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if !page.Allowed(r) {
			http.Error(w, "the operator's token is needed", http.StatusUnauthorized)
			return
		}
		scrape.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /healthz", s.health)
	return mux, nil
}

// Sell lets the dashboard show what is sold here; it may be called while the server runs.
func (s *Server) Sell(f dashboard.SalesFunc) { s.selling.Store(&f) }

func (s *Server) sales(ctx context.Context) dashboard.Sales {
	if f := s.selling.Load(); f != nil {
		return (*f)(ctx)
	}
	return dashboard.Sales{Torrents: []dashboard.Sold{}, Days: []dashboard.Sold{}, Probes: []dashboard.Probes{}}
}

// health says whether payments are taken: 200, or 503 with the reason. What else needs the operator is said and is no failure: channels that were paid on before go on.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.ledger.Fresh(); err != nil {
		http.Error(w, "not accepting: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	if list := s.reasons(r.Context()); len(list) > 0 {
		_, _ = fmt.Fprintln(w, "degraded: "+strings.Join(list, "; "))
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}
