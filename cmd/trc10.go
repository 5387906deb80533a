package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
)

func trc10Command() *cli.Command {
	return &cli.Command{
		Name: "trc10", Usage: "issue, show, send and buy TRC-10 tokens",
		Subcommands: slices.Concat([]*cli.Command{
			issueCommand(),
			{
				Name: "send", Usage: "send tokens",
				Description: "piecework trc10 send --token 1000001 --to bob --amount 12.5 --from alice\npiecework trc10 send --token Acme --to TPL66V… --amount 1 --from alice -o json",
				Flags: append(sendFlags(),
					&cli.StringFlag{Name: "token", Usage: "`ID` of the token, or its name when no other has it", Required: true},
					&cli.StringFlag{Name: "to", Usage: "`ADDRESS` or name of the recipient", Required: true},
					&cli.StringFlag{Name: "amount", Usage: "whole tokens, as in 12.5", Required: true},
				),
				Action: trc10Send,
			},
		}, trc10ReadCommands(), trc10ChangeCommands()),
	}
}

// transferred is a transfer of tokens.
type transferred struct {
	sent
	Asset  string         `json:"asset"`
	From   wallet.Address `json:"from"`
	To     wallet.Address `json:"to"`
	Amount string         `json:"amount"`
	Units  string         `json:"units"`

	// What the simulation says that the recipient gets, of a token that keeps a part; empty where that is all, or nobody knows.
	Arrives      string `json:"arrives,omitempty"`
	ArrivesUnits string `json:"arrives_units,omitempty"`
}

func (t transferred) schema() string { return "piecework.transfer.v1" }

func (t transferred) table() table {
	rows := [][]string{{"sent", t.Amount}, {"from", t.From.String()}, {"to", t.To.String()}}
	if t.Arrives != "" {
		rows = append(rows, []string{"arrives", t.Arrives})
	}
	return table{rows: append(rows, t.rows()...)}
}

func trc10Send(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC10(c, s, c.String("token"))
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
	if err := enoughTRC10(c, s, token, amount); err != nil {
		return err
	}
	call := token.Transfer(s.from, to, amount)
	if err := trc10.Check(c.Context, s.node, call); err != nil {
		return ruleError(err)
	}
	result, err := send(c, s, sending{call: call, effects: []string{fmt.Sprintf("sends %s (token %s) from %s to %s", token.Format(amount), token.ID, s.from, to)}})
	if err != nil {
		return err
	}
	return printResult(c, transferred{sent: *result, Asset: "trc10:" + token.ID.String(), From: s.from, To: to, Amount: token.Format(amount), Units: amount.String()})
}

// ruleError is a rule of the chain that would be broken: nothing was sent.
func ruleError(err error) error {
	var broken *trc10.RuleError
	switch {
	case errors.Is(err, trc10.ErrShort):
		return withHint(fmt.Errorf("%w: %w", errShort, err), nothingSent)
	case errors.As(err, &broken):
		return withHint(&refusedErr{err}, nothingSent)
	}
	return err
}

// refusedErr is what we refuse in the node's place.
type refusedErr struct{ error }

func (r *refusedErr) Unwrap() error { return r.error }
