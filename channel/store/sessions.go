package store

import (
	"fmt"

	"github.com/piecework/piecework/channel"
)

const sessionColumns = `anchor, inbound, outbound, unit_in, unit_out, length, expiry_in, expiry_out, redeemed, preimage, state, created, withheld`

// PutSession stores a new session, before the hub's voucher for it is signed. One anchor is one session: ErrConflict when there is one.
func (t *Tx) PutSession(s channel.Session) error {
	err := t.execOne(ErrConflict, `INSERT INTO sessions (`+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (anchor) DO NOTHING`,
		s.Anchor[:], s.Inbound[:], s.Outbound[:], s.UnitIn.Bytes(), s.UnitOut.Bytes(), int64(s.Length), s.ExpiryIn, s.ExpiryOut, int64(s.Redeemed), s.Preimage[:], string(s.State), s.Created, s.Withheld.Bytes())
	if err != nil {
		return fmt.Errorf("storing session %x: %w", s.Anchor[:4], err)
	}
	return nil
}

// UpdateSession writes how far a session was redeemed, and its state. It never goes back, nor on from a final state (ErrConflict).
func (t *Tx) UpdateSession(s channel.Session) error {
	return t.execOne(ErrConflict, `UPDATE sessions SET redeemed = $1, preimage = $2, state = $3 WHERE anchor = $4 AND state = 'open' AND redeemed <= $1`,
		int64(s.Redeemed), s.Preimage[:], string(s.State), s.Anchor[:])
}

// Session reads one; in Update its row stays locked until the transaction ends. ErrNotFound when there is none.
func (t *Tx) Session(anchor channel.Anchor) (channel.Session, error) {
	var s channel.Session
	err := scanSession(func(into ...any) error {
		return t.get(`SELECT `+sessionColumns+` FROM sessions WHERE anchor = $1`+t.lock(), []any{anchor[:]}, into...)
	}, &s)
	return s, err
}

// OpenSessions reads the open sessions of a channel, inbound or outbound, oldest first; the zero ID asks for every channel.
func (t *Tx) OpenSessions(id channel.ID) ([]channel.Session, error) {
	query, args := `SELECT `+sessionColumns+` FROM sessions WHERE state = 'open'`, []any{}
	if id != (channel.ID{}) {
		query, args = query+` AND (inbound = $1 OR outbound = $1)`, append(args, id[:])
	}
	var list []channel.Session
	err := t.each(query+` ORDER BY created, anchor`, args, func(scan func(...any) error) error {
		list = append(list, channel.Session{})
		return scanSession(scan, &list[len(list)-1])
	})
	return list, err
}

// Sessions reads at most limit sessions of a channel, inbound or outbound, the open ones first, then newest first.
func (t *Tx) Sessions(id channel.ID, limit int) ([]channel.Session, error) {
	var list []channel.Session
	err := t.each(`SELECT `+sessionColumns+` FROM sessions WHERE inbound = $1 OR outbound = $1 ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, created DESC, anchor LIMIT $2`, []any{id[:], int64(limit)}, func(scan func(...any) error) error {
		list = append(list, channel.Session{})
		return scanSession(scan, &list[len(list)-1])
	})
	return list, err
}

func scanSession(scan func(...any) error, s *channel.Session) error {
	return scan(bytes32{(*[32]byte)(&s.Anchor)}, bytes32{(*[32]byte)(&s.Inbound)}, bytes32{(*[32]byte)(&s.Outbound)}, amount{&s.UnitIn}, amount{&s.UnitOut}, &s.Length,
		&s.ExpiryIn, &s.ExpiryOut, &s.Redeemed, bytes32{&s.Preimage}, &s.State, &s.Created, amount{&s.Withheld})
}
