package cmd

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// maxHistory bounds how many blocks are looked through at once.
const maxHistory = 100_000

// historyShown is an account's transactions, the newest first.
type historyShown struct {
	Address      wallet.Address `json:"address"`
	Blocks       int64          `json:"blocks"` // that were looked through
	Transactions []historyEntry `json:"transactions"`
}

type historyEntry struct {
	TxID   string    `json:"txid"`
	Block  int64     `json:"block"`
	Time   time.Time `json:"time"`
	What   string    `json:"what"`
	Failed bool      `json:"failed"`
	Fee    string    `json:"fee_sun"`
}

func (h historyShown) schema() string { return "piecework.history.v1" }

func (h historyShown) table() table {
	t := table{heading: []string{"TIME", "BLOCK", "TXID", "WHAT"}}
	for _, e := range h.Transactions {
		what := e.What
		if e.Failed {
			what = "FAILED: " + what
		}
		t.rows = append(t.rows, []string{e.Time.Format("2006-01-02 15:04:05"), fmt.Sprint(e.Block), e.TxID, what})
	}
	note := fmt.Sprintf("%d transactions in %d blocks; --blocks looks further back.", len(h.Transactions), h.Blocks)
	if len(h.Transactions) == 0 {
		return table{notes: []string{note}}
	}
	t.notes = []string{note}
	return t
}

// accountHistory looks through blocks: nodes keep no index of accounts.
func accountHistory(c *cli.Context) error {
	count := c.Int64("blocks")
	if count < 1 || count > maxHistory {
		return usagef("--blocks %d: want 1 to %d", count, maxHistory)
	}
	s, address, err := dialAccount(c)
	if err != nil {
		return err
	}
	defer s.close()
	head, err := s.node.Latest(c.Context, node.Head)
	if err != nil {
		return err
	}
	out := historyShown{Address: address, Transactions: []historyEntry{}}
	shown := newProgress(c, "looked through", min(count, head.Number+1), "blocks")
	for number := head.Number; number >= 0 && out.Blocks < count; number-- {
		block, err := s.node.Block(c.Context, node.Head, number)
		if errors.Is(err, node.ErrNotFound) { // a fork took it back
			continue
		}
		if err != nil {
			return err
		}
		out.Transactions = append(out.Transactions, concerning(block, address)...)
		out.Blocks++
		shown.at(out.Blocks)
	}
	shown.end()
	return printResult(c, out)
}

// concerning are a block's transactions that an account takes part in, the last first.
func concerning(block *node.Block, address wallet.Address) []historyEntry {
	var found []historyEntry
	for _, t := range slices.Backward(block.Transactions) {
		decoded, err := tx.DecodeRaw(t.Raw)
		if err != nil || !concerns(decoded, t.Receipt, address) {
			continue
		}
		entry := historyEntry{TxID: t.ID.String(), Block: block.Number, Time: block.Time, What: inWords(decoded.Contract()), Fee: "0"}
		if t.Receipt != nil {
			entry.Failed, entry.Fee = t.Receipt.Failed, sunText(t.Receipt.Fee)
		}
		found = append(found, entry)
	}
	return found
}

func concerns(t *tx.Transaction, receipt *node.Receipt, address wallet.Address) bool {
	if t.Contract().Sender() == address {
		return true
	}
	for _, f := range tx.Show(t.Contract()) {
		if f.Value == address.String() {
			return true
		}
	}
	if receipt == nil {
		return false
	}
	for _, l := range receipt.Logs {
		if moved, ok := trc20.ParseTransfer(trc20.Log(l)); ok && (moved.From == address || moved.To == address) {
			return true
		}
	}
	return slices.ContainsFunc(receipt.Internal, func(i node.InternalTransfer) bool { return i.From == address || i.To == address })
}
