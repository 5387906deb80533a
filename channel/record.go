package channel

import (
	"slices"
	"time"
)

// State is where a channel stands on chain, as far as its payee knows.
type State uint8

// The states of a channel. Good news (open, closed) counts when solid, bad news (closing) at the head.
const (
	Open State = iota
	Closing
	Closed
)

// String is the state's name.
func (s State) String() string {
	switch s {
	case Open:
		return "open"
	case Closing:
		return "closing"
	case Closed:
		return "closed"
	}
	return "unknown"
}

// Progress is how far a tail has been revealed: Count steps, by Preimage. The zero Progress is nothing.
type Progress struct {
	Count    uint32
	Preimage [32]byte
}

// Record is what a payee knows of a channel: what the chain says, and the best evidence that the payer gave.
type Record struct {
	ID          ID // Terms.ID(), kept because it costs a hash
	Terms       Terms
	Deposit     Amount // what the payer has locked, counted when solid
	Settled     Amount // what the contract has paid out, counted when solid
	State       State
	CloseAt     int64 // unix seconds after which the payer gets the rest; 0 unless Closing
	ClosingSeen int64 // the highest block in which the start of the close was seen at the head; 0 when there is none, or when it is solid
	Frozen      bool  // the payee has signed or sent a close: nothing more is accepted, whatever the chain says

	Held     SignedVoucher // the best voucher; see HasVoucher
	Reveals  []Progress    // one for each of Held.Tails, in their order
	DueSince int64         // unix seconds since when something is held that is not settled; 0 when nothing is
	Accepted uint64        // how many vouchers and reveals were accepted
	Version  uint64        // counts the writes of the store, so that of two servers only one can write upon what both have read
}

// NewRecord is an open channel that nothing was paid on yet.
func NewRecord(terms Terms, deposit Amount) Record {
	return Record{ID: terms.ID(), Terms: terms, Deposit: deposit}
}

// HasVoucher says whether a voucher is held.
func (r *Record) HasVoucher() bool { return r.Held.Channel != ID{} }

// Paid is what the payee holds evidence for: the voucher's cumulative amount and Σ count·unit of what its tails revealed. It falls only by what has lapsed (Rule.Lapsing).
func (r *Record) Paid() Amount { return r.paidBy(time.Time{}) }

// paidBy is Paid without what tails revealed that expired before a time.
func (r *Record) paidBy(at time.Time) Amount {
	paid := r.Held.Cumulative
	for i, p := range r.Reveals {
		if t := &r.Held.Tails[i]; p.Count > 0 && at.Unix() <= t.Expiry {
			paid = paid.Add(t.Unit.Mul(uint64(p.Count)))
		}
	}
	return paid
}

// Promised is the most that the held voucher can come to be worth.
func (r *Record) Promised() Amount { return r.Held.Promise() }

// Worth is what the contract would have paid out in all if the evidence reached it in a block of that time: expired tails count nothing, and the deposit is the ceiling.
func (r *Record) Worth(at time.Time) Amount {
	return r.paidBy(at).Min(r.Deposit)
}

// Due is what settling at that time would pay: Worth less what is settled, or nothing.
func (r *Record) Due(at time.Time) Amount {
	due, ok := r.Worth(at).SubOK(r.Settled)
	if !ok || r.State == Closed {
		return Amount{}
	}
	return due
}

// Furthest is the furthest reveal of each tail that has one and that the contract honours at that time; the zero time asks for all.
func (r *Record) Furthest(at time.Time) []Reveal {
	var reveals []Reveal
	for i, p := range r.Reveals {
		t := r.Held.Tails[i]
		if p.Count > 0 && (at.IsZero() || at.Unix() <= t.Expiry) {
			reveals = append(reveals, Reveal{Tail: t.Anchor, Count: p.Count, Preimage: p.Preimage})
		}
	}
	return reveals
}

// Clone is a copy that shares nothing that changes.
func (r *Record) Clone() Record {
	c := *r
	c.Reveals = slices.Clone(r.Reveals)
	return c
}

// CopyFrom makes r a copy of other, reusing r's memory. A voucher's tails never change once held, so both may point at them.
func (r *Record) CopyFrom(other *Record) {
	reveals := append(r.Reveals[:0], other.Reveals...)
	*r = *other
	r.Reveals = reveals
}

// tail finds a tail of the held voucher by its anchor, or -1.
func (r *Record) tail(anchor Anchor) int {
	for i := range r.Held.Tails {
		if r.Held.Tails[i].Anchor == anchor {
			return i
		}
	}
	return -1
}

// stale is the answer to a voucher that is behind r.
func (r *Record) stale() *StaleError {
	paid := r.Paid()
	if paid.Less(r.Settled) {
		paid = r.Settled
	}
	return &StaleError{Paid: paid, Voucher: r.Held, Reveals: r.Furthest(time.Time{})}
}
