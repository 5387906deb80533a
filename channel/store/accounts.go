package store

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
)

// Book writes an entry with its lines and adds them to the balances. It refuses what does not balance (channel.ErrUnbalanced). The entry's Seq is set.
// A transaction that also tells news books first, so that two never wait for each other.
func (t *Tx) Book(e *channel.Entry) error {
	if err := e.Check(); err != nil {
		return err
	}
	seq, err := t.next("entries")
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO entries (seq, at, kind, ref) VALUES ($1, $2, $3, $4)`, seq, e.At, e.Kind, e.Ref); err != nil {
		return err
	}
	for i, l := range e.Lines {
		if err := t.line(seq, i, l); err != nil {
			return fmt.Errorf("booking %s of %s: %w", e.Kind, e.Ref, err)
		}
	}
	e.Seq = seq
	return nil
}

func (t *Tx) line(entry int64, n int, l channel.Line) error {
	b, err := t.Balance(l.Account, l.Asset)
	if err != nil {
		return err
	}
	b.Debit, b.Credit = b.Debit.Add(l.Debit), b.Credit.Add(l.Credit)
	if !b.Debit.Fits() || !b.Credit.Fits() {
		return fmt.Errorf("account %s: %w", l.Account, channel.ErrAmount)
	}
	if _, err := t.exec(`INSERT INTO lines (entry, line, account, asset, debit, credit, debits, credits) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		entry, int64(n), l.Account, assetWord(l.Asset), l.Debit.Bytes(), l.Credit.Bytes(), b.Debit.Bytes(), b.Credit.Bytes()); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO balances (account, asset, debit, credit) VALUES ($1, $2, $3, $4) ON CONFLICT (account, asset) DO UPDATE SET debit = $3, credit = $4`,
		l.Account, assetWord(l.Asset), b.Debit.Bytes(), b.Credit.Bytes())
	return err
}

// Balance reads what an account's lines add up to; nothing for an account that has none.
func (t *Tx) Balance(account string, a channel.Asset) (channel.Balance, error) {
	b := channel.Balance{Account: account, Asset: a}
	err := t.get(`SELECT debit, credit FROM balances WHERE account = $1 AND asset = $2`, []any{account, assetWord(a)}, amount{&b.Debit}, amount{&b.Credit})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return b, err
}

// Balances reads all of them, by account and asset.
func (t *Tx) Balances() (list []channel.Balance, err error) {
	err = t.each(`SELECT account, asset, debit, credit FROM balances ORDER BY account, asset`, nil, func(scan func(...any) error) error {
		var b channel.Balance
		err := scan(&b.Account, asset{&b.Asset}, amount{&b.Debit}, amount{&b.Credit})
		list = append(list, b)
		return err
	})
	return list, err
}

// Entries calls fn for at most limit entries after seq, oldest first; only those with a line of the account, unless that is empty.
func (t *Tx) Entries(after int64, account string, limit int, fn func(channel.Entry) error) error {
	query, args := `SELECT e.seq, e.at, e.kind, e.ref FROM entries e WHERE e.seq > $1`, []any{after, int64(limit)}
	if account != "" {
		query, args = query+` AND EXISTS (SELECT 1 FROM lines l WHERE l.entry = e.seq AND l.account = $3)`, append(args, account)
	}
	var list []channel.Entry
	err := t.each(query+` ORDER BY e.seq LIMIT $2`, args, func(scan func(...any) error) error {
		var e channel.Entry
		err := scan(&e.Seq, &e.At, &e.Kind, &e.Ref)
		list = append(list, e)
		return err
	})
	for i := range list {
		if err == nil {
			err = t.linesOf(&list[i])
		}
		if err == nil {
			err = fn(list[i])
		}
	}
	return err
}

func (t *Tx) linesOf(e *channel.Entry) error {
	return t.each(`SELECT account, asset, debit, credit FROM lines WHERE entry = $1 ORDER BY line`, []any{e.Seq}, func(scan func(...any) error) error {
		var l channel.Line
		err := scan(&l.Account, asset{&l.Asset}, amount{&l.Debit}, amount{&l.Credit})
		e.Lines = append(e.Lines, l)
		return err
	})
}
