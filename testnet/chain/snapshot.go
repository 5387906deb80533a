package chain

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// snapshot is everything of a Node that Revert brings back; the state itself is in the log.
type snapshot struct {
	id      int
	mark    state.Mark
	pending []*waiting
	clock   clock
	mining  Mining
	frozen  bool
	thawed  *Mining
	lag     int64
	free    map[wallet.Address]struct{}
	delays  delays
}

// ErrSnapshot says that there is no such snapshot (any more).
var ErrSnapshot = errors.New("no such snapshot")

// Snapshot remembers the present: state, head, clock, waiting transactions and cheats. It costs the same whatever the state's size.
func (n *Node) Snapshot() (id int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lastID++
	if len(n.snapshots) >= MaxSnapshots {
		n.snapshots = slices.Delete(n.snapshots, 0, 1)
	}
	n.snapshots = append(n.snapshots, snapshot{
		id: n.lastID, mark: n.s.Mark(), pending: slices.Clone(n.pending), clock: n.clock, mining: n.mining, frozen: n.frozen, thawed: n.thawed, lag: n.lag,
		free: maps.Clone(n.free), delays: n.delays.clone(),
	})
	return n.lastID
}

// DropSnapshot forgets a snapshot without going back; false when there is none.
func (n *Node) DropSnapshot(id int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	before := len(n.snapshots)
	n.snapshots = slices.DeleteFunc(n.snapshots, func(s snapshot) bool { return s.id == id })
	return len(n.snapshots) < before
}

// Revert goes back to a snapshot, which is used up with all later ones. It costs what has changed since. The error is ErrSnapshot.
func (n *Node) Revert(id int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.snapshots, func(s snapshot) bool { return s.id == id })
	if i < 0 {
		return fmt.Errorf("%w: %d", ErrSnapshot, id)
	}
	s := n.snapshots[i]
	n.snapshots = n.snapshots[:i]
	removed := n.blocksAfter(s.mark)
	if !n.s.Revert(s.mark) {
		return fmt.Errorf("%w: %d", ErrSnapshot, id)
	}
	n.trimMarks()
	n.clock, n.mining, n.frozen, n.thawed, n.lag, n.free, n.delays = s.clock, s.mining, s.frozen, s.thawed, s.lag, s.free, s.delays
	n.setPending(s.pending)
	if len(removed) > 0 {
		n.tell(Event{Block: n.s.Head(), Removed: removed, Solid: n.s.Param(state.SolidNumber)})
	}
	n.keep()
	return nil
}

func (n *Node) setPending(list []*waiting) {
	n.pending = slices.Clone(list)
	n.waits = map[[32]byte]*waiting{}
	for _, w := range n.pending {
		n.waits[w.id] = w
	}
}

// blocksAfter lists the blocks made after a mark, newest first.
func (n *Node) blocksAfter(m state.Mark) []*Block {
	var list []*Block
	for i := len(n.marks) - 1; i >= 0 && n.marks[i] > m; i-- {
		list = append(list, n.s.Block(n.firstMark+int64(i)))
	}
	return list
}

// trimMarks drops the marks of blocks that are gone.
func (n *Node) trimMarks() {
	head := n.s.Param(state.HeadNumber)
	n.marks = n.marks[:max(0, head-n.firstMark+1)]
}

// keptMarks is how many blocks can be undone at least; the log of changes to older ones is given up, unless a snapshot needs it.
const keptMarks = 65_536

func (n *Node) forgetOld() {
	const slack = 4_096 // forgetting moves the log, so it is done rarely
	if len(n.marks) < keptMarks+slack {
		return
	}
	drop := len(n.marks) - keptMarks
	if len(n.snapshots) > 0 {
		for drop > 0 && n.marks[drop-1] > n.snapshots[0].mark {
			drop--
		}
	}
	if drop == 0 {
		return
	}
	n.s.Forget(n.marks[drop-1])
	n.marks = slices.Clone(n.marks[drop:])
	n.firstMark += int64(drop)
}

// ErrReorg says why a reorganisation cannot be had.
var ErrReorg = errors.New("cannot reorganise")

// Reorg takes depth blocks from the chain and makes count others in their place, depth+1 when count is 0, so that the new branch wins.
// Transactions of the removed blocks go where readmit says: those it says true of are mined into the first new block as far as they still can;
// a nil readmit drops them all. Solid blocks cannot be removed.
func (n *Node) Reorg(depth, count int, readmit func(*tronpb.Transaction) bool) (removed []*Block, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	head := n.s.Param(state.HeadNumber)
	if depth < 1 || head-int64(depth) < n.s.Param(state.SolidNumber) {
		return nil, fmt.Errorf("%w: %d blocks from %d, solid is %d", ErrReorg, depth, head, n.s.Param(state.SolidNumber))
	}
	mark, ok := n.markOf(head - int64(depth))
	if !ok {
		return nil, fmt.Errorf("%w: block %d is too old", ErrReorg, head-int64(depth))
	}
	if count == 0 {
		count = depth + 1
	}
	removed = n.blocksAfter(mark)
	solid := n.s.Param(state.SolidNumber)
	n.dropSnapshotsAfter(mark)
	n.s.Revert(mark)
	n.s.SetParam(state.SolidNumber, solid)
	n.trimMarks()
	n.marks[len(n.marks)-1] = n.s.Mark()
	n.setPending(append(readmitted(removed, readmit), n.pending...))
	n.orphans = removed
	n.clock.next = n.begin().time + state.SlotMillis // else an empty block would be the same one again
	for range count {
		n.mine()
	}
	n.log.Info("chain reorganised", "removed", len(removed), "added", count, "head", n.s.Param(state.HeadNumber))
	return removed, nil
}

func readmitted(removed []*Block, readmit func(*tronpb.Transaction) bool) []*waiting {
	var list []*waiting
	if readmit == nil {
		return nil
	}
	for i := len(removed) - 1; i >= 0; i-- {
		for j, tx := range removed[i].Block.GetTransactions() {
			if readmit(tx) {
				list = append(list, &waiting{id: removed[i].IDs[j], tx: &tronpb.Transaction{RawData: tx.GetRawData(), Signature: tx.GetSignature()}})
			}
		}
	}
	return list
}

// dropSnapshotsAfter forgets the snapshots of a branch that is given up.
func (n *Node) dropSnapshotsAfter(m state.Mark) {
	n.snapshots = slices.DeleteFunc(n.snapshots, func(s snapshot) bool { return s.mark > m })
}
