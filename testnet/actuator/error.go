package actuator

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet/tronpb"
)

// Kind says what went wrong with a transaction: it decides the code of the answer and the name of java-tron's exception.
type Kind int

// The kinds of errors that a node answers to a transaction or a request to build one.
const (
	// Validate: the contract's own checks refuse it.
	Validate Kind = iota
	// Execute: it failed while its effects were made.
	Execute
	// Signature: the signatures do not satisfy the permission.
	Signature
	// Resource: bandwidth or a fee cannot be paid.
	Resource
	// Tapos: the reference block is not on this chain.
	Tapos
	// Expired: too late or too far ahead.
	Expired
	// TooBig: larger than a transaction may be.
	TooBig
	// Duplicate: already known.
	Duplicate
	// Busy: too many transactions are waiting.
	Busy
	// Permission: a permission is not there or of the wrong kind.
	Permission
	// Program: the VM ended a constant call with an exception.
	Program
	// NullPointer, Argument and Other are unexpected exceptions of java-tron, which clients see by their class.
	NullPointer
	Argument
	Other
)

// Error is a refusal in java-tron's words.
type Error struct {
	Kind Kind
	// Text is the exception's message, without any prefix.
	Text string
	// Exception is the full name of the exception's class where the kind does not say it: those of the VM.
	Exception string
}

// Error is the bare text.
func (e *Error) Error() string { return e.Text }

// Class is the full name of java-tron's exception class, as HTTP answers show it.
func (e *Error) Class() string {
	const core = "org.tron.core.exception."
	if e.Exception != "" {
		return e.Exception
	}
	switch e.Kind {
	case Validate:
		return core + "ContractValidateException"
	case Execute:
		return core + "ContractExeException"
	case Signature:
		return core + "ValidateSignatureException"
	case Resource:
		return core + "AccountResourceInsufficientException"
	case Tapos:
		return core + "TaposException"
	case Expired:
		return core + "TransactionExpirationException"
	case TooBig:
		return core + "TooBigTransactionException"
	case Duplicate:
		return core + "DupTransactionException"
	case Permission:
		return core + "PermissionException"
	case NullPointer:
		return "java.lang.NullPointerException"
	case Argument:
		return "java.lang.IllegalArgumentException"
	default:
		return "java.lang.RuntimeException"
	}
}

// Return is the answer of BroadcastTransaction, with the prefix that belongs to the code.
func (e *Error) Return() *tronpb.Return {
	code, prefix := e.code()
	text := prefix + e.Text
	switch e.Kind {
	case Tapos:
		text = "Tapos check error."
	case Expired:
		text = "Transaction expired"
	case Duplicate:
		text = "Dup transaction."
	case Resource:
		text = "Account resource insufficient error."
	case Busy:
		text = "Server busy."
	}
	return &tronpb.Return{Code: code, Message: []byte(text)}
}

func (e *Error) code() (tronpb.ReturnResponseCode, string) {
	switch e.Kind {
	case Validate:
		return tronpb.Return_CONTRACT_VALIDATE_ERROR, "Contract validate error : "
	case Execute:
		return tronpb.Return_CONTRACT_EXE_ERROR, "Contract execute error : "
	case Signature:
		return tronpb.Return_SIGERROR, "Validate signature error: "
	case Resource:
		return tronpb.Return_BANDWITH_ERROR, ""
	case Tapos:
		return tronpb.Return_TAPOS_ERROR, ""
	case Expired:
		return tronpb.Return_TRANSACTION_EXPIRATION_ERROR, ""
	case TooBig:
		return tronpb.Return_TOO_BIG_TRANSACTION_ERROR, ""
	case Duplicate:
		return tronpb.Return_DUP_TRANSACTION_ERROR, ""
	case Busy:
		return tronpb.Return_SERVER_BUSY, ""
	default:
		return tronpb.Return_OTHER_ERROR, "Error: "
	}
}

// Errorf makes an Error of a kind.
func Errorf(kind Kind, format string, args ...any) *Error {
	if len(args) == 0 {
		return &Error{Kind: kind, Text: format}
	}
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// invalid is a refusal by a contract's own checks.
func invalid(format string, args ...any) error { return Errorf(Validate, format, args...) }

// arithmetic is an exception that java-tron's checks do not catch.
func arithmetic(text string) error {
	return &Error{Kind: Other, Text: text, Exception: "java.lang.ArithmeticException"}
}

// AsError finds the Error in err; anything else becomes one of kind Other.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Errorf(Other, "%s", err.Error())
}
