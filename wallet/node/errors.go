package node

import (
	"errors"
	"fmt"
)

var (
	// ErrUnreachable means that no answer came: nothing is known of what was asked. Reads can be repeated.
	ErrUnreachable = errors.New("node unreachable")

	// ErrNotFound means that the node has no such account, block, transaction, token or contract.
	ErrNotFound = errors.New("not found")

	// ErrWrongNetwork means that the node's genesis block is not the network's that was asked for. Nothing may be signed for it.
	ErrWrongNetwork = errors.New("the node belongs to another network")

	// ErrOutcomeUnknown means that a transaction may or may not have reached the network. Ask [Node.Status]; do not build another.
	ErrOutcomeUnknown = errors.New("sent, outcome unknown")

	// ErrExpired means that a transaction is in no block and can never be: the chain is solidly past its expiration. It is safe to build another.
	ErrExpired = errors.New("expired without being mined")

	// ErrAnswer means that a node answered something that cannot be: a bad length, a missing part.
	ErrAnswer = errors.New("the node's answer makes no sense")
)

// Code is why a node refused a transaction (Return.response_code of java-tron).
type Code int32

// The codes of a node. CodeSuccess never appears in a [RefusedError].
const (
	CodeSuccess           Code = 0
	CodeSignature         Code = 1
	CodeContractValidate  Code = 2
	CodeContractExecute   Code = 3
	CodeBandwidth         Code = 4
	CodeDuplicate         Code = 5
	CodeReferenceBlock    Code = 6
	CodeTooBig            Code = 7
	CodeExpiration        Code = 8
	CodeBusy              Code = 9
	CodeNoConnection      Code = 10
	CodeTooFewConnections Code = 11
	CodeUnsolidified      Code = 12
	CodeOther             Code = 20
)

// codeText says of each code its name on the wire, the likely cause, and what to do.
var codeText = map[Code]struct{ name, cause, next string }{
	CodeSignature: {
		"SIGERROR", "the signature is not of a key that this account allows, or the bytes were changed after signing",
		"check which key signed and the permission id, then sign again",
	},
	CodeContractValidate: {"CONTRACT_VALIDATE_ERROR", "the chain's rules forbid it in the present state", "read the message; nothing was spent"},
	CodeContractExecute:  {"CONTRACT_EXE_ERROR", "the account cannot pay what the execution costs", "check the balance; nothing was spent"},
	CodeBandwidth: {
		"BANDWITH_ERROR", "not enough bandwidth, and not enough TRX to burn instead",
		"add TRX, stake for bandwidth, or wait until bandwidth has recovered",
	},
	CodeDuplicate:      {"DUP_TRANSACTION_ERROR", "the node already has this transaction", "look it up by its id"},
	CodeReferenceBlock: {"TAPOS_ERROR", "the reference block is unknown to the node: another network, a fork, or too old", "build it again on a fresh solid block"},
	CodeTooBig:         {"TOO_BIG_TRANSACTION_ERROR", "the transaction is longer than the chain allows", "make it smaller"},
	CodeExpiration: {
		"TRANSACTION_EXPIRATION_ERROR", "its expiration has passed, or lies more than 24 hours ahead, by the chain's clock",
		"look its id up; if it is nowhere, build it again",
	},
	CodeBusy:              {"SERVER_BUSY", "the node has too many transactions waiting", "send the same bytes again in some seconds"},
	CodeNoConnection:      {"NO_CONNECTION", "the node has no peers", "use another node, or wait"},
	CodeTooFewConnections: {"NOT_ENOUGH_EFFECTIVE_CONNECTION", "the node has too few peers in step", "use another node, or wait"},
	CodeUnsolidified:      {"BLOCK_UNSOLIDIFIED", "the chain has not made blocks solid for a while", "wait, then send the same bytes again"},
	CodeOther:             {"OTHER_ERROR", "the node failed in a way of its own", "read the message; try another node"},
}

// String is the name that is on the wire, java-tron's misspelling included.
func (c Code) String() string {
	if t, ok := codeText[c]; ok {
		return t.name
	}
	if c == CodeSuccess {
		return "SUCCESS"
	}
	return fmt.Sprintf("code %d", int32(c))
}

// Cause is the likely reason, in words.
func (c Code) Cause() string { return codeText[c].cause }

// Next is what to do about it, in words.
func (c Code) Next() string { return codeText[c].next }

// Temporary says whether the same bytes may be accepted later.
func (c Code) Temporary() bool {
	switch c {
	case CodeBusy, CodeNoConnection, CodeTooFewConnections, CodeUnsolidified:
		return true
	}
	return false
}

// RefusedError is a node's refusal: the transaction or call did not happen and cost nothing.
type RefusedError struct {
	Code    Code
	Message string // the node's own words
}

// Error tells the node's words, the likely cause and the next step.
func (e *RefusedError) Error() string {
	text := "refused with " + e.Code.String()
	if e.Message != "" {
		text += ": " + e.Message
	}
	if cause := e.Code.Cause(); cause != "" {
		text += " (" + cause + "; " + e.Code.Next() + ")"
	}
	return text
}

// FailedError is an execution that ran and failed: in a block its energy and bandwidth are paid, its effects are undone.
type FailedError struct {
	Result string // receipt.result of java-tron: REVERT, OUT_OF_ENERGY, …; empty from a simulation that only says why
	Reason string // the contract's own words, or the machine's
	Data   []byte // what the contract returned with the failure, for package abi to decode
}

// Error tells result and reason.
func (e *FailedError) Error() string {
	switch {
	case e.Result == "":
		return "the execution failed: " + e.Reason
	case e.Reason == "":
		return "the execution failed with " + e.Result
	}
	return "the execution failed with " + e.Result + ": " + e.Reason
}

// ExecutionFailed is true: the contract failed, and no node did. Packages that do not know this one, as trc20, ask an error for it.
func (e *FailedError) ExecutionFailed() bool { return true }
