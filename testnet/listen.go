package testnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"github.com/piecework/piecework/testnet/explorer"
	"github.com/piecework/piecework/testnet/rpc"
)

// headerTime bounds how long a client may take to say what it wants.
const headerTime = 10 * time.Second

// doors are the ports that a network listens on.
type doors struct {
	http  *http.Server
	grpc  *grpc.Server
	url   string
	addr  string
	ended chan error
}

// Listen opens the HTTP port (all paths of a full node, a solidity node, JSON-RPC and the testnet's own) and the gRPC port; port 0 takes any free one.
// Close closes them.
func (n *Network) Listen(httpAddress, grpcAddress string, config rpc.Config) error {
	if n.doors != nil {
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
	if config.Else == nil {
		config.Else = explorer.New(n.node, n.keys)
	}
	server := rpc.New(n.node, config)
	d := &doors{
		http: &http.Server{Handler: server, ReadHeaderTimeout: headerTime}, grpc: server.GRPC(),
		url: "http://" + web.Addr().String(), addr: wire.Addr().String(), ended: make(chan error, 2),
	}
	go func() { d.ended <- d.http.Serve(web) }()
	go func() { d.ended <- d.grpc.Serve(wire) }()
	n.doors = d
	return nil
}

// URL is where HTTP is answered, "http://127.0.0.1:9090"; empty before Listen.
func (n *Network) URL() string {
	if n.doors == nil {
		return ""
	}
	return n.doors.url
}

// GRPC is where gRPC is answered, host:port; empty before Listen.
func (n *Network) GRPC() string {
	if n.doors == nil {
		return ""
	}
	return n.doors.addr
}

// Serve makes the blocks of an interval until ctx ends or a door fails, and closes the doors.
func (n *Network) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go n.node.Run(ctx)
	select {
	case <-ctx.Done():
		return n.Close()
	case err := <-n.doors.ended:
		return errors.Join(err, n.Close())
	}
}

// Close closes the doors. The network itself needs no closing.
func (n *Network) Close() error {
	if n.doors == nil {
		return nil
	}
	d := n.doors
	n.doors = nil
	d.grpc.Stop()
	return d.http.Close()
}
