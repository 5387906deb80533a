package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet/node"
)

// hubServeFlags make a server a hub.
func hubServeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "hub-deposit", Usage: "be a hub: `ASSET=AMOUNT` of whole tokens that a channel to a seeder begins with; repeat it for several assets"},
		&cli.StringSliceFlag{Name: "hub-float", Usage: "`ASSET=AMOUNT`: lock at most so much towards seeders in all"},
		&cli.StringSliceFlag{Name: "hub-opening-cost", Usage: "`ASSET=AMOUNT` that a seeder pays out of its first earnings for the opening of its channel; by default you bear it"},
		&cli.UintFlag{Name: "hub-fee", Value: 10, Usage: "`THOUSANDTHS` of every step that the downloader pays on top"},
		&cli.GenericFlag{
			Name: "hub-recovering", Value: new(onceFlag),
			Usage: "the store was restored from a backup: sign nothing before seeders have shown the vouchers that they hold. It is begun once in a store, however often you start; " +
				"--hub-recovering=`WORD` begins one for each word, such as the day of the restore",
		},
		&cli.GenericFlag{
			Name: "hub-recovered", Value: new(onceFlag),
			Usage: "end that, once: sign again for seeders that have shown nothing, too; --hub-recovered=`WORD` as above",
		},
	}
}

// onceFlag is what is done once for a word, which may be left out.
type onceFlag struct {
	asked bool
	word  string
}

// Set implements flag.Value; the flag package says "true" when there is no value.
func (f *onceFlag) Set(text string) error {
	f.asked, f.word = text != "false" && text != "", text
	if text == "true" {
		f.word = ""
	}
	return nil
}

// String implements flag.Value.
func (f *onceFlag) String() string {
	switch {
	case f == nil || !f.asked:
		return ""
	case f.word == "":
		return "true"
	}
	return f.word
}

// IsBoolFlag makes the word optional.
func (f *onceFlag) IsBoolFlag() bool { return true }

// recoveryAsked is what the operator asks of the hub's recovery; nil: nothing.
func recoveryAsked(c *cli.Context) (*store.Recovery, error) {
	var asked []store.Recovery
	for _, name := range []string{"hub-recovering", "hub-recovered"} {
		if f, is := c.Generic(name).(*onceFlag); is && f.asked { // a command that is no hub's has none
			asked = append(asked, store.Recovery{Word: f.word, Ends: name == "hub-recovered"})
		}
	}
	switch len(asked) {
	case 0:
		return nil, nil
	case 1:
		return &asked[0], nil
	}
	return nil, usagef("--hub-recovering and --hub-recovered: want one of them")
}

// assetAmount reads "trc10:1000001=400": whole tokens of an asset.
func assetAmount(ctx context.Context, n *node.Node, text string) (channel.Asset, channel.Amount, error) {
	name, whole, ok := strings.Cut(text, "=")
	if !ok {
		return channel.Asset{}, channel.Amount{}, fmt.Errorf("%q: want ASSET=AMOUNT, as in TRX=50", text)
	}
	asset, err := channel.ParseAsset(strings.TrimSpace(name))
	if err != nil {
		return asset, channel.Amount{}, err
	}
	coin, err := openMoney(ctx, n, asset)
	if err != nil {
		return asset, channel.Amount{}, err
	}
	amount, err := coin.parse(strings.TrimSpace(whole))
	return asset, amount, err
}

// hubConfig reads the hub's flags; nil without --hub-deposit.
func hubConfig(c *cli.Context, n *node.Node) (*server.HubConfig, error) {
	recovery, err := recoveryAsked(c)
	if err != nil {
		return nil, err
	}
	config := &server.HubConfig{Assets: map[channel.Asset]hub.Terms{}, Recovery: recovery}
	fee := c.Uint("hub-fee")
	if fee > hub.MaxFee {
		return nil, usagef("--hub-fee %d: want at most %d, which doubles the price", fee, hub.MaxFee)
	}
	for _, flag := range []struct {
		name string
		set  func(*hub.Terms, channel.Amount)
	}{
		{"hub-deposit", func(t *hub.Terms, a channel.Amount) { t.Deposit = a }},
		{"hub-float", func(t *hub.Terms, a channel.Amount) { t.Float = a }},
		{"hub-opening-cost", func(t *hub.Terms, a channel.Amount) { t.OpeningCost = a }},
	} {
		for _, text := range c.StringSlice(flag.name) {
			asset, amount, err := assetAmount(c.Context, n, text)
			if err != nil {
				return nil, usagef("--%s: %s", flag.name, err)
			}
			terms, begun := config.Assets[asset]
			if !begun && flag.name != "hub-deposit" {
				return nil, usagef("--%s %s: --hub-deposit does not name %s", flag.name, text, asset)
			}
			flag.set(&terms, amount)
			terms.Fee = uint32(fee)
			config.Assets[asset] = terms
		}
	}
	if len(config.Assets) == 0 {
		return nil, nil
	}
	return config, nil
}
