package cmd

import (
	"bytes"
	"testing"

	"github.com/piecework/piecework/channel/contract"
	token "github.com/piecework/piecework/trc20/contract"
)

// Tokens compare the selector in their dispatcher; PaymentChannels calls transfer of tokens. Code that is cut off is no reason to stop.
func TestSendsTokens(t *testing.T) {
	for _, options := range []token.Options{{}, {Permit: true}, {Mintable: true, Burnable: true, Permit: true}} {
		if sendsTokens(token.Of(options).Creation) {
			t.Errorf("a token with %+v is said to send other tokens", options)
		}
	}
	channels := contract.RuntimeCode()
	if !sendsTokens(channels) {
		t.Error("PaymentChannels sends tokens, and that is not seen")
	}
	push := append([]byte{0x63}, transferSelector...)
	for tail, want := range map[string]bool{"": true, "\x60\xe0\x1b": true, "\x14": false, "\x81\x14": false, "\x81\x60": true} {
		if got := sendsTokens(append(bytes.Clone(push), tail...)); got != want {
			t.Errorf("behind the selector %x: %v, want %v", tail, got, want)
		}
	}
	for cut := range channels {
		sendsTokens(channels[:cut])
	}
	if sendsTokens(append([]byte{0x64, 0}, transferSelector...)) {
		t.Error("a number that ends as the selector is taken for it")
	}
}
