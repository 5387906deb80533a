package chain

import (
	"maps"
)

// delays is what happens to transactions on their way: a cheat for testing clients.
type delays struct {
	// drop is how many of the next transactions are accepted and lost.
	drop int
	// hold is by how many blocks the next transactions are late, holdNext for how many of them.
	hold     int64
	holdNext int
	lost     map[[32]byte]struct{}
}

func (d *delays) clone() delays {
	c := *d
	c.lost = maps.Clone(d.lost)
	return c
}

// drops takes a transaction through the cheats: true when it is lost; else it may be told to wait.
func (d *delays) drops(w *waiting, head int64) bool {
	if d.drop > 0 {
		d.drop--
		if d.lost == nil {
			d.lost = map[[32]byte]struct{}{}
		}
		d.lost[w.id] = struct{}{}
		return true
	}
	if d.holdNext > 0 {
		d.holdNext--
		w.from = head + d.hold + 1
	}
	return false
}

// DropNext makes the node accept the next transactions and never mine them, as a producer that runs out of time does.
func (n *Node) DropNext(count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delays.drop = max(0, count)
}

// DelayNext keeps the next transactions out of as many blocks; with instant mining other transactions or Mine make those.
func (n *Node) DelayNext(count int, blocks int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delays.holdNext, n.delays.hold = max(0, count), max(0, blocks)
}

// DropPending forgets a transaction that waits; false when it does not.
func (n *Node) DropPending(id [32]byte) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.waits[id]; !ok {
		return false
	}
	n.undoPending()
	delete(n.waits, id)
	n.pending = without(n.pending, id)
	n.redoPending()
	return true
}

func without(list []*waiting, id [32]byte) []*waiting {
	var kept []*waiting
	for _, w := range list {
		if w.id != id {
			kept = append(kept, w)
		}
	}
	return kept
}
