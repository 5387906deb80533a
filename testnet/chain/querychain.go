package chain

import (
	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// NowBlock is the newest block of a view.
func (n *Node) NowBlock(v View) (b *Block) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.s.Block(n.newest(v))
}

// newest is the height of a view. The caller holds the lock.
func (n *Node) newest(v View) int64 {
	if v == Solid {
		return n.s.Param(state.SolidNumber)
	}
	return n.s.Param(state.HeadNumber)
}

// HeadNumber and SolidNumber are the heights of the two views.
func (n *Node) HeadNumber() int64 { return n.NowBlock(Head).Number() }

// SolidNumber is the height of the newest block that cannot be undone.
func (n *Node) SolidNumber() int64 { return n.NowBlock(Solid).Number() }

// FirstNumber is the height from which the node has all blocks: 0, or what a fork went on from. A fork has block 0 as well.
func (n *Node) FirstNumber() int64 {
	if n.cfg.Fork != nil {
		return n.cfg.Fork.Head.Number()
	}
	return 0
}

// GenesisID is the id of block 0; its last four bytes are the chain id.
func (n *Node) GenesisID() [32]byte { return n.BlockByNumber(Head, 0).ID }

// BlockByNumber is a block by height, or nil.
func (n *Node) BlockByNumber(v View, number int64) *Block {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if number > n.newest(v) {
		return nil
	}
	return n.s.Block(number)
}

// BlockByID is a block by its id, or nil. Blocks that a reorganisation has removed are gone.
func (n *Node) BlockByID(v View, id []byte) *Block {
	if len(id) != 32 {
		return nil
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	b := n.s.BlockByID([32]byte(id))
	if b == nil || b.Number() > n.newest(v) {
		return nil
	}
	return b
}

// Blocks lists blocks by height from first up to, and without, last; as many as there are.
func (n *Node) Blocks(v View, first, last int64) []*Block {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var list []*Block
	for number := max(0, first); number < min(last, n.newest(v)+1); number++ {
		if b := n.s.Block(number); b != nil { // a fork has none from before its own
			list = append(list, b)
		}
	}
	return list
}

// Transaction is a transaction by id, or nil: those of the genesis block cannot be asked for. At Head it may still wait for its block.
func (n *Node) Transaction(v View, id []byte) *tronpb.Transaction {
	if len(id) != 32 {
		return nil
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	if w, ok := n.waits[[32]byte(id)]; ok && v == Head {
		return w.tx
	}
	b, i := n.locate(v, [32]byte(id))
	if b == nil || b.Number() == 0 {
		return nil
	}
	return b.Block.GetTransactions()[i]
}

func (n *Node) locate(v View, id [32]byte) (*Block, int) {
	at, ok := n.s.Transaction(id)
	if !ok || at.Block > n.newest(v) {
		return nil, 0
	}
	return n.s.Block(at.Block), at.Index
}

// TransactionInfo is what came of a transaction in a block, or nil.
func (n *Node) TransactionInfo(v View, id []byte) *tronpb.TransactionInfo {
	if len(id) != 32 {
		return nil
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	b, i := n.locate(v, [32]byte(id))
	if b == nil || b.Number() == 0 {
		return nil
	}
	return b.Infos[i]
}

// TransactionBlock is the block that holds a transaction and its place in it, or nil.
func (n *Node) TransactionBlock(v View, id []byte) (*Block, int) {
	if len(id) != 32 {
		return nil, 0
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.locate(v, [32]byte(id))
}

// Pending lists the ids of the transactions that wait, oldest first.
func (n *Node) Pending() [][32]byte {
	n.mu.RLock()
	defer n.mu.RUnlock()
	ids := make([][32]byte, len(n.pending))
	for i, w := range n.pending {
		ids[i] = w.id
	}
	return ids
}

// PendingTransaction is a transaction that waits, or nil.
func (n *Node) PendingTransaction(id []byte) *tronpb.Transaction {
	if len(id) != 32 {
		return nil
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	if w, ok := n.waits[[32]byte(id)]; ok {
		return w.tx
	}
	return nil
}

// ChainParameters answers getchainparameters, in java-tron's order.
func (n *Node) ChainParameters() *tronpb.ChainParameters {
	list := &tronpb.ChainParameters{}
	n.read(Head, func(s *state.State) {
		for _, p := range state.ListedParams() {
			info, value := state.ParamInfoOf(p), s.Param(p)
			if info.Later && value == 0 {
				continue
			}
			list.ChainParameter = append(list.ChainParameter, &tronpb.ChainParameters_ChainParameter{Key: info.Key, Value: value})
		}
	})
	return list
}

// Param is a chain parameter or another number of the network, at the head.
func (n *Node) Param(p state.Param) (value int64) {
	n.read(Head, func(s *state.State) { value = s.Param(p) })
	return value
}

// NextMaintenance answers getnextmaintenancetime, in milliseconds since 1970.
func (n *Node) NextMaintenance() int64 { return n.Param(state.NextMaintenance) }

// Burnt answers getburntrx.
func (n *Node) Burnt(v View) (sum wallet.Sun) {
	n.read(v, func(s *state.State) { sum = wallet.Sun(s.Param(state.Burnt)) })
	return sum
}

// Prices answers getenergyprices, getbandwidthprices or getmemofee: the history of a price as "0:100,<ms>:<sun>".
func (n *Node) Prices(t state.Text) (history string) {
	n.read(Head, func(s *state.State) { history = s.Text(t) })
	return history
}

// Witnesses answers listwitnesses.
func (n *Node) Witnesses(v View) *tronpb.WitnessList {
	list := &tronpb.WitnessList{}
	n.read(v, func(s *state.State) {
		for _, a := range s.Witnesses() {
			list.Witnesses = append(list.Witnesses, s.Witness(a))
		}
	})
	return list
}

// ActiveWitnesses lists the block producers in the order of their turns.
func (n *Node) ActiveWitnesses() (list []wallet.Address) {
	n.read(Head, func(s *state.State) { list = actuator.ActiveWitnesses(s) })
	return list
}

// Proposals answers listproposals, newest first as java-tron lists them.
func (n *Node) Proposals() []*tronpb.Proposal {
	var list []*tronpb.Proposal
	n.read(Head, func(s *state.State) {
		for _, id := range s.Proposals() {
			list = append([]*tronpb.Proposal{s.Proposal(id)}, list...)
		}
	})
	return list
}

// Proposal is a proposal by number, or nil.
func (n *Node) Proposal(id int64) (p *tronpb.Proposal) {
	n.read(Head, func(s *state.State) { p = s.Proposal(id) })
	return p
}

// Exchanges answers listexchanges.
func (n *Node) Exchanges(v View) []*tronpb.Exchange {
	var list []*tronpb.Exchange
	n.read(v, func(s *state.State) {
		for _, id := range s.Exchanges() {
			list = append(list, s.Exchange(id))
		}
	})
	return list
}

// Exchange is a pair of the exchange by number, or nil.
func (n *Node) Exchange(v View, id int64) (e *tronpb.Exchange) {
	n.read(v, func(s *state.State) { e = s.Exchange(id) })
	return e
}
