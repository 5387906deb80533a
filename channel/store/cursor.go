package store

import (
	"errors"

	"github.com/piecework/piecework/channel"
)

// cursorNames are always locked in this order.
var cursorNames = [...]string{"solid", "head"}

// Cursor reads it. A store that has followed nothing yet has the zero Cursor.
func (t *Tx) Cursor() (channel.Cursor, error) {
	var c channel.Cursor
	for i, to := range []*channel.Block{&c.Solid, &c.Head} {
		err := scanBlock(func(into ...any) error {
			return t.get(`SELECT number, hash, parent, time FROM cursors WHERE name = $1`+t.lock(), []any{cursorNames[i]}, into...)
		}, to)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return channel.Cursor{}, err
		}
	}
	err := t.each(`SELECT number, hash, parent, time FROM headers ORDER BY number`, nil, func(scan func(...any) error) error {
		var b channel.Block
		c.Window = append(c.Window, b)
		return scanBlock(scan, &c.Window[len(c.Window)-1])
	})
	return c, err
}

// PutCursor moves the cursor from where the caller found it; ErrConflict when another server has moved it meanwhile.
func (t *Tx) PutCursor(from, to channel.Cursor) error {
	now, err := t.Cursor()
	switch {
	case err != nil:
		return err
	case now.Solid != from.Solid:
		return ErrConflict
	}
	for i, b := range []channel.Block{to.Solid, to.Head} {
		_, err := t.exec(`INSERT INTO cursors (name, number, hash, parent, time) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (name) DO UPDATE SET number = $2, hash = $3, parent = $4, time = $5`, cursorNames[i], b.Number, b.Hash[:], b.Parent[:], b.Time)
		if err != nil {
			return err
		}
	}
	return t.putWindow(to.Window)
}

func (t *Tx) putWindow(window []channel.Block) error {
	if _, err := t.exec(`DELETE FROM headers`); err != nil {
		return err
	}
	for _, b := range window {
		if _, err := t.exec(`INSERT INTO headers (number, hash, parent, time) VALUES ($1, $2, $3, $4)`, b.Number, b.Hash[:], b.Parent[:], b.Time); err != nil {
			return err
		}
	}
	return nil
}

func scanBlock(scan func(...any) error, b *channel.Block) error {
	return scan(&b.Number, bytes32{&b.Hash}, bytes32{&b.Parent}, &b.Time)
}

// lock ends a SELECT whose rows the transaction goes on to change.
func (t *Tx) lock() string {
	if t.readOnly {
		return ""
	}
	return t.s.kind.forUpdate()
}
