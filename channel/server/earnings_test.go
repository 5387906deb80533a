package server

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet/wallettest"
)

func TestDayOf(t *testing.T) {
	midnight := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	head := channel.Block{Number: 1000, Time: midnight.Add(time.Hour).UnixMilli()}
	for _, c := range []struct {
		name string
		fact channel.Settlement
		want string
	}{
		{"the last millisecond of a day", channel.Settlement{Block: 1000, Time: midnight.UnixMilli() - 1}, "2026-02-28"},
		{"the first one of the next", channel.Settlement{Block: 1, Time: midnight.UnixMilli()}, "2026-03-01"},
		{"from before the time was kept", channel.Settlement{Block: 1000 - 1200}, "2026-03-01"},
		{"a block before that", channel.Settlement{Block: 1000 - 1201}, "2026-02-28"},
	} {
		if got := dayOf(&c.fact, head); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A hub's earnings are what its channels brought, not what seeders took from it; each settlement counts once, however often the page is looked at, and for thirty days.
func TestEarningsAreOfTheLastDays(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, t.TempDir()+"/server.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	hub, viewer, seeder := wallettest.Key(t).Address(), wallettest.Key(t).Address(), wallettest.Key(t).Address()
	in := channel.NewRecord(channel.Terms{Payer: viewer, Payee: hub, Signer: viewer, Asset: channel.TRX, Challenge: time.Hour}, channel.NewAmount(1000))
	out := channel.NewRecord(channel.Terms{Payer: hub, Payee: seeder, Signer: hub, Asset: channel.TRX, Challenge: time.Hour}, channel.NewAmount(1000))
	if err := s.Update(ctx, func(t *store.Tx) error { return errors.Join(t.PutChannel(&in), t.PutChannel(&out)) }); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	became := func(block int64, of channel.ID, at time.Time, amount uint64) {
		t.Helper()
		if err := s.Update(ctx, func(t *store.Tx) error {
			from, err := t.Cursor()
			if err != nil {
				return err
			}
			to := channel.Cursor{Solid: channel.Block{Number: block, Time: at.UnixMilli()}, Head: channel.Block{Number: block + 19, Time: at.UnixMilli()}}
			return errors.Join(t.PutCursor(from, to), t.PutSettlement(channel.Settlement{Channel: of, Block: block, Time: at.UnixMilli(), Amount: channel.NewAmount(amount), Settled: channel.NewAmount(amount)}))
		}); err != nil {
			t.Fatal(err)
		}
	}
	e := &earnings{of: hub, sums: map[assetDay]channel.Amount{}}
	shown := func(now time.Time, want map[assetDay]channel.Amount) {
		t.Helper()
		for range 2 {
			if got, err := e.read(ctx, s, now); err != nil || !maps.Equal(got, want) {
				t.Errorf("%v (%v), want %v", got, err, want)
			}
		}
	}
	became(10, in.ID, time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC), 1)
	became(20, in.ID, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 2)
	became(30, out.ID, now, 400)
	became(31, in.ID, now, 8)
	second, last := assetDay{channel.TRX, "2026-03-02"}, assetDay{channel.TRX, "2026-03-31"}
	shown(now, map[assetDay]channel.Amount{second: channel.NewAmount(2), last: channel.NewAmount(8)})
	became(32, in.ID, now, 16)
	became(33, in.ID, now, 0) // a channel that closed with nothing due
	shown(now, map[assetDay]channel.Amount{second: channel.NewAmount(2), last: channel.NewAmount(24)})
	late := channel.Settlement{Channel: in.ID, Block: 33, Index: 1 << 20, Time: now.UnixMilli(), Amount: channel.NewAmount(32), Settled: channel.NewAmount(32)}
	if err := s.Update(ctx, func(t *store.Tx) error { return t.PutSettlement(late) }); err != nil { // a node kept its event back
		t.Fatal(err)
	}
	shown(now, map[assetDay]channel.Amount{second: channel.NewAmount(2), last: channel.NewAmount(56)})
	became(5000, in.ID, now, 64) // what came before is not read again
	shown(now, map[assetDay]channel.Amount{second: channel.NewAmount(2), last: channel.NewAmount(120)})
	shown(now.Add(24*time.Hour), map[assetDay]channel.Amount{last: channel.NewAmount(120)})
}
