package channel

import "errors"

// ErrUnknownSettlement: this server has sent no such transaction.
var ErrUnknownSettlement = errors.New("unknown settlement")

// ErrPending: an earlier transaction settles the same channel and its outcome is not known yet. Watch that one.
var ErrPending = errors.New("an earlier settlement of the channel is still under way")

// IntentState is how far a transaction of ours has come.
type IntentState string

// The states of an intent. Signed is the only one that is still to be broadcast; Solid, Failed and Expired are final.
const (
	IntentSigned  IntentState = "signed"
	IntentInBlock IntentState = "in_block"
	IntentSolid   IntentState = "solid"
	IntentFailed  IntentState = "failed"
	IntentExpired IntentState = "expired"
)

// Final says whether nothing more can come of the intent.
func (s IntentState) Final() bool { return s == IntentSolid || s == IntentFailed || s == IntentExpired }

// Intent is a transaction that we have signed. It is stored before it is broadcast, so that a crash in between neither loses nor doubles it.
type Intent struct {
	TxID     [32]byte
	Kind     string // which call: settleBatch, settle, close …
	Raw      []byte // the signed transaction
	Settles  []IntentChannel
	State    IntentState
	Created  int64 // unix milliseconds
	Expires  int64 // unix milliseconds: past it no block takes the transaction
	FeeLimit int64 // sun
	Fence    int64 // of the lease under which it was signed
	Block    int64 // where it was seen, 0 before
	Fee      int64 // sun that it burnt
	Energy   int64
	Note     string // why it failed
}

// IntentChannel is one channel that an intent settles, and what it will have been paid in all.
type IntentChannel struct {
	Channel ID
	Worth   Amount
}
