package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
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
	statusPage    = 1000 // channels that are read at once
)

// shown is the status that was made last.
type shown struct {
	mu     sync.Mutex // covers what follows
	status dashboard.Status
	until  time.Time
}

// Status implements dashboard.Source. A status is shown for nine times as long as it took to make, so that whoever looks takes a tenth of a core at most.
func (s *Server) Status(ctx context.Context) (dashboard.Status, error) {
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	began := time.Now()
	if began.Before(s.shown.until) {
		return s.shown.status, nil
	}
	status, err := s.readStatus(ctx)
	if err == nil {
		s.shown.status, s.shown.until = status, time.Now().Add(9*time.Since(began))
	}
	return status, err
}

func (s *Server) readStatus(ctx context.Context) (dashboard.Status, error) {
	cursor, now := s.ledger.Cursor(), s.ledger.Now()
	status := dashboard.Status{
		At: now.UTC().Format(time.RFC3339), Payee: s.config.Key.Address().String(), Contract: s.config.Contract.String(), Head: cursor.Head.Number, Solid: cursor.Solid.Number,
		Leads: s.settler.leader.holds(), Alarms: []dashboard.Alarm{}, Plan: []dashboard.Planned{}, Left: []dashboard.Left{},
		Balances: []dashboard.Balance{}, Totals: []dashboard.Total{}, Funded: []dashboard.Total{}, Earnings: []dashboard.Earning{}, Channels: []dashboard.Channel{}, Sent: []dashboard.Sent{},
	}
	assets, err := s.showChannels(ctx, &status, now)
	if err != nil {
		return status, err
	}
	s.showBalances(ctx, &status, assets, now)
	if err := s.showSent(ctx, &status); err != nil {
		return status, err
	}
	if err := s.showEarnings(ctx, &status, now); err != nil {
		return status, err
	}
	if err := s.ledger.Fresh(); err != nil {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "bad", Text: "no payments are accepted: " + err.Error()})
	}
	recovery, err := s.recovery(ctx)
	if err != nil {
		return status, err
	}
	if recovery != "" {
		status.Alarms = append(status.Alarms, dashboard.Alarm{Level: "bad", Text: "RECOVERING: " + recovery})
	}
	s.showPlan(&status, s.settler.Last())
	return status, nil
}

// showChannels adds up the channels that pay this server and those that it has funded, and lists the first of those that pay. It gives the assets of all.
func (s *Server) showChannels(ctx context.Context, status *dashboard.Status, now time.Time) ([]channel.Asset, error) {
	us, paying, funded := s.config.Key.Address(), sums{}, sums{}
	q := channel.Query{Live: true, Limit: statusPage}
	for {
		page, err := s.ledger.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page {
			r := &page[i]
			if r.Terms.Payee != us {
				funded.add(r, now)
				continue
			}
			paying.add(r, now)
			if len(status.Channels) == shownChannels {
				status.More++
				continue
			}
			a := r.Terms.Asset
			status.Channels = append(status.Channels, dashboard.Channel{
				ID: r.ID.String(), Payer: r.Terms.Payer.String(), Asset: a.String(), State: r.State.String(), Deposit: s.format(a, r.Deposit.Units()), Paid: s.format(a, r.Paid().Units()), Due: s.format(a, r.Due(now).Units()),
			})
		}
		if len(page) < q.Limit {
			break
		}
		q.After = page[len(page)-1].ID
	}
	status.Totals, status.Funded = s.totals(paying), s.totals(funded)
	return append(slices.Collect(maps.Keys(paying)), slices.Collect(maps.Keys(funded))...), nil
}

// sum is what channels of an asset add up to.
type sum struct {
	channels                    int
	deposit, paid, settled, due channel.Amount
}

type sums map[channel.Asset]*sum

func (of sums) add(r *channel.Record, now time.Time) {
	t := of[r.Terms.Asset]
	if t == nil {
		t = &sum{}
		of[r.Terms.Asset] = t
	}
	t.channels++
	t.deposit, t.paid, t.settled, t.due = t.deposit.Add(r.Deposit), t.paid.Add(r.Paid()), t.settled.Add(r.Settled), t.due.Add(r.Due(now))
}

// totals are in the order of their assets.
func (s *Server) totals(of sums) []dashboard.Total {
	list := make([]dashboard.Total, 0, len(of))
	for a, t := range of {
		list = append(list, dashboard.Total{
			Asset: a.String(), Channels: t.channels, Deposit: s.format(a, t.deposit.Units()), Paid: s.format(a, t.paid.Units()), Settled: s.format(a, t.settled.Units()), Due: s.format(a, t.due.Units()),
		})
	}
	slices.SortFunc(list, func(a, b dashboard.Total) int { return strings.Compare(a.Asset, b.Asset) })
	return list
}

// showBalances shows what the payee's account has, as the node last told it.
func (s *Server) showBalances(ctx context.Context, status *dashboard.Status, assets []channel.Asset, now time.Time) {
	list, err := s.holdings.read(ctx, s.shownAssets(assets), now)
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
