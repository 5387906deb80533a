package cmd

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
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

// warn says what a person should look at before going on.
func warn(w io.Writer, text string) { fmt.Fprintln(w, paint(w, yellow, "! "+text)) }

func isTerminal(stream any) bool {
	f, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(f.Fd()))
}
