package hub_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// twoServers are two hubs over one PostgreSQL database, both with a fresh view.
func twoServers(t *testing.T) (first, second *world) {
	first = newWorld(t, storetest.Postgres(t))
	second = &world{t: t, where: first.where, key: first.key, now: first.now, block: first.block, terms: first.terms}
	second.open()
	t.Cleanup(second.close)
	return first, second
}

// see lets the second server find what the first has followed.
func (w *world) see(first *world) {
	w.t.Helper()
	w.block = first.block - 1
	if err := w.tryFollow(); err != nil && !errors.Is(err, ledger.ErrMoved) {
		w.t.Fatal(err)
	}
	w.block = first.block
	w.follow()
	first.block = w.block - 1
	if err := first.tryFollow(); err != nil && !errors.Is(err, ledger.ErrMoved) {
		w.t.Fatal(err)
	}
	first.block = w.block
	first.follow()
}

// race runs fn on both servers at once.
func race(list [2]*world, fn func(i int, w *world) error) (failed [2]error) {
	var group sync.WaitGroup
	for i, w := range list {
		group.Go(func() { failed[i] = fn(i, w) })
	}
	group.Wait()
	return failed
}

// Two servers are asked for one session, for two sessions on the last of a deposit, and to redeem the same preimages, all at the same time: each happens once.
func TestTwoServers(t *testing.T) {
	a, b := twoServers(t)
	s, d, e := a.seeder(1, 10_000), a.downloader(2, 100_000, 24*time.Hour), a.downloader(4, 100_000, 24*time.Hour)
	b.see(a)
	both := [2]*world{a, b}

	q, chain := d.ask(s, 40)
	var answers [2]hub.Opened
	for i, err := range race(both, func(i int, w *world) (err error) { answers[i], err = w.h.Open(ctx, q); return err }) {
		if err != nil {
			t.Fatalf("server %d: %v", i, err)
		}
	}
	if answers[0].Voucher.Signature != answers[1].Voucher.Signature {
		t.Fatal("one session has two vouchers")
	}

	var short *channel.ExhaustedError
	more, _ := d.ask(s, 50)
	others, _ := e.ask(s, 50) // 60 steps are left: one of the two
	requests := [2]hub.OpenRequest{more, others}
	failed := race(both, func(i int, w *world) error { _, err := w.h.Open(ctx, requests[i]); return err })
	if won := failed[0] == nil; won == (failed[1] == nil) || !errors.As(errors.Join(failed[:]...), &short) {
		t.Fatalf("two sessions for the last of the deposit: %v, %v", failed[0], failed[1])
	}

	for step := uint32(1); step <= 40; step++ {
		r := chain.Reveal(step)
		var booked [2]channel.Amount
		for i, err := range race(both, func(i int, w *world) error {
			out, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: []channel.Reveal{r}})
			booked[i] = out.Booked
			return err
		}) {
			if err != nil {
				t.Fatalf("step %d on server %d: %v", step, i, err)
			}
		}
		if sum := booked[0].Add(booked[1]); sum != amount(unit) {
			t.Fatalf("step %d was booked as %s and %s", step, booked[0], booked[1])
		}
	}
	if sheet := a.sound(); sheet.Owed != amount(40*unit) || sheet.Claimable != amount(40*in+2) {
		t.Fatalf("%+v", sheet)
	}
	b.sound()
}

// A file is one server's: the second is told so, and touches nothing.
func TestOneServerAFile(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	if second, err := store.Open(ctx, w.where); err == nil {
		_ = second.Close()
		t.Fatal("two servers have one file")
	}
}
