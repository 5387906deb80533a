// Package explorer is the testnet's page for people: blocks, transactions with decoded calls and events, accounts with tokens and resources,
// contracts to read and write, search, live updates. It is served by the testnet itself; its files are embedded and ask nobody else.
package explorer

import (
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strconv"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
)

// Path is where the page is, with what it asks for below Path + "api/".
const Path = "/explorer/"

// Limits of one request.
const (
	MaxPage      = 100     // entries of a list
	defaultPage  = 25      //
	MaxScan      = 10_000  // blocks that one request looks through; a longer search goes on from the cursor that it gives
	MaxBody      = 1 << 20 // bytes of a call from the page
	MaxReaders   = 64      // pages that follow new blocks at once
	policy       = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	noSuchThing  = "there is no %s here"
	notUnderstod = "%q is neither an address, a transaction or block id, a block number, nor a token's name"
)

//go:embed static
var files embed.FS

// Explorer serves the page of one chain.
type Explorer struct {
	chain   *chain.Node
	keys    map[wallet.Address]*wallet.Key
	names   map[wallet.Address]string
	routes  *http.ServeMux
	readers chan struct{}
}

// New makes the page of a chain. With the keys, which everybody may know, people write to contracts from the page.
func New(node *chain.Node, keys []*wallet.Key) *Explorer {
	e := &Explorer{chain: node, keys: map[wallet.Address]*wallet.Key{}, names: map[wallet.Address]string{}, readers: make(chan struct{}, MaxReaders)}
	for _, k := range keys {
		e.keys[k.Address()] = k
	}
	for _, a := range wallet.DevAccounts() {
		e.names[a.Key.Address()] = a.Name
	}
	e.routes = e.mux()
	return e
}

func (e *Explorer) mux() *http.ServeMux {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, http.StripPrefix(Path, http.FileServerFS(static)))
	mux.Handle("GET /{$}", http.RedirectHandler(Path, http.StatusFound))
	for pattern, answer := range map[string]func(*http.Request) (any, error){
		"GET api/home":               e.home,
		"GET api/blocks":             e.blocks,
		"GET api/block/{id}":         e.block,
		"GET api/tx/{id}":            e.transaction,
		"GET api/account/{address}":  e.account,
		"GET api/history/{address}":  e.history,
		"GET api/contract/{address}": e.contract,
		"GET api/tokens":             e.tokens,
		"GET api/accounts":           e.accounts,
		"GET api/search":             e.search,
		"POST api/read":              e.read,
		"POST api/write":             e.write,
	} {
		method, path := pattern[:4], pattern[4:]
		if method != "GET " {
			method, path = pattern[:5], pattern[5:]
		}
		mux.HandleFunc(method+Path+path, answers(answer))
	}
	mux.HandleFunc("GET "+Path+"api/live", e.live)
	return mux
}

// ServeHTTP answers Path and what is below, and leads "/" there.
func (e *Explorer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	e.routes.ServeHTTP(w, r)
}

// errMissing is what is asked for and not there; anything else that an answer returns is the asker's mistake.
var errMissing = errors.New("not found")

// answers sends what a function gives as JSON.
func answers(answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		v, err := answer(r)
		if err != nil {
			w.WriteHeader(map[bool]int{true: http.StatusNotFound, false: http.StatusBadRequest}[errors.Is(err, errMissing)])
			v = map[string]string{"error": err.Error()}
		}
		_ = json.NewEncoder(w).Encode(v) // the reader left
	}
}

// number reads a whole number of the query, at least 0; missing is whatever the caller says.
func number(r *http.Request, key string, missing int64) (int64, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New(key + ": want a number from 0 on")
	}
	return n, nil
}

// pageSize reads the length of a list.
func pageSize(r *http.Request) (int, error) {
	n, err := number(r, "limit", defaultPage)
	return int(min(max(n, 1), MaxPage)), err
}
