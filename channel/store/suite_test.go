package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

var (
	ctx    = context.Background()
	alice  = wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	bob    = wallet.AddressFromEVM([20]byte{1, 2, 3})
	usd, _ = channel.TRC20(alice)
)

// open opens a store and closes it with the test.
func open(t testing.TB, where string) *store.Store {
	t.Helper()
	s, err := store.Open(ctx, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// record is a channel with a voucher of cumulative and a tail with some steps revealed; the store checks no signatures.
func record(n byte, cumulative uint64) channel.Record {
	r := channel.NewRecord(channel.Terms{Payer: alice, Payee: bob, Signer: alice, Asset: usd, Challenge: time.Hour, Seed: [32]byte{n}}, channel.NewAmount(1_000_000))
	r.Held = channel.SignedVoucher{Voucher: channel.Voucher{
		Channel: r.ID, Cumulative: channel.NewAmount(cumulative), Tails: []channel.Tail{{Anchor: channel.Anchor{n}, Unit: channel.NewAmount(3), Length: 100, Expiry: 1_900_000_000}},
	}, Signature: wallet.Signature{n, 64: 27}}
	r.Reveals = []channel.Progress{{Count: 5, Preimage: [32]byte{n, 1}}}
	r.Accepted, r.DueSince = 2, 1_800_000_000
	return r
}

func put(t testing.TB, s *store.Store, r *channel.Record) {
	t.Helper()
	if err := s.Update(ctx, func(t *store.Tx) error { return t.PutChannel(r) }); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *store.Store, id channel.ID) (r channel.Record) {
	t.Helper()
	if err := s.View(ctx, func(t *store.Tx) (err error) {
		r, err = t.Channel(id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return r
}

func equal(t testing.TB, got, want channel.Record) {
	t.Helper()
	if string(got.AppendEvidence(nil)) != string(want.AppendEvidence(nil)) || got.Terms != want.Terms || got.Deposit != want.Deposit || got.Settled != want.Settled ||
		got.State != want.State || got.CloseAt != want.CloseAt || got.ClosingSeen != want.ClosingSeen || got.Frozen != want.Frozen || got.Accepted != want.Accepted ||
		got.Version != want.Version || got.DueSince != want.DueSince {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
}

func TestChannels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		r := record(1, 100)
		put(t, s, &r)
		equal(t, get(t, s, r.ID), r)
		r.State, r.CloseAt, r.ClosingSeen, r.Frozen, r.Settled = channel.Closing, 1_800_000_001, 77, true, channel.NewAmount(5)
		put(t, s, &r)
		equal(t, get(t, s, r.ID), r)

		behind := r
		behind.Version--
		if err := s.Update(ctx, func(t *store.Tx) error { return t.PutChannel(&behind) }); !errors.Is(err, store.ErrConflict) {
			t.Errorf("writing upon an old version: %v", err)
		}
		again := record(1, 100)
		if err := s.Update(ctx, func(t *store.Tx) error { return t.PutChannel(&again) }); !errors.Is(err, store.ErrConflict) {
			t.Errorf("opening twice: %v", err)
		}
		if err := s.View(ctx, func(t *store.Tx) error { _, err := t.Channel(channel.ID{9}); return err }); !errors.Is(err, channel.ErrUnknownChannel) {
			t.Errorf("unknown channel: %v", err)
		}
		if err := s.View(ctx, func(t *store.Tx) error { return t.PutChannel(&r) }); err == nil {
			t.Error("a view wrote")
		}
	})
}

func TestLargestAmount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		r := record(1, 100)
		r.Deposit = channel.MaxAmount()
		r.Held.Tails, r.Reveals = nil, nil
		r.Held.Cumulative = channel.MaxAmount()
		put(t, s, &r)
		equal(t, get(t, s, r.ID), r)
	})
}

func TestQuery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		for n := range byte(10) {
			r := record(n, 1)
			if n%2 == 0 {
				r.State = channel.Closed
			}
			if n == 9 {
				r.Terms.Payee = alice
				r.ID = r.Terms.ID()
			}
			put(t, s, &r)
		}
		count := func(q channel.Query) (n int) {
			last := channel.ID{}
			if err := s.View(ctx, func(tx *store.Tx) error {
				return tx.Channels(q, func(r channel.Record) error {
					if n > 0 && string(r.ID[:]) <= string(last[:]) {
						t.Error("not in the order of ids")
					}
					last = r.ID
					n++
					return nil
				})
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for q, want := range map[channel.Query]int{
			{}: 10, {Live: true}: 5, {Payee: bob}: 9, {Payee: alice}: 1, {Payer: alice, Live: true}: 5, {Payer: bob}: 0, {Limit: 3}: 3, {After: channel.ID{0xff, 0xff, 0xff}}: 0,
		} {
			if got := count(q); got != want {
				t.Errorf("%+v selects %d, want %d", q, got, want)
			}
		}
	})
}

