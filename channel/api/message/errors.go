package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
)

// Domain is the domain of every ErrorInfo.
const Domain = "piecework.channel.v1"

// What the API answers beside the rule's errors.
var (
	// ErrNoToken: the call needs a token, and there is none, or it is unknown, revoked or expired.
	ErrNoToken = errors.New("this call needs a token: authorization: Bearer …")
	// ErrScope: the token does not open this call.
	ErrScope = errors.New("the token does not have the scope that this call needs")
	// ErrPlaintext: from outside the server's own machine it is spoken to over TLS.
	ErrPlaintext = errors.New("plaintext is taken from the loopback only: use TLS")
	// ErrInProgress: the first request with this idempotency key is still being worked on. Send it again.
	ErrInProgress = errors.New("the request with this idempotency key is being worked on")
	// ErrRate: too much at once. Send it again later.
	ErrRate = errors.New("too many requests")
	// ErrStreams: the channel has as many streams as it may have, or the server as many watchers.
	ErrStreams = errors.New("too many streams")
	// ErrBanned: too many bad signatures or preimages came from this address.
	ErrBanned = errors.New("too many bad signatures came from this address")
	// ErrDraining: the server is about to stop. Go to another one, or send it again later.
	ErrDraining = errors.New("the server is draining")
	// ErrEventsGone: events from so far back are not kept. Go on from the oldest and read the channels once.
	ErrEventsGone = errors.New("events from that sequence on are not kept any more")
	// ErrUnknownToken: there is no such token.
	ErrUnknownToken = errors.New("unknown token")
	// ErrUnknownOperation: no block holds such a transaction, and this server has not sent it.
	ErrUnknownOperation = errors.New("unknown operation")
	// ErrForeign: the server broadcasts calls of its own contract only.
	ErrForeign = errors.New("not a transaction of this contract")
	// ErrAsset: the payee does not take that asset.
	ErrAsset = errors.New("the payee does not take this asset")
	// ErrTerms: the payee does not take such terms.
	ErrTerms = errors.New("the payee does not take such terms")
	// ErrShort: the account has too little for it.
	ErrShort = errors.New("the account has too little")
	// ErrWouldFail: the contract would refuse it.
	ErrWouldFail = errors.New("the contract would refuse it")
	// ErrRefused: the node refused the transaction. It has not happened and cost nothing.
	ErrRefused = errors.New("the node refused the transaction")
	// ErrOtherAmount: the close is for another amount than what the payee holds evidence for.
	ErrOtherAmount = errors.New("the payee holds evidence for another amount")
	// ErrNode: the server's node does not answer. Send it again later.
	ErrNode = errors.New("the server's node does not answer")
	// ErrNotStored: the payment was good but could not be made durable. Send it again; it counts once.
	ErrNotStored = errors.New("payment could not be stored")
	// ErrDisabled: the server is set up without this.
	ErrDisabled = errors.New("this server does not do that")
)

// RetryError says when to try again.
type RetryError struct {
	Err   error
	After time.Duration
}

// Error is the error's text.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap gives the error.
func (e *RetryError) Unwrap() error { return e.Err }

// retryAfter is when to try again where the error does not say.
const retryAfter = 2 * time.Second

// reasonStale is the reason of *channel.StaleError, whose detail is a SyncResponse.
const reasonStale = "STALE_VOUCHER"

// reasonInternal is the reason of what is not on the list.
const reasonInternal = "INTERNAL"

