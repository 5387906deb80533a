package server

import (
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/settle"
)

// TestKeeps: of all the channels that anybody opens in the contract only those to this payee, in an asset that it lists, with enough time
// to settle, are recorded.
func TestKeeps(t *testing.T) {
	payee, payer := chaintest.Key(0), chaintest.Key(1)
	listed, err := channel.TRC10(1_000_001)
	if err != nil {
		t.Fatal(err)
	}
	unlisted, err := channel.TRC10(1_000_002)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{config: Config{Key: payee, Assets: map[channel.Asset]settle.Price{listed: {}}, MinChallenge: time.Hour}}
	ours := channel.Terms{Payer: payer.Address(), Payee: payee.Address(), Signer: payer.Address(), Challenge: time.Hour}
	for name, c := range map[string]struct {
		change func(*channel.Terms)
		want   bool
	}{
		"TRX":                 {func(*channel.Terms) {}, true},
		"a listed token":      {func(t *channel.Terms) { t.Asset = listed }, true},
		"another token":       {func(t *channel.Terms) { t.Asset = unlisted }, false},
		"to somebody else":    {func(t *channel.Terms) { t.Payee = payer.Address() }, false},
		"gone before we look": {func(t *channel.Terms) { t.Challenge = time.Hour - time.Second }, false},
	} {
		terms := ours
		c.change(&terms)
		if got := s.keeps(terms, channel.NewAmount(1)); got != c.want {
			t.Errorf("%s: kept %v, want %v", name, got, c.want)
		}
	}
}

// TestHubTakesWhatItDealsIn: a hub that funds seeders in an asset takes channels of downloaders in it, whether or not the operator has set a price.
func TestHubTakesWhatItDealsIn(t *testing.T) {
	asset, err := channel.TRC10(1_000_001)
	if err != nil {
		t.Fatal(err)
	}
	deals := &HubConfig{Assets: map[channel.Asset]hub.Terms{channel.TRX: {Deposit: channel.NewAmount(1)}, asset: {Deposit: channel.NewAmount(1)}}}
	s := &Server{config: Config{Key: chaintest.Key(0), Hub: deals}.withDefaults()}
	payer := chaintest.Key(1).Address()
	if !s.keeps(channel.Terms{Payer: payer, Payee: chaintest.Key(0).Address(), Signer: payer, Asset: asset, Challenge: 24 * time.Hour}, channel.NewAmount(1)) {
		t.Error("a downloader's channel is not known")
	}
}
