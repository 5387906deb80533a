package api

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
)

//go:embed openapi.html
var openAPIPage []byte

// Gateway serves the API as JSON over HTTP below /v1/, and its description at /openapi (a page) and /openapi.json, until ctx ends. Calls go through the same checks as over
// gRPC: tokens are in the header Authorization, and plaintext is taken from the loopback only.
func (s *Server) Gateway(ctx context.Context) (http.Handler, error) {
	inside := newInside()
	server := s.grpc(insecure.NewCredentials())
	go func() { _ = server.Serve(inside) }() // ends with the listener
	conn, err := grpc.NewClient("passthrough:///inside", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(inside.dial))
	if err != nil {
		server.Stop()
		return nil, fmt.Errorf("starting the JSON gateway: %w", err)
	}
	context.AfterFunc(ctx, func() {
		_ = conn.Close()
		server.Stop()
	})
	mux, err := translate(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("starting the JSON gateway: %w", err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.ReplaceAll(channelpb.OpenAPI, []byte(`"format": "byte"`), []byte(`"format": "hex"`)))
	})
	routes.HandleFunc("GET /openapi", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(openAPIPage)
	})
	routes.Handle("/v1/", local(mux))
	return routes, nil
}

// translate is the generated part, with our JSON and nothing of the caller's headers but the token.
func translate(ctx context.Context, conn *grpc.ClientConn) (http.Handler, error) {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newHexJSON()),
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }), // the token goes through all the same
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithMetadata(func(_ context.Context, r *http.Request) metadata.MD {
			return metadata.Pairs(forwardedKey, remote(r).String())
		}),
	)
	for _, register := range []func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error{
		channelpb.RegisterChannelsHandler, channelpb.RegisterPaymentsHandler, channelpb.RegisterSettlementsHandler, channelpb.RegisterEventsHandler,
		channelpb.RegisterAdminHandler, channelpb.RegisterHubHandler,
	} {
		if err := register(ctx, mux, conn); err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// local refuses plaintext from elsewhere, bounds the body, and lets ids in a path be hex.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil && !remote(r).IsLoopback() {
			http.Error(w, message.ErrPlaintext.Error(), http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 2*MaxMessage) // hex takes twice the bytes
		r.URL.Path, r.URL.RawPath = hexPath(r.URL.Path), ""
		next.ServeHTTP(w, r)
	})
}

func remote(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return at.Addr().Unmap()
}

// hexPath turns ids of 64 hex digits into the base64 that the translation reads.
func hexPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		id, verb, has := strings.Cut(segment, ":")
		raw, err := hex.DecodeString(id)
		if err != nil || len(raw) != 32 {
			continue
		}
		segments[i] = base64.URLEncoding.EncodeToString(raw)
		if has {
			segments[i] += ":" + verb
		}
	}
	return strings.Join(segments, "/")
}

// inside is a listener for connections within this process.
type inside struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newInside() *inside { return &inside{conns: make(chan net.Conn), done: make(chan struct{})} }

// insideConn is the server's end of one. The guard knows it by its type.
type insideConn struct{ net.Conn }

func (l *inside) dial(ctx context.Context, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- &insideConn{theirs}:
		return ours, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *inside) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, errors.New("the gateway has ended")
	}
}

// Close implements net.Listener.
func (l *inside) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener.
func (*inside) Addr() net.Addr { return &net.UnixAddr{Name: "inside", Net: "unix"} }