// table is the closed list of reasons: the error of the Go API, its code and its name on the wire. ERRORS.md explains each; a test compares.
var table = []struct {
	err    error
	code   codes.Code
	reason string
}{
	{channel.ErrUnknownChannel, codes.NotFound, "UNKNOWN_CHANNEL"},
	{channel.ErrUnknownSettlement, codes.NotFound, "UNKNOWN_SETTLEMENT"},
	{ErrUnknownOperation, codes.NotFound, "UNKNOWN_OPERATION"},
	{ErrUnknownToken, codes.NotFound, "UNKNOWN_TOKEN"},
	{channel.ErrMalformed, codes.InvalidArgument, "MALFORMED"},
	{channel.ErrOverDeposit, codes.FailedPrecondition, "OVER_DEPOSIT"},
	{channel.ErrClosing, codes.FailedPrecondition, "CLOSING"},
	{channel.ErrClosed, codes.FailedPrecondition, "CLOSED"},
	{channel.ErrBadSignature, codes.InvalidArgument, "BAD_SIGNATURE"},
	{channel.ErrBadPreimage, codes.InvalidArgument, "BAD_PREIMAGE"},
	{channel.ErrUnknownTail, codes.FailedPrecondition, "UNKNOWN_TAIL"},
	{channel.ErrBadTail, codes.InvalidArgument, "BAD_TAIL"},
	{channel.ErrTailExpired, codes.FailedPrecondition, "TAIL_EXPIRED"},
	{channel.ErrStaleView, codes.Unavailable, "STALE_VIEW"},
	{channel.ErrNoReserve, codes.ResourceExhausted, "NO_RESERVE"},
	{channel.ErrNoHub, codes.Unimplemented, "NO_HUB"},
	{channel.ErrUnknownSeeder, codes.NotFound, "UNKNOWN_SEEDER"},
	{channel.ErrManySeeders, codes.ResourceExhausted, "TOO_MANY_SEEDERS"},
	{channel.ErrQuote, codes.FailedPrecondition, "QUOTE_CHANGED"},
	{channel.ErrShortChallenge, codes.FailedPrecondition, "SHORT_CHALLENGE"},
	{channel.ErrSessionOpen, codes.FailedPrecondition, "SESSION_OPEN"},
	{channel.ErrRecovering, codes.Unavailable, "RECOVERING"},
	{channel.ErrKeyReused, codes.AlreadyExists, "KEY_REUSED"},
	{channel.ErrNotYours, codes.Unauthenticated, "NOT_YOURS"},
	{channel.ErrPending, codes.Aborted, "PENDING"},
	{ErrNoToken, codes.Unauthenticated, "NO_TOKEN"},
	{ErrScope, codes.PermissionDenied, "NO_SCOPE"},
	{ErrPlaintext, codes.PermissionDenied, "PLAINTEXT"},
	{ErrInProgress, codes.Aborted, "IN_PROGRESS"},
	{ErrRate, codes.ResourceExhausted, "RATE_LIMITED"},
	{ErrStreams, codes.ResourceExhausted, "TOO_MANY_STREAMS"},
	{ErrBanned, codes.ResourceExhausted, "BANNED"},
	{ErrDraining, codes.Unavailable, "DRAINING"},
	{ErrEventsGone, codes.OutOfRange, "EVENTS_GONE"},
	{ErrForeign, codes.InvalidArgument, "FOREIGN_TRANSACTION"},
	{ErrAsset, codes.FailedPrecondition, "ASSET_NOT_TAKEN"},
	{ErrTerms, codes.FailedPrecondition, "TERMS_NOT_TAKEN"},
	{ErrShort, codes.FailedPrecondition, "TOO_LITTLE"},
	{ErrWouldFail, codes.FailedPrecondition, "WOULD_FAIL"},
	{ErrRefused, codes.FailedPrecondition, "REFUSED_BY_NODE"},
	{ErrOtherAmount, codes.FailedPrecondition, "OTHER_AMOUNT"},
	{ErrNode, codes.Unavailable, "NODE_AWAY"},
	{ErrNotStored, codes.Unavailable, "NOT_STORED"},
	{ErrDisabled, codes.Unimplemented, "DISABLED"},
}

// Reasons is every reason that ErrorInfo can have.
func Reasons() []string {
	list := []string{reasonStale, reasonInternal}
	for _, row := range table {
		list = append(list, row.reason)
	}
	return list
}

