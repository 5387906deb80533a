package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
)

// Plan is what the policy would settle now, and the channels asked for. Every live channel that pays us is in it, those on which nothing is due among what is left.
func (s *Settler) Plan(ctx context.Context, requested []channel.ID) (settle.Plan, error) {
	return s.plan(ctx, requested, channel.Query{Live: true})
}

// plan is Plan for channels of ours that a query selects. A round asks for those on which something is due: the others take as long to read and change nothing in what is sent,
// nor in the reserve.
func (s *Settler) plan(ctx context.Context, requested []channel.ID, of channel.Query) (settle.Plan, error) {
	candidates, err := s.candidates(ctx, requested, of)
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

// owing are the channels on which something may be due.
var owing = channel.Query{Live: true, Due: true}

func assetsOf(candidates []settle.Candidate) (list []channel.Asset) {
	for i := range candidates {
		if a := candidates[i].Record.Terms.Asset; !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

func (s *Settler) candidates(ctx context.Context, requested []channel.ID, of channel.Query) ([]settle.Candidate, error) {
	inFlight, failed, err := s.inFlight(ctx)
	if err != nil {
		return nil, err
	}
	of.Payee = s.sender.Key.Address()
	records, err := s.ledger.List(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("reading the channels: %w", err)
	}
	settled := make(map[channel.ID]channel.Amount, len(records))
	for i := range records {
		settled[records[i].ID] = records[i].Settled
	}
	inBlocks := inBlocks(failed, settled)
	candidates := make([]settle.Candidate, 0, len(records))
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
