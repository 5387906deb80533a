// Package testnettest starts networks for Go tests that reach a node over a port, as a client does; testnet.New alone is enough where methods are.
package testnettest

import (
	"testing"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet/node"
)

// Start makes a network that serves HTTP and gRPC on free ports of the loopback until the test ends.
func Start(t testing.TB, config testnet.Config) *testnet.Network {
	t.Helper()
	network, err := testnet.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = network.Close() })
	if err := network.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		t.Fatal(err)
	}
	return network
}

// Dial connects to a network's gRPC port until the test ends. The client asks as often as it likes and looks for its blocks every millisecond.
func Dial(t testing.TB, network *testnet.Network) *node.Node {
	t.Helper()
	n, err := node.Dial(t.Context(), node.Config{Address: network.GRPC(), RequestsPerSecond: -1, PollEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}
