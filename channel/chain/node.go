package chain

import (
	"context"
	"errors"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// ErrNoBlock says that the node has no block of that number (any more).
var ErrNoBlock = errors.New("the node has no such block")

// Log is an entry that a contract wrote while a transaction ran.
type Log struct {
	Contract wallet.Address
	Topics   [][32]byte
	Data     []byte
}

// Block is a block as far as the Follower needs it: its header and the logs of its transactions.
type Block struct {
	channel.Block
	Transactions []Transaction
}

// Transaction is what a block says of one transaction.
type Transaction struct {
	ID   [32]byte
	Logs []Log
}

// Reader reads the chain.
type Reader interface {
	// Heads gives the newest block and the newest that cannot be undone.
	Heads(ctx context.Context) (head, solid channel.Block, err error)
	// Block gives the block of that number on the chain that the node takes for the best now, or ErrNoBlock.
	Block(ctx context.Context, number int64) (Block, error)
}
