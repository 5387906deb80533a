package chain

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// View says which state a read sees.
type View int

// The views.
const (
	// Head is the newest block with the effects of everything that waits: a full node's view.
	Head View = iota
	// Solid is the newest block that cannot be undone: the solidity node's view.
	Solid
)

// Block is a block with its id and what came of its transactions. It must not be changed.
type Block = state.Block

// Node is one chain and its rules. Its methods can be called from any goroutine.
type Node struct {
	cfg  Config
	log  *slog.Logger
	keys map[wallet.Address]*wallet.Key

	// mu covers everything below, the state first of all.
	mu sync.RWMutex
	s  *state.State
	// marks are the moments right after each block that can be gone back to, by height from firstMark on.
	marks     []state.Mark
	firstMark int64
	pending   []*waiting
	waits     map[[32]byte]*waiting
	clock     clock
	mining    Mining
	pace      time.Duration // how often Interval and Mixed make blocks
	paced     chan struct{} // tells Run that it changed
	frozen    bool          // solid stands still
	thawed    *Mining       // how blocks are made after a frozen head; nil while it moves
	lag       int64
	snapshots []snapshot
	lastID    int
	free      map[wallet.Address]struct{} // impersonated accounts
	delays    delays
	watchers  map[chan Event]struct{}
	file      *stateFile
	built     atomic.Int64 // counts transactions built, where only blocks move the clock
	tracer    vm.Tracer    // of the transaction that is run again
	orphans   []*Block     // what the next block's event says was removed
}

// waiting is a transaction that is not in a block yet.
type waiting struct {
	id [32]byte
	tx *tronpb.Transaction
	// size is the transaction's bytes.
	size int
	// from is the height from which it may be packed; 0 for at once.
	from int64
}

// New makes a chain with its genesis block.
func New(cfg Config) (*Node, error) {
	if len(cfg.Witnesses) == 0 {
		cfg.Witnesses = []*wallet.Key{defaultWitness()}
	}
	switch cfg.Release {
	case "":
		cfg.Release = Release480
	case Release480, Release482:
	default:
		return nil, fmt.Errorf("%w, not %q", ErrRelease, cfg.Release)
	}
	if cfg.BlockTime == 0 {
		cfg.BlockTime = state.SlotMillis * time.Millisecond
	}
	if cfg.EnergyLimitForConstant == 0 {
		cfg.EnergyLimitForConstant = 100_000_000
	}
	n := &Node{
		cfg: cfg, log: cfg.Log, keys: map[wallet.Address]*wallet.Key{}, s: state.New(), waits: map[[32]byte]*waiting{},
		mining: cfg.Mining, pace: cfg.BlockTime, paced: make(chan struct{}, 1), lag: cfg.SolidLag, free: map[wallet.Address]struct{}{}, watchers: map[chan Event]struct{}{},
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	for _, k := range cfg.Witnesses {
		n.keys[k.Address()] = k
	}
	if cfg.Fork != nil {
		if err := n.writeFork(cfg.Fork); err != nil {
			return nil, err
		}
		return n, nil
	}
	if err := n.writeGenesis(); err != nil {
		return nil, err
	}
	n.mine() // the genesis block has no present time to count from
	return n, nil
}

// Release is whose rules the node speaks for.
func (n *Node) Release() Release { return n.cfg.Release }

// read runs f on the state of a view. f must not change it.
func (n *Node) read(v View, f func(s *state.State)) {
	if n.cfg.Fork != nil { // reading may bring rows
		n.mu.Lock()
		defer n.mu.Unlock()
		n.atView(v, func() { f(n.s) })
		_ = n.sound(nil)
		return
	}
	n.mu.RLock()
	if v == Head || n.solidIsHead() {
		defer n.mu.RUnlock()
		f(n.s)
		return
	}
	n.mu.RUnlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.atView(v, func() { f(n.s) })
}

// solidIsHead says whether both views are the same now.
func (n *Node) solidIsHead() bool {
	return len(n.pending) == 0 && n.s.Param(state.SolidNumber) == n.s.Param(state.HeadNumber)
}

// atView runs f with the state of a view; what f writes is undone. The caller holds the lock.
func (n *Node) atView(v View, f func()) {
	if v == Head || n.solidIsHead() {
		mark := n.s.Mark()
		f()
		n.s.Revert(mark)
		return
	}
	solid := n.s.Param(state.SolidNumber)
	mark, ok := n.markOf(solid)
	if !ok {
		f()
		return
	}
	n.s.At(mark, func() {
		n.s.SetParam(state.SolidNumber, solid)
		f()
	})
}

// markOf is the moment right after a block.
func (n *Node) markOf(number int64) (state.Mark, bool) {
	i := number - n.firstMark
	if i < 0 || i >= int64(len(n.marks)) {
		return 0, false
	}
	return n.marks[i], true
}

// Event is a new head.
type Event struct {
	Block *Block
	// Removed are the blocks that a reorganisation took from the chain before Block, newest first.
	Removed []*Block
	Solid   int64
}

// Watch gives a channel of new heads. A reader that is 256 blocks behind loses the oldest ones. Stop ends it.
func (n *Node) Watch() (events <-chan Event, stop func()) {
	ch := make(chan Event, 256)
	n.mu.Lock()
	n.watchers[ch] = struct{}{}
	n.mu.Unlock()
	return ch, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.watchers, ch)
	}
}

// tell passes a new head to the watchers. The caller holds the lock.
func (n *Node) tell(e Event) {
	for ch := range n.watchers {
		for full := true; full; {
			select {
			case ch <- e:
				full = false
			default:
				select {
				case <-ch:
				default:
				}
			}
		}
	}
}
