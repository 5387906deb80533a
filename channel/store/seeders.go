package store

import (
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// PutSeeder registers a seeder. Registering it again changes nothing.
func (t *Tx) PutSeeder(s channel.Seeder) error {
	_, err := t.exec(`INSERT INTO seeders (payee, asset, wanted, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		s.Payee[:], assetWord(s.Asset), s.Wanted.Bytes(), s.Created)
	return err
}

// WantSeeder notes what a downloader wanted of a seeder, or with nothing that it was provided for. ErrNotFound when the seeder is not registered.
func (t *Tx) WantSeeder(payee wallet.Address, a channel.Asset, wanted channel.Amount) error {
	return t.execOne(ErrNotFound, `UPDATE seeders SET wanted = $1 WHERE payee = $2 AND asset = $3`, wanted.Bytes(), payee[:], assetWord(a))
}

// Seeder reads one; ErrNotFound when it is not registered.
func (t *Tx) Seeder(payee wallet.Address, a channel.Asset) (channel.Seeder, error) {
	s := channel.Seeder{Payee: payee, Asset: a}
	err := t.get(`SELECT wanted, created FROM seeders WHERE payee = $1 AND asset = $2`, []any{payee[:], assetWord(a)}, amount{&s.Wanted}, &s.Created)
	return s, err
}

// Seeders reads all of them, the first registered first.
func (t *Tx) Seeders() (list []channel.Seeder, err error) {
	err = t.each(`SELECT payee, asset, wanted, created FROM seeders ORDER BY created, payee, asset`, nil, func(scan func(...any) error) error {
		var s channel.Seeder
		err := scan(address{&s.Payee}, asset{&s.Asset}, amount{&s.Wanted}, &s.Created)
		list = append(list, s)
		return err
	})
	return list, err
}

// PutUnmerged notes a channel on which nothing may be signed before its seeder has shown the voucher that it holds.
func (t *Tx) PutUnmerged(id channel.ID, since int64) error {
	_, err := t.exec(`INSERT INTO unmerged (channel, since) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id[:], since)
	return err
}

// DropUnmerged notes that the seeder has shown it.
func (t *Tx) DropUnmerged(id channel.ID) error {
	_, err := t.exec(`DELETE FROM unmerged WHERE channel = $1`, id[:])
	return err
}

// Recovery says whether there are channels on which nothing is signed yet, and when the recovery began that looks for more; 0: none does. See PutRecovery.
func (t *Tx) Recovery() (waits bool, since int64, err error) {
	var n int64
	err = t.get(`SELECT CASE WHEN EXISTS (SELECT 1 FROM unmerged WHERE channel > $1) THEN 1 ELSE 0 END, COALESCE((SELECT since FROM unmerged WHERE channel = $1), 0)`,
		[]any{noChannel}, &n, &since)
	return n > 0, since, err
}

// PutRecovery notes that a recovery began: a channel that was opened before, and is found later, is one of those too.
func (t *Tx) PutRecovery(since int64) error {
	if err := t.DropUnmerged(channel.ID{}); err != nil {
		return err
	}
	return t.PutUnmerged(channel.ID{}, since)
}

// noChannel is the row that stands for the recovery itself.
var noChannel = make([]byte, len(channel.ID{}))

// Unmerged says whether the channel is one of those.
func (t *Tx) Unmerged(id channel.ID) (bool, error) {
	var n int64
	err := t.get(`SELECT COUNT(*) FROM unmerged WHERE channel = $1`, []any{id[:]}, &n)
	return n > 0, err
}
