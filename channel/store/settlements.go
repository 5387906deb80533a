package store

import (
	"fmt"

	"github.com/piecework/piecework/channel"
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

// Settlements reads what was paid on a channel, oldest first; the zero ID asks for every channel.
func (t *Tx) Settlements(id channel.ID) ([]channel.Settlement, error) {
	query, args := `SELECT `+settlementColumns+` FROM settlements`, []any{}
	if id != (channel.ID{}) {
		query, args = query+` WHERE channel = $1`, append(args, id[:])
	}
	var list []channel.Settlement
	err := t.each(query+` ORDER BY block, idx`, args, func(scan func(...any) error) error {
		var f channel.Settlement
		var index, closed int64
		err := scan(&f.Block, &index, bytes32{&f.TxID}, bytes32{(*[32]byte)(&f.Channel)}, amount{&f.Settled}, amount{&f.Amount}, amount{&f.Refund}, &closed, &f.Time)
		f.Index, f.Closed = int(index), closed != 0
		list = append(list, f)
		return err
	})
	return list, err
}
