package settle

import (
	"math/bits"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// judge says what is to be said of one channel by itself: what is due, what presses, what it is worth. Whether a batch goes out is decided later.
func (m *maker) judge(c Candidate) Item {
	r := c.Record
	item := Item{Record: r, Due: r.Due(m.now), Reveals: r.Furthest(m.now), Reason: Nothing, Trouble: c.Trouble}
	ended := r.State == channel.Closing && r.CloseAt == 0 // a challenge has an end; without one the head shows it closed
	item.Alarm = r.State == channel.Closing && !ended && !item.Due.IsZero() && !m.now.Before(time.Unix(r.CloseAt, 0).Add(-r.Terms.Challenge/2))
	switch {
	case item.Due.IsZero():
		return item
	case ended:
		item.Reason = Ended
		return item
	case !c.InFlight.Less(r.Worth(m.now)):
		item.Reason = InFlight
		return item
	}
	item.Cost, _ = m.prices.Cost(ItemWork(item.Reveals), 0)
	worth, priced := m.prices.Worth(r.Terms.Asset, item.Due)
	item.Worth = worth
	m.presses(&item, c.Requested, priced)
	if item.Reason == Nothing {
		item.Reason = m.pays(&item, priced)
	}
	item.Alarm = item.Alarm && item.Reason != Uneconomic // a payer must not be able to ring it with dust
	if m.now.Before(c.Trouble.Until) && item.Reason != Requested {
		item.Reason = Resting
	}
	return item
}

// presses finds a reason that does not wait, and the deadline.
func (m *maker) presses(item *Item, requested, priced bool) {
	r := &item.Record
	expiry, atRisk := m.nextExpiry(item)
	closing := r.State == channel.Closing
	if closing {
		item.Deadline, atRisk = time.Unix(r.CloseAt, 0), item.Due
	}
	if !expiry.IsZero() && (item.Deadline.IsZero() || expiry.Before(item.Deadline)) {
		item.Deadline = expiry
	}
	expiring := !expiry.IsZero() && expiry.Sub(m.now) <= m.policy.TailLead
	risk, _ := m.prices.Worth(r.Terms.Asset, atRisk)
	whole, _ := m.prices.Cost(m.prices.BatchWork(r.Terms.Asset).Add(ItemWork(item.Reveals)), m.prices.Staked)
	switch {
	case requested:
		item.Reason = Requested
	case (closing || expiring) && priced && risk <= whole:
		item.Reason = Uneconomic
	case closing:
		item.Reason = Closing
	case expiring:
		item.Reason = Expiring
	case m.policy.Exposure > 0 && item.Worth > m.policy.Exposure:
		item.Reason = Exposed
	}
}

// nextExpiry is when the next tail ends whose reveals are not settled, and what is lost then.
func (m *maker) nextExpiry(item *Item) (time.Time, channel.Amount) {
	var next time.Time
	for _, t := range item.Record.Held.Tails {
		end := time.Unix(t.Expiry, 0)
		if end.Before(m.now) || !next.IsZero() && !end.Before(next) {
			continue
		}
		if item.Record.Due(end.Add(time.Second)).Less(item.Record.Due(end)) {
			next = end
		}
	}
	if next.IsZero() {
		return next, channel.Amount{}
	}
	return next, item.Record.Due(next).Sub(item.Record.Due(next.Add(time.Second)))
}

// pays says whether a channel that does not press is worth its share of a batch.
func (m *maker) pays(item *Item, priced bool) Reason {
	share := m.share(item)
	hi, wanted := mul(share, wallet.Sun(m.policy.CostFactor))
	switch {
	case !priced:
		return NoPrice
	case item.Worth < m.policy.Minimum, hi != 0, uint64(item.Worth) < wanted:
		return TooSmall
	}
	return Waiting
}

// share is an item's part of the cost of a full batch, as if nothing were staked: staked energy that is used here is not there for something else.
func (m *maker) share(item *Item) wallet.Sun {
	fixed, _ := m.prices.Cost(m.prices.BatchWork(item.Record.Terms.Asset), 0)
	return item.Cost + fixed/wallet.Sun(m.policy.Batch)
}

func mul(a, b wallet.Sun) (hi, lo uint64) { return bits.Mul64(uint64(max(a, 0)), uint64(max(b, 0))) }
