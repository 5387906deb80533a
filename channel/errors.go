package channel

import (
	"errors"
	"fmt"
)

// What the rule answers when it does not accept. Each says what the caller can do; errors.Is holds over the wire.
var (
	// ErrUnknownChannel: no such channel is known here, or its opening is not yet solid.
	ErrUnknownChannel = errors.New("unknown channel")
	// ErrMalformed: the voucher or reveal could never be valid on any channel (too many tails, a tail of no length, a negative expiry …).
	ErrMalformed = errors.New("malformed payment")
	// ErrOverDeposit: the promise is more than the solid deposit; top up, wait until it is solid, and send it again.
	ErrOverDeposit = errors.New("promise over the deposit")
	// ErrClosing: the payer has started to close, or the payee has agreed to; nothing new is accepted.
	ErrClosing = errors.New("channel is closing")
	// ErrClosed: the channel has ended.
	ErrClosed = errors.New("channel is closed")
	// ErrBadSignature: the voucher is not signed by the channel's signer, or the signature has a second spelling (high s, or a v that is none).
	ErrBadSignature = errors.New("bad voucher signature")
	// ErrBadPreimage: hashing the preimage does not lead to what was revealed before.
	ErrBadPreimage = errors.New("bad preimage")
	// ErrUnknownTail: the reveal is for a tail that the held voucher does not promise.
	ErrUnknownTail = errors.New("unknown tail")
	// ErrBadTail: the voucher changes a tail that it carries over: another unit, shorter than its reveals, or an earlier expiry.
	ErrBadTail = errors.New("tail was changed")
	// ErrTailExpired: the tail ends too soon to settle what it would reveal.
	ErrTailExpired = errors.New("tail is expired or too close to its expiry")
	// ErrStaleView: the view of the chain is too old to know whether the channel still stands; try again soon.
	ErrStaleView = errors.New("view of the chain is stale")
	// ErrNoReserve: the payee could not pay for settling one more channel in time, so it takes no first payment on a new one; those that were paid on before go on.
	ErrNoReserve = errors.New("no new channels are taken now: the reserve for settling is short")
)

// StaleError says that a valid voucher is behind what the payee holds. It hands back the payee's best voucher, with the payer's own signature, so that a
// payer that lost its state can go on from it. Adopt it only after checking that signature.
type StaleError struct {
	Paid    Amount        // what the payee holds evidence for
	Voucher SignedVoucher // the best voucher; its Channel is zero when there is none
	Reveals []Reveal      // the furthest reveal of each of its tails that has one
}

// Error names both figures.
func (e *StaleError) Error() string {
	return fmt.Sprintf("voucher is stale: %s is paid already, by a voucher of %s", e.Paid, e.Voucher.Cumulative)
}
