package message_test

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/wallet"
)

// TestErrorsHoldOverTheWire sends every error of the rule through the API's form and back.
func TestErrorsHoldOverTheWire(t *testing.T) {
	for _, want := range []error{
		channel.ErrUnknownChannel, channel.ErrUnknownSettlement, channel.ErrMalformed, channel.ErrOverDeposit, channel.ErrClosing, channel.ErrClosed, channel.ErrBadSignature,
		channel.ErrBadPreimage, channel.ErrUnknownTail, channel.ErrBadTail, channel.ErrTailExpired, channel.ErrStaleView,
	} {
		wire := message.Status(fmt.Errorf("channel 12345678: %w", want))
		if back := message.Error(channel.ID{}, wire); !errors.Is(back, want) {
			t.Errorf("%v came back as %v", want, back)
		}
	}
}

// TestStaleErrorCarriesItsEvidence: a payer that lost its state gets its own voucher back.
func TestStaleErrorCarriesItsEvidence(t *testing.T) {
	key, err := wallet.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	v := channel.Voucher{Channel: channel.ID{1}, Cumulative: channel.NewAmount(7), Tails: []channel.Tail{{Anchor: channel.Anchor{2}, Unit: channel.NewAmount(3), Length: 8, Expiry: 99}}}
	sent := &channel.StaleError{
		Paid: channel.NewAmount(10), Voucher: v.Sign(key, channel.Domain{ChainID: 1, Contract: key.Address()}),
		Reveals: []channel.Reveal{{Tail: channel.Anchor{2}, Count: 1, Preimage: [32]byte{5}}},
	}
	var got *channel.StaleError
	if err := message.Error(v.Channel, message.Status(sent)); !errors.As(err, &got) {
		t.Fatalf("came back as %v", err)
	}
	if got.Paid != sent.Paid || got.Voucher.Signature != sent.Voucher.Signature || got.Voucher.Tails[0] != v.Tails[0] || got.Reveals[0] != sent.Reveals[0] {
		t.Errorf("came back changed: %+v", got)
	}
}

// TestInternalErrorsSayNothing: what a database says is for the server's log.
func TestInternalErrorsSayNothing(t *testing.T) {
	st, _ := status.FromError(message.Status(errors.New("open /var/lib/piecework.db: disk full")))
	if st.Code() != codes.Internal || st.Message() != "the server failed; its log says why" {
		t.Errorf("got %s", st)
	}
}
