package channel

import (
	"bytes"

	"github.com/piecework/piecework/wallet"
)

// Query selects channels. The zero Query is all of them.
type Query struct {
	Live  bool           // only those that are not closed
	Due   bool           // only those on which something is held that was not settled when it came; see Record.DueSince
	Payee wallet.Address // only those that pay it
	Payer wallet.Address // only those that it pays from
	Asset *Asset         // only those in it; nil for all
	After ID             // only ids after it, for the next page
	Limit int            // at most so many; 0 for no limit
}

// Selects says whether the query selects a channel, its Limit apart.
func (q *Query) Selects(r *Record) bool {
	return !(q.Live && r.State == Closed) && !(q.Due && r.DueSince == 0) && (q.Payee.IsZero() || r.Terms.Payee == q.Payee) && (q.Payer.IsZero() || r.Terms.Payer == q.Payer) &&
		(q.Asset == nil || r.Terms.Asset == *q.Asset) && bytes.Compare(q.After[:], r.ID[:]) < 0
}

// Settlement is a fact: what the contract paid on a channel in a solid block.
type Settlement struct {
	Channel ID
	TxID    [32]byte
	Block   int64
	Time    int64  // of the block, unix milliseconds; 0: not known, in a store from before schema 6
	Index   int    // place among the events of the block
	Settled Amount // all that was ever paid out, after this
	Amount  Amount // what this paid out
	Refund  Amount // what went back to the payer
	Closed  bool   // the channel ended with it
}
