package store

import (
	"context"
	"fmt"
	"math"

	"github.com/piecework/piecework/channel"
)

const intentColumns = `txid, kind, raw, state, created, expires, fee_limit, fence, block, fee, energy, note`

// PutIntent stores a new intent. It is an error to store one twice.
func (t *Tx) PutIntent(i channel.Intent) error {
	_, err := t.exec(`INSERT INTO intents (`+intentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		i.TxID[:], i.Kind, i.Raw, string(i.State), i.Created, i.Expires, i.FeeLimit, i.Fence, i.Block, i.Fee, i.Energy, i.Note)
	if err != nil {
		return fmt.Errorf("storing intent %x: %w", i.TxID[:4], err)
	}
	for _, c := range i.Settles {
		if _, err := t.exec(`INSERT INTO intent_channels (txid, channel, worth) VALUES ($1, $2, $3)`, i.TxID[:], c.Channel[:], c.Worth.Bytes()); err != nil {
			return fmt.Errorf("storing intent %x: %w", i.TxID[:4], err)
		}
	}
	return t.tellOperation(i)
}

// UpdateIntent writes how far an intent has come: state, block, fee, energy and note. A final state is never left (ErrConflict).
func (t *Tx) UpdateIntent(i channel.Intent) error {
	err := t.execOne(ErrConflict, `UPDATE intents SET state = $1, block = $2, fee = $3, energy = $4, note = $5
		WHERE txid = $6 AND state IN ('signed', 'in_block')`, string(i.State), i.Block, i.Fee, i.Energy, i.Note, i.TxID[:])
	if err != nil {
		return err
	}
	return t.tellOperation(i)
}

func (t *Tx) tellOperation(i channel.Intent) error {
	news := channel.NewsOfOperation(i)
	if err := t.Tell(&news); err != nil {
		return fmt.Errorf("telling of intent %x: %w", i.TxID[:4], err)
	}
	return nil
}

// Intent reads one; ErrNotFound when there is none.
func (t *Tx) Intent(txid [32]byte) (channel.Intent, error) {
	var i channel.Intent
	err := scanIntent(func(into ...any) error {
		return t.get(`SELECT `+intentColumns+` FROM intents WHERE txid = $1`, []any{txid[:]}, into...)
	}, &i)
	if err == nil {
		err = t.settles(&i)
	}
	return i, err
}

// OpenIntents reads those that are not final, oldest first.
func (t *Tx) OpenIntents() ([]channel.Intent, error) {
	return t.intents(`SELECT ` + intentColumns + ` FROM intents WHERE state IN ('signed', 'in_block') ORDER BY created, txid`)
}

// IntentsAbout reads at most limit intents about a channel: those that are not final, then the newest.
func (t *Tx) IntentsAbout(id channel.ID, limit int) ([]channel.Intent, error) {
	return t.intents(`SELECT `+intentColumns+` FROM intents WHERE txid IN (SELECT txid FROM intent_channels WHERE channel = $1)
		ORDER BY CASE WHEN state IN ('signed', 'in_block') THEN 0 ELSE 1 END, created DESC, txid LIMIT $2`, id[:], int64(limit))
}

// UntoldIntents reads those whose outcome is not among the facts of blocks up to solid, oldest first: what is not final, and what succeeded in a later block. Of what is final only
// those that were made since a time (unix milliseconds) are looked through.
func (t *Tx) UntoldIntents(solid, since int64) ([]channel.Intent, error) {
	open, err := t.OpenIntents()
	if err != nil {
		return nil, err
	}
	done, err := t.intents(`SELECT `+intentColumns+` FROM intents WHERE state = 'solid' AND created >= $1 AND block > $2 ORDER BY created, txid`, since, solid)
	return append(open, done...), err
}

// RecentIntents reads at most limit intents, newest first.
func (t *Tx) RecentIntents(limit int) ([]channel.Intent, error) {
	return t.IntentsBefore(math.MaxInt64, [32]byte{}, limit)
}

// IntentsBefore reads at most limit intents that come after the one of that time and id in the order newest first.
func (t *Tx) IntentsBefore(created int64, txid [32]byte, limit int) ([]channel.Intent, error) {
	return t.intents(`SELECT `+intentColumns+` FROM intents WHERE created <= $1 AND (created < $1 OR txid > $2) ORDER BY created DESC, txid LIMIT $3`,
		created, txid[:], int64(limit))
}

func (t *Tx) intents(query string, args ...any) ([]channel.Intent, error) {
	var list []channel.Intent
	err := t.each(query, args, func(scan func(...any) error) error {
		list = append(list, channel.Intent{})
		return scanIntent(scan, &list[len(list)-1])
	})
	for i := range list {
		if err == nil {
			err = t.settles(&list[i])
		}
	}
	return list, err
}

func (t *Tx) settles(i *channel.Intent) error {
	return t.each(`SELECT channel, worth FROM intent_channels WHERE txid = $1 ORDER BY channel`, []any{i.TxID[:]}, func(scan func(...any) error) error {
		var c channel.IntentChannel
		err := scan(bytes32{(*[32]byte)(&c.Channel)}, amount{&c.Worth})
		i.Settles = append(i.Settles, c)
		return err
	})
}

func scanIntent(scan func(...any) error, i *channel.Intent) error {
	return scan(bytes32{&i.TxID}, &i.Kind, &i.Raw, &i.State, &i.Created, &i.Expires, &i.FeeLimit, &i.Fence, &i.Block, &i.Fee, &i.Energy, &i.Note)
}

// PutIntent stores a new intent, durable when it returns nil.
func (s *Store) PutIntent(ctx context.Context, i channel.Intent) error {
	return s.Update(ctx, func(t *Tx) error { return t.PutIntent(i) })
}

// UpdateIntent writes how far an intent has come; see Tx.UpdateIntent.
func (s *Store) UpdateIntent(ctx context.Context, i channel.Intent) error {
	return s.Update(ctx, func(t *Tx) error { return t.UpdateIntent(i) })
}

// OpenIntents reads the intents that are not final, oldest first.
func (s *Store) OpenIntents(ctx context.Context) (list []channel.Intent, err error) {
	err = s.View(ctx, func(t *Tx) error {
		list, err = t.OpenIntents()
		return err
	})
	return list, err
}
