package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/wallet"
)

func hubCommand() *cli.Command {
	return &cli.Command{
		Name: "hub", Usage: "be paid, or pay, through a hub: one channel to it reaches every seeder",
		Subcommands: []*cli.Command{
			{
				Name: "register", Usage: "as seeder: register at a hub and see your channels from it",
				Description: "piecework hub register --hub hub.example:7443 --asset 1000001 --contract T… --from bob\npiecework hub register --hub 127.0.0.1:7443 --contract T… --from bob -o json",
				Flags:       hubFlags(assetFlag()), Action: hubRegister,
			},
			{
				Name: "session", Usage: "as downloader: open a session with a seeder, or with --quote see what it costs",
				Description: "piecework hub session --hub hub.example:7443 --payee T… --price \"0.01 TRX/GiB\" --contract T… --from carol --quote\n" +
					"piecework hub session --hub hub.example:7443 --payee T… --price \"0.01 TRX/GiB\" --contract T… --from carol",
				Flags: hubFlags(
					&cli.StringFlag{Name: "payee", Usage: "`ADDRESS` or name of the seeder", Required: true},
					&cli.StringFlag{Name: "price", Usage: "the seeder's `PRICE`, as in \"0.01 TRX/GiB\"", Required: true},
					&cli.Int64Flag{Name: "step-kib", Value: torrent.DefaultUnitBytes >> 10, Usage: "payload in `KIB` that one step pays for"},
					&cli.BoolFlag{Name: "quote", Usage: "only say what it costs"},
				),
				Action: hubSession,
			},
			{
				Name: "redeem", Usage: "as seeder: hand the hub what your server holds, and take its voucher for it",
				Description: "piecework hub redeem --hub hub.example:7443 --server 127.0.0.1:7443 --id 3f2a… --contract T… --from bob\npiecework hub redeem --hub hub.example:7443 --server 127.0.0.1:7443 --id 3f2a… --contract T… --from bob -o json",
				Flags: hubFlags(
					&cli.StringFlag{Name: "server", Value: "127.0.0.1:7443", Usage: "`HOST:PORT` of your own channel server"},
					&cli.StringFlag{Name: "id", Usage: "`ID` of the hub's channel to you", Required: true},
				),
				Action: hubRedeem,
			},
			{
				Name: "statement", Usage: "an account of the hub's book: what you earned and were paid, line by line",
				Description: "piecework hub statement --hub hub.example:7443 --asset 1000001 --contract T… --from bob\n" +
					"piecework hub statement --hub hub.example:7443 --account inbound:3f2a… --contract T… --from carol --csv > statement.csv",
				Flags: hubFlags(assetFlag(),
					&cli.StringFlag{Name: "account", Usage: "`ACCOUNT`: owed:T… (yours is the default), opening:T…, or inbound:CHANNEL that you pay from"},
					&cli.BoolFlag{Name: "csv", Usage: "print rows for a spreadsheet"},
				),
				Action: hubStatement,
			},
		},
	}
}

func hubFlags(more ...cli.Flag) []cli.Flag {
	flags := append(nodeFlags(), passwordFlags()...)
	return append(append(flags, contractFlag(), fromFlag(), &cli.StringFlag{Name: "hub", Usage: "`HOST:PORT` of the hub; several with commas between", Required: true}, tlsCAFlag()), more...)
}

func assetFlag() cli.Flag {
	return &cli.StringFlag{Name: "asset", Usage: "TRX, a TRC-10 `ID`, or the address of a TRC-20 token", Value: "TRX"}
}

// hubLink is a connection to the hub of --hub, as the account of --from.
type hubLink struct {
	*session
	hub    *client.Hub
	remote *client.Server
	at     wallet.Address
	domain channel.Domain
	key    *wallet.Key
}

func dialHub(c *cli.Context) (*hubLink, error) {
	s, err := dialFrom(c)
	if err != nil {
		return nil, err
	}
	l, err := hubOf(c, s)
	if err != nil {
		return nil, closing(s, err)
	}
	return l, nil
}

