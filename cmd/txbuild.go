package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func txBuild(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	if s.from, err = resolve(c, s.network, c.String("from")); err != nil {
		return err
	}
	what, err := whatToBuild(c, s)
	if err != nil {
		return err
	}
	call := what.call
	if call.Sender().IsZero() {
		return usagef("--value: owner_address is missing: whose transaction is it?")
	}
	if call.Sender() != s.from {
		return usagef("the contract is of %s, --from is %s", call.Sender(), s.from)
	}
	if err := tx.Check(call); err != nil {
		return &refusedErr{err}
	}
	transaction, plan, err := buildAndPrice(c, s, what)
	if err != nil {
		return err
	}
	valid := "valid until " + transaction.Body().Expiration.Format("2006-01-02 15:04:05 UTC") + "; not signed yet"
	showPlan(c, s, append(what.foreseen(plan), valid), transaction, plan)
	if err := checkFeeLimit(c, s, transaction, plan); err != nil {
		return err
	}
	if missing := plan.Missing(); missing > 0 {
		warn(c, fmt.Sprintf("%s lacks %s TRX for this", s.from, missing))
	}
	return handOver(c, transaction)
}

// handOver gives a transaction to the next machine: as a file, and as a QR code where that is asked for.
func handOver(c *cli.Context, t *tx.Transaction) error {
	if err := showQR(c, t); err != nil {
		return err
	}
	return writeTransaction(c, c.String("out"), t)
}

// whatToBuild is what --to, --amount and --token, or --type and --value ask for, with a sentence about it.
func whatToBuild(c *cli.Context, s *session) (sending, error) {
	what := sending{elsewhere: true}
	transfer := c.String("to") != "" || c.String("amount") != "" || c.String("token") != ""
	switch {
	case transfer == (c.String("type") != ""):
		return what, usagef("say what it does: --to and --amount, or --type and --value; see `%s --help`", c.Command.HelpName)
	case !transfer:
		call, err := contractFromJSON(c)
		what.call, what.effects = call, []string{fmt.Sprint(call)}
		return what, err
	}
	if err := needFlags(c, "to", "amount"); err != nil {
		return what, err
	}
	to, err := recipient(c, s, c.String("to"))
	if err != nil {
		return what, err
	}
	asset, err := assetToSend(c, s)
	if err != nil {
		return what, err
	}
	coin, err := openMoney(c.Context, s.node, asset)
	if err != nil {
		return what, err
	}
	units, err := wallet.ParseUnits(c.String("amount"), coin.decimals)
	if err != nil {
		return what, usagef("--amount: %s", err)
	}
	what.effects = []string{fmt.Sprintf("sends %s %s from %s to %s", wallet.FormatUnits(units, coin.decimals), coin.symbol, s.from, to)}
	if coin.token20 != nil {
		var arrives *wallet.Units // told with the plan; the transaction has no place for it
		what.foresee = foreseeArrival(coin.token20, trc20.Transfer{Token: coin.token20.Contract(), From: s.from, To: to, Amount: units}, &arrives)
	}
	what.call, err = transferOf(coin, s.from, to, units)
	return what, err
}

// assetToSend is what --token names: TRX when nothing, otherwise a TRC-10 id, the address of a TRC-20 token, or the symbol of one in the book.
func assetToSend(c *cli.Context, s *session) (channel.Asset, error) {
	asset, err := channel.ParseAsset(orDefault(c.String("token"), "TRX"))
	if err == nil {
		return asset, nil
	}
	contract, symbolErr := tokenAddress(c, s, c.String("token"))
	if symbolErr != nil {
		return asset, withHint(usagef("--token: %s, or the symbol of a token in `piecework trc20 list`", err), "`piecework trc20 list --add T…` takes in a token.")
	}
	return channel.TRC20(contract)
}

func transferOf(coin money, from, to wallet.Address, units wallet.Units) (tx.Contract, error) {
	switch {
	case coin.token10 != nil:
		return coin.token10.Transfer(from, to, units), nil
	case coin.token20 != nil:
		call, err := coin.token20.Transfer(from, to, units)
		if err != nil {
			return nil, usagef("--to: %s", err)
		}
		return call, nil
	}
	sun, err := units.Int64()
	if err != nil {
		return nil, usagef("--amount: %s", err)
	}
	return &tx.Transfer{Owner: from, To: to, Amount: wallet.Sun(sun)}, nil
}

// contractFromJSON reads --type and --value: any contract, in java-tron's words.
func contractFromJSON(c *cli.Context) (tx.Contract, error) {
	kind, err := tx.ParseType(c.String("type"))
	if err != nil {
		return nil, usagef("--type: %s", err)
	}
	value := []byte(c.String("value"))
	if file := c.String("value-file"); file != "" {
		if value, err = readFile(file); err != nil {
			return nil, fmt.Errorf("reading --value-file: %w", err)
		}
	}
	if len(value) == 0 {
		return nil, usagef("--type needs --value or --value-file")
	}
	call, err := tx.ParseContract(kind, value, true)
	if errors.Is(err, tx.ErrJSON) || errors.Is(err, wallet.ErrAddress) {
		return nil, usagef("--value: %s", err)
	}
	return call, err
}

// expectedFrom is what --to, --amount and --token say that a foreign transaction does; nil when they say nothing. No node is asked.
func expectedFrom(c *cli.Context, network wallet.Network, owner wallet.Address) (tx.Contract, error) {
	if c.String("type") != "" {
		return contractFromJSON(c)
	}
	if c.String("to") == "" && c.String("amount") == "" && c.String("token") == "" {
		return nil, nil
	}
	if err := needFlags(c, "to", "amount"); err != nil {
		return nil, err
	}
	to, err := resolve(c, network, c.String("to"))
	if err != nil {
		return nil, err
	}
	asset, err := channel.ParseAsset(orDefault(c.String("token"), "TRX"))
	if err != nil {
		return nil, usagef("--token: %s", err)
	}
	decimals := c.Int("decimals")
	if asset == channel.TRX {
		if c.IsSet("decimals") && decimals != wallet.TRXDecimals {
			return nil, usagef("--decimals %d: TRX has %d; is --token missing?", decimals, wallet.TRXDecimals)
		}
		decimals = wallet.TRXDecimals
	}
	if decimals < 0 {
		return nil, usagef("--decimals is needed: without a network nobody knows those of the token")
	}
	units, err := wallet.ParseUnits(c.String("amount"), decimals)
	if err != nil {
		return nil, usagef("--amount: %s", err)
	}
	switch asset.Kind() {
	case channel.KindTRC10:
		return &tx.TransferAsset{Asset: fmt.Sprint(asset.TokenID()), Owner: owner, To: to, Amount: units}, nil
	case channel.KindTRC20:
		data, err := abi.MustMethod("transfer(address,uint256)").Encode(to, units)
		return &tx.TriggerSmartContract{Owner: owner, Contract: asset.Contract(), Data: data}, err
	}
	return transferOf(trx, owner, to, units)
}
