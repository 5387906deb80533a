package wallettest

import (
	"io"
	"log/slog"
	"os"
	"testing"
)

// Log is a log at debug level that fails the test when a watched secret is written to it. With PIECEWORK_TEST_LOG set it is shown. Benchmarks have none.
func Log(t testing.TB) *slog.Logger {
	if _, is := t.(*testing.B); is {
		return slog.New(slog.DiscardHandler)
	}
	out := io.Discard
	if os.Getenv("PIECEWORK_TEST_LOG") != "" {
		out = os.Stderr
	}
	return slog.New(slog.NewTextHandler(guard{t, out}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// guard passes on what holds no secret.
type guard struct {
	t   testing.TB
	out io.Writer
}

func (g guard) Write(line []byte) (int, error) {
	if secret := leak(string(line)); secret != "" {
		g.t.Errorf("a secret stands in the log: %s", line)
	}
	return g.out.Write(line)
}
