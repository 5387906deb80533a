package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// market is what the chain asks for energy and bytes, what the contracts of those assets ask on top, and what an account has to pay with.
type market interface {
	Market(ctx context.Context, account wallet.Address, assets []channel.Asset) (settle.Prices, error)
}

// Settler decides on a period what to settle, and sees it through: settle.Plan says what, the Sender sends it, the Follower writes what came of it.
// Of several servers on one store one settles, under a lease; the others leave it what they are asked for.
type Settler struct {
	market   market
	ledger   *ledger.Ledger
	store    *store.Store
	sender   *chain.Sender
	leader   *leader
	contract wallet.Address
	policy   settle.Policy
	assets   map[channel.Asset]settle.Price
	period   time.Duration
	// tendEvery is between two looks at the open transactions.
	tendEvery time.Duration
	now       func() time.Time
	log       *slog.Logger

	troubles troubles
	last     atomic.Pointer[settle.Plan] // the newest plan of a round: for the reserve, health and metrics
}

const (
	// defaultTend is how often the open transactions are looked at.
	defaultTend = 500 * time.Millisecond
	// askAgain is how often a server that does not settle repeats what it was asked for, askFor how long it waits for the one that does.
	askAgain = 5 * time.Second
	askFor   = time.Minute
)

// Run plans and settles on its period, and tends what it has sent, until ctx ends. What is urgent does not wait for a period longer than DefaultPeriod. What fails is logged and
// tried again: no answer of the network ends it.
func (s *Settler) Run(ctx context.Context) error {
	tend, plan := time.NewTicker(s.tendEvery), time.NewTicker(s.period)
	defer tend.Stop()
	defer plan.Stop()
	var urgent <-chan time.Time
	if s.period > DefaultPeriod {
		t := time.NewTicker(DefaultPeriod)
		defer t.Stop()
		urgent = t.C
	}
	s.warn(ctx, "settling", s.round(ctx, everything))
	for {
		select {
		case <-ctx.Done():
			s.warn(context.WithoutCancel(ctx), "giving the lease back", s.leader.release(context.WithoutCancel(ctx)))
			return ctx.Err()
		case <-tend.C:
			s.warn(ctx, "tending what was sent", s.tend(ctx))
		case <-plan.C:
			s.warn(ctx, "settling", s.round(ctx, everything))
		case <-urgent:
			s.warn(ctx, "settling what is urgent", s.round(ctx, (*settle.Plan).Urgent))
		}
	}
}

func (s *Settler) warn(ctx context.Context, doing string, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.Warn(doing, "err", err)
	}
}

// tend looks after what was sent, and does what other servers were asked for.
func (s *Settler) tend(ctx context.Context) error {
	leads, err := s.leader.leads(ctx)
	if err != nil || !leads {
		return err
	}
	_, err = s.sender.Tend(ctx)
	if !s.store.Shared() {
		return err // there is no other server that could have been asked
	}
	requests, asked := s.store.TakeRequests(ctx)
	var settling []channel.ID
	for _, r := range requests {
		if r.Close {
			_, failed := s.Close(ctx, r.Channel)
			err = errors.Join(err, failed)
			continue
		}
		settling = append(settling, r.Channel)
	}
	if len(settling) > 0 {
		_, failed := s.Settle(ctx, settling)
		err = errors.Join(err, failed)
	}
	return errors.Join(err, asked)
}

// everything that a plan settles.
func everything(p *settle.Plan) []settle.Batch { return p.Batches }

// round plans, for every server the reserve and for the one that leads what to send. which says which batches of the plan it sends.
func (s *Settler) round(ctx context.Context, which func(*settle.Plan) []settle.Batch) error {
	plan, err := s.plan(ctx, nil, owing)
	if err != nil {
		return err
	}
	s.note(&plan)
	leads, err := s.leader.leads(ctx)
	if err != nil || !leads {
		return err
	}
	for _, item := range plan.Alarms() {
		s.log.Error("half of the challenge is over and the channel is not settled", "channel", item.Record.ID.Short(), "due", item.Due)
	}
	_, err = s.send(ctx, which(&plan), plan.At)
	return err
}

