package store

import (
	"fmt"
	"strings"
)

// Token is who may make which calls of the API. Its secret is not kept, only the hash.
type Token struct {
	ID      string
	Hash    [32]byte // SHA-256 of the secret
	Name    string
	Scopes  []string
	Created int64 // unix milliseconds
	Expires int64 // unix milliseconds; 0: never
	Revoked int64 // unix milliseconds; 0: not
}

const tokenColumns = `id, hash, name, scopes, created, expires, revoked`

// PutToken keeps a new token; ErrConflict when its id is taken.
func (t *Tx) PutToken(k Token) error {
	err := t.execOne(ErrConflict, `INSERT INTO tokens (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
		k.ID, k.Hash[:], k.Name, strings.Join(k.Scopes, " "), k.Created, k.Expires, k.Revoked)
	if err != nil {
		return fmt.Errorf("keeping token %s: %w", k.ID, err)
	}
	return nil
}

// RevokeToken ends a token at a time, in unix milliseconds; one that has ended keeps its time. ErrNotFound when there is none.
func (t *Tx) RevokeToken(id string, at int64) (Token, error) {
	if _, err := t.exec(`UPDATE tokens SET revoked = $1 WHERE id = $2 AND revoked = 0`, at, id); err != nil {
		return Token{}, err
	}
	return t.Token(id)
}

// Token reads one; ErrNotFound when there is none.
func (t *Tx) Token(id string) (Token, error) {
	list, err := t.tokens(` WHERE id = $1`, id)
	switch {
	case err != nil:
		return Token{}, err
	case len(list) == 0:
		return Token{}, ErrNotFound
	}
	return list[0], nil
}

// Tokens reads all, the oldest first.
func (t *Tx) Tokens() ([]Token, error) { return t.tokens(` ORDER BY created, id`) }

func (t *Tx) tokens(where string, args ...any) ([]Token, error) {
	var list []Token
	err := t.each(`SELECT `+tokenColumns+` FROM tokens`+where, args, func(scan func(...any) error) error {
		var k Token
		var scopes string
		err := scan(&k.ID, bytes32{&k.Hash}, &k.Name, &scopes, &k.Created, &k.Expires, &k.Revoked)
		k.Scopes = strings.Fields(scopes)
		list = append(list, k)
		return err
	})
	return list, err
}
