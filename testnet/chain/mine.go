package chain

import (
	"crypto/sha256"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Mine makes count blocks: what waits goes into the first, as far as it still may. It returns the head.
func (n *Node) Mine(count int) *Block {
	n.mu.Lock()
	defer n.mu.Unlock()
	for range min(count, MaxMined) {
		n.mine()
	}
	return n.s.Head()
}

// Tick makes the block of an interval: with Mixed mining only when none was made since the last turn.
func (n *Node) Tick() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mining == Interval || n.mining == Mixed && n.clock.now(n.s.Param(state.HeadTime))-n.s.Param(state.HeadTime) >= n.pace.Milliseconds() {
		n.mine()
	}
}

// begin settles the next block's height, time and producer.
func (n *Node) begin() being {
	b := being{number: n.s.Param(state.HeadNumber) + 1}
	b.time = n.clock.blockTime(n.s.Param(state.GenesisTime), n.s.Param(state.HeadTime), n.nextTurn(), n.mining == Interval)
	active := actuator.ActiveWitnesses(n.s)
	slot := (b.time - n.s.Param(state.GenesisTime)) / state.SlotMillis
	for i := range active {
		b.producer = active[(int(slot)+i)%len(active)]
		if _, ours := n.keys[b.producer]; ours {
			break
		}
	}
	return b
}

// nextTurn is how many slots after its own the head's next turn is: a maintenance skips two.
func (n *Node) nextTurn() int64 {
	if n.s.On(state.InMaintenance) {
		return 3
	}
	return 1
}

// open is an empty block on the head.
func (n *Node) open(b being) *Block {
	parent := n.s.Head().ID
	header := &tronpb.BlockHeaderRaw{
		Timestamp: b.time, ParentHash: parent[:], Number: b.number, WitnessAddress: b.producer[:], Version: blockVersion,
	}
	if n.s.On(state.AllowTvmPrague) {
		writeBlockHistory(n.s, b.number, parent)
	}
	return &Block{Block: &tronpb.Block{BlockHeader: &tronpb.BlockHeader{RawData: header}}}
}

// mine makes a block of what waits. The caller holds the lock.
func (n *Node) mine() {
	n.undoPending()
	b := n.begin()
	block := n.open(b)
	var later []*waiting
	size := 0
	updated := map[string]bool{}
	for _, w := range n.pending {
		weight := proto.Size(w.tx)
		if w.from > b.number || size+weight > MaxBlockSize {
			later = append(later, w)
			continue
		}
		mark := n.s.Mark()
		err := afterUpdate(updated, w.tx)
		if err == nil {
			err = n.check(w.tx, w.id)
		}
		if err == nil {
			err = n.pack(block, w, b)
		}
		if err != nil {
			n.log.Info("transaction dropped", "id", wordHex(w.id), "why", err.Error())
			n.s.Revert(mark)
			delete(n.waits, w.id)
			continue
		}
		size += weight
		delete(n.waits, w.id)
	}
	n.pending = later
	n.seal(block, b)
	n.redoPending()
}

// errUpdated says that a transaction follows one of its owner that changes the owner's permissions.
var errUpdated = errors.New("its owner's permissions are updated in the same block")

// afterUpdate notes whose permissions a block updates: later transactions of these owners are dropped from the block and do not wait for the next
// one either (Manager.generateBlock, accountSet).
func afterUpdate(updated map[string]bool, tx *tronpb.Transaction) error {
	contract := tx.GetRawData().GetContract()[0]
	owner := string(actuator.Owner(contract))
	if updated[owner] {
		return errUpdated
	}
	updated[owner] = contract.GetType() == tronpb.Transaction_Contract_AccountPermissionUpdateContract
	return nil
}

// undoPending takes the effects of what waits off the state.
func (n *Node) undoPending() {
	if mark, ok := n.markOf(n.s.Param(state.HeadNumber)); ok && len(n.pending) > 0 {
		n.s.Revert(mark)
	}
}

// redoPending runs what still waits on top of a new head.
func (n *Node) redoPending() {
	n.pending = slices.DeleteFunc(n.pending, func(w *waiting) bool {
		mark := n.s.Mark()
		if _, _, err := n.run(w.tx, w.id, being{}); err != nil {
			n.s.Revert(mark)
			delete(n.waits, w.id)
			return true
		}
		return false
	})
}

