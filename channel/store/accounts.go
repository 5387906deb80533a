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
	if _, err := t.exec(`INSERT INTO lines (entry, line, account, asset, debit, credit) VALUES ($1, $2, $3, $4, $5, $6)`,
		entry, int64(n), l.Account, assetWord(l.Asset), l.Debit.Bytes(), l.Credit.Bytes()); err != nil {
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

// Audit adds up every line again and compares with the balances (P6). It reads the whole book.
func (t *Tx) Audit() error {
	type key struct {
		account string
		asset   channel.Asset
	}
	sums := map[key]channel.Balance{}
	err := t.Entries(0, "", 1<<62, func(e channel.Entry) error {
		for _, l := range e.Lines {
			k := key{l.Account, l.Asset}
			sum := sums[k]
			sum.Debit, sum.Credit = sum.Debit.Add(l.Debit), sum.Credit.Add(l.Credit)
			sums[k] = sum
		}
		return e.Check()
	})
	if err != nil {
		return err
	}
	kept, err := t.Balances()
	if err != nil {
		return err
	}
	for _, b := range kept {
		k := key{b.Account, b.Asset}
		if sum := sums[k]; sum.Debit != b.Debit || sum.Credit != b.Credit {
			return fmt.Errorf("%w: account %s of %s has debit %s, credit %s; its lines add up to %s and %s", channel.ErrUnbalanced, b.Account, b.Asset, b.Debit, b.Credit, sum.Debit, sum.Credit)
		}
		delete(sums, k)
	}
	if len(sums) > 0 {
		return fmt.Errorf("%w: %d accounts have lines and no balance", channel.ErrUnbalanced, len(sums))
	}
	return nil
}

// LinesOf calls fn for every line of an account in one asset, oldest first, with its entry, which has no other lines.
func (t *Tx) LinesOf(account string, of channel.Asset, fn func(channel.Entry, channel.Line) error) error {
	return t.each(`SELECT l.entry, e.at, e.kind, e.ref, l.debit, l.credit FROM lines l JOIN entries e ON e.seq = l.entry
		WHERE l.account = $1 AND l.asset = $2 ORDER BY l.entry, l.line`, []any{account, assetWord(of)}, func(scan func(...any) error) error {
		var e channel.Entry
		l := channel.Line{Account: account, Asset: of}
		if err := scan(&e.Seq, &e.At, &e.Kind, &e.Ref, amount{&l.Debit}, amount{&l.Credit}); err != nil {
			return err
		}
		return fn(e, l)
	})
}
