package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// What must be true together is written in one transaction: it is on disk when Update returns nil, and nothing of it is when Update returns an error.
func ExampleStore_Update() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "store")
	defer func() { _ = os.RemoveAll(folder) }()
	s, _ := store.Open(ctx, filepath.Join(folder, "store.db"))
	defer func() { _ = s.Close() }()

	entry := channel.Entry{Kind: "redeem", Ref: "session 1", Lines: []channel.Line{
		{Account: "claimable", Debit: channel.NewAmount(110)},
		{Account: "owed", Credit: channel.NewAmount(100)},
		{Account: "fees", Credit: channel.NewAmount(10)},
	}}
	err := s.Update(ctx, func(t *store.Tx) error {
		if err := t.Book(&entry); err != nil {
			return err
		}
		return t.Tell(&channel.News{Kind: "redeemed"})
	})
	fmt.Println(entry.Seq, err)
	err = s.View(ctx, func(t *store.Tx) error {
		b, err := t.Balance("fees", channel.TRX)
		fmt.Println(b.Credit, err)
		return t.Audit()
	})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 10 <nil>
	// <nil>
}
