package store

import (
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
)

// Secret is a hash chain of a payer: what stands behind a tail that it promised.
type Secret struct {
	Anchor  channel.Anchor
	Channel channel.ID
	Secret  [32]byte // the chain's first link
	Ended   bool     // nothing more is revealed of it
}

// PutSecret stores a chain before its anchor is promised.
func (t *Tx) PutSecret(s Secret) error {
	_, err := t.exec(`INSERT INTO secrets (anchor, channel, secret, ended) VALUES ($1, $2, $3, $4)`, s.Anchor[:], s.Channel[:], s.Secret[:], flag(s.Ended))
	if err != nil {
		return fmt.Errorf("storing a hash chain: %w", err)
	}
	return nil
}

// EndSecret marks a chain of which nothing more is revealed.
func (t *Tx) EndSecret(anchor channel.Anchor) error {
	return t.execOne(ErrNotFound, `UPDATE secrets SET ended = 1 WHERE anchor = $1`, anchor[:])
}

// DropSecret forgets a chain that no voucher promises any more.
func (t *Tx) DropSecret(anchor channel.Anchor) error {
	return t.execOne(ErrNotFound, `DELETE FROM secrets WHERE anchor = $1`, anchor[:])
}

// Secrets reads the chains of a channel.
func (t *Tx) Secrets(id channel.ID) ([]Secret, error) {
	var list []Secret
	err := t.each(`SELECT anchor, channel, secret, ended FROM secrets WHERE channel = $1 ORDER BY anchor`, []any{id[:]}, func(scan func(...any) error) error {
		var s Secret
		var ended int64
		err := scan(bytes32{(*[32]byte)(&s.Anchor)}, bytes32{(*[32]byte)(&s.Channel)}, bytes32{&s.Secret}, &ended)
		s.Ended = ended != 0
		list = append(list, s)
		return err
	})
	return list, err
}

// PutReceived notes how many bytes of payload a payer has got over a channel.
func (t *Tx) PutReceived(id channel.ID, bytes int64) error {
	_, err := t.exec(`INSERT INTO received (channel, bytes) VALUES ($1, $2) ON CONFLICT (channel) DO UPDATE SET bytes = $2`, id[:], bytes)
	return err
}

// Received is what PutReceived noted last, or 0.
func (t *Tx) Received(id channel.ID) (int64, error) {
	var n int64
	err := t.get(`SELECT bytes FROM received WHERE channel = $1`, []any{id[:]}, &n)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return n, err
}
