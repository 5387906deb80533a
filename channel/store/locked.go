package store

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
)

// Locked is what a hub's own live channels in one asset add up to.
type Locked struct {
	Amount channel.Amount // their deposits less what was settled
	Idle   int64          // how many of them have earned nothing
}

// Locked reads the sums of an asset; ErrNotFound when its channels were not counted yet.
func (t *Tx) Locked(a channel.Asset) (Locked, error) {
	var l Locked
	err := t.get(`SELECT locked, idle FROM locked WHERE asset = $1`, []any{assetWord(a)}, amount{&l.Amount}, &l.Idle)
	return l, err
}

// CountLocked writes the sums of all assets anew, from what the caller counts while nobody else changes them: what other transactions have not yet committed is not among the
// channels that count reads, and is added after it.
func (t *Tx) CountLocked(count func() (map[channel.Asset]Locked, error)) error {
	if err := t.alone("locked"); err != nil {
		return err
	}
	sums, err := count()
	if err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM locked`); err != nil {
		return err
	}
	for a, l := range sums {
		if _, err := t.exec(`INSERT INTO locked (asset, locked, idle) VALUES ($1, $2, $3)`, assetWord(a), l.Amount.Bytes(), l.Idle); err != nil {
			return err
		}
	}
	return nil
}

// MoveLocked takes the share that channels had out of the sums of an asset and adds the one that they have. Sums that were not counted stay so, and sums that the old share is
// not in are to be counted anew. It is called at the end of a transaction: other servers wait for it from here on.
func (t *Tx) MoveLocked(a channel.Asset, was, is Locked) error {
	if was == is {
		return nil
	}
	if err := t.alone("locked"); err != nil {
		return err
	}
	sum, err := t.Locked(a)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	rest, ok := sum.Amount.Add(is.Amount).SubOK(was.Amount)
	idle := sum.Idle + is.Idle - was.Idle
	if !ok || idle < 0 {
		_, err := t.exec(`DELETE FROM locked WHERE asset = $1`, assetWord(a))
		return err
	}
	if err := t.execOne(ErrConflict, `UPDATE locked SET locked = $1, idle = $2 WHERE asset = $3`, rest.Bytes(), idle, assetWord(a)); err != nil {
		return fmt.Errorf("adding up what is locked: %w", err)
	}
	return nil
}
