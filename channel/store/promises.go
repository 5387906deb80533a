package store

import (
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// Promise is a downloader's session through a hub: the tail is on its channel to the hub, the seeder is shown the hub's voucher.
type Promise struct {
	Anchor   channel.Anchor
	Payee    wallet.Address // the seeder
	Inbound  channel.ID     // the downloader's channel to the hub
	Outbound channel.ID     // the hub's channel to the seeder; zero until the hub has answered
	Unit     channel.Amount // what a step is to the seeder's price
	Length   uint32
	Expiry   int64  // unix seconds, of the hub's voucher
	Voucher  []byte // the hub's, as channel evidence; empty until the hub has answered
	Ended    bool   // nothing more is revealed of it
	Created  int64  // unix milliseconds
}

const promiseColumns = `anchor, payee, inbound, outbound, unit, length, expiry, voucher, ended, created`

// PutPromise writes one, new or changed.
func (t *Tx) PutPromise(p Promise) error {
	voucher := p.Voucher
	if voucher == nil {
		voucher = []byte{}
	}
	_, err := t.exec(`INSERT INTO promises (`+promiseColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (anchor) DO UPDATE SET outbound = $4, expiry = $7, voucher = $8, ended = $9`,
		p.Anchor[:], p.Payee[:], p.Inbound[:], p.Outbound[:], p.Unit.Bytes(), int64(p.Length), p.Expiry, voucher, flag(p.Ended), p.Created)
	if err != nil {
		return fmt.Errorf("storing a session: %w", err)
	}
	return nil
}

// DropPromise forgets a session whose tail no voucher carries any more.
func (t *Tx) DropPromise(anchor channel.Anchor) error {
	_, err := t.exec(`DELETE FROM promises WHERE anchor = $1`, anchor[:])
	return err
}

// Promises reads the sessions over a channel to a hub, oldest first.
func (t *Tx) Promises(inbound channel.ID) ([]Promise, error) {
	var list []Promise
	err := t.each(`SELECT `+promiseColumns+` FROM promises WHERE inbound = $1 ORDER BY created, anchor`, []any{inbound[:]}, func(scan func(...any) error) error {
		var p Promise
		var length, ended int64
		err := scan(bytes32{(*[32]byte)(&p.Anchor)}, address{&p.Payee}, bytes32{(*[32]byte)(&p.Inbound)}, bytes32{(*[32]byte)(&p.Outbound)}, amount{&p.Unit}, &length,
			&p.Expiry, &p.Voucher, &ended, &p.Created)
		p.Length, p.Ended = uint32(length), ended != 0
		list = append(list, p)
		return err
	})
	return list, err
}
