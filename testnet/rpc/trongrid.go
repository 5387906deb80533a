package rpc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
)

// gridMeta is the meta part of an answer.
type gridMeta struct {
	At          int64      `json:"at"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	Links       *gridLinks `json:"links,omitempty"`
	PageSize    int        `json:"page_size"`
}

type gridLinks struct {
	Next string `json:"next"`
}

type gridAnswer struct {
	Data    []any    `json:"data"`
	Success bool     `json:"success"`
	Meta    gridMeta `json:"meta"`
}

// gridRefusal is the answer when there is none.
type gridRefusal struct {
	Success    bool   `json:"success"`
	StatusCode int    `json:"statusCode"`
	Error      string `json:"error"`
}

// What TronGrid says of addresses that are none.
var (
	errNoAccount  = errors.New("A valid account address is required.")  //nolint:staticcheck // TronGrid's words, which clients compare
	errNoContract = errors.New("A valid contract address is required.") //nolint:staticcheck // the same
	errNoPath     = errors.New("there is no such list here")
)

// serveGrid answers /v1/….
func (s *Server) serveGrid(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.Method != http.MethodGet {
		gridProblem(w, http.StatusMethodNotAllowed, "only GET")
		return
	}
	q, err := readGridQuery(r)
	if err != nil {
		gridProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	data, more, err := s.grid(r.Context(), r.URL.Path, q)
	switch {
	case errors.Is(err, errNoPath):
		gridProblem(w, http.StatusNotFound, err.Error())
		return
	case err != nil:
		gridProblem(w, http.StatusBadRequest, err.Error())
		return
	}
	answer := gridAnswer{Data: data, Success: true, Meta: gridMeta{At: time.Now().UnixMilli(), PageSize: len(data), Fingerprint: more}}
	if more != "" {
		answer.Meta.Links = &gridLinks{nextLink(r, more)}
	}
	writeJSON(w, answer)
}

// nextLink is where the next page is, for who asked: behind a proxy that ends TLS too.
func nextLink(r *http.Request, fingerprint string) string {
	next := *r.URL
	values := next.Query()
	values.Set("fingerprint", fingerprint)
	next.RawQuery, next.Scheme, next.Host = values.Encode(), "http", r.Host
	nearest, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	if r.TLS != nil || strings.EqualFold(strings.TrimSpace(nearest), "https") {
		next.Scheme = "https"
	}
	return next.String()
}

func gridProblem(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	writeJSON(w, gridRefusal{StatusCode: status, Error: text})
}

// grid finds the list that a path names.
func (s *Server) grid(ctx context.Context, path string, q gridQuery) (data []any, more string, err error) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, "/v1/"), "/"), "/")
	route, id := parts[0], ""
	if len(parts) > 1 {
		id = parts[1]
		route += "/" + strings.Join(parts[2:], "/")
	}
	switch route {
	case "contracts/events", "contracts/transactions", "contracts/tokens":
		a, err := wallet.ParseAddress(id)
		if err != nil {
			return nil, "", errNoContract
		}
		return s.gridOfContract(ctx, route, a, q)
	case "accounts/", "accounts/transactions", "accounts/transactions/trc20", "accounts/trc20/balance", "accounts/internal-transactions":
		a, err := wallet.ParseAddress(id)
		if err != nil {
			return nil, "", errNoAccount
		}
		return s.gridOfAccount(ctx, route, a, q)
	case "transactions/events":
		data, err = s.eventsOfTransaction(id, q)
		return data, "", err
	case "transactions/internal-transactions":
		data, err = s.internalOfTransaction(id)
		return data, "", err
	case "blocks/events":
		return s.eventsOfBlock(ctx, id, q)
	case "assets", "assets/", "assets/list":
		return s.gridAssets(route, id, q)
	}
	return nil, "", errNoPath
}

func (s *Server) gridOfContract(ctx context.Context, route string, a wallet.Address, q gridQuery) (data []any, more string, err error) {
	switch route {
	case "contracts/events":
		return s.walk(ctx, q, func(b *chain.Block, solid bool) []found { return s.eventsOf(b, solid, &a, q.event) })
	case "contracts/tokens":
		return s.gridHolders(ctx, a, q)
	}
	q.internal = false
	return s.walk(ctx, q, func(b *chain.Block, _ bool) []found { return transactionsOf(b, a, q) })
}

func (s *Server) gridOfAccount(ctx context.Context, route string, a wallet.Address, q gridQuery) (data []any, more string, err error) {
	switch route {
	case "accounts/":
		data, err = s.gridAccount(ctx, a, q)
		return data, "", err
	case "accounts/transactions/trc20":
		ask := s.newTokenAsker(ctx, chain.Head)
		return s.walk(ctx, q, func(b *chain.Block, _ bool) []found { return tokenLogsOf(b, a, q, ask) })
	case "accounts/trc20/balance":
		return s.gridBalances(ctx, a, q)
	case "accounts/internal-transactions":
		return s.walk(ctx, q, func(b *chain.Block, _ bool) []found { return internalOf(b, a, q) })
	}
	return s.walk(ctx, q, func(b *chain.Block, _ bool) []found { return transactionsOf(b, a, q) })
}

// view is the state that a list is about.
func (q gridQuery) view() chain.View {
	if q.confirmed {
		return chain.Solid
	}
	return chain.Head
}

func (s *Server) locateText(id string) (*chain.Block, int, error) {
	raw, err := hashArg(id)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no transaction id", wallet.Clip(id))
	}
	b, i := s.chain.TransactionBlock(chain.Head, raw)
	return b, i, nil
}

// gridID is an id as a number, which TronGrid shows tokens with.
func gridID(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}
