package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// Follow prepares a follower of the contract's events for a sink that is no payee's ledger, such as a sponsor. It checks the contract first.
func Follow(ctx context.Context, n *node.Node, at wallet.Address, sink chain.Sink, log *slog.Logger) (*chain.Follower, error) {
	if err := checkContract(ctx, n, at); err != nil {
		return nil, err
	}
	start, err := startBlock(ctx, n)
	if err != nil {
		return nil, err
	}
	return &chain.Follower{Node: tron{n}, Contract: at, Decode: contract.DecodeEvent, Sink: sink, Start: start, Poll: DefaultPoll, Now: time.Now, Log: log}, nil
}