// Status is the error as the API answers it. An error that is not on the list is INTERNAL, without its text: that is for the server's log.
func Status(err error) error {
	if err == nil {
		return nil
	}
	if _, is := status.FromError(err); is {
		return err
	}
	var stale *channel.StaleError
	if errors.As(err, &stale) {
		return withDetails(codes.FailedPrecondition, err.Error(), reasonStale, &channelpb.SyncResponse{
			Paid: stale.Paid.String(), Voucher: FromVoucher(stale.Voucher), Reveals: FromReveals(stale.Reveals),
		})
	}
	var short *channel.ExhaustedError
	if errors.As(err, &short) {
		return exhausted(short)
	}
	for _, row := range table {
		if !errors.Is(err, row.err) {
			continue
		}
		if after := retry(err, row.code); after > 0 {
			return withDetails(row.code, err.Error(), row.reason, &errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
		}
		return withDetails(row.code, err.Error(), row.reason)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return status.FromContextError(context.Canceled).Err()
	case errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(context.DeadlineExceeded).Err()
	}
	return withDetails(codes.Internal, "the server failed; its log says why", reasonInternal)
}

// retry is when to try again, or 0 where that would not help.
func retry(err error, code codes.Code) time.Duration {
	var said *RetryError
	switch {
	case errors.As(err, &said):
		return said.After
	case code == codes.Unavailable, code == codes.Aborted, code == codes.ResourceExhausted:
		return retryAfter
	}
	return 0
}

// Error is the way back: what a client got, as the error that the rule gave on the server, so that errors.Is and errors.As hold over the wire.
func Error(id channel.ID, err error) error {
	st, is := status.FromError(err)
	if err == nil || !is {
		return err
	}
	reason := ""
	var sync *channelpb.SyncResponse
	var info *errdetails.ErrorInfo
	var retry time.Duration
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == Domain {
				reason, info = d.GetReason(), d
			}
		case *errdetails.RetryInfo:
			retry = d.GetRetryDelay().AsDuration()
		case *channelpb.SyncResponse:
			sync = d
		}
	}
	if reason == reasonStale && sync != nil {
		return staleError(id, sync)
	}
	if reason == reasonExhausted {
		available, err := channel.ParseAmount(info.GetMetadata()[availableKey])
		return errors.Join(&channel.ExhaustedError{Available: available, Retry: retry}, malformed(err))
	}
	for _, row := range table {
		if row.reason == reason {
			return fmt.Errorf("the server answers: %w", row.err)
		}
	}
	return err
}

// reasonExhausted is the reason of *channel.ExhaustedError; its ErrorInfo tells how much is available.
const (
	reasonExhausted = "EXHAUSTED"
	availableKey    = "available"
)

func exhausted(e *channel.ExhaustedError) error {
	st := status.New(codes.ResourceExhausted, e.Error())
	info := &errdetails.ErrorInfo{Reason: reasonExhausted, Domain: Domain, Metadata: map[string]string{availableKey: e.Available.String()}}
	detailed, err := st.WithDetails(info, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.Retry)})
	if err != nil {
		return st.Err()
	}
	return detailed.Err()
}

func staleError(id channel.ID, m *channelpb.SyncResponse) error {
	paid, err := channel.ParseAmount(m.GetPaid())
	if err != nil {
		return malformed(err)
	}
	stale := &channel.StaleError{Paid: paid}
	if m.GetVoucher() != nil {
		if stale.Voucher, err = ToVoucher(id, m.GetVoucher()); err != nil {
			return err
		}
	}
	if stale.Reveals, err = ToReveals(m.GetReveals()); err != nil {
		return err
	}
	return stale
}

func withDetails(code codes.Code, text, reason string, more ...protoadapt.MessageV1) error {
	st := status.New(code, text)
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: Domain}}, more...)
	detailed, err := st.WithDetails(details...)
	if err != nil {
		return st.Err()
	}
	return detailed.Err()
}
