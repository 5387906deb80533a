package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet/node"
)

// ErrOtherChain means that the node's chain does not hold what the cursor says was there and could not be undone: another network, or one that was begun anew.
var ErrOtherChain = errors.New("this is not the chain that the cursor is of")

const (
	defaultPoll  = time.Second
	firstBackoff = 250 * time.Millisecond // doubled each time
	lastBackoff  = 15 * time.Second
)

// Reader is what a Follower reads from; *node.Node is one.
type Reader interface {
	Assets
	Latest(ctx context.Context, at node.View) (node.Header, error)
	HeaderAt(ctx context.Context, at node.View, number int64) (node.Header, error)
	Block(ctx context.Context, at node.View, number int64) (*node.Block, error)
}

// Step is what a Follower tells: a block with its events, or that blocks are no more.
type Step struct {
	Block  node.Header // the block, or the last one that still holds
	Undone bool        // every block after Block is gone, and what was told of it
	First  int         // the first of Events is this one of the block: 0 unless a cursor pointed into it
	Events []Event
	Cursor Cursor // behind this step
}

// At is the cursor behind the first count events of the step.
func (s Step) At(count int) Cursor {
	c := s.Cursor
	if count < len(s.Events) {
		c.Seen = s.First + count
	}
	return c
}

// Follower reads a chain block by block. Its fields are set before Run.
type Follower struct {
	Node Reader
	View node.View
	From *Cursor // nil: begin with the next block
	// Until ends Run after the block of that number; 0 for never.
	Until int64
	Poll  time.Duration // between two looks for a new block; 0 is a second
	// Began is told where Run begins, before the first step: who remembers it misses nothing even when no block comes before the end. Its error ends Run. It
	// may be nil.
	Began func(Cursor) error
	// Waiting is told of every failed question to the node, and that it is asked again after a while; with a nil error that it answers again. It may be nil.
	Waiting func(err error, again time.Duration)

	trail  trail
	cursor Cursor
	begun  bool
}

// stopError ends Run: it comes from the handler, or no repetition would help.
type stopError struct{ error }

func (e *stopError) Unwrap() error { return e.error }

// Run tells handle every block, one at a time: the next is read when handle returns. It ends with ctx, after Until, with ErrOtherChain, or with handle's error.
// When handle fails because the node does (node.ErrUnreachable) the same step is told again later. Whoever remembers Step.Cursor once a step is dealt with, and gives it
// as From, misses nothing and sees at most one step again.
func (f *Follower) Run(ctx context.Context, handle func(context.Context, Step) error) error {
	wait, away := firstBackoff, false
	for {
		more, err := f.advance(ctx, handle)
		var stop *stopError
		switch {
		case errors.As(err, &stop):
			return stop.error
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			f.tellWaiting(err, wait)
			if !sleep(ctx, wait) {
				return ctx.Err()
			}
			wait, away = min(2*wait, lastBackoff), true
			continue
		case away:
			f.tellWaiting(nil, 0)
			wait, away = firstBackoff, false
		}
		if f.begun && f.Until > 0 && f.cursor.Block >= f.Until && f.cursor.Seen == WholeBlock {
			return nil
		}
		if !more && !sleep(ctx, f.poll()) {
			return ctx.Err()
		}
	}
}

func (f *Follower) poll() time.Duration {
	if f.Poll > 0 {
		return f.Poll
	}
	return defaultPoll
}

func (f *Follower) tellWaiting(err error, again time.Duration) {
	if f.Waiting != nil {
		f.Waiting(err, again)
	}
}

// advance reads up to the newest block. It says whether a fork was followed, after which there is more at once.
func (f *Follower) advance(ctx context.Context, handle func(context.Context, Step) error) (more bool, err error) {
	latest, err := f.Node.Latest(ctx, f.View)
	if err != nil {
		return false, err
	}
	solid := latest
	if f.View == node.Head {
		if solid, err = f.Node.Latest(ctx, node.Solid); err != nil {
			return false, err
		}
	}
	if err := f.begin(ctx, latest, solid.Number, handle); err != nil {
		return false, err
	}
	f.trail.settle(solid.Number)
	if id, known := f.trail.id(latest.Number); known && id != latest.ID {
		return true, f.undo(ctx, handle)
	}
	for f.cursor.Block < latest.Number && (f.Until == 0 || f.cursor.Block < f.Until) {
		block, err := f.Node.Block(ctx, f.View, f.cursor.Block+1)
		if err != nil {
			return false, err
		}
		if id, known := f.trail.id(f.cursor.Block); known && id != block.Parent {
			return true, f.undo(ctx, handle)
		}
		if err := f.tell(ctx, block, 0, solid.Number, handle); err != nil {
			return false, err
		}
	}
	return false, nil
}

