package testnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
	"google.golang.org/grpc"

	"github.com/piecework/piecework/testnet/explorer"
	"github.com/piecework/piecework/testnet/rpc"
)

// headerTime bounds how long a client may take to say what it wants.
const headerTime = 10 * time.Second

// idleTime bounds how long a connection may stay without a request.
const idleTime = 2 * time.Minute

// maxConnections bounds how many of them there are at once on either port; the next one waits.
const maxConnections = 4096

// closeTime bounds how long Close waits for answers that are on their way.
const closeTime = 500 * time.Millisecond

// doors are the ports that a network listens on.
type doors struct {
	http  *http.Server
	grpc  *grpc.Server
	rpc   *rpc.Server
	url   string
	addr  string
	ended chan error
}

// Listen opens the HTTP port (all paths of a full node, a solidity node, JSON-RPC and the testnet's own) and the gRPC port; port 0 takes any free one.
// Close closes them.
func (n *Network) Listen(httpAddress, grpcAddress string, config rpc.Config) error {
	if n.doors.Load() != nil {
		return errors.New("the testnet listens already")
	}
	web, err := net.Listen("tcp", httpAddress)
	if err != nil {
		return fmt.Errorf("listening for HTTP: %w", err)
	}
	wire, err := net.Listen("tcp", grpcAddress)
	if err != nil {
		return errors.Join(fmt.Errorf("listening for gRPC: %w", err), web.Close())
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Keys == nil {
		config.Keys, config.Mnemonic, config.HDPath = n.accounts.keys, n.accounts.mnemonic, n.accounts.path
	}
	if config.Version == "" {
		config.Version = string(n.Release())
	}
	if config.Else == nil {
		config.Else = explorer.New(n.chainNode, n.accounts.keys)
	}
	server := rpc.New(n.chainNode, config)
	d := &doors{
		http: httpServer(server, headerTime, idleTime), grpc: server.GRPC(), rpc: server,
		url: "http://" + web.Addr().String(), addr: wire.Addr().String(), ended: make(chan error, 2),
	}
	go func() { d.ended <- d.http.Serve(netutil.LimitListener(web, maxConnections)) }()
	go func() { d.ended <- d.grpc.Serve(netutil.LimitListener(wire, maxConnections)) }()
	n.doors.Store(d)
	return nil
}

// httpServer bounds how long a connection may take for the header of a request, and how long it may be without one.
func httpServer(h http.Handler, header, idle time.Duration) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: header, IdleTimeout: idle}
}

// URL is where HTTP is answered, "http://127.0.0.1:9090"; empty before Listen.
func (n *Network) URL() string {
	if d := n.doors.Load(); d != nil {
		return d.url
	}
	return ""
}

// GRPC is where gRPC is answered, host:port; empty before Listen.
func (n *Network) GRPC() string {
	if d := n.doors.Load(); d != nil {
		return d.addr
	}
	return ""
}

// SetLatency makes every answer wait, so that people can test their clients. It needs Listen before.
func (n *Network) SetLatency(wait time.Duration) {
	if d := n.doors.Load(); d != nil {
		d.rpc.SetLatency(wait)
	}
}

// FailRequests makes the next count requests fail. It needs Listen before.
func (n *Network) FailRequests(count int64) {
	if d := n.doors.Load(); d != nil {
		d.rpc.FailRequests(count)
	}
}

// Serve makes the blocks of an interval until ctx ends, a door fails or Close is called, and closes the doors.
func (n *Network) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go n.Run(ctx)
	var ended chan error
	if d := n.doors.Load(); d != nil {
		ended = d.ended
	}
	select {
	case <-ctx.Done():
		return n.Close()
	case err := <-ended:
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		return errors.Join(err, n.Close())
	}
}

// Close closes the doors: answers that are on their way get a moment to end. A state file is written anew, without history, and let go of.
func (n *Network) Close() error {
	var errs []error
	if d := n.doors.Swap(nil); d != nil {
		ctx, stop := context.WithTimeout(context.Background(), closeTime)
		defer stop()
		if err := d.http.Shutdown(ctx); err != nil { // a stream that its reader keeps open
			errs = append(errs, d.http.Close())
		}
		d.grpc.Stop()
	}
	return errors.Join(append(errs, n.chainNode.Close())...)
}
