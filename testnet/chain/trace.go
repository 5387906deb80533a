package chain

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// ErrNoTrace says that a transaction cannot be run again: it is in no block, or its block is too old.
var ErrNoTrace = errors.New("no such transaction to trace")

// Trace runs a transaction of a block again, on the state that it ran on, and tells a tracer of every frame and opcode.
func (n *Node) Trace(id [32]byte, tracer vm.Tracer) (info *tronpb.TransactionInfo, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.s.Transaction(id)
	if !ok {
		return nil, fmt.Errorf("%w: %x", ErrNoTrace, id)
	}
	mark, ok := n.markOf(at.Block - 1)
	if !ok {
		return nil, fmt.Errorf("%w: block %d is too old", ErrNoTrace, at.Block)
	}
	block := n.s.Block(at.Block)
	n.s.At(mark, func() { info, err = n.replay(block, at.Index, tracer) })
	return info, err
}

// replay runs the transactions of a block up to one, which is traced.
func (n *Node) replay(block *Block, index int, tracer vm.Tracer) (info *tronpb.TransactionInfo, err error) {
	header := block.Block.GetBlockHeader().GetRawData()
	b := being{number: header.GetNumber(), time: header.GetTimestamp()}
	b.producer, _ = wallet.AddressFromBytes(header.GetWitnessAddress())
	if n.s.On(state.AllowTvmPrague) {
		writeBlockHistory(n.s, b.number, [32]byte(header.GetParentHash()))
	}
	for i, tx := range block.Block.GetTransactions()[:index+1] {
		if i == index {
			n.tracer = tracer
			defer func() { n.tracer = nil }()
		}
		bare := &tronpb.Transaction{RawData: tx.GetRawData(), Signature: tx.GetSignature()}
		if info, _, err = n.run(bare, block.IDs[i], b); err != nil {
			return nil, fmt.Errorf("running transaction %d of block %d again: %w", i, b.number, err)
		}
	}
	return info, nil
}

// ConstantTraced is Constant with a tracer.
func (n *Node) ConstantTraced(v View, call *tronpb.TriggerSmartContract, edit func(*tronpb.Transaction), tracer vm.Tracer) (*Constant, error) {
	return n.constant(v, call, edit, tracer)
}
