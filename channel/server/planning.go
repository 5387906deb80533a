package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
)

// Plan is what the policy would settle now, and the channels asked for.
func (s *Settler) Plan(ctx context.Context, requested []channel.ID) (settle.Plan, error) {
	candidates, err := s.candidates(ctx, requested)
	if err != nil {
		return settle.Plan{}, err
	}
	prices, err := s.market.Market(ctx, s.sender.Key.Address(), assetsOf(candidates))
	if err != nil {
		return settle.Plan{}, explain(err)
	}
	prices.Assets = s.assets
	return settle.Make(candidates, prices, s.policy, s.ledger.Now()), nil
}

func assetsOf(candidates []settle.Candidate) (list []channel.Asset) {
	for i := range candidates {
		if a := candidates[i].Record.Terms.Asset; !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

func (s *Settler) candidates(ctx context.Context, requested []channel.ID) ([]settle.Candidate, error) {
	inFlight, failed, err := s.inFlight(ctx)
	if err != nil {
		return nil, err
	}
	records, err := s.ledger.List(ctx, channel.Query{Live: true, Payee: s.sender.Key.Address()})
	if err != nil {
		return nil, fmt.Errorf("reading the channels: %w", err)
	}
	settled := make(map[channel.ID]channel.Amount, len(records))
	for i := range records {
		settled[records[i].ID] = records[i].Settled
	}
	inBlocks := inBlocks(failed, settled)
	var candidates []settle.Candidate
	for _, r := range records {
		candidates = append(candidates, settle.Candidate{
			Record: r, Requested: slices.Contains(requested, r.ID), InFlight: inFlight[r.ID], Trouble: s.troubles.of(&r, inBlocks[r.ID]),
		})
	}
	return candidates, nil
}

// inFlight is what transactions that are not final will have settled, by channel; and those that failed not long ago.
func (s *Settler) inFlight(ctx context.Context) (map[channel.ID]channel.Amount, []channel.Intent, error) {
	under := map[channel.ID]channel.Amount{}
	var failed []channel.Intent
	err := s.store.View(ctx, func(t *store.Tx) error {
		open, err := t.OpenIntents()
		if err != nil {
			return err
		}
		for _, intent := range open {
			for _, c := range intent.Settles {
				under[c.Channel] = c.Worth
			}
		}
		failed, err = t.FailedIntents(s.now().Add(-failuresFor).UnixMilli())
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the intents: %w", err)
	}
	return under, failed, nil
}
