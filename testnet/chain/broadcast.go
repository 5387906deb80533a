package chain

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Broadcast takes a signed transaction: with Instant mining it is in a block when Broadcast answers, else it waits, and its effects show at Head.
// The answer is java-tron's. Any result in the transaction is ignored; the transaction itself is not changed.
func (n *Node) Broadcast(tx *tronpb.Transaction) *tronpb.Return {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.sound(n.broadcast(tx)); err != nil {
		return actuator.AsError(err).Return()
	}
	return &tronpb.Return{Result: true}
}

func (n *Node) broadcast(tx *tronpb.Transaction) error {
	if len(n.pending) >= MaxPending || n.pendingBytes() >= MaxPendingBytes {
		return actuator.Errorf(actuator.Busy, "too many transactions wait")
	}
	tx = proto.Clone(tx).(*tronpb.Transaction)
	tx.Ret = nil
	if len(tx.GetRawData().GetContract()) == 0 {
		return actuator.Errorf(actuator.Validate, "No contract!")
	}
	id := TxID(tx)
	if tx.GetRawData().GetExpiration() < n.nextTime() {
		return actuator.Errorf(actuator.Expired, "expired before the next block")
	}
	if err := n.checkSignatures(tx, id); err != nil {
		return err
	}
	if err := n.check(tx, id); err != nil {
		return err
	}
	if _, waits := n.waits[id]; waits {
		return actuator.Errorf(actuator.Duplicate, "dup trans : %x ", id)
	}
	w := &waiting{id: id, tx: tx, size: proto.Size(tx)}
	if n.delays.drops(w, n.s.Param(state.HeadNumber)) {
		return nil
	}
	return n.admit(w)
}

func (n *Node) pendingBytes() (sum int) {
	for _, w := range n.pending {
		sum += w.size
	}
	return sum
}

// admit runs a transaction on top of what waits already; with instant mining the block follows at once.
func (n *Node) admit(w *waiting) error {
	if n.instant() && len(n.pending) == 0 && w.from == 0 {
		return n.mineOne(w)
	}
	mark := n.s.Mark()
	if _, _, err := n.run(w.tx, w.id, being{}); err != nil {
		n.s.Revert(mark)
		return err
	}
	n.pending = append(n.pending, w)
	n.waits[w.id] = w
	if n.instant() && w.from <= n.s.Param(state.HeadNumber)+1 {
		n.mine()
	}
	return nil
}

func (n *Node) instant() bool { return n.mining == Instant || n.mining == Mixed }

// mineOne makes a block of one transaction, or none when it is refused.
func (n *Node) mineOne(w *waiting) error {
	mark := n.s.Mark()
	clock := n.clock
	b := n.begin()
	block := n.open(b)
	if err := n.pack(block, w, b); err != nil {
		n.s.Revert(mark)
		n.clock = clock
		return err
	}
	n.seal(block, b)
	return nil
}

// nextTime is the time of the slot after the head's, as java-tron's API compares expirations with it.
func (n *Node) nextTime() int64 {
	return n.clock.late(n.s.Param(state.HeadTime)) + n.nextTurn()*state.SlotMillis
}
