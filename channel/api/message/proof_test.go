package message_test

import (
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/wallet/wallettest"
)

// What one hub was shown opens nothing at another one, also not under the other's name.
func TestAProofIsForOneHub(t *testing.T) {
	key, hub, other := wallettest.Key(t), wallettest.Key(t).Address(), wallettest.Key(t).Address()
	separator, now := channel.Domain{ChainID: 1, Contract: hub}.Separator(), time.Now()
	proof := message.NewProof(key, separator, hub, "Register", now)
	if who, err := message.CheckProof(proof, separator, hub, "Register", now); err != nil || who != key.Address() {
		t.Fatalf("the hub sees %s: %v", who, err)
	}
	if _, err := message.CheckProof(proof, separator, other, "Register", now); !errors.Is(err, channel.ErrNotYours) {
		t.Errorf("another hub: %v, want %v", err, channel.ErrNotYours)
	}
	proof.Hub = other.String()
	if _, err := message.CheckProof(proof, separator, other, "Register", now); !errors.Is(err, channel.ErrNotYours) {
		t.Errorf("another hub, under its name: %v, want %v", err, channel.ErrNotYours)
	}
}
