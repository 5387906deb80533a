package rpc

import (
	"log/slog"
	"net/http"
	"strings"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/testnet/chain"
)

// DefaultVersion is the version of java-tron that the doors speak for.
const DefaultVersion = "4.8.0"

// Config says what the doors show beside the chain. The zero value is good.
type Config struct {
	Version     string       // that getnodeinfo and web3_clientVersion tell; empty: DefaultVersion
	CleanBlocks bool         // blocks of /jsonrpc as strict Ethereum tools want them; java-tron's have no state root and a gas limit of 0
	Log         *slog.Logger // nil: silent
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
	full    map[string]servlet
	solid   map[string]servlet
	eth     map[string]ethMethod
	filters filters
	grpc    *grpc.Server
}

// New makes the doors of a chain; nothing listens yet.
func New(node *chain.Node, c Config) *Server {
	s := &Server{chain: node, config: c, log: c.Log, full: servlets(), solid: solidServlets(), eth: ethMethods()}
	s.filters.all = map[string]*filter{}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.grpc = s.newGRPC()
	return s
}

// GRPC is the gRPC server with Wallet, WalletSolidity, Database and reflection. Serve it on a listener; stop it with its own methods.
func (s *Server) GRPC() *grpc.Server { return s.grpc }

// ServeHTTP answers all paths.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.survive(w, r)
	if cross(w, r) {
		return
	}
	path := r.URL.Path
	if name, ok := strings.CutPrefix(path, "/wallet/"); ok {
		if v, ok := s.full[name]; ok {
			s.serve(w, r, v, chain.Head)
			return
		}
	}
	if name, ok := strings.CutPrefix(path, "/walletsolidity/"); ok {
		if v, ok := s.solid[name]; ok {
			s.serve(w, r, v, chain.Solid)
			return
		}
	}
	if path == "/jsonrpc" {
		s.serveRPC(w, r, s.eth)
		return
	}
	s.unknownPath(w, r)
}

// survive keeps a fault in one answer from reaching other requests. java-tron answers nothing then.
func (s *Server) survive(w http.ResponseWriter, r *http.Request) {
	if fault := recover(); fault != nil {
		s.log.ErrorContext(r.Context(), "an HTTP answer failed", "path", r.URL.Path, "fault", fault)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// unknownPath is what Jetty answers to a path that nobody serves: 404 to GET, 405 to POST.
func (s *Server) unknownPath(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		page(w, r, http.StatusNotFound, "Not Found")
		return
	}
	s.refuseMethod(w, r)
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
