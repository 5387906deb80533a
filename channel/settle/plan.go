package settle

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Reason says why a channel is settled or not.
type Reason string

// The reasons to settle, most urgent first, and the reasons not to.
const (
	Closing   Reason = "closing"   // the payer has started to close: settle before it gets the rest
	Expiring  Reason = "expiring"  // reveals would be lost at the expiry of their tail
	Exposed   Reason = "exposed"   // more is unsettled than the operator wants to have at risk
	Requested Reason = "requested" // somebody asked
	Worth     Reason = "worth it"  // worth its cost, and the batch is full or old
	Rides     Reason = "rides"     // worth its cost, and a batch that goes out anyway has room

	Nothing    Reason = "nothing due"
	Ended      Reason = "ended"        // it was closed in a block that is not solid yet: nothing more can be taken
	InFlight   Reason = "in flight"    // a transaction of ours that is not final settles it already
	Waiting    Reason = "waiting"      // worth its cost; the batch is neither full nor old
	TooSmall   Reason = "too small"    // worth less than the minimum or than CostFactor times its cost
	Uneconomic Reason = "uneconomic"   // it will be lost, but saving it costs more
	NoPrice    Reason = "no price"     // the operator has set no price for the asset
	Resting    Reason = "resting"      // its last transaction failed; it is tried again later
	OverCap    Reason = "over the cap" // even by itself it needs a higher fee limit than the policy allows
)

// Urgent says whether the reason does not wait for a batch to fill.
func (r Reason) Urgent() bool {
	return r == Closing || r == Expiring || r == Exposed || r == Requested
}

// Candidate is a channel that pays us.
type Candidate struct {
	Record    channel.Record
	Requested bool           // the operator or the payee asked for it
	InFlight  channel.Amount // what our transactions that are not final will have settled in all
	Trouble   Trouble        // what went wrong before
}

// Trouble is what the failures of a channel's earlier transactions ask for. The zero Trouble is none.
type Trouble struct {
	Until   time.Time // not tried before, unless somebody asks
	Alone   bool      // in a transaction of its own
	Percent int64     // fee limit, of the simulation; 0 is the usual one
}

// Item is one channel in a plan.
type Item struct {
	Record   channel.Record
	Reveals  []channel.Reveal // to show with the voucher
	Due      channel.Amount
	Worth    wallet.Sun // of Due, at the operator's price
	Cost     wallet.Sun // its share: what the transaction costs more because of it, after staked energy
	Reason   Reason
	Deadline time.Time // when some of Due is lost; zero when nothing presses
	Alarm    bool      // half of the challenge is over and it is not settled
	Trouble  Trouble
}

// Batch is one transaction: channels of one payee and one asset.
type Batch struct {
	Payee    wallet.Address
	Asset    channel.Asset
	Items    []Item
	Work     Work
	Due      channel.Amount
	Worth    wallet.Sun
	Cost     wallet.Sun // after staked energy
	FeeLimit wallet.Sun // energy × Percent, within the cap. The sender takes the simulated energy instead
	Percent  int64
	Deadline time.Time // the earliest of its items
}

// Reserve compares what settling everything that is worth it would cost with what there is. Below it a server takes no new channels.
type Reserve struct {
	Needed    wallet.Sun // with the policy's margin, after staked energy
	Available wallet.Sun
}

// Enough says whether the reserve is there.
func (r Reserve) Enough() bool { return r.Available >= r.Needed }

// Plan is what to do, most urgent first, and why not the rest.
type Plan struct {
	At      time.Time
	Batches []Batch
	Left    []Item // what is not settled now
	Reserve Reserve
}

// Alarms are the items, settled by the plan or not, whose payer has been closing for more than half of the challenge.
func (p *Plan) Alarms() []Item {
	var alarms []Item
	for _, b := range p.Batches {
		alarms = append(alarms, pick(b.Items)...)
	}
	return append(alarms, pick(p.Left)...)
}

func pick(items []Item) (alarms []Item) {
	for _, i := range items {
		if i.Alarm {
			alarms = append(alarms, i)
		}
	}
	return alarms
}

// Urgent are the batches with something in them that does not wait.
func (p *Plan) Urgent() (urgent []Batch) {
	for _, b := range p.Batches {
		if slices.ContainsFunc(b.Items, func(i Item) bool { return i.Reason.Urgent() }) {
			urgent = append(urgent, b)
		}
	}
	return urgent
}

// Make plans. It is pure: the same input gives the same plan, whatever the order of the candidates.
func Make(candidates []Candidate, prices Prices, policy Policy, now time.Time) Plan {
	m := maker{prices: prices, policy: policy.WithDefaults(), now: now, staked: prices.Staked, plan: Plan{At: now}}
	groups := map[groupKey][]Item{}
	for _, c := range candidates {
		item := m.judge(c)
		if item.Reason == Nothing || item.Reason == Ended || item.Reason == InFlight {
			m.plan.Left = append(m.plan.Left, item)
			continue
		}
		key := groupKey{c.Record.Terms.Payee, c.Record.Terms.Asset}
		groups[key] = append(groups[key], item)
	}
	m.reserve(groups)
	for _, group := range inOrder(groups) {
		m.batches(group)
	}
	slices.SortFunc(m.plan.Batches, byUrgency)
	m.costs()
	slices.SortFunc(m.plan.Left, byID)
	return m.plan
}

type groupKey struct {
	payee wallet.Address
	asset channel.Asset
}

type maker struct {
	prices Prices
	policy Policy
	now    time.Time
	staked int64 // energy that is not yet given to a batch
	plan   Plan
}

// inOrder makes the map's order the same every time, and gives the group with the nearest deadline the staked energy first.
func inOrder(groups map[groupKey][]Item) [][]Item {
	list := make([][]Item, 0, len(groups))
	for _, g := range groups {
		slices.SortFunc(g, byRank)
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b []Item) int { return byRank(a[0], b[0]) })
	return list
}

// byRank orders what presses before what pays: by deadline, then by value against cost.
func byRank(a, b Item) int {
	if a.Reason.Urgent() != b.Reason.Urgent() {
		return -boolean(a.Reason.Urgent(), b.Reason.Urgent())
	}
	if a.Reason.Urgent() {
		if order := byDeadline(a.Deadline, b.Deadline); order != 0 {
			return order
		}
	}
	if order := -byRatio(a.Worth, a.Cost, b.Worth, b.Cost); order != 0 {
		return order
	}
	return byID(a, b)
}

func byUrgency(a, b Batch) int {
	if order := byDeadline(a.Deadline, b.Deadline); order != 0 {
		return order
	}
	if order := -byRatio(a.Worth, a.Cost, b.Worth, b.Cost); order != 0 {
		return order
	}
	return byID(a.Items[0], b.Items[0])
}

// byDeadline puts no deadline last.
func byDeadline(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return boolean(a.IsZero(), b.IsZero())
	}
	return a.Compare(b)
}

// byRatio compares worth/cost without dividing.
func byRatio(worthA, costA, worthB, costB wallet.Sun) int {
	hiA, loA := mul(worthA, costB)
	hiB, loB := mul(worthB, costA)
	return cmp.Or(cmp.Compare(hiA, hiB), cmp.Compare(loA, loB))
}

func byID(a, b Item) int { return bytes.Compare(a.Record.ID[:], b.Record.ID[:]) }

func boolean(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
