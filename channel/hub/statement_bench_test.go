package hub_test

import (
	"fmt"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// BenchmarkStatement is the last page of an account with that many lines.
func BenchmarkStatement(b *testing.B) {
	for name, where := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		for _, n := range []int{1_000, 100_000} {
			w := newWorld(b, where(b))
			for from := 0; from < n; from += 5_000 {
				err := w.s.Update(ctx, func(t *store.Tx) error {
					for range min(n-from, 5_000) {
						e := channel.Entry{Kind: "redeem", Lines: []channel.Line{{Account: hub.Direct, Debit: amount(1)}, {Account: hub.Fees, Credit: amount(1)}}}
						if err := t.Book(&e); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					s, err := w.h.Statement(ctx, hub.Fees, channel.TRX, int64(n-100), 100)
					if err != nil || len(s.Lines) != 100 || s.Closing != amount(uint64(n)) {
						b.Fatal(len(s.Lines), s.Closing, err)
					}
				}
			})
		}
	}
}
