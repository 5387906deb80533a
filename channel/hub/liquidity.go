package hub

import (
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// StepKind is what the hub does for its liquidity.
type StepKind string

// The kinds of step, cheapest first: what a downloader's channel has due becomes deposit of one to a seeder without any token moving.
const (
	Into    StepKind = "settleInto"
	Deposit StepKind = "deposit"
	Open    StepKind = "open"
)

// Step is one transaction that the hub should make.
type Step struct {
	Kind   StepKind
	Seeder wallet.Address
	Asset  channel.Asset
	Amount channel.Amount // Open, Deposit: fresh money. Into: what is due
	From   channel.Record // Into: a downloader's channel
	To     channel.Record // Into, Deposit: one to the seeder
	Why    string
}

// Position is where the hub's money stands, for Plan.
type Position struct {
	At       time.Time
	Seeders  []channel.Seeder    // that may lack something, those of whom most is wanted first
	Outbound []channel.Record    // live channels to those seeders
	Inbound  []channel.Record    // of downloaders, live, that owe something
	Busy     map[channel.ID]bool // channels that an open transaction is about
	Opening  map[Pair]bool       // seeders whose channel is being opened

	Locked     map[channel.Asset]store.Locked // what all live channels to seeders add up to
	Returnable map[channel.ID]channel.Amount  // what may come back to seeders of what is withheld, by the channels of Outbound

	looks []store.Look
}

// Pair names a seeder in one asset.
type Pair struct {
	Seeder wallet.Address
	Asset  channel.Asset
}

// Plan decides, without looking at anything but its input, what to open and top up. Every seeder gets at most one step at a time, in the order of registration.
func (h *Hub) Plan(p Position) []Step {
	l := h.liquidity(p)
	var steps []Step
	for _, s := range p.Seeders {
		if terms, deals := h.cfg.Assets[s.Asset]; deals {
			if step, _ := l.provide(s, terms); step != nil {
				steps = append(steps, *step)
			}
		}
	}
	for a, locked := range l.full {
		h.cfg.Log.Warn("the float is used up", "asset", a, "locked", locked)
	}
	return steps
}

type liquidity struct {
	h      *Hub
	p      Position
	own    map[Pair][]channel.Record
	locked map[channel.Asset]channel.Amount
	idle   map[channel.Asset]int64          // channels to seeders that have earned nothing
	used   map[channel.ID]bool              // downloaders' channels that a step settles
	full   map[channel.Asset]channel.Amount // where the operator's bound kept a step from being made
}

func (h *Hub) liquidity(p Position) *liquidity {
	l := &liquidity{
		h: h, p: p, own: map[Pair][]channel.Record{}, locked: map[channel.Asset]channel.Amount{}, idle: map[channel.Asset]int64{}, used: map[channel.ID]bool{},
		full: map[channel.Asset]channel.Amount{},
	}
	for a, sum := range p.Locked {
		l.locked[a], l.idle[a] = sum.Amount, sum.Idle
	}
	for _, r := range p.Outbound {
		pair := Pair{r.Terms.Payee, r.Terms.Asset}
		l.own[pair] = append(l.own[pair], r)
	}
	for pair := range p.Opening {
		l.idle[pair.Asset]++
	}
	return l
}

// need is whether a seeder is to be looked at again.
type need int

const (
	nothing   need = iota // not before something is written that may change it
	waiting               // when there is room for one more channel to a seeder that has earned nothing
	something             // in the next round
)

// provide finds what one seeder needs next. It may need something and no step can be made for it now.
func (l *liquidity) provide(s channel.Seeder, terms Terms) (*Step, need) {
	pair := Pair{s.Payee, s.Asset}
	channels := l.own[pair]
	if l.p.Opening[pair] {
		return nil, something
	}
	var best *channel.Record
	var spare channel.Amount
	slots, earned := false, false
	for i := range channels {
		r := &channels[i]
		if l.p.Busy[r.ID] {
			return nil, something
		}
		left, slot := l.h.spare(r, l.p.Returnable[r.ID])
		if r.State != channel.Open || r.Frozen {
			continue
		}
		earned, slots = earned || !r.Paid().IsZero(), slots || slot
		if slot && (best == nil || spare.Less(left)) {
			best, spare = r, left
		}
	}
	switch {
	case !slots && (!s.Wanted.IsZero() || len(channels) == 0 && l.idle[s.Asset] < int64(l.h.cfg.Policy.Idle)):
		l.idle[s.Asset]++
		return l.fresh(Step{Kind: Open, Seeder: s.Payee, Asset: s.Asset, Amount: terms.Deposit.Max(s.Wanted), Why: "registered"}, terms), something
	case len(channels) == 0:
		return nil, waiting
	case best != nil && spare.Less(s.Wanted):
		need := s.Wanted.Sub(spare)
		return l.topUp(*best, need, terms, "a downloader wanted more"), something
	case best != nil && earned && spare.Less(quarter(terms.Deposit)):
		return l.topUp(*best, terms.Deposit, terms, "most of it is promised"), something
	}
	return nil, nothing
}

// topUp prefers what downloaders owe to fresh money.
func (l *liquidity) topUp(to channel.Record, need channel.Amount, terms Terms, why string) *Step {
	var from *channel.Record
	for i := range l.p.Inbound {
		r := &l.p.Inbound[i]
		if r.Terms.Asset != to.Terms.Asset || r.State == channel.Closed || r.Frozen || l.p.Busy[r.ID] || l.used[r.ID] {
			continue
		}
		if from == nil || from.Due(l.p.At).Less(r.Due(l.p.At)) {
			from = r
		}
	}
	if from != nil {
		if due := from.Due(l.p.At); !due.IsZero() && !due.Less(need.Min(quarter(terms.Deposit))) {
			l.used[from.ID] = true
			return &Step{Kind: Into, Seeder: to.Terms.Payee, Asset: to.Terms.Asset, Amount: due, From: *from, To: to, Why: why}
		}
	}
	return l.fresh(Step{Kind: Deposit, Seeder: to.Terms.Payee, Asset: to.Terms.Asset, Amount: terms.Deposit.Max(need), To: to, Why: why}, terms)
}

// fresh lets a step pass that locks fresh money, when the operator's bound allows it.
func (l *liquidity) fresh(s Step, terms Terms) *Step {
	after := l.locked[s.Asset].Add(s.Amount)
	if !terms.Float.IsZero() && terms.Float.Less(after) {
		l.full[s.Asset] = l.locked[s.Asset]
		return nil
	}
	l.locked[s.Asset] = after
	return &s
}

func quarter(a channel.Amount) channel.Amount { return share(a, 250, 0) }