func TestSaveEvidence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		var all []channel.Record
		for n := range byte(6) {
			r := record(n, 100)
			put(t, s, &r)
			all = append(all, r)
		}
		frozen, closing, behind := all[1], all[2], all[3]
		frozen.Frozen = true
		put(t, s, &frozen)
		closing.State = channel.Closing
		put(t, s, &closing)
		behind.Held.Cumulative = channel.NewAmount(150)
		put(t, s, &behind)
		all[1].Version, all[2].Version = frozen.Version, closing.Version // as if memory did not know what happened but had the version
		unknown := record(50, 100)
		unknown.Version = 1
		for i := range all {
			all[i].Held.Cumulative = channel.NewAmount(200)
		}
		all[4].Held.Cumulative = channel.NewAmount(999_999) // with its tail over the deposit
		lost, err := s.SaveEvidence(ctx, append(all, unknown))
		if err != nil {
			t.Fatal(err)
		}
		want := map[channel.ID]bool{all[1].ID: true, all[2].ID: true, all[3].ID: true, all[4].ID: true, unknown.ID: true}
		for _, id := range lost {
			if !want[id] {
				t.Errorf("lost %s", id.Short())
			}
			delete(want, id)
		}
		if len(want) != 0 {
			t.Errorf("%d were written against their condition", len(want))
		}
		for i, w := range map[int]uint64{0: 200, 1: 100, 2: 100, 3: 150, 4: 100, 5: 200} {
			if got := get(t, s, all[i].ID).Held.Cumulative; got != channel.NewAmount(w) {
				t.Errorf("channel %d holds %s, want %d", i, got, w)
			}
		}
		if got := get(t, s, all[0].ID).Version; got != all[0].Version+1 {
			t.Errorf("version %d", got)
		}
		_ = s.Close()
		s = open(t, where)
		if got := get(t, s, all[5].ID).Held.Cumulative; got != channel.NewAmount(200) {
			t.Errorf("after reopening %s", got)
		}
	})
}

