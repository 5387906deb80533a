package server

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

// BenchmarkCandidates is what a round of settling reads, with that many channels of which one in a hundred has something due, and with something due on each.
func BenchmarkCandidates(b *testing.B) {
	for name, where := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		for _, n := range []int{1_000, 100_000} {
			for _, every := range []int{100, 1} {
				b.Run(fmt.Sprintf("%s/%d/1in%d", name, n, every), func(b *testing.B) {
					s := payers(b, where(b), n, every)
					for b.Loop() {
						list, err := s.candidates(b.Context(), nil, owing)
						if err != nil || len(list) < n/every {
							b.Fatal(len(list), err)
						}
					}
				})
			}
		}
	}
}

// payers is a settler with n channels, on one in every so many of which something is due.
func payers(b *testing.B, where string, n, every int) *Settler {
	b.Helper()
	db, err := store.Open(b.Context(), where)
	if err != nil {
		b.Fatal(err)
	}
	const atOnce = 5_000
	for from := 0; from < n; from += atOnce {
		err := db.Update(b.Context(), func(t *store.Tx) error {
			for i := from; i < min(n, from+atOnce); i++ {
				var evm [20]byte
				binary.BigEndian.PutUint64(evm[12:], uint64(i)+1)
				payer := wallet.AddressFromEVM(evm)
				r := channel.NewRecord(channel.Terms{Payer: payer, Payee: chaintest.Key(0).Address(), Signer: payer, Challenge: 24 * time.Hour}, channel.NewAmount(1<<40))
				if i%every == 0 {
					r.Settled, r.DueSince = channel.NewAmount(10), 1_800_000_000 // what is due without a voucher nobody checks
				}
				if err := t.PutChannel(&r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	log := wallettest.Log(b)
	l, err := ledger.Open(b.Context(), ledger.Config{Store: db, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = l.Close(), db.Close() })
	return &Settler{ledger: l, store: db, sender: &chain.Sender{Key: chaintest.Key(0)}, now: time.Now, log: log}
}
