package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/wallet/tx"
)

// State is how far a transaction has come.
type State int

// The life of a transaction, from the least known.
const (
	// Unknown: the node has never seen it, and it can still be mined.
	Unknown State = iota
	// Submitted: it waits at the node, in no block.
	Submitted
	// InBlock: it is in a block that a fork can still undo.
	InBlock
	// Final: it is in a solid block.
	Final
	// Expired: it is in no block and never can be. It is safe to build another.
	Expired
)

// String is the state's name in plain words.
func (s State) String() string {
	switch s {
	case Submitted:
		return "submitted"
	case InBlock:
		return "in a block"
	case Final:
		return "solid"
	case Expired:
		return "expired"
	}
	return "unknown"
}

// Status is how far a transaction has come, and what it did if it is in a block.
type Status struct {
	State   State
	Receipt *Receipt // of InBlock and Final
}

// Failed is the error of a transaction that is in a block and failed there, nil otherwise.
func (s Status) Failed() error {
	if s.Receipt == nil || !s.Receipt.Failed {
		return nil
	}
	return &FailedError{Result: s.Receipt.Result, Reason: s.Receipt.Reason, Data: s.Receipt.Output}
}

// Status looks a transaction up by its id and its expiration (of raw_data; the zero time when it is not known: then it never counts as expired).
//
// A transaction can be mined only while the block before is older than its expiration. So once the solid block has reached it
// and the solid chain does not hold the transaction, no block ever will.
func (n *Node) Status(ctx context.Context, id tx.ID, expiration time.Time) (Status, error) {
	solid, err := n.Latest(ctx, Solid) // before the look-ups, so that what they miss came later
	if err != nil {
		return Status{}, err
	}
	receipt, err := n.Receipt(ctx, Solid, id)
	if err == nil {
		return Status{Final, receipt}, nil
	}
	if !isMissing(err) {
		return Status{}, err
	}
	if receipt, err = n.Receipt(ctx, Head, id); err == nil {
		return Status{InBlock, receipt}, nil
	}
	if !isMissing(err) {
		return Status{}, err
	}
	if !expiration.IsZero() && !solid.Time.Before(expiration) {
		return Status{State: Expired}, nil
	}
	_, err = n.Transaction(ctx, Head, id)
	switch {
	case err == nil:
		return Status{State: Submitted}, nil
	case isMissing(err):
		return Status{State: Unknown}, nil
	}
	return Status{}, err
}

// Wait polls until a transaction has reached the state (InBlock or Final), has failed, or can no more be mined.
//
//   - nil: it did what it should; the receipt tells what.
//   - *FailedError: it is in a block and failed; the receipt comes too. When waiting for Final the failure is final.
//   - ErrExpired: it is in no block and never can be.
//   - ctx's error: nothing new is known; ask again.
//
// A node that is briefly away does not end the waiting.
func (n *Node) Wait(ctx context.Context, id tx.ID, expiration time.Time, until State) (*Receipt, error) {
	for {
		status, err := n.Status(ctx, id, expiration)
		switch {
		case err != nil && !errors.Is(err, ErrUnreachable) && !errors.Is(err, context.DeadlineExceeded):
			return nil, fmt.Errorf("waiting for %s: %w", id, err)
		case err != nil:
			n.log.WarnContext(ctx, "waiting for a transaction, the node is away", "node", n.config.Address, "error", err)
		case status.State == Expired:
			return nil, fmt.Errorf("transaction %s: %w", id, ErrExpired)
		case status.State == Final, status.State == InBlock && until == InBlock:
			return status.Receipt, status.Failed()
		}
		if !sleep(ctx, n.config.PollEvery) {
			return nil, fmt.Errorf("waiting for %s: %w", id, ctx.Err())
		}
	}
}
