package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/wallet"
)

// tollstatus is how a sale of upload stands.
type tollstatus struct {
	Peers     int           `json:"peers"`
	Paying    int           `json:"paying"`
	PaidRate  int64         `json:"paid_bytes_per_second"`
	FreeRate  int64         `json:"free_bytes_per_second"`
	PaidBytes int64         `json:"paid_bytes"` // since the start
	FreeBytes int64         `json:"free_bytes"`
	Payments  int64         `json:"payments"`
	Refused   int64         `json:"refused"`
	Earned    []earnings    `json:"earned"`
	Settling  *settlingCost `json:"settling,omitempty"` // absent when nothing is to settle, or a server elsewhere does it
}

// earnings are what came in, in one asset, over all channels and runs.
type earnings struct {
	Asset        channel.Asset  `json:"asset"`
	EarnedUnits  channel.Amount `json:"earned_units"`  // evidence that the contract pays for
	SettledUnits channel.Amount `json:"settled_units"` // of it, paid out already
	coin         money
}

// settlingCost is what settling everything now would cost, and when it must happen at the latest.
type settlingCost struct {
	CostSun  int64  `json:"cost_sun,string"`
	CostTRX  string `json:"cost_trx"`
	WorthSun int64  `json:"worth_sun,string"` // at the operator's prices
	Channels int    `json:"channels"`
	Deadline string `json:"deadline,omitempty"` // RFC 3339; absent when nothing presses
	deadline time.Time
}

func (s tollstatus) schema() string { return "piecework.toll.v1" }

func (s tollstatus) table() table { return table{} }

// tollmeter takes the status.
type tollmeter struct {
	gate   tollgate
	books  tollbooks
	tariff tariff

	status tollstatus
	at     time.Time
	booked time.Time     // when the books were read last
	took   time.Duration // to read them
}

// bookEvery is how often the books are read: that asks the node for prices. Long books are read less often, a tenth of the time at most.
const bookEvery = 5 * time.Second

// measure looks.
func (m *tollmeter) measure(ctx context.Context) {
	now, was := time.Now(), m.status
	t := m.gate.Totals()
	m.status.Peers, m.status.Paying, m.status.Payments, m.status.Refused = t.Peers, t.Payers, t.Payments, t.Refused
	m.status.PaidBytes, m.status.FreeBytes = t.PaidBytes, t.FreeBytes
	if ms := now.Sub(m.at).Milliseconds(); !m.at.IsZero() && ms > 0 {
		m.status.PaidRate, m.status.FreeRate = (t.PaidBytes-was.PaidBytes)*1000/ms, (t.FreeBytes-was.FreeBytes)*1000/ms
	}
	m.at = now
	if now.Sub(m.booked) >= max(bookEvery, 10*m.took) {
		m.booked = now
		m.read(ctx)
		m.took = time.Since(now)
	}
}

// lastLook bounds how long the end waits for the books and the node.
const lastLook = 2 * time.Second

// last looks once more when ctx has ended.
func (m *tollmeter) last(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer stop()
	m.booked = time.Time{}
	m.measure(ctx)
}

// read reads the books. What cannot be read just now stays as it was.
func (m *tollmeter) read(ctx context.Context) {
	if m.books.list == nil {
		m.status.Earned = m.fromAccounts(m.gate.Payers())
		return
	}
	records, err := m.books.list(ctx)
	if err != nil {
		return
	}
	m.status.Earned = m.fromRecords(records)
	var due []channel.ID
	for _, r := range records {
		if r.State != channel.Closed && !r.Due(time.Now()).IsZero() {
			due = append(due, r.ID)
		}
	}
	if plan, err := m.books.plan(ctx, due); err == nil {
		m.status.Settling = costOf(plan)
	}
}

func (m *tollmeter) fromRecords(records []channel.Record) []earnings {
	by := m.perAsset()
	for _, r := range records {
		if e := by[r.Terms.Asset]; e != nil {
			e.EarnedUnits, e.SettledUnits = e.EarnedUnits.Add(r.Paid()), e.SettledUnits.Add(r.Settled)
		}
	}
	return m.inOrder(by)
}

