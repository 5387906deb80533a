package events_test

import (
	"context"
	"fmt"
	"log"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// A shop prints every deposit to its address, once, and remembers how far it has come. After a restart it goes on from there.
func Example() {
	network, err := testnet.New(testnet.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = network.Close() }()
	if err := network.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	n, err := node.Dial(ctx, node.Config{Address: network.GRPC(), RequestsPerSecond: -1})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	customer, shop := network.Accounts()[0], network.Accounts()[1].Address()
	pay := func(amount wallet.Sun) {
		transaction, _, err := n.Build(ctx, &tx.Transfer{Owner: customer.Address(), To: shop, Amount: amount}, tx.Options{})
		if err == nil {
			err = transaction.Sign(ctx, customer)
		}
		if err == nil {
			_, err = n.Broadcast(ctx, transaction.Bytes())
		}
		if err != nil {
			log.Fatal(err)
		}
	}

	remembered := events.Before(1) // in a file or a database, beside what was booked
	deposits := events.Filter{To: []wallet.Address{shop}}
	follow := func() {
		f := &events.Follower{Node: n, View: node.Solid, From: &remembered, Until: network.HeadNumber()} // no Until for a shop that stays open
		err := f.Run(ctx, func(_ context.Context, step events.Step) error {
			for _, e := range step.Events {
				if deposits.Match(e) {
					fmt.Printf("block %d: %s sun\n", step.Block.Number, e.Amount)
				}
			}
			remembered = step.Cursor
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	pay(5 * wallet.TRX)
	follow()
	fmt.Println("The shop was closed.")
	pay(7 * wallet.TRX)
	follow()
	// Output:
	// block 2: 5000000 sun
	// The shop was closed.
	// block 3: 7000000 sun
}