// TestPutEvidence writes evidence with something else: both are there or neither, under the conditions of SaveEvidence, and PutChannel goes on from it.
func TestPutEvidence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		r := record(1, 100)
		put(t, s, &r)
		write := func(r channel.Record, received int64, end error) (channel.Record, error) {
			err := s.Update(ctx, func(t *store.Tx) error {
				if err := t.PutReceived(r.ID, received); err != nil {
					return err
				}
				if err := t.PutEvidence(&r); err != nil {
					return err
				}
				return end
			})
			return r, err
		}
		check := func(want channel.Record, received int64) {
			t.Helper()
			equal(t, get(t, s, want.ID), want)
			if err := s.View(ctx, func(tx *store.Tx) error {
				got, err := tx.Received(want.ID)
				if got != received {
					t.Errorf("%d bytes are noted, want %d", got, received)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		next, stop := r.Clone(), errors.New("stop")
		next.Reveals[0] = channel.Progress{Count: 6, Preimage: [32]byte{1, 2}}
		if _, err := write(next, 1, stop); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		check(r, 0)
		written, err := write(next, 2, nil)
		if err != nil || written.Version != r.Version+1 {
			t.Fatalf("version %d after %d: %v", written.Version, r.Version, err)
		}
		check(written, 2)
		if _, err := write(next, 3, nil); !errors.Is(err, store.ErrConflict) {
			t.Errorf("written upon an old version: %v", err)
		}
		check(written, 2)
		closing := written.Clone()
		closing.State = channel.Closing
		put(t, s, &closing)
		if _, err := write(closing, 4, nil); !errors.Is(err, store.ErrConflict) {
			t.Errorf("written to a channel that closes: %v", err)
		}
		_ = s.Close()
		s = open(t, where)
		check(closing, 2)
	})
}

func TestRollback(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		r := record(1, 100)
		stop := errors.New("stop")
		err := s.Update(ctx, func(t *store.Tx) error {
			if err := t.PutChannel(&r); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if err := s.View(ctx, func(t *store.Tx) error { _, err := t.Channel(r.ID); return err }); !errors.Is(err, channel.ErrUnknownChannel) {
			t.Fatalf("half a transaction is there: %v", err)
		}
	})
}

func TestCursor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		block := func(n int64) channel.Block {
			return channel.Block{Number: n, Hash: [32]byte{byte(n)}, Parent: [32]byte{byte(n - 1)}, Time: n * 3000}
		}
		one := channel.Cursor{Solid: block(1), Head: block(3), Window: []channel.Block{block(2), block(3)}}
		two := channel.Cursor{Solid: block(2), Head: block(3), Window: []channel.Block{block(3)}}
		move := func(from, to channel.Cursor) error {
			return s.Update(ctx, func(t *store.Tx) error { return t.PutCursor(from, to) })
		}
		if err := errors.Join(move(channel.Cursor{}, one), move(one, two)); err != nil {
			t.Fatal(err)
		}
		if err := move(one, two); !errors.Is(err, store.ErrConflict) {
			t.Errorf("moving it from where it is not: %v", err)
		}
		if err := s.View(ctx, func(tx *store.Tx) error {
			got, err := tx.Cursor()
			if err != nil || got.Solid != two.Solid || got.Head != two.Head || len(got.Window) != 1 || got.Window[0] != block(3) {
				t.Errorf("got %+v %v", got, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestIntents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		i := channel.Intent{
			TxID: [32]byte{1}, Kind: "settleBatch", Raw: []byte("signed"), State: channel.IntentSigned, Created: 1, Expires: 2, FeeLimit: 3, Fence: 4,
			Settles: []channel.IntentChannel{{Channel: channel.ID{1}, Worth: channel.NewAmount(7)}, {Channel: channel.ID{2}, Worth: channel.NewAmount(8)}},
		}
		if err := s.PutIntent(ctx, i); err != nil {
			t.Fatal(err)
		}
		if err := s.PutIntent(ctx, i); err == nil {
			t.Error("stored twice")
		}
		open, err := s.OpenIntents(ctx)
		if err != nil || len(open) != 1 || len(open[0].Settles) != 2 || open[0].Settles[1] != i.Settles[1] || string(open[0].Raw) != "signed" || open[0].Fence != 4 {
			t.Fatalf("%+v %v", open, err)
		}
		i.State, i.Block, i.Fee, i.Energy, i.Note = channel.IntentSolid, 9, 10, 11, "done"
		if err := s.UpdateIntent(ctx, i); err != nil {
			t.Fatal(err)
		}
		i.State = channel.IntentSigned
		if err := s.UpdateIntent(ctx, i); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a final state was left: %v", err)
		}
		if open, err = s.OpenIntents(ctx); err != nil || len(open) != 0 {
			t.Fatalf("%+v %v", open, err)
		}
	})
}

// What was paid to an account is told once, from a block and a time on; what it paid itself, as a hub does, is no income.
func TestSettlements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		mine, paid := record(1, 0), channel.NewRecord(channel.Terms{Payer: bob, Payee: alice, Signer: bob, Challenge: time.Hour}, channel.NewAmount(9))
		put(t, s, &mine)
		put(t, s, &paid)
		at := time.UnixMilli(1_700_000_000_123)
		one := channel.Settlement{Channel: mine.ID, TxID: [32]byte{2}, Block: 3, Time: at.UnixMilli(), Index: 1, Settled: channel.NewAmount(5), Amount: channel.NewAmount(5)}
		two := channel.Settlement{Channel: mine.ID, TxID: [32]byte{3}, Block: 4, Settled: channel.NewAmount(9), Amount: channel.NewAmount(4), Refund: channel.NewAmount(1), Closed: true}
		other := channel.Settlement{Channel: paid.ID, Block: 4, Index: 1, Time: at.UnixMilli()}
		for _, f := range []channel.Settlement{two, one, one, other} {
			if err := s.Update(ctx, func(t *store.Tx) error { return t.PutSettlement(f) }); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			payee wallet.Address
			after int64
			since time.Time
			want  []channel.Settlement
		}{
			{bob, 0, time.Time{}, []channel.Settlement{one, two}},
			{bob, 0, at, []channel.Settlement{one, two}},
			{bob, 0, at.Add(time.Millisecond), []channel.Settlement{two}}, // when that was is not known
			{bob, 3, time.Time{}, []channel.Settlement{two}},
			{bob, 4, time.Time{}, nil},
			{alice, 0, time.Time{}, []channel.Settlement{other}},
		} {
			var got []channel.Settlement
			if err := s.View(ctx, func(tx *store.Tx) error {
				return tx.Settlements(c.payee, c.after, c.since, func(f channel.Settlement, a channel.Asset) error {
					if want := map[wallet.Address]channel.Asset{bob: usd, alice: channel.TRX}[c.payee]; a != want {
						t.Errorf("paid in %s, want %s", a, want)
					}
					got = append(got, f)
					return nil
				})
			}); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%+v: %+v %v", c, got, err)
			}
		}
	})
}
