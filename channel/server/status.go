package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/dashboard"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/wallet"
)

// What the dashboard lists at most.
const (
	shownChannels = 200
	shownSent     = 20
)

// Status implements dashboard.Source.
func (s *Server) Status(ctx context.Context) (dashboard.Status, error) {
	cursor, now := s.ledger.Cursor(), s.ledger.Now()
	status := dashboard.Status{
		At: now.UTC().Format(time.RFC3339), Payee: s.config.Key.Address().String(), Contract: s.config.Contract.String(), Head: cursor.Head.Number, Solid: cursor.Solid.Number,
		Leads: s.settler.leader.holds(), Alarms: []dashboard.Alarm{}, Plan: []dashboard.Planned{}, Left: []dashboard.Left{},
		Balances: []dashboard.Balance{}, Totals: []dashboard.Total{}, Earnings: []dashboard.Earning{}, Channels: []dashboard.Channel{}, Sent: []dashboard.Sent{},
	}
	records, err := s.ledger.List(ctx, channel.Query{Live: true})
	if err != nil {
		return status, err
	}
	s.showChannels(&status, records, now)
	s.showBalances(ctx, &status, records, now)
	if err := s.showSent(ctx, &status); err != nil {
		return status, err
	}
	if err := s.showEarnings(ctx, &status, now); err != nil {
		return status, err
	}
	if err := s.ledger.Fresh(); err != nil {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "bad", Text: "no payments are accepted: " + err.Error()})
	}
	s.showPlan(&status, s.settler.Last())
	return status, nil
}

func (s *Server) showChannels(status *dashboard.Status, records []channel.Record, now time.Time) {
	type sum struct {
		channels                    int
		deposit, paid, settled, due channel.Amount
	}
	sums, order := map[channel.Asset]*sum{}, []channel.Asset{}
	for i := range records {
		r := &records[i]
		a := r.Terms.Asset
		if sums[a] == nil {
			sums[a] = &sum{}
			order = append(order, a)
		}
		t := sums[a]
		t.channels++
		t.deposit, t.paid, t.settled, t.due = t.deposit.Add(r.Deposit), t.paid.Add(r.Paid()), t.settled.Add(r.Settled), t.due.Add(r.Due(now))
		if len(status.Channels) == shownChannels {
			status.More++
			continue
		}
		status.Channels = append(status.Channels, dashboard.Channel{
			ID: r.ID.String(), Payer: r.Terms.Payer.String(), Asset: a.String(), State: r.State.String(), Deposit: s.format(a, r.Deposit.Units()), Paid: s.format(a, r.Paid().Units()), Due: s.format(a, r.Due(now).Units()),
		})
	}
	for _, a := range order {
		t := sums[a]
		status.Totals = append(status.Totals, dashboard.Total{
			Asset: a.String(), Channels: t.channels, Deposit: s.format(a, t.deposit.Units()), Paid: s.format(a, t.paid.Units()), Settled: s.format(a, t.settled.Units()), Due: s.format(a, t.due.Units()),
		})
	}
}

// showBalances shows what the payee's account has, as the node last told it.
func (s *Server) showBalances(ctx context.Context, status *dashboard.Status, records []channel.Record, now time.Time) {
	list, err := s.holdings.read(ctx, s.shownAssets(records), now)
	for _, h := range list {
		status.Balances = append(status.Balances, dashboard.Balance{Asset: h.asset.String(), Amount: s.format(h.asset, h.units)})
	}
	if err != nil {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "warn", Text: "the balances are not of now: " + err.Error()})
	}
}

func (s *Server) showSent(ctx context.Context, status *dashboard.Status) error {
	intents, err := s.settler.Intents(ctx, shownSent)
	for _, i := range intents {
		status.Sent = append(status.Sent, dashboard.Sent{
			TxID: fmt.Sprintf("%x", i.TxID), Kind: i.Kind, State: strings.ReplaceAll(string(i.State), "_", " "), Channels: len(i.Settles), Burnt: wallet.Sun(i.Fee).String(),
			At: time.UnixMilli(i.Created).UTC().Format(time.RFC3339), Note: i.Note,
		})
	}
	return err
}

func (s *Server) showPlan(status *dashboard.Status, plan *settle.Plan) {
	if plan == nil {
		status.Reserve = dashboard.Reserve{Needed: "?", Available: "?", Enough: true}
		return
	}
	for _, i := range plan.Alarms() {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "bad", Text: fmt.Sprintf("half of the challenge is over: channel %s, %s due", i.Record.ID.Short(), s.format(i.Record.Terms.Asset, i.Due.Units()))})
	}
	if !plan.Reserve.Enough() {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "warn", Text: "the challenge reserve is short: no new channels are taken"})
	}
	status.Reserve = dashboard.Reserve{Needed: plan.Reserve.Needed.String(), Available: plan.Reserve.Available.String(), Enough: plan.Reserve.Enough()}
	for _, b := range plan.Batches {
		p := dashboard.Planned{Asset: b.Asset.String(), Channels: len(b.Items), Due: s.format(b.Asset, b.Due.Units()), Worth: b.Worth.String(), Cost: b.Cost.String()}
		for _, i := range b.Items {
			if why := i.Why(); !slices.Contains(p.Why, why) {
				p.Why = append(p.Why, why)
			}
		}
		if !b.Deadline.IsZero() {
			p.Deadline = b.Deadline.UTC().Format(time.RFC3339)
		}
		status.Plan = append(status.Plan, p)
	}
	status.Left = leftBy(plan)
}

// leftBy adds up what is left by its reason.
func leftBy(plan *settle.Plan) []dashboard.Left {
	list := []dashboard.Left{}
	sums := map[string]wallet.Sun{}
	for _, i := range plan.Left {
		if i.Reason == settle.Nothing {
			continue
		}
		at := slices.IndexFunc(list, func(l dashboard.Left) bool { return l.Why == i.Why() })
		if at < 0 {
			at = len(list)
			list = append(list, dashboard.Left{Why: i.Why()})
		}
		list[at].Channels++
		sums[i.Why()] += i.Worth
		list[at].Worth = sums[i.Why()].String()
	}
	return list
}

// format is an amount in whole tokens where the operator's price says how many units one has, else in units.
func (s *Server) format(a channel.Asset, units wallet.Units) string {
	decimals := wallet.TRXDecimals
	if a != channel.TRX {
		decimals = 0
		for whole := s.config.Assets[a].Units; whole >= 10; whole /= 10 {
			decimals++
		}
	}
	return wallet.FormatUnits(units, decimals)
}
