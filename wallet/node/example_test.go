package node_test

import (
	"context"
	"fmt"
	"log"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// local is a network of this process, and a connection to it. A real one is dialled by its address, pinned by wallet.Network.Genesis.
func local(ctx context.Context) (*node.Node, func()) {
	network, err := testnet.New(testnet.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := network.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		log.Fatal(err)
	}
	n, err := node.Dial(ctx, node.Config{Address: network.GRPC(), RequestsPerSecond: -1})
	if err != nil {
		log.Fatal(err)
	}
	return n, func() { _, _ = n.Close(), network.Close() }
}

// Send TRX: build on the solid block, look at the price, sign, broadcast, wait.
func Example() {
	ctx := context.Background()
	n, closeAll := local(ctx)
	defer closeAll()
	alice, bob := wallet.DevAccounts()[0].Key, wallet.DevAccounts()[1].Key.Address()

	payment := &tx.Transfer{Owner: alice.Address(), To: bob, Amount: 5 * wallet.TRX}
	transaction, plan, err := n.Build(ctx, payment, tx.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d bytes of bandwidth, %s TRX burnt, %s TRX missing\n", plan.Size, plan.Burn(), plan.Missing())
	if err := transaction.SignExpected(ctx, alice, tx.Expected{Contract: payment}); err != nil {
		log.Fatal(err)
	}
	id, err := n.Broadcast(ctx, transaction.Bytes())
	if err != nil {
		log.Fatal(err) // node.ErrOutcomeUnknown: ask Status, do not build another
	}
	receipt, err := n.Wait(ctx, id, transaction.Body().Expiration, node.Final)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("failed:", receipt.Failed)
	// Output:
	// 268 bytes of bandwidth, 0 TRX burnt, 0 TRX missing
	// failed: false
}

// Ask what became of a transaction: with its expiration known, one that no block holds can be told from one that never will be.
func ExampleNode_Status() {
	ctx := context.Background()
	n, closeAll := local(ctx)
	defer closeAll()
	alice, bob := wallet.DevAccounts()[0].Key, wallet.DevAccounts()[1].Key.Address()
	transaction, _, err := n.Build(ctx, &tx.Transfer{Owner: alice.Address(), To: bob, Amount: wallet.TRX}, tx.Options{})
	if err != nil {
		log.Fatal(err)
	}
	status, err := n.Status(ctx, transaction.ID(), transaction.Body().Expiration)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.State)
	if err := transaction.Sign(ctx, alice); err != nil {
		log.Fatal(err)
	}
	if _, err := n.Broadcast(ctx, transaction.Bytes()); err != nil {
		log.Fatal(err)
	}
	if _, err := n.Wait(ctx, transaction.ID(), transaction.Body().Expiration, node.Final); err != nil {
		log.Fatal(err)
	}
	if status, err = n.Status(ctx, transaction.ID(), transaction.Body().Expiration); err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.State)
	// Output:
	// unknown
	// solid
}
