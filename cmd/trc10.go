package cmd

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
)

// saleLead is how long after the newest block a sale starts when nobody says: the chain wants it in the future of the block that holds the issue.
const saleLead = time.Minute

func trc10Command() *cli.Command {
	return &cli.Command{
		Name: "trc10", Usage: "issue, show, send and buy TRC-10 tokens",
		Subcommands: slices.Concat([]*cli.Command{
			{
				Name: "issue", Usage: "issue a token (1,024 TRX on mainnet; an account can issue one in its life)",
				Description: "piecework trc10 issue --name Acme --abbr ACM --supply 1000000 --precision 6 --price \"1 TRX = 100 ACM\" --sale 7d --from alice\n" +
					"piecework trc10 issue --name Acme --supply 1000000 --url https://acme.example --from alice --dry-run",
				Flags: append(sendFlags(),
					&cli.StringFlag{Name: "name", Usage: "`NAME` of the token, 1 to 32 visible ASCII characters", Required: true},
					&cli.StringFlag{Name: "abbr", Usage: "its `ABBREVIATION`"},
					&cli.StringFlag{Name: "supply", Usage: "how many whole tokens there will ever be", Required: true},
					&cli.IntFlag{Name: "precision", Usage: "decimals, 0 to 6", Value: 6},
					&cli.StringFlag{Name: "price", Usage: "of the sale, as in \"1 TRX = 100 ACM\"", Value: "1 TRX = 1"},
					&cli.StringFlag{Name: "sale", Usage: "how long the sale goes on: 7d, 12h", Value: "1d"},
					&cli.StringFlag{Name: "url", Usage: "a `URL` about the token", Value: "https://example.com"},
					&cli.StringFlag{Name: "description", Usage: "a `TEXT` of at most 200 bytes"},
				),
				Action: trc10Issue,
			},
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

// issued is a token that was issued.
type issued struct {
	sent
	Token    string         `json:"token_id,omitempty"`
	Name     string         `json:"name"`
	Issuer   wallet.Address `json:"issuer"`
	Supply   string         `json:"supply"`
	Units    string         `json:"supply_units"`
	Decimals int            `json:"decimals"`
}

func (i issued) schema() string { return "piecework.trc10.issue.v1" }

func (i issued) table() table {
	rows := [][]string{{"token", orDefault(i.Token, "(its id is given by the block)")}, {"name", i.Name}, {"issuer", i.Issuer.String()}, {"supply", i.Supply}}
	return table{rows: append(rows, i.rows()...)}
}

func trc10Issue(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	issue, err := issueFrom(c, s)
	if err != nil {
		return err
	}
	if err := trc10.Check(c.Context, s.node, issue.Contract()); err != nil {
		return ruleError(err)
	}
	supply := wallet.FormatUnits(issue.Supply, issue.Decimals) + " " + orDefault(issue.Abbr, issue.Name)
	result, err := send(c, s, sending{call: issue.Contract(), effects: []string{
		fmt.Sprintf("issues %s to %s; it can never be changed or issued again", supply, issue.Issuer),
		fmt.Sprintf("sells at %s until %s", issue.Price.Format(issue.Decimals, orDefault(issue.Abbr, issue.Name)), issue.SaleEnd.UTC().Format(time.RFC3339)),
	}})
	if err != nil {
		return err
	}
	out := issued{sent: *result, Name: issue.Name, Issuer: issue.Issuer, Supply: supply, Units: issue.Supply.String(), Decimals: issue.Decimals}
	if result.receipt != nil {
		out.Token = result.receipt.AssetID
	}
	return printResult(c, out)
}

func issueFrom(c *cli.Context, s *session) (trc10.Issue, error) {
	decimals := c.Int("precision")
	if decimals < 0 || decimals > trc10.MaxDecimals {
		return trc10.Issue{}, usagef("--precision %d: want 0 to %d", decimals, trc10.MaxDecimals)
	}
	supply, err := wallet.ParseUnits(c.String("supply"), decimals)
	if err != nil {
		return trc10.Issue{}, usagef("--supply: %s", err)
	}
	price, err := trc10.ParsePrice(c.String("price"), decimals)
	if err != nil {
		return trc10.Issue{}, usagef("--price: %s", err)
	}
	sale, err := parsePeriod(c.String("sale"))
	if err != nil {
		return trc10.Issue{}, usagef("--sale: %s", err)
	}
	head, err := s.node.HeadTime(c.Context)
	if err != nil {
		return trc10.Issue{}, err
	}
	start := head.Add(saleLead)
	return trc10.Issue{
		Issuer: s.from, Name: c.String("name"), Abbr: c.String("abbr"), URL: c.String("url"), Description: c.String("description"),
		Decimals: decimals, Supply: supply, Price: price, SaleStart: start, SaleEnd: start.Add(sale),
	}, nil
}

// transferred is a transfer of tokens.
type transferred struct {
	sent
	Asset  string         `json:"asset"`
	From   wallet.Address `json:"from"`
	To     wallet.Address `json:"to"`
	Amount string         `json:"amount"`
	Units  string         `json:"units"`
}

func (t transferred) schema() string { return "piecework.transfer.v1" }

func (t transferred) table() table {
	rows := [][]string{{"sent", t.Amount}, {"from", t.From.String()}, {"to", t.To.String()}}
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
	if errors.As(err, &broken) {
		return withHint(&refusedErr{err}, "Nothing was sent and nothing is burnt.")
	}
	return err
}

// refusedErr is what we refuse in the node's place.
type refusedErr struct{ error }

func (r *refusedErr) Unwrap() error { return r.error }
