package hub

import (
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
)

// A channel of the hub's own is a channel.Record like any other: Held is the last voucher that the hub signed, Reveals is what its seeder has shown on chain since.

// tip is what the next step of a tail hashes to.
func tip(r *channel.Record, i int) channel.Anchor {
	if r.Reveals[i].Count == 0 {
		return r.Held.Tails[i].Anchor
	}
	return r.Reveals[i].Preimage
}

// tailAt finds the tail whose next step hashes to at, or -1.
func tailAt(r *channel.Record, at channel.Anchor) int {
	for i := range r.Held.Tails {
		if tip(r, i) == at {
			return i
		}
	}
	return -1
}

// follow is the voucher after the held one: what was redeemed has moved into the cumulative amount, tails go on behind it, and those that are over are gone.
// Where that alone would not be newer for the seeder, it is given one smallest unit (gift): a session's fee has paid for it.
func (h *Hub) follow(r *channel.Record, more channel.Amount) (v channel.Voucher, gift bool) {
	v = channel.Voucher{Channel: r.ID, Cumulative: r.Paid().Add(more)}
	gone := false
	for i, t := range r.Held.Tails {
		count := r.Reveals[i].Count
		switch {
		case count == t.Length:
		case h.passed(t.Expiry):
			gone = true
		case count > 0:
			v.Tails = append(v.Tails, channel.Tail{Anchor: tip(r, i), Unit: t.Unit, Length: t.Length - count, Expiry: t.Expiry})
		default:
			v.Tails = append(v.Tails, t)
		}
	}
	if missing, more := r.Settled.SubOK(v.Promise()); more { // paid out on chain for what could not be collected; what a tail can still account for is not said twice
		v.Cumulative = v.Cumulative.Add(missing)
	}
	if gone && v.Cumulative == r.Held.Cumulative {
		v.Cumulative = v.Cumulative.Add(channel.NewAmount(1))
		return v, true
	}
	return v, false
}

// sign makes a voucher the held one. It leaves the process only when the transaction is durable.
func (h *Hub) sign(t *ledger.Txn, r *channel.Record, v channel.Voucher) {
	h.stats.signatures.Add(1)
	r.Held, r.Reveals = v.SignUnder(h.cfg.Key, h.rule.Separator()), make([]channel.Progress, len(v.Tails))
	r.Accepted++
	t.Keep(r)
}

// spare is what a session could reserve on a channel of the hub's own, of which so much may come back to the seeder, and whether its voucher has room for one more tail.
func (h *Hub) spare(r *channel.Record, returnable channel.Amount) (channel.Amount, bool) {
	v, _ := h.follow(r, channel.Amount{})
	left := r.Deposit.Excess(v.Promise().Add(returnable))
	return left, len(v.Tails) < channel.MaxTails
}

// returnable is what may come back to the seeders of what the sessions withhold, by their channels.
func (h *Hub) returnable(sessions []channel.Session) map[channel.ID]channel.Amount {
	sums := map[channel.ID]channel.Amount{}
	for i := range sessions {
		if s := &sessions[i]; !s.Withheld.IsZero() && !h.over(s) {
			sums[s.Outbound] = sums[s.Outbound].Add(s.Returnable())
		}
	}
	return sums
}

// spareOf is spare with what the store knows of the channel's sessions.
func (h *Hub) spareOf(t *store.Tx, r *channel.Record) (left channel.Amount, slot bool, err error) {
	sessions, err := t.OpenSessions(r.ID)
	if err != nil {
		return left, false, err
	}
	left, slot = h.spare(r, h.returnable(sessions)[r.ID])
	return left, slot, nil
}
