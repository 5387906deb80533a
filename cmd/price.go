package cmd

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// price is what payload costs: an amount per MiB, which is how the protocol counts.
type price struct {
	money
	perMiB channel.Amount
}

// String is the price as it is charged.
func (p price) String() string { return p.format(p.perMiB) + "/MiB" }

// parsePrice reads "0.01 TRX/GiB" or "5 trc10:1000001/MiB" of a flag. A price per GiB that is no whole number of smallest units per MiB is rounded up to one.
func parsePrice(ctx context.Context, n *node.Node, flag, text string) (price, error) {
	wrong := func(why any) (price, error) { return price{}, usagef("--%s %q: %v", flag, text, why) }
	amount, per, ok := strings.Cut(text, "/")
	number, name, named := strings.Cut(strings.TrimSpace(amount), " ")
	if !ok || !named {
		return wrong(`write it as "0.01 TRX/GiB" or "5 trc10:1000001/MiB"`)
	}
	asset, err := channel.ParseAsset(strings.TrimSpace(name))
	if err != nil {
		return wrong(err)
	}
	coin, err := openMoney(ctx, n, asset)
	if err != nil {
		return price{}, err
	}
	mebibytes := map[string]int64{"mib": 1, "gib": 1 << 10}[strings.ToLower(strings.TrimSpace(per))]
	if mebibytes == 0 {
		return wrong("it is per MiB or per GiB")
	}
	units, err := wallet.ParseUnits(number, coin.decimals)
	if err != nil {
		return wrong(err)
	}
	up := new(big.Int).Add(units.Big(), big.NewInt(mebibytes-1))
	perMiB, err := wallet.UnitsFromBig(up.Quo(up, big.NewInt(mebibytes)))
	if err != nil {
		return wrong(err)
	}
	charged, err := channel.AmountFromUnits(perMiB)
	if err != nil {
		return wrong(err)
	}
	return price{coin, charged}, nil
}

// parseRate reads "20 MB/s", "5MiB/s" or plain bytes per second; empty is no limit.
func parseRate(text string) (int64, error) {
	trimmed := strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(text, " ", "")), "/s")
	if trimmed == "" {
		return 0, nil
	}
	factor := int64(1)
	for _, unit := range []struct {
		name   string
		factor int64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}} {
		if number, ok := strings.CutSuffix(trimmed, unit.name); ok {
			trimmed, factor = number, unit.factor
			break
		}
	}
	n, err := strconv.ParseInt(trimmed, 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is no rate; write it as \"20 MB/s\"", text)
	}
	return n * factor, nil
}

// formatBytes is a number of bytes for people.
func formatBytes(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	tenths, name := n*10/unit, 0
	for tenths >= unit*10 && name < 4 {
		tenths /= unit
		name++
	}
	return fmt.Sprintf("%d.%d %ciB", tenths/10, tenths%10, "KMGTP"[name])
}
