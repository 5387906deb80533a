package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
)

// maxListed bounds how many tokens one list asks for.
const maxListed = 1000

func trc10ReadCommands() []*cli.Command {
	token := &cli.StringFlag{Name: "token", Usage: "`ID` of the token, or its name: all that have it are listed", Required: true}
	return []*cli.Command{
		{
			Name: "list", Usage: "list the tokens of the chain, or those of a name",
			Description: "piecework trc10 list --limit 20\npiecework trc10 list --name Acme -o json",
			Flags: append(nodeFlags(),
				&cli.StringFlag{Name: "name", Usage: "only the tokens of exactly this `NAME`; names are not unique"},
				&cli.Int64Flag{Name: "offset", Usage: "leave out the first `N`"},
				&cli.Int64Flag{Name: "limit", Value: 50, Usage: fmt.Sprintf("list at most `N`, up to %d", maxListed)},
			),
			Action: trc10List,
		},
		{
			Name: "show", Usage: "show a token, with --account also what the account has of it",
			Description: "piecework trc10 show --token 1000001 --account alice\npiecework trc10 show --token Acme -o json",
			Flags:       append(nodeFlags(), token, &cli.StringFlag{Name: "account", Usage: "`ADDRESS` or name whose balance to show"}),
			Action:      trc10Show,
		},
		{
			Name: "price", Usage: "say what an amount costs in the issuer's sale, or what an amount of TRX buys",
			Description: "piecework trc10 price --token 1000001 --amount 12.5\npiecework trc10 price --token 1000001 --pay 10 -o json",
			Flags: append(nodeFlags(), token,
				&cli.StringFlag{Name: "amount", Usage: "whole tokens to buy, as in 12.5"}, &cli.StringFlag{Name: "pay", Usage: "`TRX` to spend, as in 10"}),
			Action: trc10Price,
		},
	}
}

// token10 is a TRC-10 token as it is printed.
type token10 struct {
	ID           string         `json:"token_id"`
	Name         string         `json:"name"`
	Abbr         string         `json:"abbr"`
	Issuer       wallet.Address `json:"issuer"`
	Supply       string         `json:"supply"`
	Units        string         `json:"supply_units"`
	Decimals     int            `json:"decimals"`
	Price        string         `json:"price"`
	SaleStart    time.Time      `json:"sale_start"`
	SaleEnd      time.Time      `json:"sale_end"`
	OnSale       bool           `json:"on_sale"`
	URL          string         `json:"url"`
	Description  string         `json:"description"`
	Balance      string         `json:"balance,omitempty"`
	BalanceUnits string         `json:"balance_units,omitempty"`
	Frozen       []frozenPart   `json:"frozen,omitempty"`
}

type frozenPart struct {
	Amount string    `json:"amount"`
	Units  string    `json:"units"`
	Until  time.Time `json:"until"`
}

func token10Of(t *trc10.Token, now time.Time) token10 {
	out := token10{
		ID: t.ID.String(), Name: visible(t.Name), Abbr: visible(t.Abbr), Issuer: t.Issuer, Supply: t.Format(t.Supply), Units: t.Supply.String(),
		Decimals: t.Decimals, Price: t.Price.Format(t.Decimals, t.Symbol()), SaleStart: t.SaleStart.UTC(), SaleEnd: t.SaleEnd.UTC(),
		OnSale: t.OnSale(now), URL: visible(t.URL), Description: visible(t.Description),
	}
	for _, u := range t.Unlocks() {
		out.Frozen = append(out.Frozen, frozenPart{t.Format(u.Amount), u.Amount.String(), u.At.UTC()})
	}
	return out
}

func (t token10) schema() string { return "piecework.trc10.v1" }

func (t token10) table() table {
	sale := fmt.Sprintf("%s to %s", t.SaleStart.Format(time.RFC3339), t.SaleEnd.Format(time.RFC3339))
	if t.OnSale {
		sale += " (open)"
	}
	out := table{rows: [][]string{
		{"token", t.ID},
		{"name", t.Name},
		{"abbreviation", t.Abbr},
		{"issuer", t.Issuer.String()},
		{"supply", t.Supply},
		{"decimals", strconv.Itoa(t.Decimals)},
		{"price", t.Price},
		{"sale", sale},
		{"url", t.URL},
		{"description", t.Description},
	}}
	for _, f := range t.Frozen {
		out.rows = append(out.rows, []string{"frozen", fmt.Sprintf("%s until %s", f.Amount, f.Until.Format(time.RFC3339))})
	}
	if t.Balance != "" {
		out.rows = append(out.rows, []string{"balance", t.Balance})
	}
	return out
}

// tokens10 is a list of them.
type tokens10 struct {
	Tokens []token10 `json:"tokens"`
}

func (l tokens10) schema() string { return "piecework.trc10.list.v1" }

func (l tokens10) table() table {
	if len(l.Tokens) == 0 {
		return table{notes: []string{"There is none. `piecework trc10 issue` makes one."}}
	}
	t := table{heading: []string{"ID", "NAME", "ABBR", "ISSUER", "SUPPLY", "PRICE"}}
	for _, one := range l.Tokens {
		t.rows = append(t.rows, []string{one.ID, one.Name, one.Abbr, one.Issuer.String(), one.Supply, one.Price})
	}
	return t
}

