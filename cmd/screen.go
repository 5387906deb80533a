package cmd

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/piecework/piecework/wallet"
)

// screen shows how long work stands: on a terminal a few lines that change in place, elsewhere nothing until somebody prints a line.
type screen struct {
	w        io.Writer
	file     *os.File // nil: not a terminal
	occupied int      // lines that stand there now
}

// newScreen is a screen on a stream.
func newScreen(w io.Writer) *screen {
	s := &screen{w: w}
	if file, is := w.(*os.File); is && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		s.file = file
	}
	return s
}

// live says whether lines can change in place.
func (s *screen) live() bool { return s.file != nil }

// show replaces what stands there.
func (s *screen) show(lines ...string) {
	if !s.live() {
		return
	}
	var b strings.Builder
	s.wipe(&b)
	width := s.width()
	for _, line := range lines {
		b.WriteString(cut(wallet.Printable(line), width) + "\n")
	}
	s.occupied = len(lines)
	_, _ = io.WriteString(s.w, b.String())
}

// print writes a line that stays; what stands there goes until the next show.
func (s *screen) print(format string, args ...any) {
	var b strings.Builder
	s.wipe(&b)
	s.occupied = 0
	b.WriteString(wallet.PrintableLines(fmt.Sprintf(format, args...)) + "\n")
	_, _ = io.WriteString(s.w, b.String())
}

func (s *screen) wipe(b *strings.Builder) {
	if s.occupied > 0 {
		fmt.Fprintf(b, "\x1b[%dA\x1b[J", s.occupied)
	}
}

func (s *screen) width() int {
	if width, _, err := term.GetSize(int(s.file.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// cut keeps a line from wrapping, or the lines above it could not be found again.
func cut(line string, width int) string {
	if utf8.RuneCountInString(line) < width {
		return line
	}
	return string([]rune(line)[:max(0, width-2)]) + "…"
}
