package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
)

const channelColumns = `id, payer, payee, signer, asset, challenge, seed, deposit, settled, state, close_at, closing_seen, frozen, evidence, due_since, accepted, version`

// Channel reads a channel's record; in Update the row stays locked until the transaction ends. channel.ErrUnknownChannel when there is none.
func (t *Tx) Channel(id channel.ID) (channel.Record, error) {
	query := `SELECT ` + channelColumns + ` FROM channels WHERE id = $1`
	if !t.readOnly {
		query += t.s.kind.forUpdate()
	}
	var r channel.Record
	err := scanChannel(func(into ...any) error { return t.get(query, []any{id[:]}, into...) }, &r)
	if errors.Is(err, ErrNotFound) {
		return channel.Record{}, channel.ErrUnknownChannel
	}
	if err == nil {
		err = t.s.kind.over(&r)
	}
	return r, err
}

// Channels calls fn for each channel that the query selects, in the order of their ids.
func (t *Tx) Channels(q channel.Query, fn func(channel.Record) error) error {
	query, args := `SELECT `+channelColumns+` FROM channels WHERE id > $1`, []any{q.After[:]}
	and := func(condition string, arg any) {
		args = append(args, arg)
		query += fmt.Sprintf(" AND %s $%d", condition, len(args))
	}
	if q.Live {
		query += " AND state < 2" // written out, for the indexes of those that are live
	}
	if q.Due && t.s.Shared() {
		query += " AND due_since > 0"
	}
	if !q.Payee.IsZero() {
		and("payee =", q.Payee[:])
	}
	if !q.Payer.IsZero() {
		and("payer =", q.Payer[:])
	}
	if q.Asset != nil {
		and("asset =", assetWord(*q.Asset))
	}
	query += " ORDER BY id"
	filter := q.Due && !t.s.Shared() // what is due may lie over the row
	if q.Limit > 0 && !filter {
		args = append(args, int64(q.Limit))
		query += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	found := 0
	err := t.each(query, args, func(scan func(...any) error) error {
		var r channel.Record
		if err := scanChannel(scan, &r); err != nil {
			return err
		}
		if err := t.s.kind.over(&r); err != nil {
			return err
		}
		if filter && r.DueSince == 0 {
			return nil
		}
		if found++; filter && q.Limit > 0 && found > q.Limit {
			return errEnough
		}
		return fn(r)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// errEnough ends a query whose limit is not in it.
var errEnough = errors.New("enough")

// PutChannel writes a record: a new one with Version 0, or one whose row still has the record's Version (ErrConflict otherwise). The record's Version grows by one.
func (t *Tx) PutChannel(r *channel.Record) error {
	if r.Version == 0 {
		return t.insertChannel(r)
	}
	lowest, highest, err := t.s.kind.base(r)
	if err != nil {
		return fmt.Errorf("writing channel %s: %w", r.ID.Short(), err)
	}
	paid, promised := r.Paid(), r.Promised()
	err = t.execOne(ErrConflict, `UPDATE channels SET deposit = $1, settled = $2, state = $3, close_at = $4, closing_seen = $5, frozen = $6, paid = $7, promised = $8,
		evidence = $9, due_since = $10, accepted = $11, version = $15 WHERE id = $12 AND version >= $13 AND version <= $14`,
		r.Deposit.Bytes(), r.Settled.Bytes(), int64(r.State), r.CloseAt, r.ClosingSeen, flag(r.Frozen), paid.Bytes(), promised.Bytes(),
		r.AppendEvidence([]byte{}), r.DueSince, int64(r.Accepted), r.ID[:], int64(lowest), int64(highest), int64(r.Version+1))
	if err != nil {
		return fmt.Errorf("writing channel %s: %w", r.ID.Short(), err)
	}
	r.Version++
	return nil
}

// PutEvidence is PutChannel for a record of which nothing but the evidence has changed, under the conditions of SaveEvidence (ErrConflict otherwise): in SQLite it writes one page
// where PutChannel writes four. What is written can be read when the transaction is over; a transaction does it once, and not with PutChannel of the same channel.
func (t *Tx) PutEvidence(r *channel.Record) error {
	lost, err := t.saveEvidence([]channel.Record{*r})
	if err == nil && len(lost) > 0 {
		err = ErrConflict
	}
	if err != nil {
		return fmt.Errorf("writing evidence of channel %s: %w", r.ID.Short(), err)
	}
	r.Version++
	return nil
}

func (t *Tx) saveEvidence(records []channel.Record) (lost []channel.ID, err error) {
	if t.readOnly {
		return nil, errReadOnlyTx
	}
	lost, durable, err := t.s.kind.saveEvidence(t, records)
	if err == nil {
		t.durable = append(t.durable, durable)
	}
	return lost, err
}

func (t *Tx) insertChannel(r *channel.Record) error {
	paid, promised := r.Paid(), r.Promised()
	err := t.execOne(ErrConflict, `INSERT INTO channels (`+channelColumns+`, paid, promised)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, $17, $18) ON CONFLICT (id) DO NOTHING`,
		r.ID[:], r.Terms.Payer[:], r.Terms.Payee[:], r.Terms.Signer[:], assetWord(r.Terms.Asset), int64(r.Terms.Challenge/time.Second), r.Terms.Seed[:],
		r.Deposit.Bytes(), r.Settled.Bytes(), int64(r.State), r.CloseAt, r.ClosingSeen, flag(r.Frozen), r.AppendEvidence([]byte{}), r.DueSince, int64(r.Accepted),
		paid.Bytes(), promised.Bytes())
	if err != nil {
		return fmt.Errorf("writing channel %s: %w", r.ID.Short(), err)
	}
	r.Version = 1
	return nil
}

func scanChannel(scan func(...any) error, r *channel.Record) error {
	var challenge, state, frozen, accepted, version int64
	var evidence []byte
	err := scan(bytes32{(*[32]byte)(&r.ID)}, address{&r.Terms.Payer}, address{&r.Terms.Payee}, address{&r.Terms.Signer}, asset{&r.Terms.Asset}, &challenge,
		bytes32{&r.Terms.Seed}, amount{&r.Deposit}, amount{&r.Settled}, &state, &r.CloseAt, &r.ClosingSeen, &frozen, &evidence, &r.DueSince, &accepted, &version)
	if err != nil {
		return err
	}
	r.Terms.Challenge = time.Duration(challenge) * time.Second
	r.State, r.Frozen = channel.State(state), frozen != 0
	r.Accepted, r.Version = uint64(accepted), uint64(version)
	if err := r.SetEvidence(evidence); err != nil {
		return fmt.Errorf("reading channel %s: %w", r.ID.Short(), err)
	}
	return nil
}

// UndoneClosings finds the channels whose close was seen at the head, in a block that is now solid, without having been recorded as a fact.
func (t *Tx) UndoneClosings(solid int64) (ids []channel.ID, err error) {
	err = t.each(`SELECT id FROM channels WHERE state = 1 AND closing_seen > 0 AND closing_seen <= $1 ORDER BY id`, []any{solid}, func(scan func(...any) error) error {
		var id channel.ID
		err := scan(bytes32{(*[32]byte)(&id)})
		ids = append(ids, id)
		return err
	})
	return ids, err
}
