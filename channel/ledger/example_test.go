package ledger_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// A payee opens its ledger, hears of a channel from the chain, and accepts a voucher: when Accept returns, the voucher is on disk.
func Example() {
	ctx := context.Background()
	folder, _ := os.MkdirTemp("", "ledger")
	defer func() { _ = os.RemoveAll(folder) }()
	s, _ := store.Open(ctx, filepath.Join(folder, "store.db"))
	defer func() { _ = s.Close() }()
	l, _ := ledger.Open(ctx, ledger.Config{Store: s, Domain: domain, Log: slog.New(slog.DiscardHandler)})
	defer func() { _ = l.Close() }()

	payer, _ := wallet.ParseKey("0000000000000000000000000000000000000000000000000000000000000001")
	terms := channel.Terms{Payer: payer.Address(), Payee: domain.Contract, Signer: payer.Address(), Challenge: 24 * time.Hour}
	opened := channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(5_000_000)}
	err := l.Follow(ctx, channel.View{Solid: channel.Block{Number: 100}, Head: channel.Block{Number: 120}, Facts: []channel.Event{opened}, SeenAt: time.Now()})
	fmt.Println(err)

	voucher := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(1_250_000)}.Sign(payer, domain)
	receipt, err := l.Accept(ctx, channel.Payment{Channel: terms.ID(), Voucher: &voucher})
	fmt.Println(receipt.Paid, receipt.Replayed, err)
	receipt, err = l.Accept(ctx, channel.Payment{Channel: terms.ID(), Voucher: &voucher}) // the answer was lost on its way
	fmt.Println(receipt.Paid, receipt.Replayed, err)
	// Output:
	// <nil>
	// 1250000 false <nil>
	// 1250000 true <nil>
}
