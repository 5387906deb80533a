package wire

import "fmt"

// Code is the reason of an Error, a closed list.
type Code int64

// The reasons.
const (
	CodeProtocol     Code = 1  // the message makes no sense here
	CodeVersion      Code = 2  // the version is not spoken
	CodeTerms        Code = 3  // nonce, price, asset, payee or contract are not those of the terms
	CodeChannel      Code = 4  // the channel is unknown, closing or closed
	CodePayer        Code = 5  // the payer is not among the accepted ones
	CodeSignature    Code = 6  // the voucher's signature is wrong
	CodePreimage     Code = 7  // the preimage does not hash to the last one
	CodeStale        Code = 8  // the voucher is worth less than what is held
	CodeDeposit      Code = 9  // the promise is over the deposit
	CodeExpired      Code = 10 // the tail or the terms ended
	CodeUnavailable  Code = 11 // the payee cannot check or store just now; try again
	CodeTooExpensive Code = 12 // the payer does not accept the price
	CodeBudget       Code = 13 // the payer's budget is used up
	CodeBadPieces    Code = 14 // pieces failed their hash
	CodeFlood        Code = 15 // too many messages or requests
)

var codeNames = map[Code]string{
	CodeProtocol: "protocol", CodeVersion: "version", CodeTerms: "terms", CodeChannel: "channel", CodePayer: "payer", CodeSignature: "signature",
	CodePreimage: "preimage", CodeStale: "stale", CodeDeposit: "deposit", CodeExpired: "expired", CodeUnavailable: "unavailable",
	CodeTooExpensive: "too expensive", CodeBudget: "budget", CodeBadPieces: "bad pieces", CodeFlood: "flood",
}

// String is the code's name in logs and errors.
func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return fmt.Sprintf("code %d", int64(c))
}

// Error makes a received Error a Go error.
func (e *Error) Error() string {
	if e.Text == "" {
		return "the other side refused: " + e.Code.String()
	}
	return fmt.Sprintf("the other side refused (%s): %q", e.Code, e.Text)
}
