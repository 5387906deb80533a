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
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// What the dashboard lists at most.
const (
	shownChannels = 200
	shownSent     = 20
	earningDays   = 30
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
			ID: r.ID.String(), Payer: r.Terms.Payer.String(), Asset: a.String(), State: r.State.String(), Deposit: s.format(a, r.Deposit), Paid: s.format(a, r.Paid()), Due: s.format(a, r.Due(now)),
		})
	}
	for _, a := range order {
		t := sums[a]
		status.Totals = append(status.Totals, dashboard.Total{
			Asset: a.String(), Channels: t.channels, Deposit: s.format(a, t.deposit), Paid: s.format(a, t.paid), Settled: s.format(a, t.settled), Due: s.format(a, t.due),
		})
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

// showEarnings adds up by day and asset what became solid. Blocks are three seconds apart, so a block's day follows from the head's.
func (s *Server) showEarnings(ctx context.Context, status *dashboard.Status, now time.Time) error {
	head := s.ledger.Cursor().Head
	days := map[channel.Asset]map[string]channel.Amount{}
	err := s.store.View(ctx, func(t *store.Tx) error {
		facts, err := t.Settlements(channel.ID{})
		if err != nil {
			return err
		}
		for _, f := range facts {
			at := time.UnixMilli(head.Time).Add(-time.Duration(head.Number-f.Block) * 3 * time.Second).UTC()
			if now.Sub(at) > earningDays*24*time.Hour || f.Amount.IsZero() {
				continue
			}
			r, err := t.Channel(f.Channel)
			if err != nil {
				return err
			}
			if days[r.Terms.Asset] == nil {
				days[r.Terms.Asset] = map[string]channel.Amount{}
			}
			day := at.Format(time.DateOnly)
			days[r.Terms.Asset][day] = days[r.Terms.Asset][day].Add(f.Amount)
		}
		return nil
	})
	for a, byDay := range days {
		status.Earnings = append(status.Earnings, s.bars(a, byDay)...)
	}
	slices.SortFunc(status.Earnings, func(a, b dashboard.Earning) int {
		return strings.Compare(a.Asset+a.Day, b.Asset+b.Day)
	})
	return err
}

func (s *Server) bars(a channel.Asset, byDay map[string]channel.Amount) (bars []dashboard.Earning) {
	best := channel.Amount{}
	for _, amount := range byDay {
		if best.Less(amount) {
			best = amount
		}
	}
	whole, _ := best.Big().Float64()
	for day, amount := range byDay {
		part, _ := amount.Big().Float64() // for the height of a bar, not for money
		bars = append(bars, dashboard.Earning{Day: day, Asset: a.String(), Amount: s.format(a, amount), Height: part / whole})
	}
	return bars
}

func (s *Server) showPlan(status *dashboard.Status, plan *settle.Plan) {
	if plan == nil {
		status.Reserve = dashboard.Reserve{Needed: "?", Available: "?", Enough: true}
		return
	}
	for _, i := range plan.Alarms() {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "bad", Text: fmt.Sprintf("half of the challenge is over: channel %s, %s due", i.Record.ID.Short(), s.format(i.Record.Terms.Asset, i.Due))})
	}
	if !plan.Reserve.Enough() {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "warn", Text: "the challenge reserve is short: no new channels are taken"})
	}
	status.Balances = append(status.Balances, dashboard.Balance{Asset: "TRX", Amount: plan.Reserve.Available.String()})
	status.Reserve = dashboard.Reserve{Needed: plan.Reserve.Needed.String(), Available: plan.Reserve.Available.String(), Enough: plan.Reserve.Enough()}
	for _, b := range plan.Batches {
		p := dashboard.Planned{Asset: b.Asset.String(), Channels: len(b.Items), Due: s.format(b.Asset, b.Due), Worth: b.Worth.String(), Cost: b.Cost.String()}
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
func (s *Server) format(a channel.Asset, amount channel.Amount) string {
	decimals := wallet.TRXDecimals
	if a != channel.TRX {
		decimals = 0
		for units := s.config.Assets[a].Units; units >= 10; units /= 10 {
			decimals++
		}
	}
	return wallet.FormatUnits(amount.Units(), decimals)
}
