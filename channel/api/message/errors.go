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

// retryStaleView is when to try again while the server's view of the chain is old.
const retryStaleView = 2 * time.Second

// reasonStale is the reason of *channel.StaleError, whose detail is a SyncResponse.
const reasonStale = "STALE_VOUCHER"

// table is the closed list of reasons: the error of the Go API, its code and its name on the wire.
var table = []struct {
	err    error
	code   codes.Code
	reason string
}{
	{channel.ErrUnknownChannel, codes.NotFound, "UNKNOWN_CHANNEL"},
	{channel.ErrUnknownSettlement, codes.NotFound, "UNKNOWN_SETTLEMENT"},
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
	{channel.ErrQuote, codes.FailedPrecondition, "QUOTE_CHANGED"},
	{channel.ErrShortChallenge, codes.FailedPrecondition, "SHORT_CHALLENGE"},
	{channel.ErrSessionOpen, codes.FailedPrecondition, "SESSION_OPEN"},
	{channel.ErrRecovering, codes.Unavailable, "RECOVERING"},
	{channel.ErrKeyReused, codes.AlreadyExists, "KEY_REUSED"},
	{channel.ErrNotYours, codes.Unauthenticated, "NOT_YOURS"},
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
		if row.code == codes.Unavailable {
			return withDetails(row.code, err.Error(), row.reason, &errdetails.RetryInfo{RetryDelay: durationpb.New(retryStaleView)})
		}
		return withDetails(row.code, err.Error(), row.reason)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return status.FromContextError(context.Canceled).Err()
	case errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(context.DeadlineExceeded).Err()
	}
	return withDetails(codes.Internal, "the server failed; its log says why", "INTERNAL")
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
