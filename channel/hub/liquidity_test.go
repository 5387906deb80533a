package hub_test

import (
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
)

// A hub promises nothing on a frozen channel, and quotes nothing of it either.
func TestQuoteOfAFrozenChannel(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	s := w.seeder(1, 20_000)
	available := func() channel.Amount {
		t.Helper()
		q, err := w.h.Quote(ctx, s.Payee, channel.TRX, amount(unit))
		if err != nil {
			t.Fatal(err)
		}
		return q.Available
	}
	if available() != amount(20_000) {
		t.Fatalf("%s", available())
	}
	if _, err := w.l.Freeze(ctx, s.ID()); err != nil {
		t.Fatal(err)
	}
	if !available().IsZero() {
		t.Fatalf("%s of a frozen channel are quoted", available())
	}
}
