package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

func trc20Command() *cli.Command {
	return &cli.Command{
		Name: "trc20", Usage: "deploy, show, send and approve TRC-20 tokens",
		Subcommands: slices.Concat([]*cli.Command{
			{
				Name: "deploy", Usage: "deploy a token; the whole supply is yours",
				Description: "piecework trc20 deploy --name Acme --symbol ACM --decimals 6 --supply 1000000 --permit --from alice\n" +
					"piecework trc20 deploy --name Acme --symbol ACM --supply 0 --mintable --burnable --from alice --dry-run",
				Flags: append(sendFlags(),
					&cli.StringFlag{Name: "name", Usage: "`NAME` of the token", Required: true},
					&cli.StringFlag{Name: "symbol", Usage: "its short `NAME`", Required: true},
					&cli.IntFlag{Name: "decimals", Usage: fmt.Sprintf("`DECIMALS`, 0 to %d", trc20.MaxNewDecimals), Value: 6},
					&cli.StringFlag{Name: "supply", Usage: "whole `TOKENS` to begin with", Required: true},
					&cli.BoolFlag{Name: "mintable", Usage: "let the owner make more"},
					&cli.BoolFlag{Name: "burnable", Usage: "let holders destroy theirs"},
					&cli.BoolFlag{Name: "permit", Usage: "take allowances by signature (TIP-2612)"},
				),
				Action: trc20Deploy,
			},
			{
				Name: "send", Usage: "send tokens",
				Description: "piecework trc20 send --token T… --to bob --amount 12.5 --from alice\npiecework trc20 send --token T… --to TPL66V… --amount 1 --from alice --dry-run",
				Flags: append(sendFlags(),
					trc20TokenFlag(),
					&cli.StringFlag{Name: "owner", Usage: "`ADDRESS` or name of whose tokens to send, if not yours: it has allowed you to (approve, permit)"},
					&cli.StringFlag{Name: "to", Usage: "`ADDRESS` or name of the recipient", Required: true},
					&cli.StringFlag{Name: "amount", Usage: "whole tokens, as in 12.5", Required: true},
				),
				Action: trc20Send,
			},
		}, trc20ReadCommands(), trc20ChangeCommands(), []*cli.Command{trc20PermitCommand()}),
	}
}

// deployed is a contract that was deployed.
type deployed struct {
	sent
	Contract wallet.Address `json:"contract"`
	Name     string         `json:"name"`
	Supply   string         `json:"supply,omitempty"`
}

func (d deployed) schema() string { return "piecework.deploy.v1" }

func (d deployed) table() table {
	rows := [][]string{{"contract", d.Contract.String()}, {"name", d.Name}}
	if d.Supply != "" {
		rows = append(rows, []string{"supply", d.Supply})
	}
	return table{rows: append(rows, d.rows()...)}
}

func trc20Deploy(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	decimals := c.Int("decimals")
	if decimals < 0 || decimals > trc20.MaxNewDecimals {
		return usagef("--decimals %d: want 0 to %d", decimals, trc20.MaxNewDecimals)
	}
	supply, err := wallet.ParseUnits(c.String("supply"), decimals)
	if err != nil {
		return usagef("--supply: %s", err)
	}
	deployment := trc20.Deployment{
		Owner: s.from, Name: c.String("name"), Symbol: c.String("symbol"), Decimals: decimals, Supply: supply,
		Options: contract.Options{Mintable: c.Bool("mintable"), Burnable: c.Bool("burnable"), Permit: c.Bool("permit")},
	}
	call, err := deployment.Contract()
	if err != nil {
		return usagef("%s", err)
	}
	amount := wallet.FormatUnits(supply, decimals) + " " + deployment.Symbol
	result, err := send(c, s, sending{call: call, effects: []string{fmt.Sprintf("deploys the token %s with %s for %s", deployment.Name, amount, s.from)}})
	if err != nil {
		return err
	}
	address, _ := result.transaction.ContractAddress()
	if result.receipt != nil {
		if err := rememberToken(c, s, knownToken{address, deployment.Symbol, deployment.Name, decimals}); err != nil {
			say(c, "• deployed, but not noted under its symbol: %s\n", err)
		}
	}
	return printResult(c, deployed{sent: *result, Contract: address, Name: deployment.Name, Supply: amount})
}

func trc20Send(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC20(c, s)
	if err != nil {
		return err
	}
	to, err := recipient(c, s, c.String("to"))
	if err != nil {
		return err
	}
	amount, err := token.Amount(c.String("amount"))
	if err != nil {
		return usagef("--amount: %s", err)
	}
	owner, call, err := transferCall(c, s, token, to, amount)
	if err != nil {
		return err
	}
	if err := token.Try(c.Context, call); err != nil {
		return reverted(err)
	}
	want := trc20.Transfer{Token: token.Contract(), From: owner, To: to, Amount: amount}
	var arrives *wallet.Units
	result, err := send(c, s, sending{
		call: call, effects: []string{fmt.Sprintf("sends %s (contract %s) from %s to %s", token.Format(amount), token.Contract(), owner, to)},
		foresee: foreseeArrival(token, want, &arrives),
	})
	if err != nil {
		return err
	}
	out := transferred{sent: *result, Asset: "trc20:" + token.Contract().String(), From: owner, To: to, Amount: token.Format(amount), Units: amount.String()}
	if arrives != nil {
		out.Arrives, out.ArrivesUnits = token.Format(*arrives), arrives.String()
	}
	if result.receipt == nil {
		return printResult(c, out)
	}
	if err := trc20.ConfirmTransfer(want, tokenLogs(result.receipt.Logs)); err != nil {
		return withHint(fmt.Errorf("transaction %s is in block %d: %w", result.TxID, result.Block, err),
			"What moved has moved, and burnt %s TRX: sending it again moves more. `piecework tx explain --txid %s` tells what the token did.", result.receipt.Fee, result.TxID)
	}
	return printResult(c, out)
}

// transferCall is transfer, or with --owner transferFrom, when there is enough and it is allowed.
func transferCall(c *cli.Context, s *session, token *trc20.Token, to wallet.Address, amount wallet.Units) (wallet.Address, *tx.TriggerSmartContract, error) {
	owner := s.from
	var call *tx.TriggerSmartContract
	var err error
	if text := c.String("owner"); text != "" {
		if owner, err = resolve(c, s.network, text); err != nil {
			return owner, nil, err
		}
		if err := token.CheckAllowance(c.Context, owner, s.from, amount); err != nil {
			return owner, nil, fmt.Errorf("%w: %w", errShort, err)
		}
		call, err = token.TransferFrom(s.from, owner, to, amount)
	} else {
		call, err = token.Transfer(s.from, to, amount)
	}
	if err != nil {
		return owner, nil, usagef("--to: %s", err)
	}
	if err := token.CheckBalance(c.Context, owner, amount); err != nil {
		return owner, nil, fmt.Errorf("%w: %w", errShort, err)
	}
	return owner, call, nil
}

// reverted is a call that would fail: nothing was sent.
func reverted(err error) error {
	var revert *abi.RevertError
	var failed *node.FailedError // by an invalid opcode, as older compilers write assert
	if errors.As(err, &revert) || errors.As(err, &failed) {
		return withHint(&refusedErr{fmt.Errorf("the contract would refuse it: %w", err)}, "Nothing was sent and nothing is burnt.")
	}
	return err
}