func (m *tollmeter) fromAccounts(accounts []torrent.PayerAccount) []earnings {
	by := m.perAsset()
	for _, a := range accounts {
		if e := by[a.Asset]; e != nil {
			e.EarnedUnits = e.EarnedUnits.Add(a.Paid)
		}
	}
	return m.inOrder(by)
}

func (m *tollmeter) perAsset() map[channel.Asset]*earnings {
	by := map[channel.Asset]*earnings{}
	for asset, coin := range m.tariff.coins {
		by[asset] = &earnings{Asset: asset, coin: coin}
	}
	return by
}

func (m *tollmeter) inOrder(by map[channel.Asset]*earnings) (list []earnings) {
	for _, o := range m.tariff.offers {
		list = append(list, *by[o.Asset])
	}
	return list
}

// costOf sums a plan that was asked to settle all that is due.
func costOf(plan settle.Plan) *settlingCost {
	var cost wallet.Sun
	s := &settlingCost{}
	for _, b := range plan.Batches {
		cost += b.Cost
		s.WorthSun += int64(b.Worth)
		s.Channels += len(b.Items)
		s.press(b.Deadline)
	}
	for _, i := range plan.Left {
		s.press(i.Deadline)
	}
	if s.Channels == 0 {
		return nil
	}
	s.CostSun, s.CostTRX = int64(cost), cost.String()
	if !s.deadline.IsZero() {
		s.Deadline = s.deadline.UTC().Format(time.RFC3339)
	}
	return s
}

func (s *settlingCost) press(at time.Time) {
	if !at.IsZero() && (s.deadline.IsZero() || at.Before(s.deadline)) {
		s.deadline = at
	}
}

// lines is the status for a terminal.
func (m *tollmeter) lines() []string {
	s := m.status
	lines := []string{
		fmt.Sprintf("peers     %d, of them %d paying", s.Peers, s.Paying),
		fmt.Sprintf("rates     paid %s/s, free %s/s", formatBytes(s.PaidRate), formatBytes(s.FreeRate)),
		fmt.Sprintf("sent      %s paid, %s free; %d payments, %d refused", formatBytes(s.PaidBytes), formatBytes(s.FreeBytes), s.Payments, s.Refused),
	}
	for _, e := range s.Earned {
		lines = append(lines, "earned    "+e.describe(m.books.list != nil))
	}
	return append(lines, "settling  "+m.settling())
}

// line is the status in one line.
func (m *tollmeter) line() string {
	s := m.status
	parts := []string{
		fmt.Sprintf("%d peers, %d paying", s.Peers, s.Paying),
		fmt.Sprintf("paid %s/s, free %s/s", formatBytes(s.PaidRate), formatBytes(s.FreeRate)),
		fmt.Sprintf("sent %s paid and %s free", formatBytes(s.PaidBytes), formatBytes(s.FreeBytes)),
	}
	for _, e := range s.Earned {
		parts = append(parts, "earned "+e.describe(m.books.list != nil))
	}
	return strings.Join(slices.Concat(parts, []string{"settling " + m.settling()}), "; ")
}

// describe tells what is earned, and what of it is on the chain already: safe whatever happens here.
func (e earnings) describe(books bool) string {
	if !books {
		return e.coin.format(e.EarnedUnits)
	}
	open := e.EarnedUnits.Excess(e.SettledUnits)
	return fmt.Sprintf("%s (%s safe on chain, %s to settle)", e.coin.format(e.EarnedUnits), e.coin.format(e.SettledUnits), e.coin.format(open))
}

func (m *tollmeter) settling() string {
	s := m.status.Settling
	switch {
	case m.books.list == nil:
		return "is the work of the channel server"
	case s == nil:
		return "nothing is due"
	case s.deadline.IsZero():
		return fmt.Sprintf("%s would cost %s TRX now; nothing presses", channels(s.Channels), s.CostTRX)
	}
	left := strings.Replace(time.Until(s.deadline).Round(time.Minute).String(), "m0s", "m", 1)
	return fmt.Sprintf("%s for %s TRX now; at the latest %s, in %s", channels(s.Channels), s.CostTRX, s.deadline.Local().Format("2 Jan 15:04"), left)
}

func channels(n int) string {
	if n == 1 {
		return "1 channel"
	}
	return fmt.Sprintf("%d channels", n)
}
