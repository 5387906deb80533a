package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// tron is a Tron node as the channel service sees it: chain.Reader and chain.Writer.
type tron struct{ *node.Node }

// words is a node with the contract whose words are read.
type words struct {
	*node.Node
	contract wallet.Address
}

var (
	_ chain.Reader = tron{}
	_ chain.Writer = tron{}
	_ market       = tron{}
	_ chain.Words  = words{}
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
func (t tron) Build(ctx context.Context, call tx.Contract, fee chain.Fee) (transaction *tx.Transaction, err error) {
	_, plan, err := t.Node.Build(ctx, call, tx.Options{})
	var failed *node.FailedError
	switch {
	case errors.As(err, &failed):
		return nil, fmt.Errorf("%w: %w: %w", chain.ErrReverts, err, contract.DecodeRevert(failed.Data))
	case err != nil:
		return nil, err
	case plan.Missing() > 0:
		return nil, fmt.Errorf("%w: %s TRX are missing", chain.ErrShort, plan.Missing())
	}
	params, err := t.Params(ctx)
	if err != nil {
		return nil, err
	}
	limit, err := fee.Limit(plan.Energy, params.EnergyFee)
	if err != nil {
		return nil, err
	}
	transaction, _, err = t.Node.Build(ctx, call, tx.Options{FeeLimit: min(limit, params.MaxFeeLimit)})
	return transaction, err
}

// Broadcast implements chain.Writer.
func (t tron) Broadcast(ctx context.Context, signed []byte) error {
	_, err := t.Node.Broadcast(ctx, signed)
	var refused *node.RefusedError
	if errors.As(err, &refused) && !refused.Code.Temporary() && !errors.Is(err, node.ErrOutcomeUnknown) {
		return fmt.Errorf("%w: %w", chain.ErrRefused, err)
	}
	return err
}

// Figures implements chain.Words.
func (t words) Figures(ctx context.Context, id channel.ID) (contract.Figures, error) {
	simulation, err := t.Simulate(ctx, node.Solid, node.Call{Contract: t.contract, Data: contract.GetChannel(id).Data})
	if err != nil {
		return contract.Figures{}, fmt.Errorf("reading channel %s: %w", id.Short(), err)
	}
	return contract.DecodeChannel(simulation.Output)
}

// Market implements market: what the chain asks, also for the contracts of those assets, and what the account has.
func (t tron) Market(ctx context.Context, account wallet.Address, assets []channel.Asset) (settle.Prices, error) {
	params, err := t.Params(ctx)
	if err != nil {
		return settle.Prices{}, fmt.Errorf("reading the chain's prices: %w", err)
	}
	resources, err := t.Resources(ctx, account)
	if err != nil {
		return settle.Prices{}, fmt.Errorf("reading the resources of %s: %w", account, err)
	}
	balance, _, err := t.Balance(ctx, account)
	if err != nil {
		return settle.Prices{}, fmt.Errorf("reading the balance of %s: %w", account, err)
	}
	penalties, err := t.penalties(ctx, assets)
	if err != nil {
		return settle.Prices{}, err
	}
	return settle.Prices{Energy: params.EnergyFee, Byte: params.BandwidthFee, Staked: resources.StakedEnergy(), Balance: balance, Penalties: penalties}, nil
}

// penalties are the dynamic energy factors of tokens' contracts: a maintenance period, six hours, may raise one by a fifth.
func (t tron) penalties(ctx context.Context, assets []channel.Asset) (map[channel.Asset]int64, error) {
	list := map[channel.Asset]int64{}
	for _, a := range assets {
		if a.Kind() != channel.KindTRC20 {
			continue
		}
		token, err := t.Contract(ctx, a.Contract())
		switch {
		case errors.Is(err, node.ErrNotFound):
		case err != nil:
			return nil, fmt.Errorf("reading the energy factor of %s: %w", a, err)
		case token.EnergyFactor > 0:
			list[a] = token.EnergyFactor
		}
	}
	return list, nil
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
