package store_test

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
)

// TestTokens keeps, finds and revokes tokens; a revoked one keeps its time.
func TestTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		k := store.Token{ID: "a1", Hash: [32]byte{7}, Name: "till", Scopes: []string{"read", "settle"}, Created: 5, Expires: 99}
		put := func() error { return s.Update(ctx, func(t *store.Tx) error { return t.PutToken(k) }) }
		if err := put(); err != nil {
			t.Fatal(err)
		}
		if err := put(); !errors.Is(err, store.ErrConflict) {
			t.Errorf("a second token of the same id: %v", err)
		}
		for _, at := range []int64{10, 20} {
			if err := s.Update(ctx, func(t *store.Tx) error { _, err := t.RevokeToken("a1", at); return err }); err != nil {
				t.Fatal(err)
			}
		}
		k.Revoked = 10
		var list []store.Token
		if err := s.View(ctx, func(t *store.Tx) (err error) {
			list, err = t.Tokens()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].Hash != k.Hash || list[0].Revoked != 10 || len(list[0].Scopes) != 2 || list[0].Name != "till" {
			t.Errorf("holds %+v", list)
		}
		if err := s.Update(ctx, func(t *store.Tx) error { _, err := t.RevokeToken("b2", 1); return err }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("revoking nothing: %v", err)
		}
	})
}

// TestFeedKeepsItsNumbers: old news can be forgotten, the newest never, so that no number is given twice.
func TestFeedKeepsItsNumbers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, where string) {
		s := open(t, where)
		tell := func(at int64) (n channel.News) {
			n = channel.News{At: at, Kind: channel.NewsPaid, Channel: channel.ID{1}}
			if err := s.Update(ctx, func(t *store.Tx) error { return t.Tell(&n) }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		tell(1)
		tell(2)
		if err := s.Update(ctx, func(t *store.Tx) error { return t.DropNews(100) }); err != nil {
			t.Fatal(err)
		}
		if n := tell(3); n.Seq != 3 {
			t.Errorf("after forgetting, the next is %d, want 3", n.Seq)
		}
		if err := s.View(ctx, func(t2 *store.Tx) error {
			oldest, newest, err := t2.NewsBounds()
			last, err2 := t2.LastNews(channel.ID{1})
			if oldest != 2 || newest != 3 || last.Seq != 3 {
				t.Errorf("keeps %d to %d, the last is %d", oldest, newest, last.Seq)
			}
			return errors.Join(err, err2)
		}); err != nil {
			t.Fatal(err)
		}
	})
}
