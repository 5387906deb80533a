package cmd

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func trc20ChangeCommands() []*cli.Command {
	amount := &cli.StringFlag{Name: "amount", Usage: "whole tokens, as in 12.5", Required: true}
	return []*cli.Command{
		{
			Name: "approve", Usage: "let a spender take up to an amount of yours; 0 takes it back",
			Description: "piecework trc20 approve --token TXYZ… --spender bob --amount 12.5 --from alice\npiecework trc20 approve --token TXYZ… --spender bob --amount 0 --from alice",
			Flags: append(sendFlags(), trc20TokenFlag(), &cli.StringFlag{Name: "spender", Usage: "`ADDRESS` or name of who may take them", Required: true},
				&cli.StringFlag{Name: "amount", Usage: "whole tokens, as in 12.5, or unlimited", Required: true}),
			Action: trc20Approve,
		},
		{
			Name: "burn", Usage: "destroy tokens of yours, or, where you are allowed to, of --owner",
			Description: "piecework trc20 burn --token TXYZ… --amount 12.5 --from alice\npiecework trc20 burn --token TXYZ… --owner bob --amount 1 --from alice --dry-run",
			Flags: append(sendFlags(), trc20TokenFlag(), amount,
				&cli.StringFlag{Name: "owner", Usage: "`ADDRESS` or name of whose tokens they are, if not yours"}),
			Action: trc20Burn,
		},
		{
			Name: "mint", Usage: "as owner of a mintable token: make more",
			Description: "piecework trc20 mint --token TXYZ… --to bob --amount 1000 --from alice\npiecework trc20 mint --token ACM --to bob --amount 1000 --from alice --dry-run",
			Flags:       append(sendFlags(), trc20TokenFlag(), amount, &cli.StringFlag{Name: "to", Usage: "`ADDRESS` or name of who gets them", Required: true}),
			Action:      trc20Mint,
		},
	}
}

// changed20 is a transaction about a token that moves none between people.
type changed20 struct {
	sent
	Contract wallet.Address `json:"contract"`
	Change   string         `json:"change"`
	Units    string         `json:"units"`
}

func (r changed20) schema() string { return "piecework.trc20.change.v1" }

func (r changed20) table() table {
	return table{rows: append([][]string{{"token", r.Contract.String()}, {"change", r.Change}}, r.rows()...)}
}

// change20 tries the call, sends it and prints what it did.
func change20(c *cli.Context, s *session, token *trc20.Token, call *tx.TriggerSmartContract, amount wallet.Units, what string) error {
	if err := token.Try(c.Context, call); err != nil {
		return reverted(err)
	}
	result, err := send(c, s, sending{call: call, effects: []string{fmt.Sprintf("%s (contract %s)", what, token.Contract())}})
	if err != nil {
		return err
	}
	return printResult(c, changed20{sent: *result, Contract: token.Contract(), Change: what, Units: amount.String()})
}

func trc20Approve(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC20(c, s)
	if err != nil {
		return err
	}
	spender, err := recipient(c, s, c.String("spender"))
	if err != nil {
		return err
	}
	amount, err := allowanceFlag(c, token)
	if err != nil {
		return err
	}
	call, err := token.Approve(s.from, spender, amount)
	if err != nil {
		return usagef("--spender: %s", err)
	}
	if err := checkApproval(c, s, token, spender, amount, call); err != nil {
		return err
	}
	return change20(c, s, token, call, amount, fmt.Sprintf("lets %s take up to %s of %s", spender, formatAllowance(token, amount), s.from))
}

func allowanceFlag(c *cli.Context, token *trc20.Token) (wallet.Units, error) {
	if c.String("amount") == "unlimited" {
		return unlimited(), nil
	}
	amount, err := token.Amount(c.String("amount"))
	if err != nil {
		return amount, usagef("--amount: %s", err)
	}
	return amount, nil
}

// checkApproval: Tron's USDT refuses to go from one allowance to another, and says so only by a revert without words.
func checkApproval(c *cli.Context, s *session, token *trc20.Token, spender wallet.Address, amount wallet.Units, call *tx.TriggerSmartContract) error {
	before, err := token.Allowance(c.Context, s.from, spender)
	if err != nil {
		return err
	}
	if before.IsZero() || amount.IsZero() {
		return nil
	}
	var revert *abi.RevertError
	if err := token.Try(c.Context, call); errors.As(err, &revert) {
		none, err := token.Approve(s.from, spender, wallet.Units{})
		if err != nil || token.Try(c.Context, none) != nil {
			return err // it takes no approval at all now, paused perhaps: what it says is told when this one is tried
		}
		return withHint(&refusedErr{fmt.Errorf("%s allows %s already, and this token does not go from one allowance to another", s.from, formatAllowance(token, before))},
			"Nothing was sent. Approve --amount 0 first, then this amount.")
	}
	say(c, "• replaces an allowance of %s; until it is in a block the spender can still take that, and then this too\n", formatAllowance(token, before))
	return nil
}

func trc20Burn(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, amount, err := tokenAndAmount(c, s)
	if err != nil {
		return err
	}
	owner, call := s.from, token.Burn(s.from, amount)
	if text := c.String("owner"); text != "" {
		if owner, err = resolve(c, s.network, text); err != nil {
			return err
		}
		if err := token.CheckAllowance(c.Context, owner, s.from, amount); err != nil {
			return fmt.Errorf("%w: %w", errShort, err)
		}
		call = token.BurnFrom(s.from, owner, amount)
	}
	if err := token.CheckBalance(c.Context, owner, amount); err != nil {
		return fmt.Errorf("%w: %w", errShort, err)
	}
	return change20(c, s, token, call, amount, fmt.Sprintf("destroys %s of %s", token.Format(amount), owner))
}

func trc20Mint(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, amount, err := tokenAndAmount(c, s)
	if err != nil {
		return err
	}
	to, err := recipient(c, s, c.String("to"))
	if err != nil {
		return err
	}
	call, err := token.Mint(s.from, to, amount)
	if err != nil {
		return usagef("--to: %s", err)
	}
	return change20(c, s, token, call, amount, fmt.Sprintf("makes %s for %s", token.Format(amount), to))
}

func tokenAndAmount(c *cli.Context, s *session) (*trc20.Token, wallet.Units, error) {
	token, err := openTRC20(c, s)
	if err != nil {
		return nil, wallet.Units{}, err
	}
	amount, err := token.Amount(c.String("amount"))
	if err != nil {
		return nil, wallet.Units{}, usagef("--amount: %s", err)
	}
	return token, amount, nil
}
