package server

import (
	"encoding/binary"
	"errors"
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

// sentWorld is a settler that does not lead, with a channel on which something is due and n transactions about others that are newer than anything about it.
func sentWorld(tb testing.TB, where string, n int) (*Settler, channel.ID) {
	tb.Helper()
	ctx, now := tb.Context(), time.Unix(1_800_000_000, 0)
	db, err := store.Open(ctx, where)
	if err != nil {
		tb.Fatal(err)
	}
	log := wallettest.Log(tb)
	l, err := ledger.Open(ctx, ledger.Config{Store: db, Log: log, Now: func() time.Time { return now }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = l.Close(), db.Close() })
	r := channel.NewRecord(channel.Terms{Payer: wallet.AddressFromEVM([20]byte{1}), Payee: chaintest.Key(0).Address(), Challenge: 24 * time.Hour}, channel.NewAmount(100))
	r.Held.Channel, r.Held.Cumulative, r.DueSince = r.ID, channel.NewAmount(50), now.Unix()
	if err := db.Update(ctx, func(t *store.Tx) error { return t.PutChannel(&r) }); err != nil {
		tb.Fatal(err)
	}
	for from := 0; from < n; from += 5_000 {
		err := db.Update(ctx, func(t *store.Tx) error {
			for i := from; i < min(n, from+5_000); i++ {
				other := channel.Intent{Kind: "settleBatch", State: channel.IntentSolid, Raw: []byte{1}, Created: now.Add(time.Minute).UnixMilli() + int64(i), Settles: []channel.IntentChannel{{Channel: channel.ID{31: 1}}}}
				binary.BigEndian.PutUint64(other.TxID[:], uint64(i)+1)
				if err := t.PutIntent(other); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return &Settler{ledger: l, store: db, sender: &chain.Sender{Key: chaintest.Key(0)}, now: func() time.Time { return now }, tendEvery: time.Millisecond, log: log}, r.ID
}

// about is a transaction about that channel.
func about(id channel.ID, n byte, state channel.IntentState, created time.Time) channel.Intent {
	return channel.Intent{
		TxID: [32]byte{0xff, n}, Kind: "settleBatch", State: state, Raw: []byte{1}, Created: created.UnixMilli(), Settles: []channel.IntentChannel{{Channel: id, Worth: channel.NewAmount(50)}},
	}
}

// What another server is asked for is found however much it has sent since, and by whatever clock: a transaction that is not final, or one that came since it was asked.
func TestAsk(t *testing.T) {
	s, id := sentWorld(t, storetest.SQLite(t), many)
	old := s.now().Add(-time.Hour)
	for _, i := range []channel.Intent{about(id, 1, channel.IntentSolid, old), about(id, 2, channel.IntentInBlock, old)} {
		if err := s.store.PutIntent(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.ask(t.Context(), []channel.ID{id}, false)
	if err != nil || len(found) != 1 || found[0].TxID != ([32]byte{0xff, 2}) {
		t.Fatalf("%+v %v", found, err)
	}

	done := found[0]
	done.State = channel.IntentFailed // what it was to pay is still due
	if err := s.store.UpdateIntent(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.TakeRequests(t.Context()); err != nil { // of the first time
		t.Fatal(err)
	}
	go func() { // the server that settles, whose clock is an hour behind
		for t.Context().Err() == nil {
			if list, err := s.store.TakeRequests(t.Context()); err != nil || len(list) > 0 {
				if err := errors.Join(err, s.store.PutIntent(t.Context(), about(id, 3, channel.IntentSolid, old))); err != nil {
					t.Error(err)
				}
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	found, err = s.ask(t.Context(), []channel.ID{id}, false)
	if err != nil || len(found) != 1 || found[0].TxID != ([32]byte{0xff, 3}) {
		t.Fatalf("%+v %v", found, err)
	}
}

// BenchmarkSent is one look for a transaction about a channel, and one page of the newest, among so many.
func BenchmarkSent(b *testing.B) {
	for name, where := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		for _, n := range []int{1_000, 100_000} {
			s, id := sentWorld(b, where(b), n)
			if err := s.store.PutIntent(b.Context(), about(id, 2, channel.IntentInBlock, s.now())); err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d/about", name, n), func(b *testing.B) {
				for b.Loop() {
					if found, err := s.sentFor(b.Context(), id, false, func(channel.Intent) bool { return true }); err != nil || found == nil {
						b.Fatal(found, err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/page", name, n), func(b *testing.B) {
				for b.Loop() {
					if list, err := s.Intents(b.Context(), 20); err != nil || len(list) != 20 {
						b.Fatal(len(list), err)
					}
				}
			})
		}
	}
}
