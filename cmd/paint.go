package cmd

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/piecework/piecework/wallet"
)

// colour is the number of a terminal's colour (ECMA-48 SGR).
type colour string

const (
	red    colour = "31"
	yellow colour = "33"
)

// paint colours a text for people at a terminal; never where NO_COLOR is set (no-color.org) or the terminal is dumb.
func paint(w io.Writer, c colour, text string) string {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(w) {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// say tells a person something, on stderr. Much of it is other people's words: what could move the cursor of a terminal, other than to the next line, does not pass.
func say(c *cli.Context, format string, args ...any) {
	fmt.Fprint(c.App.ErrWriter, wallet.PrintableLines(fmt.Sprintf(format, args...)))
}

// warn says what a person should look at before going on.
func warn(c *cli.Context, text string) {
	w := c.App.ErrWriter
	fmt.Fprintln(w, paint(w, yellow, "! "+wallet.PrintableLines(text)))
}

func isTerminal(stream any) bool {
	f, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd()))
}
