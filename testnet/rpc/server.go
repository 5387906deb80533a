package rpc

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
)

// DefaultVersion is the version of java-tron that the doors speak for.
const DefaultVersion = "4.8.0"

// ElsePath is where Config.Else is asked.
const ElsePath = "/explorer/"

// Config says what the doors show beside the chain. The zero value is good.
type Config struct {
	Version     string       // that getnodeinfo and web3_clientVersion tell; empty: DefaultVersion
	CleanBlocks bool         // blocks of /jsonrpc as strict Ethereum tools want them; java-tron's have no state root and a gas limit of 0
	Else        http.Handler // for ElsePath and below, and for what GET of "/" leads to: an explorer; nil: nobody has them

	Keys     []*wallet.Key // that /admin shows: of funded accounts, known to everybody
	Mnemonic string        // that they come from, if they do
	HDPath   string        // up to the account's index, "m/44'/195'/0'/0/"

	BodyTime   time.Duration // a client has it to send the body of a request; 0: DefaultBodyTime
	AnswerTime time.Duration // a client has it to take each 64 KiB of an answer; 0: DefaultAnswerTime

	Log *slog.Logger // nil: silent
}

func (c Config) version() string {
	if c.Version == "" {
		return DefaultVersion
	}
	return c.Version
}

// Server answers for one chain. It is safe for many requests at once.
type Server struct {
	chain   *chain.Node
	config  Config
	log     *slog.Logger
	wallets map[string]door
	eth     map[string]ethMethod
	tre     map[string]ethMethod
	abis    knownABIs
	people  people
	faults  faults
	filters filters
	bodies  atomic.Int64 // bytes of all requests that are read and not answered yet
	grpc    *grpc.Server

	instance [32]byte // random
}

// New makes the doors of a chain; nothing listens yet.
func New(node *chain.Node, c Config) *Server {
	s := &Server{chain: node, config: c, log: c.Log, wallets: walletDoors(), eth: ethMethods(), tre: treMethods()}
	s.people.first = c.Keys
	_, _ = rand.Read(s.instance[:]) // never fails
	s.filters.all = map[string]*filter{}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.grpc = s.newGRPC()
	return s
}

// GRPC is the gRPC server with Wallet, WalletSolidity, Database and reflection. Serve it on a listener; stop it with its own methods.
func (s *Server) GRPC() *grpc.Server { return s.grpc }

// ServeHTTP answers all paths, and no client can hold it up for ever.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	flow := http.NewResponseController(w)
	answer := &patientWriter{w, flow, cmp.Or(s.config.AnswerTime, DefaultAnswerTime)}
	defer answer.extend()
	if r.ContentLength != 0 {
		body := &slowBody{ReadCloser: r.Body, flow: flow, limit: cmp.Or(s.config.BodyTime, DefaultBodyTime), all: &s.bodies}
		r.Body = body
		defer body.leave()
	}
	s.answer(answer, r)
}

// answer answers all paths.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	defer s.survive(w, r)
	if cross(w, r) {
		return
	}
	path, why := servedPath(rawPath(r))
	if path == "/tre" { // never troubled: it is how trouble is ended
		s.serveRPC(w, r, s.tre)
		return
	}
	if s.troubled(w, r) {
		return
	}
	if own := s.ownPath(r.Method, path); own != nil {
		own(w, r)
		return
	}
	w.Header().Set("Server", jettyName)
	if why != "" {
		badMessage(w, why)
		return
	}
	s.javaPath(w, r, path)
}

// ownPath is who answers a path that java-tron does not have.
func (s *Server) ownPath(method, path string) http.HandlerFunc {
	switch {
	case strings.HasPrefix(path, "/v1/"):
		return s.serveGrid
	case path == "/admin" || strings.HasPrefix(path, "/admin/"):
		return s.serveAdmin
	case path == "/healthcheck" || path == "/health":
		return s.serveHealth
	case s.config.Else != nil && s.isElse(method, path):
		return s.config.Else.ServeHTTP
	}
	return nil
}

// isElse says whether a path is that of Config.Else.
func (s *Server) isElse(method, path string) bool {
	if path == "/" {
		return method == http.MethodGet || method == http.MethodHead
	}
	return strings.HasPrefix(path+"/", ElsePath)
}

// javaPath answers the paths of java-tron, and those that nobody has as it does.
func (s *Server) javaPath(w http.ResponseWriter, r *http.Request, path string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if d, ok := s.wallets[first]; ok {
		s.serveWallet(w, r, d, rest)
		return
	}
	switch path {
	case "*": // OPTIONS alone may ask for the whole server
		s.page(w, r, http.StatusBadRequest, http.StatusText(http.StatusBadRequest))
	case "/net/listnodes":
		s.serve(w, r, listed(listNodes), chain.Head)
	case "/monitor/getnodeinfo":
		s.serve(w, r, both(nodeInfo), chain.Head)
	case "/jsonrpc":
		s.serveRPC(w, r, s.eth)
	default:
		s.unknownPath(w, r)
	}
}

// door is what java-tron has on a port of its own: paths, and what state they show.
type door struct {
	view  chain.View
	paths map[string]servlet
}

// walletDoors are the doors by the first part of their paths. PBFT is as far as the solid block on a node that is not behind.
func walletDoors() map[string]door {
	return map[string]door{
		"wallet": {chain.Head, servlets()}, "walletsolidity": {chain.Solid, solidServlets()}, "walletpbft": {chain.Solid, pbftServlets()},
	}
}

// serveWallet answers the paths of java-tron's servlets.
func (s *Server) serveWallet(w http.ResponseWriter, r *http.Request, d door, name string) {
	v, ok := d.paths[name]
	if !ok {
		s.unknownPath(w, r)
		return
	}
	s.serve(w, r, v, d.view)
}

// serveHealth says that the node answers, and how far it is.
func (s *Server) serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	writeJSON(w, map[string]any{"healthy": true, "head": s.chain.HeadNumber(), "solid": s.chain.SolidNumber(), "pending": len(s.chain.Pending())})
}

// survive keeps a fault in one answer from reaching other requests. java-tron answers nothing then.
func (s *Server) survive(w http.ResponseWriter, r *http.Request) {
	if fault := recover(); fault != nil {
		s.log.ErrorContext(r.Context(), "an HTTP answer failed", "path", r.URL.Path, "fault", fault)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// unknownPath is what Jetty's Default404Servlet answers: 404 to GET, and to others as a servlet that has GET alone.
func (s *Server) unknownPath(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.page(w, r, http.StatusNotFound, http.StatusText(http.StatusNotFound))
	case http.MethodOptions:
		allow(w, servlet{get: nothing})
	default:
		s.refuseMethod(w, r)
	}
}

// cross lets pages from anywhere ask (CORS), which java-tron leaves to a proxy. It says whether the question is answered by that: a preflight is.
func cross(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Origin") == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "X-Requested-With, Content-Type, Accept, TRON-PRO-API-KEY, Authorization")
	h.Set("Access-Control-Max-Age", "86400")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
