package hub

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// Statement is an account of the book with its lines: Opening and the lines add up to Closing.
type Statement struct {
	Account string          `json:"account"`
	Asset   channel.Asset   `json:"asset"`
	Opening channel.Amount  `json:"opening_units"`
	Lines   []StatementLine `json:"lines"`
	Closing channel.Amount  `json:"closing_units"`
	More    bool            `json:"more"` // lines follow: ask again after the last entry
}

// StatementLine is a line with the balance of the account after it.
type StatementLine struct {
	Entry     int64          `json:"entry"`
	Time      int64          `json:"time_ms"` // unix milliseconds
	Kind      string         `json:"kind"`
	Reference string         `json:"reference"` // a session's anchor, a channel, or a transaction
	Debit     channel.Amount `json:"debit_units"`
	Credit    channel.Amount `json:"credit_units"`
	Balance   channel.Amount `json:"balance_units"`
}

// owns says whether debits make the account larger: it is something that the hub has or has used up.
func owns(account string) bool {
	switch kind, _, _ := strings.Cut(account, ":"); kind {
	case "inbound", "outbound", "opening", Wallet, Energy, Lost:
		return true
	}
	return false
}

// Statement reads at most limit lines of an account after an entry; the lines of one entry stay together.
func (h *Hub) Statement(ctx context.Context, account string, asset channel.Asset, after int64, limit int) (s Statement, err error) {
	err = h.store.View(ctx, func(t *store.Tx) error {
		s = Statement{Account: account, Asset: asset, Lines: []StatementLine{}}
		sum, err := t.BalanceAt(account, asset, after)
		if err != nil {
			return err
		}
		if s.Opening, err = balanceOf(account, sum.Debit, sum.Credit); err != nil {
			return err
		}
		s.Closing = s.Opening
		last, more, err := t.PageOf(account, asset, after, limit)
		if err != nil {
			return err
		}
		s.More = more
		return t.LinesOf(account, asset, after, last, func(e channel.Entry, l channel.Line) error {
			sum.Debit, sum.Credit = sum.Debit.Add(l.Debit), sum.Credit.Add(l.Credit)
			s.Closing, err = balanceOf(account, sum.Debit, sum.Credit)
			s.Lines = append(s.Lines, StatementLine{e.Seq, e.At, e.Kind, e.Ref, l.Debit, l.Credit, s.Closing})
			return err
		})
	})
	return s, err
}

func balanceOf(account string, debit, credit channel.Amount) (channel.Amount, error) {
	more, less := credit, debit
	if owns(account) {
		more, less = debit, credit
	}
	rest, ok := more.SubOK(less)
	if !ok {
		return rest, fmt.Errorf("%w: account %s has debit %s, credit %s", channel.ErrUnbalanced, account, debit, credit)
	}
	return rest, nil
}

// Check adds the lines up again. The error wraps channel.ErrUnbalanced.
func (s Statement) Check() error {
	at := s.Opening
	for _, l := range s.Lines {
		plus, minus := l.Credit, l.Debit
		if owns(s.Account) {
			plus, minus = l.Debit, l.Credit
		}
		next, ok := at.Add(plus).SubOK(minus)
		if !ok || next != l.Balance {
			return fmt.Errorf("%w: entry %d of %s leaves %s, not %s", channel.ErrUnbalanced, l.Entry, s.Account, l.Balance, next)
		}
		at = next
	}
	if at != s.Closing {
		return fmt.Errorf("%w: %s closes at %s, its lines end at %s", channel.ErrUnbalanced, s.Account, s.Closing, at)
	}
	return nil
}

// WriteCSV writes the statement as a table, the opening and the closing balance among its rows.
func (s Statement) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{
		{"entry", "time", "kind", "reference", "account", "asset", "debit_units", "credit_units", "balance_units"},
		{"", "", "opening", "", s.Account, s.Asset.String(), "", "", s.Opening.String()},
	}
	for _, l := range s.Lines {
		at := time.UnixMilli(l.Time).UTC().Format(time.RFC3339)
		rows = append(rows, []string{strconv.FormatInt(l.Entry, 10), at, l.Kind, l.Reference, s.Account, s.Asset.String(), l.Debit.String(), l.Credit.String(), l.Balance.String()})
	}
	rows = append(rows, []string{"", "", "closing", "", s.Account, s.Asset.String(), "", "", s.Closing.String()})
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("writing the statement: %w", err)
	}
	return nil
}

// Balances reads every account in an asset.
func (h *Hub) Balances(ctx context.Context, asset channel.Asset) (list []channel.Balance, err error) {
	err = h.store.View(ctx, func(t *store.Tx) error {
		all, err := t.Balances()
		list = list[:0]
		for _, b := range all {
			if b.Asset == asset {
				list = append(list, b)
			}
		}
		return err
	})
	return list, err
}

// Audit adds up every line of the book again, and says how it stands, asset by asset.
func (h *Hub) Audit(ctx context.Context) (sheets []Sheet, err error) {
	err = h.store.View(ctx, func(t *store.Tx) error {
		if err := t.Audit(); err != nil {
			return err
		}
		sheets, err = Sheets(t)
		return err
	})
	return sheets, err
}
