package demo

import (
	"context"
	"fmt"
	"math/big"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// world is the network that the demo plays on, and the books of everybody on it.
type world struct {
	node  *node.Node
	books *books
	spent map[wallet.Address]*spending
}

// spending is what somebody's own transactions used.
type spending struct {
	energy int64
	burnt  wallet.Sun
}

func newWorld(n *node.Node) *world {
	return &world{node: n, books: newBooks(), spent: map[wallet.Address]*spending{}}
}

// enter opens the book of somebody who has some TRX already.
func (w *world) enter(ctx context.Context, name string, key *wallet.Key) error {
	balance, _, err := w.node.Balance(ctx, key.Address())
	if err != nil {
		return err
	}
	w.books.open(key.Address(), name)
	w.books.enter(key.Address(), channel.TRX, big.NewInt(int64(balance)), "at the start")
	return nil
}

// send builds, signs and broadcasts a transaction, waits for its block, and books what it burnt.
func (w *world) send(ctx context.Context, key *wallet.Key, call tx.Contract, why string) (*tx.Transaction, *node.Receipt, error) {
	transaction, _, err := w.node.Build(ctx, call, tx.Options{})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", why, err)
	}
	if err := transaction.Sign(ctx, key); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", why, err)
	}
	if _, err := w.node.Broadcast(ctx, transaction.Bytes()); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", why, err)
	}
	receipt, err := w.node.Wait(ctx, transaction.ID(), transaction.Body().Expiration, node.Final)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", why, err)
	}
	w.pay(key.Address(), receipt.Cost.Energy, receipt.Fee, why)
	return transaction, receipt, nil
}

// pay books what a transaction used.
func (w *world) pay(who wallet.Address, energy int64, fee wallet.Sun, why string) {
	if w.spent[who] == nil {
		w.spent[who] = &spending{}
	}
	w.spent[who].energy += energy
	w.spent[who].burnt += fee
	w.books.fee(who, fee, why)
}
