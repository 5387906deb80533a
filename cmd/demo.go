package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/cmd/demo"
	"github.com/piecework/piecework/wallet"
)

// demoLimit is when a demo that hangs gives up.
const demoLimit = 3 * time.Minute

func demoCommand() *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "the whole story on this machine, in a minute, nothing to install",
		Description: "piecework demo\npiecework demo -o json\npiecework demo atlas",
		Flags:       demoFlags(),
		Action:      func(c *cli.Context) error { return runDemo(c, "") },
		Subcommands: []*cli.Command{atlasCommand(), {
			Name: "hub", Usage: "only the part of the hub: one downloader with one channel pays four seeders",
			Description: "piecework demo hub\npiecework demo hub -o json",
			Flags:       demoFlags(),
			Action:      func(c *cli.Context) error { return runDemo(c, demo.PartHub) },
		}},
	}
}

func demoFlags() []cli.Flag {
	return []cli.Flag{
		outputFlag,
		&cli.IntFlag{Name: "mib", Value: 64, Usage: "size of the file in `MIB`"},
		&cli.StringFlag{Name: "log", Value: "error", Usage: "`LEVEL`: debug, info, warn, error"},
	}
}

func runDemo(c *cli.Context, part string) error {
	if c.Int("mib") < 48 || c.Int("mib") > 96 {
		return usagef("--mib %d: want 48 to 96; less is not worth a settlement, more is over the deposits", c.Int("mib"))
	}
	log, err := logger(c)
	if err != nil {
		return err
	}
	ctx, cancel := contextFor(c, demoLimit)
	defer cancel()
	report, err := demo.Run(ctx, demo.Config{
		Bytes: int64(c.Int("mib")) << 20, Part: part, Log: log,
		Say: func(format string, args ...any) { say(c, format+"\n", args...) },
	})
	if report == nil {
		return err
	}
	if printErr := printResult(c, demoReport{report}); printErr != nil {
		return printErr
	}
	if err != nil {
		return err
	}
	if !report.OK {
		return fmt.Errorf("the demo does not add up: see the checks above")
	}
	return nil
}

// demoReport is the demo's report as it is printed.
type demoReport struct{ *demo.Report }

func (r demoReport) schema() string { return "piecework.demo.v1" }

func (r demoReport) table() table {
	t := table{heading: []string{"DOWNLOADER", "BYTES", "PIECES", "PAYMENTS", "PAID", "SETTLED", "REFUND", "MiB/s", "ENERGY", "TRX BURNT"}}
	for _, d := range r.Downloads {
		whole := func(a channel.Amount) string { return wallet.FormatUnits(a.Units(), d.Decimals) + " " + d.Symbol }
		t.rows = append(t.rows, []string{
			d.Name, fmt.Sprint(d.Bytes), fmt.Sprint(d.Pieces), fmt.Sprint(d.Payments), whole(d.Paid), whole(d.Settled), whole(d.Refund),
			fmt.Sprintf("%.0f", d.MiBPerSec), fmt.Sprint(d.Energy), d.BurntSun.String(),
		})
	}
	t.notes = append(t.notes, "", fmt.Sprintf("%s, %s in %d pieces, from %s; the free rider got %s of at most %s.", r.File.Name, formatBytes(r.File.Bytes), r.File.Pieces,
		r.Seeder, formatBytes(r.FreeRider.Bytes), formatBytes(r.FreeRider.Limit)))
	for _, s := range r.Settlements {
		t.notes = append(t.notes, fmt.Sprintf("%-11s %s…  %d channel(s) of %s, %d energy, %s TRX burnt, block %d", s.Kind, s.TxID[:16], s.Channels, s.Asset, s.Energy, s.BurntSun, s.Block))
	}
	t.notes = append(t.notes, "")
	failed := 0
	for _, check := range r.Checks {
		if !check.OK {
			failed++
			t.notes = append(t.notes, "FALSE  "+check.Name+": "+check.Detail)
		}
	}
	t.notes = append(t.notes, fmt.Sprintf("%d checks, %d of them false, in %.1f s.", len(r.Checks), failed, r.Seconds))
	return t
}
