package wire

import (
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Extension is the name under which both sides announce the protocol in their extended handshake.
const Extension = "pw_pay"

// Version is the protocol version that this package speaks. Terms state the highest that the payee speaks, Open the one that the payer chose.
const Version = 1

// Type says what a message is. It stands under the key "t".
type Type int64

// The types of message.
const (
	TypeTerms Type = iota
	TypeOpen
	TypeAccept
	TypePay
	TypeAck
	TypeNeed
	TypeError
	TypeClose
)

var typeNames = [...]string{"terms", "open", "accept", "pay", "ack", "need", "error", "close"}

// String is the type's name in logs.
func (t Type) String() string {
	if t >= 0 && int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", int64(t))
}

// Role says which side of a payment the sender of an Error or Close speaks for; a relay is both on one connection.
type Role int64

// The roles.
const (
	Payer Role = iota
	Payee
)

// Message is one of *Terms, *Open, *Accept, *Pay, *Ack, *Need, *Error and *Close.
type Message interface {
	Type() Type
	dict() Dict
}

// MaxOffers is how many terms a payee may send.
const MaxOffers = 16

// MaxPayers is how many accepted payers (hubs) terms may name.
const MaxPayers = 32

// Nonce ties an Open to the Terms that it answers.
type Nonce [16]byte

// Terms is a payee's offer, sent once both extended handshakes are through. A payee that takes several assets sends one for each; a session is about one.
type Terms struct {
	Domain    channel.Domain // chain and contract whose channels the payee accepts
	Asset     channel.Asset
	Payee     wallet.Address
	Price     channel.Amount // per MiB of payload
	UnitBytes int64          // how many bytes one step of a tail should be worth
	Window    int64          // bytes served ahead of payment at the start
	WindowMax int64          // bytes served ahead of payment at most
	Expiry    int64          // unix seconds: the offer ends
	Nonce     Nonce
	More      int64            // further offers that follow at once, in other assets
	Payers    []wallet.Address // payers (hubs) whose sessions are accepted; empty: any payer with a channel to Payee
}

// Open is the payer's answer: a voucher and which of its tails pays for this connection.
type Open struct {
	Version  int64
	Nonce    Nonce
	Voucher  channel.SignedVoucher
	Tail     channel.Anchor  // the voucher's tail that is this session's
	Prev     *channel.Anchor // the tail that this one continues, when an earlier one ran out
	Price    channel.Amount  // per MiB, as accepted
	Bid      channel.Amount  // per MiB on top, for the fast lane
	Received int64           // bytes of this session that the payer already has; -1: it does not know any more
}

// Accept opens the session.
type Accept struct {
	Channel channel.ID
	Window  int64          // bytes served ahead of payment now; 0 until a fresh reveal proves who resumes a session
	Sent    int64          // bytes of this session on record
	Paid    channel.Amount // in this session
	Since   int64          // bytes sent when the price last changed, usually 0
	Charged channel.Amount // what those had cost
}

// Pay carries evidence: a reveal, or a voucher. When a voucher brings the tail that the session goes on with, Tail names it.
type Pay struct {
	Reveal  *channel.Reveal
	Voucher *channel.SignedVoucher
	Tail    *channel.Anchor
}

// Ack tells what is paid and durable.
type Ack struct {
	Paid   channel.Amount // in this session
	Window int64          // bytes
}

// Need says that requests wait for payment and nothing is in flight.
type Need struct {
	Due int64 // bytes to pay for until the first waiting request passes
}

// Error says why something was refused. The connection may go on.
type Error struct {
	Role    Role
	Code    Code
	Text    string                 // for people; at most MaxText bytes
	Voucher *channel.SignedVoucher // CodeStale: what the payee holds, so that the payer can go on from there
	Reveal  *channel.Reveal        // CodeStale: the furthest reveal of the session's tail
}

// Close ends the session from either side.
type Close struct {
	Role    Role
	Channel channel.ID
	Paid    channel.Amount // in this session, as the sender has it
}

// MaxText is the longest text of an Error in bytes.
const MaxText = 200

// Type is TypeTerms.
func (*Terms) Type() Type { return TypeTerms }

// Type is TypeOpen.
func (*Open) Type() Type { return TypeOpen }

// Type is TypeAccept.
func (*Accept) Type() Type { return TypeAccept }

// Type is TypePay.
func (*Pay) Type() Type { return TypePay }

// Type is TypeAck.
func (*Ack) Type() Type { return TypeAck }

// Type is TypeNeed.
func (*Need) Type() Type { return TypeNeed }

// Type is TypeError.
func (*Error) Type() Type { return TypeError }

// Type is TypeClose.
func (*Close) Type() Type { return TypeClose }
