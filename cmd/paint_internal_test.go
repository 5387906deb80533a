package cmd

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestStrangersWordsDoNotMoveTheCursor: of a table, its notes, an error with its hint, a warning and what is said on the way, lines may end and nothing else may happen.
func TestStrangersWordsDoNotMoveTheCursor(t *testing.T) {
	const evil = "gone\x1b[1A\x1b[2K\rsafe\u202e\u009b2J"
	var out bytes.Buffer
	c := cli.NewContext(&cli.App{ErrWriter: &out}, nil, nil)
	if err := writeTable(&out, table{heading: []string{evil}, rows: [][]string{{evil, evil}}, notes: []string{evil + "\nand more"}}); err != nil {
		t.Fatal(err)
	}
	complain(&out, "table", withHint(errors.New(evil), "%s", evil))
	warn(c, evil)
	say(c, "%s\n", evil)
	if text := out.String(); strings.ContainsAny(text, "\x1b\r\u202e\u009b") || strings.Count(text, "safe") != 8 || strings.Count(text, "\n") != 8 {
		t.Errorf("%q", text)
	}
}
