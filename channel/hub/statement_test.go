package hub_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
)

// Every page of an account is a part of the whole and adds up, also where entries have several lines of it, and lines are from before they said what they add up to.
func TestPagesOfAStatement(t *testing.T) {
	each(t, func(w *world) {
		rng := rand.New(rand.NewPCG(1, 1))
		book := func() {
			t.Helper()
			for range 20 {
				var e channel.Entry
				for range 1 + rng.IntN(3) {
					n := amount(rng.Uint64N(100) + 1)
					e.Lines = append(e.Lines, channel.Line{Account: hub.Direct, Debit: n}, channel.Line{Account: []string{hub.Fees, hub.Float}[rng.IntN(2)], Credit: n})
				}
				if err := w.s.Update(ctx, func(t *store.Tx) error { return t.Book(&e) }); err != nil {
					t.Fatal(err)
				}
			}
		}
		check := func() {
			t.Helper()
			read := func(after int64, limit int) hub.Statement {
				t.Helper()
				s, err := w.h.Statement(ctx, hub.Fees, channel.TRX, after, limit)
				if err != nil || s.Check() != nil {
					t.Fatal(err, s.Check())
				}
				return s
			}
			whole := read(0, 1_000)
			if !whole.Opening.IsZero() || whole.More {
				t.Fatalf("%+v", whole)
			}
			for range 30 {
				limit, lines := 1+rng.IntN(9), []hub.StatementLine{}
				for page := (hub.Statement{More: true, Closing: whole.Opening}); page.More; {
					after := int64(0)
					if len(lines) > 0 {
						after = lines[len(lines)-1].Entry
					}
					next := read(after, limit)
					if next.Opening != page.Closing || len(next.Lines) < limit && next.More {
						t.Fatalf("after entry %d: %+v", after, next)
					}
					lines, page = append(lines, next.Lines...), next
				}
				if !reflect.DeepEqual(lines, whole.Lines) {
					t.Fatalf("pages of %d: %+v\nwhole: %+v", limit, lines, whole.Lines)
				}
			}
			if err := w.s.View(ctx, func(t *store.Tx) error { return t.Audit() }); err != nil {
				t.Fatal(err)
			}
		}
		book()
		check()
		if err := w.s.Downgrade(ctx, 6); err != nil {
			t.Fatal(err)
		}
		w.close()
		w.open()
		w.follow()
		check()
		book()
		check()
	})
}
