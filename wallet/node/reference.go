package node

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet/tx"
)

// How far back a reference block can lie (TaposTransaction of java-tron): the chain looks it up by 16 bits of its number, so among the last 65,536 blocks.
// A transaction lives up to tx.MaxExpiry, 28,800 blocks of three seconds: the block is the last with these bits before the expiration, or the one before.
// One more is looked at for chains that are faster.
const (
	referenceBlocks = 1 << 16
	referencesTried = 3
)

// HasReference says whether the block that a transaction refers to is of this node's chain, at head (TAPOS). Only of such a transaction the chain can tell
// that it is void: of any other it knows nothing, as it was made for another network, or on a fork. A node that keeps old blocks no more says false of theirs.
// It takes two or three requests of a transaction that is still valid, up to some thirty of an old one.
func (n *Node) HasReference(ctx context.Context, body tx.Body) (bool, error) {
	last, err := n.lastBefore(ctx, body.Expiration)
	if err != nil {
		return false, fmt.Errorf("looking for the reference block: %w", err)
	}
	number := last - (last-int64(binary.BigEndian.Uint16(body.ReferenceBytes[:])))&(referenceBlocks-1)
	for range referencesTried {
		if number < 0 {
			return false, nil
		}
		header, err := n.HeaderAt(ctx, Head, number)
		if err != nil && !isMissing(err) {
			return false, fmt.Errorf("looking for the reference block: %w", err)
		}
		if err == nil && [8]byte(header.ID[8:16]) == body.ReferenceHash {
			return true, nil
		}
		number -= referenceBlocks
	}
	return false, nil
}

// lastBefore is the number of the newest block at or before a time, −1 when there is none. Old blocks that a node does not keep count as before it.
func (n *Node) lastBefore(ctx context.Context, at time.Time) (int64, error) {
	newest, err := n.Latest(ctx, Head)
	if err != nil || !newest.Time.After(at) {
		return newest.Number, err
	}
	before, after := int64(-1), newest.Number
	for after-before > 1 {
		middle := before + (after-before)/2
		header, err := n.HeaderAt(ctx, Head, middle)
		switch {
		case err != nil && !isMissing(err):
			return 0, err
		case err != nil || !header.Time.After(at):
			before = middle
		default:
			after = middle
		}
	}
	return before, nil
}
