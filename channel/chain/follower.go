package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// ErrForkedSolid says that the node shows another chain than the one whose blocks this server took for solid. Nothing is safe then: the follower stops telling.
var ErrForkedSolid = errors.New("the node's chain does not hold the solid block that this server has followed to")

// ErrClock says that this machine's clock and the chain's are too far apart to judge what is expired.
var ErrClock = errors.New("this machine's clock is behind the chain's")

// maxClockLag is how far the head may lie in this machine's future.
const maxClockLag = 30 * time.Second

// maxBlocksPerPoll bounds the memory of one poll while catching up; the next poll goes on from there.
const maxBlocksPerPoll = 500

// Follower reads blocks and tells a Sink what they say. Its fields are set before Run and not changed after.
type Follower struct {
	Node Reader
	// Second is another node, of somebody else if possible; nil for none. Then good news counts only when both tell it, and if they differ on what is solid
	// nothing is accepted until they agree again.
	Second   Reader
	Contract wallet.Address
	// Steady says that the network makes a block every few seconds whether there is something to put in or not: a view is then as old as its head, so that a node
	// that has stopped is found out. A testnet that mines on demand is not steady.
	Steady bool
	// Decode reads a log of the contract.
	Decode func(topics [][32]byte, data []byte) (channel.Event, error)
	Sink   Sink
	// Start is the block after which the contract can have spoken, for a Sink without a cursor.
	Start int64
	// Poll is how long to wait between two looks; 0 means 1 s.
	Poll time.Duration
	Now  func() time.Time
	Log  *slog.Logger

	window window
	begun  bool
}

// Sink keeps what the Follower reads.
type Sink interface {
	// Cursor is how far the chain was followed durably; zero before the first block.
	Cursor() channel.Cursor
	// Follow takes a view of the chain. Facts and the cursor are durable, together, once it returns nil.
	Follow(ctx context.Context, view channel.View) error
	// Suspend stops accepting while reason is not nil.
	Suspend(source string, reason error)
}

// followerName is the Follower as a source of doubt.
const followerName = "follower"

// Run polls until ctx ends. A poll that fails is logged and tried again: the sink's view grows old, and it stops accepting by itself.
func (f *Follower) Run(ctx context.Context) error {
	wait := f.Poll
	if wait == 0 {
		wait = time.Second
	}
	tick := time.NewTicker(wait)
	defer tick.Stop()
	for {
		err := f.Step(ctx)
		if errors.Is(err, store.ErrConflict) { // another server was first to write what a block says: go on from there
			err = f.Step(ctx)
		}
		if err != nil && ctx.Err() == nil {
			f.Log.Warn("following the chain", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Step looks once: it reads the new blocks, follows a fork, and tells the sink. What cannot be true of one honest chain suspends the sink until it is over.
func (f *Follower) Step(ctx context.Context) error {
	err := f.step(ctx)
	switch {
	case err == nil:
		f.Sink.Suspend(followerName, nil)
	case errors.Is(err, ErrForkedSolid), errors.Is(err, ErrDisagree), errors.Is(err, ErrClock):
		f.Sink.Suspend(followerName, err)
	}
	return err
}

func (f *Follower) step(ctx context.Context) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	seen := f.Now()
	head, solid, err := f.Node.Heads(ctx)
	if err != nil {
		return fmt.Errorf("asking for the newest block: %w", err)
	}
	if ahead := time.UnixMilli(head.Time).Sub(seen); f.Steady && ahead > maxClockLag {
		return fmt.Errorf("%w: block %d is %s ahead", ErrClock, head.Number, ahead.Round(time.Second))
	}
	caughtUp, err := f.extend(ctx, head)
	if err != nil {
		return err
	}
	limit, err := f.confirm(ctx, solid.Number)
	if err != nil {
		return err
	}
	return f.tell(ctx, limit, seen, caughtUp)
}

func (f *Follower) begin(ctx context.Context) error {
	if f.begun {
		return nil
	}
	cursor := f.Sink.Cursor().Solid
	if cursor == (channel.Block{}) {
		first, err := f.Node.Block(ctx, f.Start)
		if err != nil {
			return fmt.Errorf("reading block %d: %w", f.Start, err)
		}
		cursor = first.Block
	}
	f.window, f.begun = window{cursor: cursor}, true
	return nil
}

// extend brings the window up to the head, popping blocks that a fork undid. It says whether it got there.
func (f *Follower) extend(ctx context.Context, head channel.Block) (bool, error) {
	f.window.truncate(head.Number)
	if f.window.tip().Number > head.Number {
		return false, fmt.Errorf("the node is at block %d, behind block %d that is known to be solid", head.Number, f.window.tip().Number)
	}
	if tip := f.window.tip(); tip.Number == head.Number && tip.Hash != head.Hash && !f.window.pop() {
		return false, ErrForkedSolid
	}
	for range maxBlocksPerPoll {
		tip := f.window.tip()
		if tip.Number >= head.Number {
			return tip.Hash == head.Hash, nil
		}
		block, err := f.Node.Block(ctx, tip.Number+1)
		if errors.Is(err, ErrNoBlock) {
			return false, nil // a fork is shortening the chain while we read; the next poll sees its head
		}
		if err != nil {
			return false, fmt.Errorf("reading block %d: %w", tip.Number+1, err)
		}
		if f.window.push(entry{header: block.Block, events: f.events(block)}) {
			continue
		}
		f.Log.Info("the chain forked", "block", tip.Number)
		if !f.window.pop() {
			return false, ErrForkedSolid
		}
	}
	return false, nil
}

// tell gives the sink the view. While the follower is still catching up the view is as old as the newest block it has read, so nothing is accepted on it; on a steady
// network it never is younger than its head.
func (f *Follower) tell(ctx context.Context, solid int64, seen time.Time, caughtUp bool) error {
	tip := f.window.tip()
	facts, pending, count := f.window.split(solid)
	newest := f.window.cursor
	if count > 0 {
		newest = f.window.blocks[count-1].header
	}
	if made := time.UnixMilli(tip.Time); !caughtUp || f.Steady && made.Before(seen) {
		seen = made
	}
	view := channel.View{Head: tip, Solid: newest, Window: f.window.headers(count), Facts: facts, Pending: pending, SeenAt: seen}
	if err := f.Sink.Follow(ctx, view); err != nil {
		f.begun = false // what is durable is unknown now: read the cursor again
		return fmt.Errorf("writing what blocks up to %d say: %w", newest.Number, err)
	}
	f.window.settle(count)
	return nil
}

// events decodes what our contract said in a block. A log that does not decode is not ours to guess at: it is logged and left out.
func (f *Follower) events(block Block) []channel.Event {
	var events []channel.Event
	for _, transaction := range block.Transactions {
		for _, l := range transaction.Logs {
			if l.Contract != f.Contract {
				continue
			}
			event, err := f.Decode(l.Topics, l.Data)
			if err != nil {
				f.Log.Error("decoding a log of the contract", "block", block.Number, "err", err)
				continue
			}
			event.Block, event.Time, event.Index, event.TxID = block.Number, block.Time, len(events), transaction.ID
			events = append(events, event)
		}
	}
	return events
}
