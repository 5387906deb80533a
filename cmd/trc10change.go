package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet/tx"
)

// Help of flags that issue and update share.
const (
	holderBandwidth = "`BYTES` a day that each holder may use for transfers at your stake's cost"
	publicBandwidth = "`BYTES` a day for all holders together"
)

func trc10ChangeCommands() []*cli.Command {
	return []*cli.Command{
		{
			Name: "participate", Usage: "buy from the issuer's sale",
			Description: "piecework trc10 participate --token 1000001 --pay 10 --from bob\npiecework trc10 participate --token 1000001 --amount 12.5 --from bob --dry-run",
			Flags: append(sendFlags(),
				&cli.StringFlag{Name: "token", Usage: "`ID` of the token, or its name when no other has it", Required: true},
				&cli.StringFlag{Name: "pay", Usage: "`TRX` to spend, as in 10"}, &cli.StringFlag{Name: "amount", Usage: "whole tokens to buy at least, as in 12.5"}),
			Action: trc10Participate,
		},
		{
			Name: "unfreeze", Usage: "as issuer: take the frozen parts of the supply whose time has come",
			Description: "piecework trc10 unfreeze --from alice\npiecework trc10 unfreeze --from alice --dry-run", Flags: sendFlags(), Action: trc10Unfreeze,
		},
		{
			Name: "update", Usage: "as issuer: change description, url and bandwidth; what is not given stays",
			Description: "piecework trc10 update --url https://acme.example --from alice\npiecework trc10 update --description 'Acme shares' --from alice --dry-run",
			Flags: append(sendFlags(),
				&cli.StringFlag{Name: "url", Usage: "a `URL` about the token"}, &cli.StringFlag{Name: "description", Usage: "a `TEXT` of at most 200 bytes"},
				&cli.Int64Flag{Name: "holder-bandwidth", Usage: holderBandwidth},
				&cli.Int64Flag{Name: "public-bandwidth", Usage: publicBandwidth}),
			Action: trc10Update,
		},
	}
}

// changed10 is a transaction about a token.
type changed10 struct {
	sent
	Token  string `json:"token_id"`
	Change string `json:"change"`
}

func (r changed10) schema() string { return "piecework.trc10.change.v1" }

func (r changed10) table() table {
	return table{rows: append([][]string{{"token", r.Token}, {"change", r.Change}}, r.rows()...)}
}

func trc10Participate(c *cli.Context) error {
	if (c.String("amount") == "") == (c.String("pay") == "") {
		return usagef("give --amount (of tokens) or --pay (TRX), one of the two")
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC10(c, s, c.String("token"))
	if err != nil {
		return err
	}
	pay, err := payment(c, token)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("buys %s of token %s from %s for %s TRX", token.Format(token.Price.Buys(pay)), token.ID, token.Issuer, pay)
	return change10(c, s, token, token.Participate(s.from, pay), what)
}

func trc10Unfreeze(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := trc10.IssuedBy(c.Context, s.node, s.from)
	if err != nil {
		return tokenError(err)
	}
	now, err := s.node.HeadTime(c.Context)
	if err != nil {
		return err
	}
	what := "takes what is unfrozen:"
	for _, u := range token.Unlocks() {
		if !u.At.After(now) {
			what += " " + token.Format(u.Amount)
		} else {
			what += fmt.Sprintf(" (not yet: %s, at %s)", token.Format(u.Amount), u.At.UTC().Format(time.RFC3339))
		}
	}
	return change10(c, s, token, token.Unfreeze(), what)
}

func trc10Update(c *cli.Context) error {
	var change trc10.Change
	var what string
	texts := map[string]**string{"url": &change.URL, "description": &change.Description}
	for _, name := range sortedKeys(texts) {
		if c.IsSet(name) {
			text := c.String(name)
			*texts[name], what = &text, fmt.Sprintf("%s; %s becomes %q", what, name, text)
		}
	}
	numbers := map[string]**int64{"holder-bandwidth": &change.HolderBandwidth, "public-bandwidth": &change.PublicBandwidth}
	for _, name := range sortedKeys(numbers) {
		if c.IsSet(name) {
			n := c.Int64(name)
			*numbers[name], what = &n, fmt.Sprintf("%s; %s becomes %d bytes a day", what, name, n)
		}
	}
	if what == "" {
		return usagef("nothing to change: give --url, --description, --holder-bandwidth or --public-bandwidth")
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := trc10.IssuedBy(c.Context, s.node, s.from)
	if err != nil {
		return tokenError(err)
	}
	return change10(c, s, token, token.Update(change), what[len("; "):])
}

// change10 checks the chain's rules, sends and prints.
func change10(c *cli.Context, s *session, token *trc10.Token, call tx.Contract, what string) error {
	if err := trc10.Check(c.Context, s.node, call); err != nil {
		return ruleError(err)
	}
	result, err := send(c, s, sending{call: call, effects: []string{what}})
	if err != nil {
		return err
	}
	return printResult(c, changed10{sent: *result, Token: token.ID.String(), Change: what})
}
