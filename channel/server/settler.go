package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// Settler decides on a period what to settle, and sees it through: settle.Plan says what, the Sender sends it, the Follower writes what came of it.
type Settler struct {
	node     *node.Node
	ledger   *ledger.Ledger
	store    *store.Store
	sender   *chain.Sender
	contract wallet.Address
	policy   settle.Policy
	assets   map[channel.Asset]settle.Price
	period   time.Duration
	log      *slog.Logger
}

// tendEvery is how often the open transactions are looked at.
const tendEvery = 500 * time.Millisecond

// Run plans and settles on its period, and tends what it has sent, until ctx ends. What fails is logged and tried again: no answer of the network ends it.
func (s *Settler) Run(ctx context.Context) error {
	tend, plan := time.NewTicker(tendEvery), time.NewTicker(s.period)
	defer tend.Stop()
	defer plan.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tend.C:
			_, err := s.sender.Tend(ctx)
			s.warn(ctx, "tending what was sent", err)
		case <-plan.C:
			s.warn(ctx, "settling", s.round(ctx))
		}
	}
}

func (s *Settler) warn(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.Warn(doing, "err", err)
	}
}

func (s *Settler) round(ctx context.Context) error {
	plan, err := s.Plan(ctx, nil)
	if err != nil {
		return err
	}
	for _, item := range plan.Alarms() {
		s.log.Error("half of the challenge is over and the channel is not settled", "channel", item.Record.ID.Short(), "due", item.Due)
	}
	_, err = s.send(ctx, plan)
	return err
}

// Plan is what the policy would settle now, and the channels asked for.
func (s *Settler) Plan(ctx context.Context, requested []channel.ID) (settle.Plan, error) {
	candidates, err := s.candidates(ctx, requested)
	if err != nil {
		return settle.Plan{}, err
	}
	prices, err := s.prices(ctx)
	if err != nil {
		return settle.Plan{}, err
	}
	return settle.Make(candidates, prices, s.policy, s.ledger.Now()), nil
}

// Settle settles now what was asked for, and returns the transactions that do it.
func (s *Settler) Settle(ctx context.Context, requested []channel.ID) ([]channel.Intent, error) {
	plan, err := s.Plan(ctx, requested)
	if err != nil {
		return nil, err
	}
	return s.send(ctx, plan)
}

// Close settles a channel for the last time and gives the payer the rest at once. The channel takes nothing more from here on.
func (s *Settler) Close(ctx context.Context, id channel.ID) (channel.Intent, error) {
	record, err := s.ledger.Freeze(ctx, id)
	if err != nil {
		return channel.Intent{}, err
	}
	call, err := contract.Close(contract.ClaimOf(&record, s.ledger.Now()))
	if err != nil {
		return channel.Intent{}, err
	}
	worth := record.Worth(s.ledger.Now())
	return s.sender.Send(ctx, "close", call.Trigger(s.sender.Key.Address(), s.contract), []channel.IntentChannel{{Channel: id, Worth: worth}})
}

// Intent is a transaction of ours by its id, or channel.ErrUnknownSettlement.
func (s *Settler) Intent(ctx context.Context, id [32]byte) (intent channel.Intent, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		intent, err = t.Intent(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return intent, channel.ErrUnknownSettlement
	}
	return intent, err
}

// Intents are at most limit of our transactions, newest first.
func (s *Settler) Intents(ctx context.Context, limit int) (list []channel.Intent, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		list, err = t.RecentIntents(limit)
		return err
	})
	return list, err
}

// send sends the plan's batches. One that fails leaves the others: its channels are planned again in the next round.
func (s *Settler) send(ctx context.Context, plan settle.Plan) ([]channel.Intent, error) {
	var sent []channel.Intent
	var failed error
	for _, batch := range plan.Batches {
		intent, err := s.sendBatch(ctx, batch, plan.At)
		if errors.Is(err, chain.ErrPending) {
			continue
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("settling %d channels of %s: %w", len(batch.Items), batch.Asset, err))
			continue
		}
		s.log.Info("settling", "channels", len(batch.Items), "asset", batch.Asset, "due", batch.Due, "txid", fmt.Sprintf("%x", intent.TxID))
		sent = append(sent, intent)
	}
	return sent, failed
}

func (s *Settler) sendBatch(ctx context.Context, batch settle.Batch, at time.Time) (channel.Intent, error) {
	var claims []contract.Claim
	var settles []channel.IntentChannel
	for _, item := range batch.Items {
		claims = append(claims, contract.ClaimOf(&item.Record, at))
		settles = append(settles, channel.IntentChannel{Channel: item.Record.ID, Worth: item.Record.Worth(at)})
	}
	call, err := contract.SettleBatch(claims)
	if err != nil {
		return channel.Intent{}, err
	}
	return s.sender.Send(ctx, "settleBatch", call.Trigger(s.sender.Key.Address(), s.contract), settles)
}

func (s *Settler) candidates(ctx context.Context, requested []channel.ID) ([]settle.Candidate, error) {
	inFlight, err := s.inFlight(ctx)
	if err != nil {
		return nil, err
	}
	records, err := s.ledger.List(ctx, channel.Query{Live: true})
	if err != nil {
		return nil, fmt.Errorf("reading the channels: %w", err)
	}
	var candidates []settle.Candidate
	for _, r := range records {
		candidates = append(candidates, settle.Candidate{Record: r, Requested: slices.Contains(requested, r.ID), InFlight: inFlight[r.ID]})
	}
	return candidates, nil
}

// inFlight is what transactions that are not final will have settled, by channel.
func (s *Settler) inFlight(ctx context.Context) (map[channel.ID]channel.Amount, error) {
	under := map[channel.ID]channel.Amount{}
	err := s.store.View(ctx, func(t *store.Tx) error {
		open, err := t.OpenIntents()
		for _, intent := range open {
			for _, c := range intent.Settles {
				under[c.Channel] = c.Worth
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the open intents: %w", err)
	}
	return under, nil
}

func (s *Settler) prices(ctx context.Context) (settle.Prices, error) {
	params, err := s.node.Params(ctx)
	if err != nil {
		return settle.Prices{}, fmt.Errorf("reading the chain's prices: %w", err)
	}
	account := s.sender.Key.Address()
	resources, err := s.node.Resources(ctx, account)
	if err != nil {
		return settle.Prices{}, fmt.Errorf("reading the resources of %s: %w", account, err)
	}
	balance, _, err := s.node.Balance(ctx, account)
	if err != nil {
		return settle.Prices{}, fmt.Errorf("reading the balance of %s: %w", account, err)
	}
	return settle.Prices{Energy: params.EnergyFee, Byte: params.BandwidthFee, Staked: resources.StakedEnergy(), Balance: balance, Assets: s.assets}, nil
}