// note keeps the plan for who asks about the reserve, and says when that has changed.
func (s *Settler) note(plan *settle.Plan) {
	before := s.last.Swap(plan)
	if enough := plan.Reserve.Enough(); before == nil && !enough || before != nil && before.Reserve.Enough() != enough {
		s.log.Warn("challenge reserve", "enough", enough, "needed", plan.Reserve.Needed, "available", plan.Reserve.Available)
	}
}

// Last is the newest plan of a round; nil before the first.
func (s *Settler) Last() *settle.Plan { return s.last.Load() }

// TakesNew says why no new channels are taken now: channel.ErrNoReserve.
func (s *Settler) TakesNew() error {
	if plan := s.last.Load(); plan != nil && !plan.Reserve.Enough() {
		return fmt.Errorf("%w: %s TRX are needed, %s are there", channel.ErrNoReserve, plan.Reserve.Needed, plan.Reserve.Available)
	}
	return nil
}

// Settle settles now what was asked for, and returns the transactions that do it.
func (s *Settler) Settle(ctx context.Context, requested []channel.ID) ([]channel.Intent, error) {
	for _, id := range requested {
		if err := s.paysUs(ctx, id); err != nil && !errors.Is(err, channel.ErrUnknownChannel) { // of those that are not known the rest is settled
			return nil, err
		}
	}
	leads, err := s.leader.leads(ctx)
	if err != nil {
		return nil, err
	}
	if !leads {
		return s.ask(ctx, requested, false)
	}
	plan, err := s.plan(ctx, requested, owing)
	if err != nil {
		return nil, err
	}
	sent, err := s.send(ctx, plan.Batches, plan.At)
	return sent, explain(err)
}

// Close settles a channel for the last time and gives the payer the rest at once. The channel takes nothing more from here on.
func (s *Settler) Close(ctx context.Context, id channel.ID) (channel.Intent, error) {
	if err := s.paysUs(ctx, id); err != nil { // a hub's own channel: frozen, it would never pay its seeder again
		return channel.Intent{}, err
	}
	record, err := s.ledger.Freeze(ctx, id)
	if err != nil {
		return channel.Intent{}, err
	}
	leads, err := s.leader.leads(ctx)
	if err != nil {
		return channel.Intent{}, err
	}
	if !leads {
		asked, err := s.ask(ctx, []channel.ID{id}, true)
		if err != nil {
			return channel.Intent{}, err
		}
		return asked[0], nil
	}
	call, err := contract.Close(contract.ClaimOf(s.ledger.Rule().Separator(), &record, s.ledger.Now()))
	if err != nil {
		return channel.Intent{}, err
	}
	worth := record.Worth(s.ledger.Now())
	settles := []channel.IntentChannel{{Channel: id, Worth: worth}}
	sent, err := s.sender.Send(ctx, "close", call.Trigger(s.sender.Key.Address(), s.contract), s.fee(0, 0), settles)
	return sent, explain(err)
}

// paysUs refuses a channel that a hub has funded: what its payee holds is not known here, and the payee alone closes it so.
func (s *Settler) paysUs(ctx context.Context, id channel.ID) error {
	record, err := s.ledger.Record(ctx, id)
	if err == nil && record.Terms.Payee != s.sender.Key.Address() {
		err = fmt.Errorf("%w: channel %s pays %s, whose server settles and closes it", message.ErrWouldFail, id.Short(), record.Terms.Payee)
	}
	return err
}