func trc10List(c *cli.Context) error {
	offset, limit := c.Int64("offset"), c.Int64("limit")
	if offset < 0 || limit < 1 || limit > maxListed {
		return usagef("--limit is 1 to %d, --offset at least 0", maxListed)
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	now, err := s.node.HeadTime(c.Context)
	if err != nil {
		return err
	}
	if name := c.String("name"); name != "" {
		return printNamed(c, s, name, now)
	}
	assets, err := s.node.Assets(c.Context, offset, limit)
	if err != nil {
		return err
	}
	list := tokens10{Tokens: []token10{}}
	for _, asset := range assets {
		id, err := trc10.ParseID(asset.ID)
		if err != nil {
			continue // a record that makes no sense is nobody's token
		}
		token, err := trc10.Open(c.Context, s.node, id)
		if err != nil {
			return err
		}
		list.Tokens = append(list.Tokens, token10Of(token, now))
	}
	return printResult(c, list)
}

func printNamed(c *cli.Context, s *session, name string, now time.Time) error {
	found, err := trc10.Find(c.Context, s.node, name)
	if err != nil {
		return err
	}
	list := tokens10{Tokens: []token10{}}
	for _, token := range found {
		list.Tokens = append(list.Tokens, token10Of(token, now))
	}
	return printResult(c, list)
}

func trc10Show(c *cli.Context) error {
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	now, err := s.node.HeadTime(c.Context)
	if err != nil {
		return err
	}
	token, err := trc10.Resolve(c.Context, s.node, c.String("token"))
	var several *trc10.AmbiguousError
	if errors.As(err, &several) && c.String("account") == "" {
		return printNamed(c, s, c.String("token"), now)
	}
	if err != nil {
		return tokenError(err)
	}
	out := token10Of(token, now)
	if text := c.String("account"); text != "" {
		account, err := resolve(c, s.network, text)
		if err != nil {
			return err
		}
		balance, err := s.node.AssetBalance(c.Context, account, int64(token.ID))
		if err != nil {
			return err
		}
		out.Balance, out.BalanceUnits = token.Format(balance), balance.String()
	}
	return printResult(c, out)
}

// quoted is what a sale asks.
type quoted struct {
	Token  string     `json:"token_id"`
	Price  string     `json:"price"`
	Pay    string     `json:"pay_trx"`
	PaySun wallet.Sun `json:"pay_sun,string"`
	Get    string     `json:"get"`
	Units  string     `json:"get_units"`
	OnSale bool       `json:"on_sale"`
}

func (q quoted) schema() string { return "piecework.trc10.price.v1" }

func (q quoted) table() table {
	open := "closed"
	if q.OnSale {
		open = "open"
	}
	return table{rows: [][]string{{"token", q.Token}, {"price", q.Price}, {"pay", q.Pay + " TRX"}, {"get", q.Get}, {"sale", open}}}
}

func trc10Price(c *cli.Context) error {
	if (c.String("amount") == "") == (c.String("pay") == "") {
		return usagef("give --amount (of tokens) or --pay (TRX), one of the two")
	}
	s, err := dial(c)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := openTRC10(c, s, c.String("token"))
	if err != nil {
		return err
	}
	now, err := s.node.HeadTime(c.Context)
	if err != nil {
		return err
	}
	pay, err := payment(c, token)
	if err != nil {
		return err
	}
	get := token.Price.Buys(pay)
	return printResult(c, quoted{
		Token: token.ID.String(), Price: token.Price.Format(token.Decimals, token.Symbol()), Pay: pay.String(), PaySun: pay,
		Get: token.Format(get), Units: get.String(), OnSale: token.OnSale(now),
	})
}

// payment is what --pay says, or what --amount costs.
func payment(c *cli.Context, token *trc10.Token) (wallet.Sun, error) {
	if text := c.String("pay"); text != "" {
		pay, err := wallet.ParseTRX(text)
		if err != nil {
			return 0, usagef("--pay: %s", err)
		}
		return pay, nil
	}
	units, err := token.Amount(c.String("amount"))
	if err != nil {
		return 0, usagef("--amount: %s", err)
	}
	pay, err := token.Price.Costs(units)
	if err != nil {
		return 0, usagef("--amount: %s", err)
	}
	return pay, nil
}

// openTRC10 reads a token by id, or by a name that no other token has.
func openTRC10(c *cli.Context, s *session, text string) (*trc10.Token, error) {
	token, err := trc10.Resolve(c.Context, s.node, text)
	return token, tokenError(err)
}

// enoughTRC10 refuses to send more of a token than there is.
func enoughTRC10(c *cli.Context, s *session, token *trc10.Token, amount wallet.Units) error {
	have, err := s.node.AssetBalance(c.Context, s.from, int64(token.ID))
	if err != nil {
		return err
	}
	if have.Cmp(amount) < 0 {
		return fmt.Errorf("%w: %s has %s", errShort, s.from, token.Format(have))
	}
	return nil
}

func tokenError(err error) error {
	var several *trc10.AmbiguousError
	switch {
	case errors.As(err, &several):
		return withHint(&usageErr{err.Error()}, "The id is what tells tokens apart: give that.")
	case errors.Is(err, trc10.ErrUnknown):
		return withHint(&notFoundErr{err}, "`piecework trc10 list` shows the tokens of this network.")
	}
	return err
}

// notFoundErr is something that is not on the chain.
type notFoundErr struct{ error }

func (e *notFoundErr) Unwrap() error { return e.error }

// visible takes out of a stranger's text what could act on a terminal.
func visible(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
