package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Tx is one transaction. It belongs to the function that was given it and ends with it.
type Tx struct {
	ctx      context.Context //nolint:containedctx // the transaction lives no longer than the call that made it
	tx       *sql.Tx
	s        *Store
	readOnly bool
	durable  []func() // to be called once it is
}

var errReadOnlyTx = errors.New("store: writing in View")

func (t *Tx) run(fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			_ = t.tx.Rollback()
			panic(p)
		}
	}()
	return fn(t)
}

// exec runs a statement and returns how many rows it changed. Placeholders are $1, $2 … in both databases.
func (t *Tx) exec(query string, args ...any) (int64, error) {
	if t.readOnly {
		return 0, errReadOnlyTx
	}
	var result sql.Result
	var err error
	if stmt := t.kept(query); stmt != nil {
		result, err = stmt.ExecContext(t.ctx, args...)
	} else {
		result, err = t.tx.ExecContext(t.ctx, query, args...)
	}
	if err != nil {
		return 0, t.s.kind.explain(err)
	}
	return result.RowsAffected()
}

// prepare is for a statement that runs many times in the transaction: parsing it costs more than running it.
func (t *Tx) prepare(query string) (*sql.Stmt, error) {
	if t.readOnly {
		return nil, errReadOnlyTx
	}
	stmt, err := t.tx.PrepareContext(t.ctx, query)
	return stmt, t.s.kind.explain(err)
}

// execOne is exec for a statement that must change exactly one row.
func (t *Tx) execOne(otherwise error, query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n != 1 {
		err = otherwise
	}
	return err
}

// alone makes the transaction the only one that writes to a table until it ends, so that a sequence has no gaps and is seen in its order.
func (t *Tx) alone(table string) error {
	lock := t.s.kind.lockTable(table)
	if lock == "" {
		return nil
	}
	_, err := t.exec(lock)
	return err
}

// next is the next number of a table's sequence.
func (t *Tx) next(table string) (seq int64, err error) {
	if err := t.alone(table); err != nil {
		return 0, err
	}
	err = t.get(`SELECT COALESCE(MAX(seq), 0) + 1 FROM `+table, nil, &seq)
	return seq, err
}

// get reads one row; ErrNotFound when there is none.
func (t *Tx) get(query string, args []any, into ...any) error {
	var row *sql.Row
	if stmt := t.kept(query); stmt != nil {
		row = stmt.QueryRowContext(t.ctx, args...)
	} else {
		row = t.tx.QueryRowContext(t.ctx, query, args...)
	}
	err := row.Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return t.s.kind.explain(err)
}

// each calls row for every row of a query.
func (t *Tx) each(query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return t.s.kind.explain(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return t.s.kind.explain(rows.Err())
}

// The columns that are fixed bytes scan through these: a wrong length is a damaged row, never a silent zero.

type bytes32 struct{ to *[32]byte }

func (b bytes32) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok || len(raw) != 32 {
		return fmt.Errorf("damaged row: want 32 bytes, have %T of %d", src, len(raw))
	}
	*b.to = [32]byte(raw)
	return nil
}

type address struct{ to *wallet.Address }

func (a address) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok || len(raw) != len(wallet.Address{}) {
		return fmt.Errorf("damaged row: want an address, have %T of %d", src, len(raw))
	}
	if [21]byte{} == [21]byte(raw) {
		*a.to = wallet.Address{}
		return nil
	}
	var err error
	*a.to, err = wallet.AddressFromBytes(raw)
	return err
}

type amount struct{ to *channel.Amount }

func (a amount) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("damaged row: want an amount, have %T", src)
	}
	var err error
	*a.to, err = channel.AmountFromBytes(raw)
	return err
}

type asset struct{ to *channel.Asset }

func (a asset) Scan(src any) error {
	var word [32]byte
	if err := (bytes32{&word}).Scan(src); err != nil {
		return err
	}
	var err error
	*a.to, err = channel.AssetFromWord(word)
	return err
}

// assetWord is an asset as a column holds it.
func assetWord(a channel.Asset) []byte {
	word := a.Word()
	return word[:]
}

// flag is a bool as a column holds it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
