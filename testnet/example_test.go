package testnet_test

import (
	"fmt"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
)

// A network for a Go test: nothing listens, nothing needs closing.
func ExampleNew() {
	network, err := testnet.New(testnet.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	alice := network.Accounts()[0].Address()
	fmt.Println(len(network.Accounts()), network.Balance(chain.Head, alice))
	// Output: 10 1000000
}

// A network that other programs can ask: the URL is what TronWeb calls fullHost.
func ExampleNetwork_Listen() {
	network, err := testnet.New(testnet.Config{AccountCount: 3, Balance: 50 * wallet.TRX})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close() //nolint:errcheck // an example
	if err := network.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(network.URL() != "", network.GRPC() != "")
	// Output: true true
}

// A snapshot remembers everything: balances, blocks, the clock, what waits.
func ExampleNetwork_snapshot() {
	network, err := testnet.New(testnet.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	bob := network.Accounts()[1].Address()
	before := network.Snapshot()
	network.SetBalance(bob, 5*wallet.TRX)
	network.Mine(100)
	fmt.Println(network.Balance(chain.Head, bob), network.HeadNumber())
	if err := network.Revert(before); err != nil {
		fmt.Println(err)
	}
	fmt.Println(network.Balance(chain.Head, bob), network.HeadNumber())
	// Output:
	// 5 101
	// 1000000 1
}

// A reorganisation takes blocks that are not solid yet from the chain and puts others in their place.
func ExampleNetwork_reorg() {
	network, err := testnet.New(testnet.Config{Chain: chain.Config{SolidLag: 10}})
	if err != nil {
		fmt.Println(err)
		return
	}
	network.Mine(5)
	removed, err := network.Reorg(2, 0, nil)
	fmt.Println(len(removed), network.HeadNumber(), err)
	// Output: 2 7 <nil>
}
