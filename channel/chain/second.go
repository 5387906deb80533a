package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
)

// ErrDisagree says that two nodes, or a node and what this server has recorded, differ on what cannot be undone. One of them lies or is broken; a person has to look.
var ErrDisagree = errors.New("the nodes disagree on what is solid")

// confirm says up to which block what the first node calls solid may be believed: all of it without a second node, else as far as the second tells the same.
// A second node that is away or behind keeps good news back; bad news does not wait for it.
func (f *Follower) confirm(ctx context.Context, solid int64) (int64, error) {
	if f.Second == nil {
		return solid, nil
	}
	_, second, err := f.Second.Heads(ctx)
	if err != nil {
		f.Log.Warn("the second node does not answer; nothing new counts as solid", "err", err)
		return f.window.cursor.Number, nil
	}
	limit := f.window.cursor.Number
	for i := range f.window.blocks {
		e := &f.window.blocks[i]
		if e.header.Number > min(solid, second.Number) {
			break
		}
		if err := f.confirmBlock(ctx, e); err != nil {
			if errors.Is(err, ErrDisagree) {
				return 0, err
			}
			f.Log.Warn("reading a block from the second node; nothing after it counts as solid", "block", e.header.Number, "err", err)
			break
		}
		limit = e.header.Number
	}
	return limit, nil
}

func (f *Follower) confirmBlock(ctx context.Context, e *entry) error {
	if e.confirmed {
		return nil
	}
	other, err := f.Second.Block(ctx, e.header.Number)
	if err != nil {
		return err
	}
	if other.Hash != e.header.Hash {
		return fmt.Errorf("%w: block %d is %x at one and %x at the other", ErrDisagree, e.header.Number, e.header.Hash[:12], other.Hash[:12])
	}
	if !slices.EqualFunc(e.events, f.events(other), sameEvent) {
		return fmt.Errorf("%w: in block %d they tell different events of the contract", ErrDisagree, e.header.Number)
	}
	e.confirmed = true
	return nil
}

func sameEvent(a, b channel.Event) bool { return a == b }
