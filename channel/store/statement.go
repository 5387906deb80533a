package store

import (
	"errors"
	"math"

	"github.com/piecework/piecework/channel"
)

// BalanceAt reads what the lines of an account in one asset add up to, those of an entry included.
func (t *Tx) BalanceAt(account string, of channel.Asset, entry int64) (channel.Balance, error) {
	b := channel.Balance{Account: account, Asset: of}
	var debits, credits []byte
	err := t.get(`SELECT debits, credits FROM lines WHERE account = $1 AND asset = $2 AND entry <= $3 ORDER BY entry DESC, line DESC LIMIT 1`,
		[]any{account, assetWord(of), entry}, &debits, &credits)
	switch {
	case errors.Is(err, ErrNotFound):
		return b, nil
	case err != nil:
		return b, err
	case debits == nil:
		return b, t.addUp(&b, entry)
	}
	return b, errors.Join(amount{&b.Debit}.Scan(debits), amount{&b.Credit}.Scan(credits))
}

// addUp adds up lines from before schema 7, which do not say what they add up to.
func (t *Tx) addUp(b *channel.Balance, entry int64) error {
	return t.LinesOf(b.Account, b.Asset, 0, entry, func(_ channel.Entry, l channel.Line) error {
		b.Debit, b.Credit = b.Debit.Add(l.Debit), b.Credit.Add(l.Credit)
		return nil
	})
}

// PageOf finds the entry with which a page of an account ends that begins after another: the one of the line number limit, whose lines stay together. more says whether lines follow.
func (t *Tx) PageOf(account string, of channel.Asset, after int64, limit int) (last int64, more bool, err error) {
	const next = `SELECT entry FROM lines WHERE account = $1 AND asset = $2 AND entry > $3 ORDER BY entry, line LIMIT 1 OFFSET $4`
	err = t.get(next, []any{account, assetWord(of), after, int64(max(limit, 1) - 1)}, &last)
	if errors.Is(err, ErrNotFound) {
		return math.MaxInt64, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	var following int64
	err = t.get(next, []any{account, assetWord(of), last, int64(0)}, &following)
	if errors.Is(err, ErrNotFound) {
		return last, false, nil
	}
	return last, err == nil, err
}

// LinesOf calls fn for the lines of an account in one asset after an entry and up to another, oldest first, each with its entry, which has no other lines.
func (t *Tx) LinesOf(account string, of channel.Asset, after, last int64, fn func(channel.Entry, channel.Line) error) error {
	return t.each(`SELECT l.entry, e.at, e.kind, e.ref, l.debit, l.credit FROM lines l JOIN entries e ON e.seq = l.entry
		WHERE l.account = $1 AND l.asset = $2 AND l.entry > $3 AND l.entry <= $4 ORDER BY l.entry, l.line`, []any{account, assetWord(of), after, last}, func(scan func(...any) error) error {
		var e channel.Entry
		l := channel.Line{Account: account, Asset: of}
		if err := scan(&e.Seq, &e.At, &e.Kind, &e.Ref, amount{&l.Debit}, amount{&l.Credit}); err != nil {
			return err
		}
		return fn(e, l)
	})
}