// hubOf connects a session to the hub of --hub.
func hubOf(c *cli.Context, s *session) (*hubLink, error) {
	key, is := s.signer.(*wallet.Key)
	if !is {
		return nil, usagef("--from %s: a hub needs signatures while it waits, so the key must be in the keystore", c.String("from"))
	}
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return nil, err
	}
	remote, err := dialTo(c, "hub", "")
	if err != nil {
		return nil, err
	}
	domain := channel.DomainOn(s.node.Genesis(), at)
	return &hubLink{session: s, hub: remote.Hub(domain, key), remote: remote, at: at, domain: domain, key: key}, nil
}

func (l *hubLink) close() {
	_ = l.remote.Close()
	l.session.close()
}

// registered is how a seeder stands with a hub.
type registered struct {
	Hub      wallet.Address `json:"hub"`
	Asset    string         `json:"asset"`
	Fee      uint32         `json:"fee_thousandths"`
	Opening  string         `json:"opening_cost_units"`
	Withheld uint32         `json:"withheld_thousandths"`
	Channels []shown        `json:"channels"`
	recovery

	coin money
}

// recovery says that a hub was restored from a backup, and what a person has to do.
type recovery struct {
	Recovering bool   `json:"recovering"`
	Next       string `json:"next,omitempty"`
}

// recoveryOf is what a seeder has to do, or whoever reads the hub's book.
func recoveryOf(recovering bool, next string) recovery {
	if !recovering {
		return recovery{}
	}
	return recovery{true, next}
}

const (
	showHeld = "Show it what you hold: `piecework seed` and `gate` with --hub do by themselves, `piecework hub redeem --id CHANNEL` does it now. " +
		"If you hold nothing of a channel yet, it waits for the hub's operator."
	readLater = "What the hub has forgotten stands in no line yet: read it again when it has recovered. As seeder run `piecework hub redeem --id CHANNEL`, which shows it what you hold."
)

// notes are printed below a table.
func (r recovery) notes() []string {
	if !r.Recovering {
		return nil
	}
	return []string{"The hub is RECOVERING: it was restored from a backup, and signs nothing on a channel before its seeder has shown the voucher that it holds.", r.Next}
}

func (r registered) schema() string { return "piecework.hub.register.v1" }

func (r registered) table() table {
	t := table{rows: [][]string{{"hub", r.Hub.String()}, {"asset", r.Asset}, {"fee", fmt.Sprintf("%d/1000, paid by the downloader on top", r.Fee)}}}
	if r.Opening != "0" {
		t.rows = append(t.rows, []string{"opening cost", fmt.Sprintf("%s, out of your first earnings (%d/1000 of each step)", r.coin.show(r.Opening), r.Withheld)})
	}
	for _, one := range r.Channels {
		t.rows = append(t.rows, []string{"channel", one.ID}, []string{"  deposit", r.coin.show(one.Deposit)}, []string{"  paid", r.coin.show(one.Paid)}, []string{"  challenge", one.Challenge})
	}
	if len(r.Channels) == 0 {
		t.notes = []string{"No channel yet: the hub opens one by its policy. `piecework channel open --hub HOST` waits for it."}
	}
	t.notes = append(t.notes, r.recovery.notes()...)
	return t
}

func registeredOf(reg client.Registration, coin money) registered {
	out := registered{coin: coin, Hub: reg.Hub, Asset: coin.asset.String(), Fee: reg.Fee, Opening: reg.OpeningCost.String(), Withheld: reg.Withheld, Channels: []shown{}, recovery: recoveryOf(reg.Recovering, showHeld)}
	for _, r := range reg.Channels {
		one := showRecord(r, coin)
		one.Challenge = r.Terms.Challenge.String()
		out.Channels = append(out.Channels, one)
	}
	return out
}

func hubRegister(c *cli.Context) error {
	asset, err := channel.ParseAsset(c.String("asset"))
	if err != nil {
		return usagef("--asset: %s", err)
	}
	l, err := dialHub(c)
	if err != nil {
		return err
	}
	defer l.close()
	reg, err := l.hub.Register(c.Context, asset)
	if err != nil {
		return err
	}
	return printResult(c, registeredOf(reg, shownMoney(c.Context, l.node, asset)))
}