// pack runs a transaction and puts it into the block with its result.
func (n *Node) pack(block *Block, w *waiting, b being) error {
	info, result, err := n.run(w.tx, w.id, b)
	if err != nil {
		return err
	}
	tx := &tronpb.Transaction{RawData: w.tx.GetRawData(), Signature: w.tx.GetSignature()}
	if unknown := w.tx.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		tx.ProtoReflect().SetUnknown(unknown)
	}
	tx.Ret = []*tronpb.Transaction_Result{{ContractRet: result.GetContractRet()}}
	block.Block.Transactions = append(block.Block.Transactions, tx)
	block.Infos = append(block.Infos, info)
	block.IDs = append(block.IDs, w.id)
	return nil
}

// seal pays the producer, does what a maintenance asks, signs the block and makes it the head.
func (n *Node) seal(block *Block, b being) {
	actuator.AdaptEnergy(n.s)
	actuator.PayBlock(n.s, b.producer)
	maintenance := n.s.Param(state.NextMaintenance) <= b.time
	if maintenance {
		actuator.DecideProposals(n.s)
	}
	n.countBlock(b)
	if maintenance {
		actuator.Maintain(n.s, b.number, b.time)
	}
	n.s.SetParam(state.InMaintenance, int64(bit(maintenance)))
	header := block.Block.GetBlockHeader()
	header.RawData.TxTrieRoot = merkleRoot(block.Block.GetTransactions())
	if key := n.signingKey(b.producer); key != nil {
		header.WitnessSignature = signHeader(key, header)
	}
	block.ID = blockID(header)
	n.s.AddBlock(block)
	n.s.AddParam(state.TransactionCount, int64(len(block.IDs)))
	n.s.SetParam(state.SolidNumber, n.solidAfter(b.number))
	n.clock.spent()
	n.marks = append(n.marks, n.s.Mark())
	n.forgetOld()
	n.tell(Event{Block: block, Removed: n.orphans, Solid: n.s.Param(state.SolidNumber)})
	n.orphans = nil
	n.keep()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// signingKey is the key of a producer: the one of its witness permission where that names another account.
func (n *Node) signingKey(producer wallet.Address) *wallet.Key {
	if a := n.s.Account(producer); a != nil && len(a.Witness.GetKeys()) == 1 {
		if signer, err := wallet.AddressFromBytes(a.Witness.GetKeys()[0].GetAddress()); err == nil && n.keys[signer] != nil {
			return n.keys[signer]
		}
	}
	return n.keys[producer]
}

// signHeader signs the SHA-256 of the header without the height in front; v is 0 or 1 as java-tron writes it.
func signHeader(key *wallet.Key, h *tronpb.BlockHeader) []byte {
	signature := key.Sign(sha256.Sum256(encoded(h.GetRawData())))
	signature[64] -= 27
	return signature[:]
}

// countBlock is what the list of witnesses says about a block: who made it, and whose turns passed without one since the last.
func (n *Node) countBlock(b being) {
	if n.s.Witness(b.producer) == nil {
		return
	}
	slot := (b.time - n.s.Param(state.GenesisTime)) / state.SlotMillis
	n.editWitness(b.producer, func(w *tronpb.Witness) {
		w.TotalProduced++
		w.LatestBlockNum, w.LatestSlotNum = b.number, slot
	})
	missed := slot - n.s.Slot() - n.nextTurn()
	if b.number == 1 {
		missed = min(missed, 1) // the time since slot 0 counts as one turn: there was no network to produce
	}
	if missed <= 0 {
		return
	}
	active := actuator.ActiveWitnesses(n.s)
	turns := int64(len(active))
	for i, a := range active {
		// the missed slots are counted from the head's on, also where a maintenance skips two (DposSlot.getScheduledWitness)
		first := (int64(i) - (n.s.Slot()+1)%turns + turns) % turns
		if first < missed {
			n.editWitness(a, func(w *tronpb.Witness) { w.TotalMissed += (missed-first-1)/turns + 1 })
		}
	}
}

func (n *Node) editWitness(a wallet.Address, f func(*tronpb.Witness)) {
	w := proto.Clone(n.s.Witness(a)).(*tronpb.Witness)
	f(w)
	n.s.PutWitness(a, w)
}

// solidAfter is the solid height once a block of the given height is the head: what seven tenths of the producers have built on, less the lag.
func (n *Node) solidAfter(head int64) int64 {
	now := n.s.Param(state.SolidNumber)
	if n.frozen {
		return now
	}
	var latest []int64
	for _, a := range actuator.ActiveWitnesses(n.s) {
		latest = append(latest, n.s.Witness(a).GetLatestBlockNum())
	}
	slices.Sort(latest)
	solid := head
	if len(latest) > 1 {
		solid = latest[len(latest)*3/10]
	}
	return max(now, min(solid, head-n.lag))
}