// begin takes up the cursor: a block that it points into is told to its end.
func (f *Follower) begin(ctx context.Context, latest node.Header, solid int64, handle func(context.Context, Step) error) error {
	if f.begun {
		return nil
	}
	if f.From == nil {
		f.cursor = Cursor{Block: latest.Number, ID: latest.ID, Seen: WholeBlock, Solid: min(solid, latest.Number)}
	} else {
		f.cursor = *f.From
	}
	if !f.cursor.ID.IsZero() && f.cursor.Block > latest.Number {
		return fmt.Errorf("the node's %s block is %d, the cursor is at block %d", f.View, latest.Number, f.cursor.Block)
	}
	f.trail.floor = f.cursor.Solid
	if !f.cursor.ID.IsZero() {
		f.trail.push(f.cursor.Block, f.cursor.ID)
	}
	if f.cursor.Seen == WholeBlock || f.cursor.Block < 0 {
		return f.start()
	}
	block, err := f.Node.Block(ctx, f.View, f.cursor.Block)
	if err != nil {
		return err
	}
	if err := f.start(); err != nil {
		return err
	}
	if id, known := f.trail.id(block.Number); known && id != block.ID {
		return f.undo(ctx, handle)
	}
	if err := f.tell(ctx, block, f.cursor.Seen, solid, handle); err != nil {
		f.begun = false
		f.trail = trail{}
		return err
	}
	return nil
}

func (f *Follower) start() error {
	if f.Began != nil {
		if err := f.Began(f.cursor); err != nil {
			return &stopError{err}
		}
	}
	f.begun = true
	return nil
}

// tell hands over a block, and only then counts it as read.
func (f *Follower) tell(ctx context.Context, block *node.Block, first int, solid int64, handle func(context.Context, Step) error) error {
	all, err := Of(ctx, block, f.Node)
	if err != nil {
		return err
	}
	first = min(first, len(all))
	next := Cursor{Block: block.Number, ID: block.ID, Seen: WholeBlock, Solid: min(solid, block.Number)}
	if err := f.give(ctx, Step{Block: block.Header, First: first, Events: all[first:], Cursor: next}, handle); err != nil {
		return err
	}
	f.cursor = next
	f.trail.push(block.Number, block.ID)
	return nil
}

func (f *Follower) give(ctx context.Context, step Step, handle func(context.Context, Step) error) error {
	err := handle(ctx, step)
	if err == nil || errors.Is(err, node.ErrUnreachable) {
		return err
	}
	return &stopError{err}
}

// undo finds the newest block that the chain and the trail have in common, and takes back what is after it.
func (f *Follower) undo(ctx context.Context, handle func(context.Context, Step) error) error {
	other := fmt.Errorf("%w: block %d has another id there", ErrOtherChain, f.cursor.Block)
	if f.View == node.Solid {
		return &stopError{other}
	}
	common, err := f.common(ctx)
	if err != nil {
		return err
	}
	if common.Number >= f.cursor.Block { // nodes behind one address that do not agree
		return fmt.Errorf("%w: block %d has one id and then another", node.ErrAnswer, f.cursor.Block)
	}
	if common.Number < f.trail.floor {
		return &stopError{other}
	}
	next := Cursor{Block: common.Number, ID: common.ID, Seen: WholeBlock, Solid: min(f.trail.floor, common.Number)}
	if err := f.give(ctx, Step{Block: common, Undone: true, Cursor: next}, handle); err != nil {
		return err
	}
	f.cursor = next
	f.trail.cut(common.Number)
	f.trail.push(common.Number, common.ID)
	return nil
}

// common walks back over the trail. Where it is too short the block that was solid for the cursor is what all forks have in common.
func (f *Follower) common(ctx context.Context) (node.Header, error) {
	for _, link := range f.trail.newestFirst() {
		header, err := f.Node.HeaderAt(ctx, f.View, link.number)
		if errors.Is(err, node.ErrNotFound) {
			continue
		}
		if err != nil || header.ID == link.id {
			return header, err
		}
	}
	if f.trail.lowest() <= f.trail.floor {
		return node.Header{Number: -1}, nil
	}
	return f.Node.HeaderAt(ctx, f.View, f.trail.floor)
}

// sleep waits unless ctx ends first; it says whether it waited.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