// channelOpenByHub registers the account, and waits until the hub has opened a channel to it: the hub funds it, and this account needs no TRX.
func channelOpenByHub(c *cli.Context) error {
	asset, err := channel.ParseAsset(c.String("asset"))
	if err != nil {
		return usagef("--asset: %s", err)
	}
	l, err := dialHub(c)
	if err != nil {
		return err
	}
	defer l.close()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for told := false; ; told = true {
		reg, err := l.hub.Register(c.Context, asset)
		if err != nil {
			return err
		}
		if len(reg.Channels) > 0 || c.Bool("dry-run") || c.String("wait") == "none" {
			return printResult(c, registeredOf(reg, shownMoney(c.Context, l.node, asset)))
		}
		if !told {
			say(c, "Registered with hub %s; waiting until it has opened a channel of %s, which it pays for.\n", reg.Hub, shownMoney(c.Context, l.node, asset).show(reg.Deposit.String()))
		}
		select {
		case <-c.Context.Done():
			return c.Context.Err()
		case <-tick.C:
		}
	}
}

// statementShown is an account with its lines.
type statementShown struct {
	hub.Statement
	recovery
	coin money
}

func (s statementShown) schema() string { return "piecework.hub.statement.v1" }

func (s statementShown) table() table {
	t := table{heading: []string{"ENTRY", "TIME", "KIND", "DEBIT", "CREDIT", "BALANCE"}}
	t.rows = append(t.rows, []string{"", "", "opening", "", "", s.coin.show(s.Opening.String())})
	for _, l := range s.Lines {
		at := time.UnixMilli(l.Time).UTC().Format(time.RFC3339)
		t.rows = append(t.rows, []string{fmt.Sprint(l.Entry), at, l.Kind, s.coin.show(l.Debit.String()), s.coin.show(l.Credit.String()), s.coin.show(l.Balance.String())})
	}
	t.rows = append(t.rows, []string{"", "", "closing", "", "", s.coin.show(s.Closing.String())})
	t.notes = append([]string{"Account " + s.Account + " in " + s.Asset.String() + "; the lines add up."}, s.recovery.notes()...)
	return t
}

func hubStatement(c *cli.Context) error {
	asset, err := channel.ParseAsset(c.String("asset"))
	if err != nil {
		return usagef("--asset: %s", err)
	}
	l, err := dialHub(c)
	if err != nil {
		return err
	}
	defer l.close()
	statement, recovering, err := wholeStatement(c.Context, l.hub, asset, c.String("account"))
	if err != nil {
		return err
	}
	if err := statement.Check(); err != nil {
		return fmt.Errorf("the hub's statement does not add up: %w", err)
	}
	result := statementShown{statement, recoveryOf(recovering, readLater), shownMoney(c.Context, l.node, asset)}
	if c.Bool("csv") {
		for _, note := range result.notes() {
			say(c, "%v\n", note)
		}
		return statement.WriteCSV(c.App.Writer)
	}
	return printResult(c, result)
}

// wholeStatement reads an account page by page.
func wholeStatement(ctx context.Context, h *client.Hub, asset channel.Asset, account string) (whole hub.Statement, recovering bool, err error) {
	whole = hub.Statement{Asset: asset, Lines: []hub.StatementLine{}}
	for after, first := int64(0), true; ; first = false {
		m, err := h.Statement(ctx, asset, account, after)
		if err != nil {
			return whole, false, err
		}
		recovering = recovering || m.GetRecovering()
		page := hub.Statement{}
		var failed error
		read := func(text string) channel.Amount {
			a, err := channel.ParseAmount(text)
			failed = errors.Join(failed, err)
			return a
		}
		if whole.Account = m.GetAccount(); first {
			whole.Opening = read(m.GetOpening())
		}
		whole.Closing = read(m.GetClosing())
		for _, line := range m.GetLines() {
			page.Lines = append(page.Lines, hub.StatementLine{
				Entry: line.GetEntry(), Time: line.GetTime(), Kind: line.GetKind(), Reference: line.GetReference(), Debit: read(line.GetDebit()), Credit: read(line.GetCredit()),
				Balance: read(line.GetBalance()),
			})
			after = line.GetEntry()
		}
		if failed != nil {
			return whole, false, fmt.Errorf("reading the hub's statement: %w", failed)
		}
		if whole.Lines = append(whole.Lines, page.Lines...); !m.GetMore() || len(page.Lines) == 0 {
			return whole, recovering, nil
		}
	}
}
