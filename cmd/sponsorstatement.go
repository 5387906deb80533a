package cmd

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel/torrent/sponsor"
	"github.com/piecework/piecework/wallet"
)

// sponsorStatementCommand shows what a sponsor says of a seeder.
func sponsorStatementCommand() *cli.Command {
	return &cli.Command{
		Name: "statement", Usage: "show how a sponsor's probes of a seeder went, and what it paid; the signature and the links between the lines are checked",
		Description: "piecework sponsor statement --sponsor https://sponsor.example --payee T… --signer T…\n" +
			"piecework sponsor statement --sponsor https://sponsor.example --payee bob --csv > probes.csv",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "sponsor", Usage: "`URL` of the sponsor", Required: true},
			&cli.StringFlag{Name: "payee", Usage: "`ADDRESS` of the seeder", Required: true},
			&cli.StringFlag{Name: "signer", Usage: "`ADDRESS` that must have signed it", DefaultText: "the one that the sponsor names as the signer of its vouchers"},
			&cli.BoolFlag{Name: "csv", Usage: "print rows for a spreadsheet"},
			&cli.StringFlag{Name: "network", Value: localNetwork, Usage: "`NAME` of the network whose contacts --payee may name"}, dataFlag(), outputFlag,
		},
		Action: sponsorStatement,
	}
}

// probed is a statement as it is printed.
type probed struct {
	sponsor.Statement
	Sponsor string `json:"sponsor"`
	Asset   string `json:"asset"`
}

func (p probed) schema() string { return "piecework.sponsor.statement.v1" }

func (p probed) table() table {
	t := table{heading: []string{"PROBE", "TIME", "PIECE", "RESULT", "FIRST BYTE", "RATE", "PAID"}}
	for i := range p.Lines {
		l := &p.Lines[i]
		t.rows = append(t.rows, []string{
			strconv.FormatInt(l.Seq, 10), l.At.UTC().Format(time.RFC3339), strconv.Itoa(l.Piece), outcome(l), l.FirstByte.Round(time.Millisecond).String(), formatBytes(l.Rate) + "/s", l.Paid.String(),
		})
	}
	t.notes = []string{
		fmt.Sprintf("%d passed, %d failed; paid %s for probes and %s for viewers in %d sessions, in smallest units of %s.", p.Passed, p.Failed, p.Probes, p.Viewers, p.Sessions, p.Asset),
		"Signed by " + p.Signer.String() + "; no line is missing.",
	}
	return t
}

// outcome is how a probe went.
func outcome(p *sponsor.Probe) string {
	switch {
	case p.Passed && p.Fast:
		return "passed, fast"
	case p.Passed:
		return "passed"
	}
	return "failed: " + strconv.QuoteToGraphic(p.Why)
}

func sponsorStatement(c *cli.Context) error {
	network, err := settingsOf(c).network(c.String("network"))
	if err != nil {
		return err
	}
	payee, err := resolve(c, network, c.String("payee"))
	if err != nil {
		return err
	}
	client, err := sponsor.NewClient(c.String("sponsor"))
	if err != nil {
		return usagef("--sponsor: %s", err)
	}
	offer, err := client.Offer(c.Context)
	if err != nil {
		return fmt.Errorf("asking the sponsor at %s: %w", c.String("sponsor"), err)
	}
	signer := offer.Signer
	if c.String("signer") != "" {
		if signer, err = resolve(c, network, c.String("signer")); err != nil {
			return err
		}
	}
	statement, err := client.Statement(c.Context, payee)
	if err != nil {
		return fmt.Errorf("asking the sponsor for its statement: %w", err)
	}
	if err := belongs(&statement, payee, signer); err != nil {
		return err
	}
	if c.Bool("csv") {
		return writeProbes(c, &statement)
	}
	return printResult(c, probed{statement, c.String("sponsor"), offer.Asset})
}

// belongs says whether a statement is about a seeder and signed by whom it should be.
func belongs(s *sponsor.Statement, payee, signer wallet.Address) error {
	if s.Payee != payee {
		return fmt.Errorf("%w: it is about %s", sponsor.ErrStatement, s.Payee)
	}
	if s.Signer != signer {
		return withHint(fmt.Errorf("%w: %s has signed it, and not %s", sponsor.ErrStatement, s.Signer, signer), "Compare the signer with that of the channel: piecework channel show.")
	}
	return nil
}

// writeProbes prints a row for each probe.
func writeProbes(c *cli.Context, s *sponsor.Statement) error {
	w := csv.NewWriter(c.App.Writer)
	err := w.Write([]string{"probe", "time", "torrent", "piece", "passed", "fast", "why", "first_byte_ms", "bytes_per_second", "paid_units", "hash"})
	for i := range s.Lines {
		l := &s.Lines[i]
		err = errors.Join(err, w.Write([]string{
			strconv.FormatInt(l.Seq, 10), l.At.UTC().Format(time.RFC3339), fmt.Sprintf("%x", l.Torrent[:]), strconv.Itoa(l.Piece), strconv.FormatBool(l.Passed), strconv.FormatBool(l.Fast),
			l.Why, strconv.FormatInt(l.FirstByte.Milliseconds(), 10), strconv.FormatInt(l.Rate, 10), l.Paid.String(), fmt.Sprintf("%x", l.Hash[:]),
		}))
	}
	w.Flush()
	return errors.Join(err, w.Error())
}
