package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
)

// result is what a command prints on stdout: a table for people, one JSON object for programs.
type result interface {
	// schema names the JSON form, "piecework.transfer.v1". A field is never removed or given another meaning under the same schema.
	schema() string
	// table is the form for people.
	table() table
}

// table is columns with a heading, or pairs of name and value when there is no heading.
type table struct {
	heading []string
	rows    [][]string
	notes   []string // lines below the table
}

var outputFlag = &cli.StringFlag{
	Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "`FORMAT` of the result: table, json, jsonl",
}

// stdoutKey says that stdout has its one result already: a transaction, see writeTransaction.
const stdoutKey = "stdout"

// printResult writes the result in the format that -o asks for.
func printResult(c *cli.Context, r result) error {
	if c.App.Metadata[stdoutKey] != nil {
		return nil
	}
	var err error
	switch c.String(outputFlag.Name) {
	case "json":
		err = writeJSON(c.App.Writer, r, "  ")
	case "jsonl":
		err = writeJSON(c.App.Writer, r, "")
	default:
		err = writeTable(c.App.Writer, r.table())
	}
	if done, is := r.(interface{ id() string }); err != nil && is && done.id() != "" { // who sees another code would do it again
		return withHint(fmt.Errorf("transaction %s: %w: %w", done.id(), errUntold, err), lookItUp, done.id())
	}
	return err
}

// checkFormat refuses a format that nobody can print. It is asked before a command begins: an error of usage must not come after money was sent.
func checkFormat(c *cli.Context) error {
	switch format := c.String(outputFlag.Name); format {
	case "", "table", "json", "jsonl":
		return nil
	default:
		return usagef("-o %s: want table, json or jsonl", format)
	}
}

func writeTable(w io.Writer, t table) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(t.heading) > 0 {
		writeRow(tw, t.heading)
	}
	for _, row := range t.rows {
		writeRow(tw, row)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, note := range t.notes {
		if _, err := fmt.Fprintln(w, wallet.PrintableLines(note)); err != nil {
			return err
		}
	}
	return nil
}

func writeRow(w io.Writer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		fmt.Fprint(w, wallet.Printable(cell))
	}
	fmt.Fprintln(w)
}

// writeJSON puts the schema in front of the result's own fields.
func writeJSON(w io.Writer, r interface{ schema() string }, indent string) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	joined := append([]byte(fmt.Sprintf(`{"schema":%q`, r.schema())), bytes.Replace(body, []byte("{"), []byte(","), 1)...)
	if string(body) == "{}" {
		joined = []byte(fmt.Sprintf(`{"schema":%q}`, r.schema()))
	}
	if indent != "" {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, joined, "", indent); err != nil {
			return fmt.Errorf("encoding the result: %w", err)
		}
		joined = pretty.Bytes()
	}
	_, err = fmt.Fprintln(w, string(joined))
	return err
}
