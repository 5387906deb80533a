package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
)

// hashing shows how far reading a lot of bytes is: a line that changes on a terminal, elsewhere the beginning and every tenth second.
type hashing struct {
	what   string
	screen *screen
	next   time.Time
}

func newHashing(c *cli.Context, what string) *hashing {
	return &hashing{what: what, screen: newScreen(c.App.ErrWriter)}
}

// report tells how far it is.
func (h *hashing) report(done, total int64) {
	now := time.Now()
	if now.Before(h.next) {
		return
	}
	line := fmt.Sprintf("%s: %s of %s", h.what, formatBytes(done), formatBytes(total))
	if h.screen.live() {
		h.next = now.Add(100 * time.Millisecond)
		h.screen.show(bar(done, total) + " " + line)
		return
	}
	h.next = now.Add(10 * time.Second)
	h.screen.print("%s", line)
}

// end takes the line away.
func (h *hashing) end() {
	if h.screen.live() {
		h.screen.show()
	}
}

// barWidth is how many characters a bar has.
const barWidth = 24

// bar draws how much of something is done.
func bar(done, total int64) string {
	full := 0
	if total > 0 {
		full = int(min(done, total) * barWidth / total)
	}
	b := make([]rune, barWidth)
	for i := range b {
		if b[i] = '░'; i < full {
			b[i] = '█'
		}
	}
	return string(b)
}
