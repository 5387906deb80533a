package ledger

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// reloading is a store in whose transactions somebody reads a channel again: the reader holds the channel's lock, and the store serves it after the transaction.
type reloading struct {
	*store.Store
	of    atomic.Pointer[entry]
	times atomic.Int64
}

func (r *reloading) Update(ctx context.Context, fn func(*store.Tx) error) error {
	if e := r.of.Load(); e != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		r.times.Add(1)
	}
	return r.Store.Update(ctx, fn)
}

// Telling what was paid takes no channel's lock inside its transaction: with one that is being read again, neither would ever go on.
func TestTellingWaitsForNoReader(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	key := wallettest.Numbered(1)
	s, domain := &reloading{Store: file}, channel.Domain{ChainID: 9, Contract: key.Address()}
	l, err := Open(t.Context(), Config{Store: s, Domain: domain, Log: wallettest.Log(t), StaleAfter: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	terms := channel.Terms{Payer: key.Address(), Payee: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), Signer: key.Address(), Challenge: time.Hour}
	block := channel.Block{Number: 1, Time: time.Now().UnixMilli()}
	fact := channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(100), Block: 1}
	if err := l.Follow(t.Context(), channel.View{Head: block, Solid: block, Facts: []channel.Event{fact}, SeenAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(7)}.Sign(key, domain)
	if _, err := l.Accept(t.Context(), channel.Payment{Channel: v.Channel, Voucher: &v}); err != nil {
		t.Fatal(err)
	}
	found, _ := l.byID.Load(v.Channel)
	s.of.Store(found.(*entry))
	closed := make(chan error, 1)
	go func() { // the committer tells, and then ends
		for deadline := time.Now().Add(5 * time.Second); s.times.Load() == 0 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		closed <- l.Close()
	}()
	select {
	case err := <-closed:
		if err != nil || s.times.Load() == 0 {
			t.Fatalf("told %d times: %v", s.times.Load(), err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("telling waits for a reader that waits for the store")
	}
}

// shared is a store that says that other servers write to it.
type shared struct{ *store.Store }

func (shared) Shared() bool { return true }

// Of two servers that have taken payments of one channel, the one that tells last does not tell what the other has overtaken: the last figure that is told is the highest.
func TestToldNeverFalls(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	key := wallettest.Numbered(1)
	domain := channel.Domain{ChainID: 9, Contract: key.Address()}
	terms := channel.Terms{Payer: key.Address(), Payee: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), Signer: key.Address(), Challenge: time.Hour}
	block := channel.Block{Number: 1, Time: time.Now().UnixMilli()}
	fact := channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(1000), Block: 1}
	var servers [2]*Ledger
	for i := range servers {
		l, err := Open(t.Context(), Config{Store: shared{file}, Domain: domain, Log: wallettest.Log(t), StaleAfter: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		view := channel.View{Head: block, Solid: block, SeenAt: time.Now()}
		if i == 0 {
			view.Facts = []channel.Event{fact}
		}
		if err := l.Follow(t.Context(), view); err != nil {
			t.Fatal(err)
		}
		servers[i] = l
	}
	for i, cumulative := range []uint64{100, 200} {
		v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(cumulative)}.Sign(key, domain)
		if _, err := servers[i].Accept(t.Context(), channel.Payment{Channel: v.Channel, Voucher: &v}); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []*Ledger{servers[1], servers[0]} {
		if err := l.between(t.Context(), func() error { l.tellPaid(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.View(t.Context(), func(tx *store.Tx) error {
		last, err := tx.LastNews(terms.ID())
		if err != nil {
			return err
		}
		if body, err := last.Read(); err != nil || body.Paid == nil || *body.Paid != channel.NewAmount(200) {
			t.Errorf("told last: %s (%v)", last.Body, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
