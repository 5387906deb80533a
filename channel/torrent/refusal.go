package torrent

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// refusedError is a refusal of ours.
type refusedError struct{ message *wire.Error }

// Error is what the peer is told.
func (e refusedError) Error() string { return e.message.Code.String() + ": " + e.message.Text }

func refuse(code wire.Code, text string) error {
	return refusedError{&wire.Error{Role: wire.Payee, Code: code, Text: text}}
}

// refusal is what the peer is told about an error, nil when the error is no answer but a reason to try again.
func (p *payee) refusal(err error) *wire.Error {
	var own refusedError
	var stale *channel.StaleError
	switch {
	case errors.As(err, &own):
		return own.message
	case errors.As(err, &stale):
		e := &wire.Error{Role: wire.Payee, Code: wire.CodeStale, Text: "behind what is held"}
		if stale.Voucher.Channel != (channel.ID{}) {
			e.Voucher = &stale.Voucher
		}
		if len(stale.Reveals) > 0 {
			e.Reveal = &stale.Reveals[len(stale.Reveals)-1]
		}
		return e
	}
	for _, known := range ruleErrors {
		if errors.Is(err, known.err) {
			return &wire.Error{Role: wire.Payee, Code: known.code, Text: known.err.Error()}
		}
	}
	return nil
}

// refused tells the peer of a refusal. It says no when the error is none, but a reason to try again.
func (p *payee) refused(err error) bool {
	refusal := p.refusal(err)
	if refusal == nil {
		p.l.log.Warn("a payment cannot be stored now; the window stays shut", "error", err)
		return false
	}
	p.house.count(func(t *Totals) { t.Refused++ })
	p.l.say(refusal)
	if p.mend(); p.patience.refused(refusal) {
		p.l.end(fmt.Errorf("too many payments were refused: %w", err))
	}
	return true
}

// ruleErrors are the errors of package channel that are final for a payment.
var ruleErrors = []struct {
	err  error
	code wire.Code
}{
	{channel.ErrUnknownChannel, wire.CodeChannel},
	{channel.ErrClosing, wire.CodeChannel},
	{channel.ErrClosed, wire.CodeChannel},
	{channel.ErrOverDeposit, wire.CodeDeposit},
	{channel.ErrBadSignature, wire.CodeSignature},
	{channel.ErrBadPreimage, wire.CodePreimage},
	{channel.ErrUnknownTail, wire.CodePreimage},
	{channel.ErrTailExpired, wire.CodeExpired},
	{channel.ErrBadTail, wire.CodeTerms},
	{channel.ErrMalformed, wire.CodeProtocol},
}
