package store

import (
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

const settlementColumns = `block, idx, txid, channel, settled, amount, refund, closed, made`

// PutSettlement stores a fact. Storing it again changes nothing.
func (t *Tx) PutSettlement(f channel.Settlement) error {
	_, err := t.exec(`INSERT INTO settlements (`+settlementColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		f.Block, int64(f.Index), f.TxID[:], f.Channel[:], f.Settled.Bytes(), f.Amount.Bytes(), f.Refund.Bytes(), flag(f.Closed), f.Time)
	if err != nil {
		return fmt.Errorf("storing a settlement of channel %s: %w", f.Channel.Short(), err)
	}
	return nil
}

// Settlements calls fn for what was paid to payee in blocks after the given one, at since or later or at a time that is not known (in rows from before schema 6), and in which asset; oldest first.
func (t *Tx) Settlements(payee wallet.Address, after int64, since time.Time, fn func(channel.Settlement, channel.Asset) error) error {
	query := `SELECT ` + settlementColumns + `, asset FROM settlements JOIN (SELECT id, payee, asset FROM channels) c ON id = channel
		WHERE payee = $1 AND block > $2 AND (made >= $3 OR made = 0) ORDER BY block, idx`
	return t.each(query, []any{payee[:], after, since.UnixMilli()}, func(scan func(...any) error) error {
		var f channel.Settlement
		var a channel.Asset
		var index, closed int64
		err := scan(&f.Block, &index, bytes32{&f.TxID}, bytes32{(*[32]byte)(&f.Channel)}, amount{&f.Settled}, amount{&f.Amount}, amount{&f.Refund}, &closed, &f.Time, asset{&a})
		if err != nil {
			return err
		}
		f.Index, f.Closed = int(index), closed != 0
		return fn(f, a)
	})
}

// ClosedSince reads the channels that were closed in blocks after the given one.
func (t *Tx) ClosedSince(block int64) (ids []channel.ID, err error) {
	err = t.each(`SELECT channel FROM settlements WHERE block > $1 AND closed = 1 ORDER BY block, idx`, []any{block}, func(scan func(...any) error) error {
		ids = append(ids, channel.ID{})
		return scan(bytes32{(*[32]byte)(&ids[len(ids)-1])})
	})
	return ids, err
}
