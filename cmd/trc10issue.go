package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc10"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// saleLead is how long after the newest block a sale starts when nobody says: the chain wants it in the future of the block that holds the issue.
const saleLead = time.Minute

func issueCommand() *cli.Command {
	return &cli.Command{
		Name: "issue", Usage: "issue a token (1,024 TRX on mainnet; an account can issue one in its life)",
		Description: "piecework trc10 issue --name Acme --abbr ACM --supply 1000000 --precision 6 --price \"1 TRX = 100 ACM\" --sale 7d --from alice\n" +
			"piecework trc10 issue --name Acme --supply 1000000 --freeze 250000=365d --url https://acme.example --from alice --dry-run",
		Flags: append(sendFlags(),
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the token, 1 to 32 visible ASCII characters", Required: true},
			&cli.StringFlag{Name: "abbr", Usage: "its `ABBREVIATION`"},
			&cli.StringFlag{Name: "supply", Usage: "how many whole `TOKENS` there will ever be", Required: true},
			&cli.IntFlag{Name: "precision", Usage: "`DECIMALS`, 0 to 6", Value: trc10.MaxDecimals},
			&cli.StringFlag{Name: "price", Usage: "`PRICE` of the sale, as in \"1 TRX = 100 ACM\"", Value: "1 TRX = 1"},
			&cli.StringFlag{Name: "sale", Usage: "how long the sale goes on: `TIME` as in 7d, 12h", Value: "1d"},
			&cli.DurationFlag{Name: "sale-in", Usage: "the sale opens `TIME` after the newest block", Value: saleLead},
			textsFlag("freeze", "a part of the supply that you cannot use before so many days after the sale opens: `AMOUNT=DAYS`, as in 250000=30d; up to 10 times"),
			&cli.StringFlag{Name: "url", Usage: "a `URL` about the token", Value: "https://example.com"},
			&cli.StringFlag{Name: "description", Usage: "a `TEXT` of at most 200 bytes"},
			&cli.Int64Flag{Name: "holder-bandwidth", Usage: holderBandwidth},
			&cli.Int64Flag{Name: "public-bandwidth", Usage: publicBandwidth},
		),
		Action: trc10Issue,
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
	result, err := send(c, s, sending{call: issue.Contract(), effects: issueEffects(issue, supply)})
	if err != nil {
		return err
	}
	out := issued{sent: *result, Name: issue.Name, Issuer: issue.Issuer, Supply: supply, Units: issue.Supply.String(), Decimals: issue.Decimals}
	if result.receipt != nil {
		out.Token = result.receipt.AssetID
	}
	return printResult(c, out)
}

// issueEffects is what an issue does, for the plan.
func issueEffects(issue trc10.Issue, supply string) []string {
	name := orDefault(issue.Abbr, issue.Name)
	all := []string{
		fmt.Sprintf("issues %s to %s; it can never be changed or issued again", supply, issue.Issuer),
		fmt.Sprintf("sells at %s from %s until %s", issue.Price.Format(issue.Decimals, name), issue.SaleStart.UTC().Format(time.RFC3339), issue.SaleEnd.UTC().Format(time.RFC3339)),
	}
	for _, u := range issue.Unlocks() {
		all = append(all, fmt.Sprintf("freezes %s %s of it until %s", wallet.FormatUnits(u.Amount, issue.Decimals), name, u.At.UTC().Format(time.RFC3339)))
	}
	return all
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
	if err := checkPriceUnit(c); err != nil {
		return trc10.Issue{}, err
	}
	sale, err := parsePeriod(c.String("sale"))
	if err != nil {
		return trc10.Issue{}, usagef("--sale: %s", err)
	}
	frozen, err := frozenParts(c, decimals)
	if err != nil {
		return trc10.Issue{}, err
	}
	head, err := s.node.HeadTime(c.Context)
	if err != nil {
		return trc10.Issue{}, err
	}
	start := head.Add(c.Duration("sale-in"))
	return trc10.Issue{
		Issuer: s.from, Name: c.String("name"), Abbr: c.String("abbr"), URL: c.String("url"), Description: c.String("description"),
		Decimals: decimals, Supply: supply, Price: price, SaleStart: start, SaleEnd: start.Add(sale), Frozen: frozen,
		HolderBandwidth: c.Int64("holder-bandwidth"), PublicBandwidth: c.Int64("public-bandwidth"),
	}, nil
}

// checkPriceUnit refuses a price in another token than the one that is issued: it may be meant for another.
func checkPriceUnit(c *cli.Context) error {
	_, get, _ := strings.Cut(c.String("price"), "=")
	_, unit, _ := strings.Cut(strings.TrimSpace(get), " ")
	unit = strings.TrimSpace(unit)
	if unit == "" || strings.EqualFold(unit, c.String("abbr")) || strings.EqualFold(unit, c.String("name")) {
		return nil
	}
	return usagef("--price %q: it is in %s, the token is %s", c.String("price"), unit, orDefault(c.String("abbr"), c.String("name")))
}

// frozenParts reads --freeze: each an amount of whole tokens and for how many days.
func frozenParts(c *cli.Context, decimals int) ([]tx.FrozenPart, error) {
	var all []tx.FrozenPart
	for _, text := range textsOf(c, "freeze") {
		amount, period, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usagef("--freeze %s: want AMOUNT=DAYS, as in 250000=30d", text)
		}
		units, err := wallet.ParseUnits(amount, decimals)
		if err != nil {
			return nil, usagef("--freeze %s: %s", text, err)
		}
		days, err := parsePeriod(period)
		if err != nil || days%(24*time.Hour) != 0 {
			return nil, usagef("--freeze %s: want whole days, as in 250000=30d", text)
		}
		all = append(all, tx.FrozenPart{Amount: units, Days: int64(days / (24 * time.Hour))})
	}
	return all, nil
}
