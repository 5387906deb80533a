package cmd

import (
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"
)

// progress shows how far long work has come: one line that changes on a terminal, a line now and then elsewhere.
type progress struct {
	w        io.Writer
	what     string
	total    int64
	unit     string
	terminal bool
	shown    time.Time
}

// Between two lines; shorter work shows nothing at all.
const (
	progressEvery = 200 * time.Millisecond
	progressLines = 10 * time.Second
)

func newProgress(c *cli.Context, what string, total int64, unit string) *progress {
	return &progress{w: c.App.ErrWriter, what: what, total: total, unit: unit, terminal: isTerminal(c.App.ErrWriter), shown: time.Now()}
}

func (p *progress) at(done int64) {
	every := progressLines
	if p.terminal {
		every = progressEvery
	}
	if time.Since(p.shown) < every {
		return
	}
	p.shown = time.Now()
	line := fmt.Sprintf("%s %d of %d %s", p.what, done, p.total, p.unit)
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K"+line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// end takes the changing line away.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
