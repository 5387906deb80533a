package node

import (
	"context"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// View chooses what to look at: the newest state, which a fork can still undo, or the newest that cannot be undone.
type View int

// The two views of a node.
const (
	Head View = iota
	Solid
)

// String is "head" or "solid".
func (v View) String() string {
	if v == Solid {
		return "solid"
	}
	return "head"
}

// Header is what links blocks.
type Header struct {
	Number  int64 // 0 is the genesis block
	ID      tx.BlockID
	Parent  tx.BlockID
	Time    time.Time      // of the block, UTC, whole seconds
	Witness wallet.Address // who made it
}

// Reference is what a new transaction is tied to: the newest solid block, so that it counts on this chain only, and the head's time, from which its expiry counts.
func (n *Node) Reference(ctx context.Context) (tx.Reference, error) {
	solid, err := n.Latest(ctx, Solid)
	if err != nil {
		return tx.Reference{}, err
	}
	head, err := n.Latest(ctx, Head)
	if err != nil {
		return tx.Reference{}, err
	}
	return tx.Reference{Block: solid.ID, Time: head.Time}, nil
}

// Block is a block with its transactions and their outcomes, in the same order.
type Block struct {
	Header
	Transactions []Transaction
}

// Transaction is a transaction as a node holds it.
type Transaction struct {
	ID      tx.ID
	Raw     []byte   // raw_data as signed; SHA-256 gives the id. Package wallet/tx decodes it
	Signed  []byte   // the whole message with signatures and result
	Receipt *Receipt // nil when only the transaction was asked for, or it is in no block
}

// Latest is the newest block's header in a view.
func (n *Node) Latest(ctx context.Context, at View) (Header, error) {
	call := n.full.GetNowBlock2
	if at == Solid {
		call = n.solid.GetNowBlock2
	}
	block, err := read(ctx, n, call, &tronpb.EmptyMessage{})
	if err != nil {
		return Header{}, fmt.Errorf("reading the %s block: %w", at, err)
	}
	return headerOf(block)
}

// HeaderAt is the header of a block by its number, ErrNotFound when the view has not reached it.
func (n *Node) HeaderAt(ctx context.Context, at View, number int64) (Header, error) {
	block, err := n.blockAt(ctx, at, number)
	if err != nil {
		return Header{}, err
	}
	return headerOf(block)
}

// Block is a block by its number with its transactions, receipts and logs; ErrNotFound when the view has not reached it.
// When a fork changes the block between the two questions that this takes, the answer is ErrAnswer: ask again.
func (n *Node) Block(ctx context.Context, at View, number int64) (*Block, error) {
	message, err := n.blockAt(ctx, at, number)
	if err != nil {
		return nil, err
	}
	block := &Block{}
	if block.Header, err = headerOf(message); err != nil {
		return nil, err
	}
	if len(message.GetTransactions()) == 0 {
		return block, nil
	}
	call := n.full.GetTransactionInfoByBlockNum
	if at == Solid {
		call = n.solid.GetTransactionInfoByBlockNum
	}
	infos, err := read(ctx, n, call, &tronpb.NumberMessage{Num: number})
	if err != nil {
		return nil, fmt.Errorf("reading the outcomes of block %d: %w", number, err)
	}
	if block.Transactions, err = joinOutcomes(number, message, infos); err != nil {
		return nil, fmt.Errorf("block %d: %w", number, err)
	}
	return block, nil
}

func (n *Node) blockAt(ctx context.Context, at View, number int64) (*tronpb.BlockExtention, error) {
	call := n.full.GetBlockByNum2
	if at == Solid {
		call = n.solid.GetBlockByNum2
	}
	block, err := read(ctx, n, call, &tronpb.NumberMessage{Num: number})
	if err != nil {
		return nil, fmt.Errorf("reading block %d: %w", number, err)
	}
	if block.GetBlockHeader() == nil {
		return nil, fmt.Errorf("block %d (%s): %w", number, at, ErrNotFound)
	}
	return block, nil
}

func joinOutcomes(number int64, block *tronpb.BlockExtention, infos *tronpb.TransactionInfoList) ([]Transaction, error) {
	outcomes := make(map[tx.ID]*tronpb.TransactionInfo, len(infos.GetTransactionInfo()))
	for _, info := range infos.GetTransactionInfo() {
		id, err := hash32(info.GetId())
		if err != nil {
			return nil, err
		}
		outcomes[id] = info
	}
	all := make([]Transaction, 0, len(block.GetTransactions()))
	for _, extention := range block.GetTransactions() {
		t, err := transactionOf(extention.GetTransaction())
		if err != nil {
			return nil, err
		}
		info, ok := outcomes[t.ID]
		if !ok && number == 0 { // the genesis block's transactions are written, not executed
			all = append(all, t)
			continue
		}
		if !ok {
			return nil, fmt.Errorf("%w: no outcome of transaction %s (a fork?)", ErrAnswer, t.ID)
		}
		if t.Receipt, err = receiptOf(info); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func headerOf(block *tronpb.BlockExtention) (Header, error) {
	raw := block.GetBlockHeader().GetRawData()
	id, err := hash32(block.GetBlockid())
	if err != nil {
		return Header{}, err
	}
	h := Header{Number: raw.GetNumber(), ID: id, Time: time.UnixMilli(raw.GetTimestamp()).UTC()}
	copy(h.Parent[:], raw.GetParentHash())
	if a, err := wallet.AddressFromBytes(raw.GetWitnessAddress()); err == nil { // the genesis block has a sentence there
		h.Witness = a
	}
	return h, nil
}
