package settle

import (
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// feeMargin is what the fee limit has above the energy that is expected, in per cent, while nothing has failed. A limit far above it only raises what a time-out burns.
const feeMargin = 130

// batches cuts one group, in the order of rank, into transactions. Urgent items go out whatever else there is; worthwhile ones fill the room beside them,
// and by themselves go out in full batches, or when the oldest has waited long enough.
func (m *maker) batches(group []Item) {
	urgent, waiting := m.split(group)
	var items []Item
	for len(urgent) > 0 {
		var riders []Item
		items, urgent = m.cut(nil, urgent)
		if len(urgent) == 0 {
			riders, waiting = m.cut(items, waiting)
		}
		m.plan.Batches = append(m.plan.Batches, m.batch(append(items, because(Rides, riders)...)))
	}
	for len(waiting) > 0 {
		now, rest := m.cut(nil, waiting)
		if full := len(rest) > 0 || len(now) == m.policy.Batch; !full && !m.old(waiting) {
			break
		}
		m.plan.Batches = append(m.plan.Batches, m.batch(because(Worth, now)))
		waiting = rest
	}
	m.plan.Left = append(m.plan.Left, waiting...)
}

// cut takes from the front of items what goes into one transaction beside begun: as many as a batch holds and the fee cap pays for.
func (m *maker) cut(begun, items []Item) (now, rest []Item) {
	if len(items) == 0 {
		return nil, nil
	}
	work := m.prices.BatchWork(items[0].Record.Terms.Asset)
	for i := range begun {
		work = work.Add(ItemWork(begun[i].Reveals))
	}
	alone := len(begun) > 0 && begun[0].Trouble.Alone
	for n := range items {
		work = work.Add(ItemWork(items[n].Reveals))
		alone = alone || items[n].Trouble.Alone
		if len(begun)+n == m.policy.Batch || m.feeLimit(work) > m.policy.FeeCap || alone && len(begun)+n > 0 {
			return items[:n:n], items[n:]
		}
	}
	return items[:len(items):len(items)], nil
}

func (m *maker) feeLimit(w Work) wallet.Sun {
	return wallet.Sun(w.Energy*feeMargin/100) * m.prices.Energy
}

// split sorts a group into what presses, what pays, and what is left.
func (m *maker) split(group []Item) (urgent, waiting []Item) {
	for _, item := range group {
		alone := m.prices.BatchWork(item.Record.Terms.Asset).Add(ItemWork(item.Reveals))
		switch {
		case (item.Reason.Urgent() || item.Reason == Waiting) && m.feeLimit(alone) > m.policy.FeeCap:
			item.Reason = OverCap
			m.plan.Left = append(m.plan.Left, item)
		case item.Reason.Urgent():
			urgent = append(urgent, item)
		case item.Reason == Waiting:
			waiting = append(waiting, item)
		default:
			m.plan.Left = append(m.plan.Left, item)
		}
	}
	return urgent, waiting
}

// old says whether any of the items has waited as long as the policy allows.
func (m *maker) old(items []Item) bool {
	for _, i := range items {
		if since := i.Record.DueSince; since != 0 && m.now.Sub(time.Unix(since, 0)) >= m.policy.MaxAge {
			return true
		}
	}
	return false
}

func because(reason Reason, items []Item) []Item {
	out := make([]Item, len(items))
	for i, item := range items {
		item.Reason = reason
		out[i] = item
	}
	return out
}

func (m *maker) batch(items []Item) Batch {
	terms := items[0].Record.Terms
	b := Batch{Payee: terms.Payee, Asset: terms.Asset, Items: items, Work: m.prices.BatchWork(terms.Asset)}
	for _, i := range items {
		b.Work = b.Work.Add(ItemWork(i.Reveals))
		b.Due = b.Due.Add(i.Due)
		if b.Worth += i.Worth; b.Worth < 0 {
			b.Worth = 1<<63 - 1
		}
		if i.Reason.Urgent() && byDeadline(i.Deadline, b.Deadline) < 0 {
			b.Deadline = i.Deadline
		}
	}
	b.Cost, _ = m.prices.Cost(b.Work, 0)
	b.Percent = feeMargin
	for _, i := range items {
		b.Percent = max(b.Percent, i.Trouble.Percent)
	}
	b.FeeLimit = min(m.feeLimit(b.Work)*wallet.Sun(b.Percent)/feeMargin, m.policy.FeeCap)
	return b
}

// costs hands the staked energy to the batches in their order, and tells each item its share of what is left to burn.
func (m *maker) costs() {
	for i := range m.plan.Batches {
		b := &m.plan.Batches[i]
		var used int64
		b.Cost, used = m.prices.Cost(b.Work, m.staked)
		m.staked -= used
		rest := b.Cost
		for j := range b.Items {
			share := rest / wallet.Sun(len(b.Items)-j)
			b.Items[j].Cost = share
			rest -= share
		}
	}
}

// reserve adds up what it would cost to settle every channel that is worth more than its cost, in full batches.
func (m *maker) reserve(groups map[groupKey][]Item) {
	var all Work
	for key, items := range groups {
		n := 0
		for i := range items {
			_, priced := m.prices.Worth(key.asset, channel.Amount{})
			if share := m.share(&items[i]); priced && items[i].Worth <= share {
				continue
			}
			n++
			all = all.Add(ItemWork(items[i].Reveals))
		}
		for ; n > 0; n -= m.policy.Batch {
			all = all.Add(m.prices.BatchWork(key.asset))
		}
	}
	needed, _ := m.prices.Cost(all, m.prices.Staked)
	m.plan.Reserve = Reserve{Needed: needed + needed*wallet.Sun(m.policy.Reserve)/100, Available: m.prices.Balance}
}
