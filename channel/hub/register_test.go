package hub_test

import (
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/wallet/wallettest"
)

// Registering is free, so what comes of it is bounded: so many wait for their first channel, so long. Who has a channel, or registers again, stays.
func TestRegistrationIsBounded(t *testing.T) {
	each(t, func(w *world) {
		w.close()
		w.rules = hub.Policy{Waiting: 2, WaitFor: 24 * time.Hour}
		w.open()
		w.follow()
		register := func(n byte) error {
			_, err := w.h.Register(ctx, wallettest.Numbered(n).Address(), channel.TRX)
			return err
		}
		forget := func(want int) {
			t.Helper()
			if n, err := w.h.Forget(ctx); err != nil || n != want {
				t.Fatalf("%d forgotten, want %d: %v", n, want, err)
			}
		}
		w.seeder(1, 1000)
		if _, err := w.h.Position(ctx); err != nil { // counts: the one with a channel waits no more
			t.Fatal(err)
		}
		w.now = w.now.Add(2 * time.Minute) // they are counted again
		w.follow()
		if err := errors.Join(register(2), register(3)); err != nil {
			t.Fatal(err)
		}
		if err := register(4); !errors.Is(err, channel.ErrManySeeders) {
			t.Fatalf("the third that waits: %v", err)
		}
		if err := errors.Join(register(2), register(1)); err != nil {
			t.Fatalf("registered before: %v", err)
		}
		forget(0)
		w.now = w.now.Add(25 * time.Hour)
		w.follow()
		forget(2)
		if _, err := w.h.Quote(ctx, wallettest.Numbered(2).Address(), channel.TRX, channel.NewAmount(10)); !errors.Is(err, channel.ErrUnknownSeeder) {
			t.Fatalf("forgotten: %v", err)
		}
		if _, err := w.h.Quote(ctx, wallettest.Numbered(1).Address(), channel.TRX, channel.NewAmount(10)); err != nil {
			t.Fatalf("with a channel: %v", err)
		}
		if err := errors.Join(register(4), register(2)); err != nil {
			t.Fatal(err)
		}
	})
}
