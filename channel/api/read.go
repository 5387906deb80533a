package api

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Readers of single fields. Their errors are channel.ErrMalformed and name the field.

func address(field, text string) (wallet.Address, error) {
	a, err := wallet.ParseAddress(text)
	if err != nil {
		return a, fmt.Errorf("%w: %s: %w", channel.ErrMalformed, field, err)
	}
	return a, nil
}

// optionalAddress is the zero address for an empty field.
func optionalAddress(field, text string) (wallet.Address, error) {
	if text == "" {
		return wallet.Address{}, nil
	}
	return address(field, text)
}

func amount(field, text string) (channel.Amount, error) {
	a, err := channel.ParseAmount(text)
	if err != nil {
		return a, fmt.Errorf("%w: %s: %w", channel.ErrMalformed, field, err)
	}
	return a, nil
}

// positive is an amount that is more than nothing.
func positive(field, text string) (channel.Amount, error) {
	a, err := amount(field, text)
	if err == nil && a.IsZero() {
		err = fmt.Errorf("%w: %s is nothing", channel.ErrMalformed, field)
	}
	return a, err
}

// optionalTime is the zero time for an absent field.
func optionalTime(field string, m *timestamppb.Timestamp) (time.Time, error) {
	if m == nil {
		return time.Time{}, nil
	}
	if err := m.CheckValid(); err != nil {
		return time.Time{}, fmt.Errorf("%w: %s: %w", channel.ErrMalformed, field, err)
	}
	return m.AsTime(), nil
}

func operationID(id []byte) ([32]byte, error) {
	if len(id) != 32 {
		return [32]byte{}, fmt.Errorf("%w: an operation's id has 32 bytes, not %d", channel.ErrMalformed, len(id))
	}
	return [32]byte(id), nil
}
