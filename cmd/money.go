package cmd

import (
	"context"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// money is an asset with what it takes to read and print amounts of it.
type money struct {
	asset    channel.Asset
	symbol   string
	decimals int
	token10  *trc10.Token // of a TRC-10 token
	token20  *trc20.Token // of a TRC-20 token
}

var trx = money{asset: channel.TRX, symbol: "TRX", decimals: wallet.TRXDecimals}

// openMoney reads an asset's decimals and symbol from the chain. Where they cannot be read nothing is guessed.
func openMoney(ctx context.Context, n *node.Node, asset channel.Asset) (money, error) {
	switch asset.Kind() {
	case channel.KindTRC10:
		token, err := trc10.Open(ctx, n, trc10.ID(asset.TokenID()))
		if err != nil {
			return money{}, err
		}
		return money{asset: asset, symbol: token.Symbol(), decimals: token.Decimals, token10: token}, nil
	case channel.KindTRC20:
		token, err := trc20.Open(ctx, n, asset.Contract())
		if err != nil {
			return money{}, err
		}
		return money{asset: asset, symbol: token.Symbol(), decimals: token.Decimals(), token20: token}, nil
	default:
		return trx, nil
	}
}

// parse reads a decimal number of whole tokens exactly.
func (m money) parse(text string) (channel.Amount, error) {
	units, err := wallet.ParseUnits(text, m.decimals)
	if err != nil {
		return channel.Amount{}, err
	}
	return channel.AmountFromUnits(units)
}

// format is the amount in whole tokens with the symbol.
func (m money) format(a channel.Amount) string {
	return wallet.FormatUnits(a.Units(), m.decimals) + " " + m.symbol
}

// shownMoney is openMoney for what is only shown: where decimals cannot be read, amounts are shown in smallest units.
func shownMoney(ctx context.Context, n *node.Node, asset channel.Asset) money {
	coin, err := openMoney(ctx, n, asset)
	if err != nil {
		return money{asset: asset}
	}
	return coin
}

// show is an amount for people, out of the smallest units that programs read. An asset whose decimals nobody knows stays in units.
func (m money) show(units string) string {
	amount, err := channel.ParseAmount(units)
	switch {
	case units == "":
		return ""
	case err != nil || m.symbol == "":
		return units + " units"
	}
	return m.format(amount)
}

// whole is one whole token in smallest units.
func (m money) whole() (uint64, error) {
	one, err := wallet.ParseUnits("1", m.decimals)
	if err != nil {
		return 0, err
	}
	n, err := one.Int64()
	if err != nil {
		return 0, fmt.Errorf("a token of %d decimals has no price per whole token that fits: %w", m.decimals, err)
	}
	return uint64(n), nil
}

// balance is what an account has of the asset.
func (m money) balance(ctx context.Context, n *node.Node, owner wallet.Address) (wallet.Units, error) {
	switch {
	case m.token10 != nil:
		return n.AssetBalance(ctx, owner, m.asset.TokenID())
	case m.token20 != nil:
		return m.token20.Balance(ctx, owner)
	default:
		sun, _, err := n.Balance(ctx, owner)
		return wallet.UnitsFromUint64(uint64(sun)), err
	}
}
