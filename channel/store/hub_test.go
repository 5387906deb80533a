package store_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

func TestBook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		rng := rand.New(rand.NewPCG(1, 1))
		accounts := []string{"wallet", "owed:a", "owed:b", "fees"}
		for range 30 {
			e := channel.Entry{Kind: "redeem", Ref: "x", At: 5}
			for _, a := range []channel.Asset{channel.TRX, usd} {
				n := channel.NewAmount(rng.Uint64N(1_000) + 1)
				e.Lines = append(e.Lines, channel.Line{Account: accounts[rng.IntN(2)], Asset: a, Debit: n}, channel.Line{Account: accounts[2+rng.IntN(2)], Asset: a, Credit: n})
			}
			if err := s.Update(ctx, func(t *store.Tx) error { return t.Book(&e) }); err != nil {
				t.Fatal(err)
			}
		}
		for name, lines := range map[string][]channel.Line{
			"nothing":          nil,
			"one side":         {{Account: "wallet", Debit: channel.NewAmount(1)}},
			"two assets":       {{Account: "wallet", Debit: channel.NewAmount(1)}, {Account: "fees", Asset: usd, Credit: channel.NewAmount(1)}},
			"a line with both": {{Account: "wallet", Debit: channel.NewAmount(1), Credit: channel.NewAmount(1)}},
			"a line with none": {{Account: "wallet"}},
			"more than can be": {{Account: "wallet", Debit: channel.MaxAmount()}, {Account: "fees", Credit: channel.MaxAmount()}},
		} {
			err := s.Update(ctx, func(t *store.Tx) error { return t.Book(&channel.Entry{Lines: lines}) })
			if !errors.Is(err, channel.ErrUnbalanced) && !errors.Is(err, channel.ErrAmount) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.View(ctx, func(tx *store.Tx) error {
			entries, last := 0, int64(0)
			err := tx.Entries(0, "", 100, func(e channel.Entry) error {
				if entries++; e.Seq != last+1 {
					t.Errorf("entry %d after %d", e.Seq, last)
				}
				last = e.Seq
				return nil
			})
			if err != nil || entries != 30 {
				t.Errorf("%d entries, %v", entries, err)
			}
			some := 0
			if err := tx.Entries(0, "fees", 100, func(channel.Entry) error { some++; return nil }); err != nil || some == 0 || some == 30 {
				t.Errorf("%d entries of one account, %v", some, err)
			}
			return tx.Audit()
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// What is booked while a view is open does not show in it: a book is audited, and an account added up, by several statements.
func TestViewIsOneSnapshot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		book := func() {
			t.Helper()
			if err := s.Update(ctx, func(tx *store.Tx) error {
				return tx.Book(&channel.Entry{Kind: "test", Lines: []channel.Line{
					{Account: "wallet", Asset: usd, Debit: channel.NewAmount(1)}, {Account: "float", Asset: usd, Credit: channel.NewAmount(1)},
				}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		book()
		if err := s.View(ctx, func(tx *store.Tx) error {
			for n := range 2 {
				if b, err := tx.Balance("wallet", usd); err != nil || b.Debit != channel.NewAmount(1) {
					t.Errorf("look %d: %s %v", n, b.Debit, err)
				}
				if n == 0 {
					book()
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		one := channel.Session{
			Anchor: channel.Anchor{1}, Inbound: channel.ID{2}, Outbound: channel.ID{3}, UnitIn: channel.NewAmount(11), UnitOut: channel.NewAmount(10), Length: 256,
			ExpiryIn: 20, ExpiryOut: 10, State: channel.SessionOpen, Created: 7,
		}
		put := func(x channel.Session) error {
			return s.Update(ctx, func(t *store.Tx) error { return t.PutSession(x) })
		}
		update := func(x channel.Session) error {
			return s.Update(ctx, func(t *store.Tx) error { return t.UpdateSession(x) })
		}
		if err := put(one); err != nil {
			t.Fatal(err)
		}
		if err := put(one); !errors.Is(err, store.ErrConflict) {
			t.Errorf("one anchor twice: %v", err)
		}
		one.Redeemed, one.Preimage = 100, [32]byte{9}
		if err := update(one); err != nil {
			t.Fatal(err)
		}
		back := one
		back.Redeemed = 99
		if err := update(back); !errors.Is(err, store.ErrConflict) {
			t.Errorf("it went back: %v", err)
		}
		if err := s.View(ctx, func(tx *store.Tx) error {
			got, err := tx.Session(one.Anchor)
			if err != nil || got != one || got.Reserved() != channel.NewAmount(1_560) {
				t.Errorf("%+v %v", got, err)
			}
			for _, id := range []channel.ID{{}, {2}, {3}} {
				if list, err := tx.OpenSessions(id); err != nil || len(list) != 1 {
					t.Errorf("%v %v", list, err)
				}
			}
			_, err = tx.Session(channel.Anchor{9})
			return err
		}); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		one.State = channel.SessionDone
		if err := update(one); err != nil {
			t.Fatal(err)
		}
		if err := update(one); !errors.Is(err, store.ErrConflict) {
			t.Errorf("on from a final state: %v", err)
		}
	})
}

// Many writers at once: numbers have no gaps, and no reader ever sees one before its predecessors.
func TestNewsHasNoGaps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		const writers, each = 4, 15
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range each {
					if err := s.Update(ctx, func(t *store.Tx) error { return t.Tell(&channel.News{Kind: "paid", Channel: channel.ID{1}}) }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		seen := int64(0)
		for seen < writers*each {
			if err := s.View(ctx, func(tx *store.Tx) error {
				list, err := tx.News(seen, 7)
				for _, n := range list {
					if n.Seq != seen+1 {
						t.Fatalf("%d after %d", n.Seq, seen)
					}
					seen = n.Seq
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		group.Wait()
	})
}

func TestAnswers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		a := channel.Answer{Scope: "alice/Settle", Key: "k", Request: [32]byte{1}, Body: []byte("yes"), Created: 10}
		put := func() error { return s.Update(ctx, func(t *store.Tx) error { return t.PutAnswer(a) }) }
		if err := put(); err != nil {
			t.Fatal(err)
		}
		if err := put(); !errors.Is(err, store.ErrConflict) {
			t.Errorf("twice: %v", err)
		}
		read := func() (got channel.Answer, err error) {
			err = s.View(ctx, func(t *store.Tx) error {
				got, err = t.Answer(a.Scope, a.Key)
				return err
			})
			return got, err
		}
		if got, err := read(); err != nil || got.Request != a.Request || string(got.Body) != "yes" {
			t.Errorf("%+v %v", got, err)
		}
		if err := s.Update(ctx, func(t *store.Tx) error { return t.DropAnswers(11) }); err != nil {
			t.Fatal(err)
		}
		if _, err := read(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after a week: %v", err)
		}
	})
}