// ask leaves it to the server that settles, and waits for the transactions that it makes: one that is not final already, or one that was not there when it was asked. The other
// server's clock does not count.
func (s *Settler) ask(ctx context.Context, requested []channel.ID, closes bool) ([]channel.Intent, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	over := map[[32]byte]bool{}
	for _, id := range requested {
		if _, err := s.sentFor(ctx, id, closes, func(i channel.Intent) bool { over[i.TxID] = over[i.TxID] || i.State.Final(); return false }); err != nil {
			return nil, err
		}
	}
	found := map[[32]byte]channel.Intent{}
	open := slices.Clone(requested)
	for again := s.now(); len(open) > 0; {
		if now := s.now(); !now.Before(again) {
			again = now.Add(askAgain)
			if err := s.request(ctx, open, closes); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the server that settles: %w", ctx.Err())
		case <-time.After(s.tendEvery):
		}
		var waiting []channel.ID
		for _, id := range open {
			intent, err := s.sentFor(ctx, id, closes, func(i channel.Intent) bool { return !over[i.TxID] })
			if err != nil {
				return nil, err
			}
			if intent == nil {
				waiting = append(waiting, id)
				continue
			}
			found[intent.TxID] = *intent
		}
		var err error
		if open, err = s.stillDue(ctx, waiting, closes); err != nil {
			return nil, err
		}
	}
	return slices.Collect(maps.Values(found)), nil
}

// request leaves requests in the store, for the server that settles.
func (s *Settler) request(ctx context.Context, ids []channel.ID, closes bool) error {
	for _, id := range ids {
		if err := s.store.PutRequest(ctx, store.Request{Channel: id, Close: closes, Created: s.now().UnixMilli()}); err != nil {
			return err
		}
	}
	return nil
}

// sentFor finds a transaction about a channel that fits; nil when there is none.
func (s *Settler) sentFor(ctx context.Context, id channel.ID, closes bool, fits func(channel.Intent) bool) (found *channel.Intent, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		list, err := t.IntentsAbout(id, sentAbout)
		for i := range list {
			if (!closes || list[i].Kind == "close") && fits(list[i]) {
				found = &list[i]
				break
			}
		}
		return err
	})
	return found, err
}

// stillDue leaves out the channels on which nothing is due: nobody will make a transaction for them.
func (s *Settler) stillDue(ctx context.Context, ids []channel.ID, closes bool) (due []channel.ID, err error) {
	for _, id := range ids {
		r, err := s.ledger.Record(ctx, id)
		if err != nil {
			return nil, err
		}
		if closes || !r.Due(s.ledger.Now()).IsZero() {
			due = append(due, id)
		}
	}
	return due, nil
}

// sentAbout is how many transactions about a channel are looked through for what was asked for: those that are not final, and the newest others.
const sentAbout = 64

func (s *Settler) fee(percent, least int64) chain.Fee {
	return chain.Fee{Percent: percent, Least: least, Cap: s.policy.WithDefaults().FeeCap}
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

// send sends batches that were planned at a time. One that fails leaves the others: its channels are planned again in the next round.
func (s *Settler) send(ctx context.Context, batches []settle.Batch, at time.Time) ([]channel.Intent, error) {
	var sent []channel.Intent
	var failed error
	for _, batch := range batches {
		intent, err := s.sendBatch(ctx, batch, at)
		if errors.Is(err, chain.ErrPending) {
			continue
		}
		if errors.Is(err, chain.ErrNotLeader) {
			s.leader.lost()
			return sent, err
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
		claims = append(claims, contract.ClaimOf(s.ledger.Rule().Separator(), &item.Record, at))
		settles = append(settles, channel.IntentChannel{Channel: item.Record.ID, Worth: item.Record.Worth(at)})
	}
	call, err := contract.SettleBatch(claims)
	if err != nil {
		return channel.Intent{}, err
	}
	intent, err := s.sender.Send(ctx, "settleBatch", call.Trigger(s.sender.Key.Address(), s.contract), s.fee(batch.Percent, batch.Work.Energy), settles)
	switch {
	case errors.Is(err, chain.ErrReverts), errors.Is(err, chain.ErrOverCap):
		s.troubles.fail(idsOf(settles), s.now(), err.Error())
	case err == nil:
		s.troubles.clear(idsOf(settles))
	}
	return intent, err
}

func idsOf(settles []channel.IntentChannel) []channel.ID {
	ids := make([]channel.ID, len(settles))
	for i, c := range settles {
		ids[i] = c.Channel
	}
	return ids
}
