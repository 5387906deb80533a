package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// tron is a Tron node as the channel service sees it: chain.Reader and chain.Writer.
type tron struct{ *node.Node }

var (
	_ chain.Reader = tron{}
	_ chain.Writer = tron{}
)

// Heads implements chain.Reader. The solid block is asked for first, so that it is never ahead of the head.
func (t tron) Heads(ctx context.Context) (head, solid channel.Block, err error) {
	s, err := t.Latest(ctx, node.Solid)
	if err != nil {
		return head, solid, err
	}
	h, err := t.Latest(ctx, node.Head)
	return header(h), header(s), err
}

// Block implements chain.Reader.
func (t tron) Block(ctx context.Context, number int64) (chain.Block, error) {
	b, err := t.Node.Block(ctx, node.Head, number)
	if errors.Is(err, node.ErrNotFound) {
		return chain.Block{}, fmt.Errorf("%w: number %d", chain.ErrNoBlock, number)
	}
	if err != nil {
		return chain.Block{}, err
	}
	block := chain.Block{Block: header(b.Header)}
	for _, transaction := range b.Transactions {
		one := chain.Transaction{ID: transaction.ID}
		if transaction.Receipt != nil && !transaction.Receipt.Failed {
			for _, l := range transaction.Receipt.Logs {
				one.Logs = append(one.Logs, chain.Log(l))
			}
		}
		block.Transactions = append(block.Transactions, one)
	}
	return block, nil
}

// Build implements chain.Writer.
func (t tron) Build(ctx context.Context, call tx.Contract) (*tx.Transaction, error) {
	transaction, plan, err := t.Node.Build(ctx, call, tx.Options{})
	if err != nil {
		return nil, err
	}
	if missing := plan.Missing(); missing > 0 {
		return nil, fmt.Errorf("the account lacks %s TRX to pay for it", missing)
	}
	return transaction, nil
}

// Broadcast implements chain.Writer.
func (t tron) Broadcast(ctx context.Context, signed []byte) error {
	_, err := t.Node.Broadcast(ctx, signed)
	return err
}

// Outcome implements chain.Writer.
func (t tron) Outcome(ctx context.Context, id tx.ID, expires time.Time) (chain.Outcome, error) {
	status, err := t.Status(ctx, id, expires)
	if err != nil {
		return chain.Outcome{}, err
	}
	outcome := chain.Outcome{State: intentState(status)}
	if r := status.Receipt; r != nil {
		outcome.Block, outcome.Energy, outcome.Fee = r.Block, r.Cost.Energy, r.Fee
		if r.Failed {
			outcome.Failure = r.Result + " " + r.Reason
		}
	}
	return outcome, nil
}

// intentState: a failure counts only when it is solid, since a fork may still turn it into a success.
func intentState(s node.Status) channel.IntentState {
	switch s.State {
	case node.InBlock:
		return channel.IntentInBlock
	case node.Final:
		if s.Failed() != nil {
			return channel.IntentFailed
		}
		return channel.IntentSolid
	case node.Expired:
		return channel.IntentExpired
	default:
		return channel.IntentSigned
	}
}

func header(h node.Header) channel.Block {
	return channel.Block{Number: h.Number, Hash: h.ID, Parent: h.Parent, Time: h.Time.UnixMilli()}
}
