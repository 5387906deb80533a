package cmd

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/cmd/demo"
	"github.com/piecework/piecework/wallet"
)

func atlasCommand() *cli.Command {
	return &cli.Command{
		Name: "atlas", Usage: "nodes are paid in a TRC-10 token for serving a video and for being there, while its creator is offline",
		Description: "piecework demo atlas\npiecework demo atlas -o json",
		Flags:       []cli.Flag{outputFlag, &cli.StringFlag{Name: "log", Value: "error", Usage: "`LEVEL`: debug, info, warn, error"}},
		Action:      runAtlas,
	}
}

func runAtlas(c *cli.Context) error {
	log, err := logger(c)
	if err != nil {
		return err
	}
	ctx, cancel := contextFor(c, demoLimit)
	defer cancel()
	report, err := demo.Atlas(ctx, demo.Config{
		Log: log, Say: func(format string, args ...any) { say(c, format+"\n", args...) },
	})
	if err != nil || report == nil {
		return err
	}
	if err := printResult(c, atlasReport{report}); err != nil {
		return err
	}
	if !report.OK {
		return fmt.Errorf("the run does not add up: see the checks above")
	}
	return nil
}

// atlasReport is the report as it is printed.
type atlasReport struct{ *demo.AtlasReport }

func (r atlasReport) schema() string { return "piecework.atlas.v1" }

func (r atlasReport) table() table {
	btt := func(a channel.Amount) string { return wallet.FormatUnits(a.Units(), 6) }
	t := table{heading: []string{"NODE", "UPLINK", "SENT PAID", "SENT FREE", "FROM VIEWERS", "FROM SPONSOR", "PROBES", "FOR PROBES", "SETTLED BTT"}}
	for _, n := range r.Nodes {
		name := n.Name
		if n.Left {
			name += " (left early)"
		}
		t.rows = append(t.rows, []string{
			name, formatBytes(n.Uplink) + "/s", formatBytes(n.PaidBytes), formatBytes(n.FreeBytes), btt(n.Viewers), btt(n.Sponsored),
			fmt.Sprintf("%d passed (%d fast), %d failed", n.Passed, n.Fast, n.Failed), btt(n.Probes), btt(n.Settled),
		})
	}
	t.notes = append(t.notes, "")
	for _, v := range r.Viewers {
		t.notes = append(t.notes, fmt.Sprintf("%-6s %-10s watched %s in %.1f s and paid %s BTT", v.Name, v.Kind, formatBytes(v.Bytes), v.Seconds, btt(v.Paid)))
	}
	t.notes = append(t.notes, "", fmt.Sprintf("The sponsor's budget was %s BTT: %s went to seeders for its viewers, %s to them for being there; %s are promised in all.",
		btt(r.Sponsor.Budget), btt(r.Sponsor.Revealed), btt(r.Sponsor.Probes), btt(r.Sponsor.Promised)), "")
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
