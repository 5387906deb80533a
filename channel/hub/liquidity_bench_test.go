package hub_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

// BenchmarkPosition is what a look at the hub's liquidity takes while nobody lacks anything: with that many seeders, each with a channel and a session, and as many
// downloaders, of which one in a hundred owes something. It is to be the same for any number.
func BenchmarkPosition(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		for name, where := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				w := newWorld(b, where(b))
				crowd(b, w, n)
				w.h = w.newHub() // as in a process that starts
				w.h.Join(w.l, w.s)
				began := time.Now()
				w.position(b)
				counted := time.Since(began)
				for b.Loop() {
					w.position(b)
				}
				b.ReportMetric(counted.Seconds()*1e3, "ms-to-count") // once in a process
			})
		}
	}
}

// position is one look, with what is planned upon it.
func (w *world) position(b *testing.B) {
	b.Helper()
	p, err := w.h.Position(ctx)
	if err != nil {
		b.Fatal(err)
	}
	if steps := w.h.Plan(p); len(steps) > 0 {
		b.Fatalf("%+v", steps[0])
	}
}

// crowd puts n seeders and n downloaders into the store.
func crowd(b *testing.B, w *world, n int) {
	b.Helper()
	const atOnce = 5_000
	for from := 0; from < n; from += atOnce {
		err := w.s.Update(ctx, func(t *store.Tx) error {
			for i := from; i < min(n, from+atOnce); i++ {
				if err := w.pair(t, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// pair is a seeder with a channel that has earned something, a downloader, and an open session of the two.
func (w *world) pair(t *store.Tx, i int) error {
	seeder, downloader := numbered(1, i), numbered(2, i)
	out := channel.NewRecord(channel.Terms{Payer: w.h.Address(), Payee: seeder, Signer: w.h.Address(), Challenge: 24 * time.Hour}, amount(100_000))
	in := channel.NewRecord(channel.Terms{Payer: downloader, Payee: w.h.Address(), Signer: downloader, Challenge: 24 * time.Hour}, amount(100_000))
	s := channel.Session{
		Inbound: in.ID, Outbound: out.ID, UnitIn: amount(11), UnitOut: amount(10), Length: 100, ExpiryIn: w.now.Unix() + 7200, ExpiryOut: w.now.Unix() + 3600, State: channel.SessionOpen,
	}
	binary.BigEndian.PutUint64(s.Anchor[:], uint64(i)+1)
	hold := func(r *channel.Record, paid, unit channel.Amount, expiry int64) {
		r.Held = channel.SignedVoucher{Voucher: channel.Voucher{Channel: r.ID, Cumulative: paid, Tails: []channel.Tail{{Anchor: s.Anchor, Unit: unit, Length: s.Length, Expiry: expiry}}}}
		r.Reveals, r.Settled = make([]channel.Progress, 1), paid
	}
	hold(&out, amount(1_000), s.UnitOut, s.ExpiryOut)
	hold(&in, amount(1_100), s.UnitIn, s.ExpiryIn)
	if i%100 == 0 {
		in.Settled, in.DueSince = amount(100), w.now.Unix()
	}
	for _, r := range []*channel.Record{&out, &in} {
		if err := t.PutChannel(r); err != nil {
			return err
		}
	}
	if err := t.PutSession(s); err != nil {
		return err
	}
	return t.PutSeeder(channel.Seeder{Payee: seeder, Asset: channel.TRX, Created: int64(i)})
}

func numbered(kind byte, i int) wallet.Address {
	var evm [20]byte
	evm[0] = kind
	binary.BigEndian.PutUint64(evm[12:], uint64(i)+1)
	return wallet.AddressFromEVM(evm)
}
