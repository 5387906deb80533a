package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

// locked is the sum of an asset, and whether it was counted.
func locked(t *testing.T, s *store.Store) (l store.Locked, counted bool) {
	t.Helper()
	err := s.View(ctx, func(tx *store.Tx) (err error) { l, err = tx.Locked(usd); return err })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return l, err == nil
}

func sumOf(units uint64, idle int64) store.Locked {
	return store.Locked{Amount: channel.NewAmount(units), Idle: idle}
}

// What is locked is added up once it was counted; a share that is not in the sum makes it uncounted, never wrong.
func TestLocked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		move := func(was, is store.Locked) {
			t.Helper()
			if err := s.Update(ctx, func(t *store.Tx) error { return t.MoveLocked(usd, was, is) }); err != nil {
				t.Fatal(err)
			}
		}
		move(store.Locked{}, sumOf(5, 1))
		if l, counted := locked(t, s); counted {
			t.Fatalf("%+v before it was counted", l)
		}
		if err := s.Update(ctx, func(t *store.Tx) error {
			return t.CountLocked(func() (map[channel.Asset]store.Locked, error) {
				return map[channel.Asset]store.Locked{usd: sumOf(100, 2)}, nil
			})
		}); err != nil {
			t.Fatal(err)
		}
		move(store.Locked{}, sumOf(5, 1))
		move(sumOf(50, 2), sumOf(20, 0))
		if l, counted := locked(t, s); !counted || l != sumOf(75, 1) {
			t.Fatalf("%+v %v", l, counted)
		}
		move(sumOf(76, 0), store.Locked{})
		if l, counted := locked(t, s); counted {
			t.Fatalf("%+v, though more was taken out than was in it", l)
		}
	})
}

// Channels that are opened while all are counted are in the sum once, whichever transaction ends first.
func TestLockedIsCountedWhileItGrows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		count := func() error {
			return s.Update(ctx, func(tx *store.Tx) error {
				return tx.CountLocked(func() (map[channel.Asset]store.Locked, error) {
					var sum store.Locked
					err := tx.Channels(channel.Query{}, func(r channel.Record) error {
						sum.Amount, sum.Idle = sum.Amount.Add(r.Deposit), sum.Idle+1
						return nil
					})
					return map[channel.Asset]store.Locked{usd: sum}, err
				})
			})
		}
		var group sync.WaitGroup
		for n := range byte(4) {
			group.Go(func() {
				for i := range byte(20) {
					r := record(n*20+i+1, 1)
					err := s.Update(ctx, func(tx *store.Tx) error {
						return errors.Join(tx.PutChannel(&r), tx.MoveLocked(usd, store.Locked{}, store.Locked{Amount: r.Deposit, Idle: 1}))
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
			group.Go(func() {
				for range 10 {
					if err := count(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if l, counted := locked(t, s); !counted || l != sumOf(80*1_000_000, 80) {
			t.Fatalf("%+v %v", l, counted)
		}
	})
}

// Seeders that may lack something come in the order of their time. One that is noted again while it is looked at stays, and one that waits stays so until a downloader wants it.
func TestLooks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		do := func(fn func(*store.Tx) error) {
			t.Helper()
			if err := s.Update(ctx, fn); err != nil {
				t.Fatal(err)
			}
		}
		seeder := func(n byte) channel.Seeder {
			return channel.Seeder{Payee: wallet.AddressFromEVM([20]byte{n}), Asset: usd, Created: int64(n)}
		}
		looks := func(waits bool, after store.Look, limit int) (list []store.Look) {
			t.Helper()
			if err := s.View(ctx, func(t *store.Tx) (err error) { list, err = t.Looks(usd, waits, after, limit); return err }); err != nil {
				t.Fatal(err)
			}
			return list
		}
		for n := byte(5); n > 0; n-- {
			do(func(t *store.Tx) error {
				return errors.Join(t.PutSeeder(seeder(n)), t.NoteLook(store.Look{Seeder: seeder(n), Waits: n%2 == 1, Since: int64(n)}))
			})
		}
		page := looks(true, store.Look{}, 2)
		if len(page) != 2 || page[0].Seeder != seeder(1) || page[1].Seeder != seeder(3) {
			t.Fatalf("%+v", page)
		}
		if rest := looks(true, page[1], 2); len(rest) != 1 || rest[0].Seeder != seeder(5) {
			t.Fatalf("%+v", rest)
		}
		do(func(t *store.Tx) error {
			return errors.Join(t.NoteLook(store.Look{Seeder: seeder(1), Since: 9}), t.NoteLook(store.Look{Seeder: seeder(2), Waits: true, Since: 9}))
		})
		if list := looks(false, store.Look{}, 9); len(list) != 3 || list[0].Seeder != seeder(1) || list[1].Seeder != seeder(2) {
			t.Fatalf("%+v", list)
		}
		do(func(t *store.Tx) error { return errors.Join(t.DropLook(page[0]), t.DropLook(page[1])) }) // the first was noted since
		if list := looks(true, store.Look{}, 9); len(list) != 1 || len(looks(false, store.Look{}, 9)) != 3 {
			t.Fatalf("%+v", list)
		}
		first := looks(false, store.Look{}, 1)[0]
		do(func(t *store.Tx) error { return t.WaitLook(first) })
		if list := looks(true, store.Look{}, 9); len(list) != 2 || list[0].Seeder != seeder(1) || list[0].Since != 1 {
			t.Fatalf("%+v", list)
		}
	})
}

// What is due is found whether it lies in the row or over it, and a limit counts what is found.
func TestDue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		var want []channel.ID
		for n := range byte(9) {
			r := record(n+1, 100)
			if r.DueSince = 0; n%3 == 0 {
				r.DueSince = 5
			}
			put(t, s, &r)
			if n%3 == 1 {
				r.DueSince = 6
				if lost, err := s.SaveEvidence(ctx, []channel.Record{r}); err != nil || len(lost) > 0 {
					t.Fatal(lost, err)
				}
			}
			if r.DueSince > 0 {
				want = append(want, r.ID)
			}
		}
		find := func(limit int) (n int) {
			t.Helper()
			err := s.View(ctx, func(t *store.Tx) error {
				return t.Channels(channel.Query{Live: true, Due: true, Limit: limit}, func(channel.Record) error { n++; return nil })
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := find(0); n != len(want) || find(2) != 2 {
			t.Fatalf("%d are due, want %d; of two %d", n, len(want), find(2))
		}
	})
}
