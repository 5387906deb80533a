package trc20

import (
	"fmt"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// The events of TRC-20. Tools that follow the chain ask for their topics.
var (
	transferEvent = abi.MustEvent("Transfer(address indexed from, address indexed to, uint256 value)")
	approvalEvent = abi.MustEvent("Approval(address indexed owner, address indexed spender, uint256 value)")

	// TransferTopic is the first topic of Transfer events, ddf252ad….
	TransferTopic = transferEvent.Topic()
	// ApprovalTopic is the first topic of Approval events, 8c5be1e5….
	ApprovalTopic = approvalEvent.Topic()
)

// Log is an event as a receipt has it; a node.Log converts to it.
type Log struct {
	Contract wallet.Address // who emitted it: only a token's own events say anything about it
	Topics   [][32]byte     // the first is the event's
	Data     []byte         // the ABI encoding of what is not indexed
}

// Transfer is money of a token that moved; a mint comes from the EVM's zero address, a burn goes there.
type Transfer struct {
	Token    wallet.Address
	From, To wallet.Address
	Amount   wallet.Units // smallest units
}

// Approval is an allowance that was set to an amount.
type Approval struct {
	Token          wallet.Address
	Owner, Spender wallet.Address
	Amount         wallet.Units // smallest units
}

// ParseTransfer reads a log; false when it is no Transfer of a TRC-20 token. (Transfers of a TRC-721 have the same topic and another shape.)
func ParseTransfer(l Log) (Transfer, bool) {
	t := Transfer{Token: l.Contract}
	if !transferEvent.Matches(l.Topics) {
		return Transfer{}, false
	}
	err := transferEvent.DecodeInto(l.Topics, l.Data, &t.From, &t.To, &t.Amount)
	return t, err == nil
}

// ParseApproval reads a log; false when it is no Approval of a TRC-20 token.
func ParseApproval(l Log) (Approval, bool) {
	a := Approval{Token: l.Contract}
	if !approvalEvent.Matches(l.Topics) {
		return Approval{}, false
	}
	err := approvalEvent.DecodeInto(l.Topics, l.Data, &a.Owner, &a.Spender, &a.Amount)
	return a, err == nil
}

// MovedError is a transfer that is not what was asked for, though its transaction did not fail: a token that takes a fee, or does nothing and says so
// only by what it returns.
type MovedError struct {
	Want, Moved Transfer // Moved.Amount is what arrived from the same sender at the same recipient
}

// Error tells both amounts, in smallest units.
func (e *MovedError) Error() string {
	return fmt.Sprintf("token %s: %s units went from %s to %s, not %s", e.Want.Token, e.Moved.Amount, e.Want.From, e.Want.To, e.Want.Amount)
}

// ConfirmTransfer says whether the logs of a transaction that did not fail show the transfer that was wanted: the token's Transfer events from the sender
// to the recipient add up to the amount. Otherwise the error is a *MovedError.
func ConfirmTransfer(want Transfer, logs []Log) error {
	moved := Transfer{Token: want.Token, From: want.From, To: want.To}
	for _, l := range logs {
		t, ok := ParseTransfer(l)
		if !ok || t.Token != want.Token || t.From != want.From || t.To != want.To {
			continue
		}
		sum, err := wallet.UnitsFromBig(moved.Amount.Big().Add(moved.Amount.Big(), t.Amount.Big()))
		if err != nil { // more than 2^256−1: no honest token
			return &MovedError{Want: want, Moved: t}
		}
		moved.Amount = sum
	}
	if moved.Amount != want.Amount {
		return &MovedError{Want: want, Moved: moved}
	}
	return nil
}
