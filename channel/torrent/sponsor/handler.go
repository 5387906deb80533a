package sponsor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/crowd"
	"github.com/piecework/piecework/wallet"
)

// What one address may ask.
const (
	requestRate  = 20 // a second
	requestBurst = 100
	maxLimiters  = 10_000
)

// codes maps refusals to HTTP. The list is closed: a client may branch on it.
var codes = map[string]int{
	"malformed": http.StatusBadRequest, "preimage": http.StatusBadRequest, "anchor": http.StatusConflict, "torrent": http.StatusNotFound,
	"channel": http.StatusNotFound, "tail": http.StatusNotFound, "seeder": http.StatusForbidden, "price": http.StatusForbidden, "session": http.StatusForbidden,
	"budget": http.StatusForbidden, "day": http.StatusTooManyRequests, "seeder budget": http.StatusForbidden, "probes": http.StatusForbidden,
	"viewer": http.StatusForbidden, "address": http.StatusTooManyRequests, "at once": http.StatusTooManyRequests, "full": http.StatusTooManyRequests,
	"deposit": http.StatusForbidden, "lapsed": http.StatusForbidden, "rate": http.StatusTooManyRequests,
}

// Handler is the sponsor's API over HTTP.
type Handler struct {
	service *Service
	mux     *http.ServeMux

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

// NewHandler serves a sponsor.
func NewHandler(s *Service) *Handler {
	h := &Handler{service: s, mux: http.NewServeMux(), limiters: map[string]*rate.Limiter{}}
	h.mux.HandleFunc("GET /v1/offer", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.Offer()) })
	h.mux.HandleFunc("GET /v1/statement", h.statement)
	h.mux.HandleFunc("POST /v1/session", h.session)
	h.mux.HandleFunc("POST /v1/redeem", h.redeem)
	h.mux.HandleFunc("POST /v1/close", h.end)
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.may(r.RemoteAddr) {
		fail(w, &RefusedError{Refusal{"rate", "too many requests from this address"}, time.Second})
		return
	}
	h.mux.ServeHTTP(w, r)
}

// may asks the limiter of an address.
func (h *Handler) may(remote string) bool {
	key := addressKey(remote)
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.limiters[key]
	if l == nil {
		if len(h.limiters) >= maxLimiters {
			clear(h.limiters)
		}
		l = rate.NewLimiter(requestRate, requestBurst)
		h.limiters[key] = l
	}
	return l.Allow()
}

func (h *Handler) session(w http.ResponseWriter, r *http.Request) {
	var ask Ask
	if err := decode(r.Body, &ask); err != nil {
		fail(w, err)
		return
	}
	v, err := h.service.Session(r.Context(), &ask, r.RemoteAddr)
	reply(w, v, nil, err)
}

func (h *Handler) redeem(w http.ResponseWriter, r *http.Request) {
	var ask Redeem
	if err := decode(r.Body, &ask); err != nil {
		fail(w, err)
		return
	}
	v, lapsed, err := h.service.Redeem(r.Context(), &ask)
	reply(w, v, lapsed, err)
}

func (h *Handler) end(w http.ResponseWriter, r *http.Request) {
	var ask Close
	err := decode(r.Body, &ask)
	if err == nil {
		err = h.service.End(r.Context(), &ask)
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *Handler) statement(w http.ResponseWriter, r *http.Request) {
	payee, err := wallet.ParseAddress(r.URL.Query().Get("payee"))
	if err != nil {
		fail(w, refuse("malformed", "payee: %s", err))
		return
	}
	answer(w, http.StatusOK, h.service.Statement(payee))
}

func reply(w http.ResponseWriter, v channel.SignedVoucher, lapsed []Hash32, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, Session{voucherOf(v), lapsed})
}

// fail answers with a refusal. What is no refusal is "not now", and its text stays here.
func fail(w http.ResponseWriter, err error) {
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		if refused.Retry > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(refused.Retry.Seconds()))))
		}
		answer(w, codes[refused.Code], refused.Refusal)
	case errors.Is(err, ErrMessage):
		answer(w, http.StatusBadRequest, Refusal{"malformed", err.Error()})
	default:
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusServiceUnavailable, Refusal{"unavailable", "the sponsor cannot answer now"})
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side has gone
}

// Serve answers viewers and seeders on the listener until ctx ends.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(crowd.Listen(l)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving viewers: %w", err)
	}
	return nil
}
