package store

import (
	"errors"

	"github.com/piecework/piecework/channel"
)

// Tell appends news for watchers. Its Seq is set: numbers have no gaps, and whoever reads up to one has seen all before it.
func (t *Tx) Tell(n *channel.News) error {
	seq, err := t.next("feed")
	if err != nil {
		return err
	}
	body := n.Body
	if body == nil {
		body = []byte{}
	}
	_, err = t.exec(`INSERT INTO feed (seq, at, kind, channel, body) VALUES ($1, $2, $3, $4, $5)`, seq, n.At, n.Kind, n.Channel[:], body)
	if err == nil {
		n.Seq = seq
	}
	return err
}

// News reads at most limit of what came after seq, oldest first.
func (t *Tx) News(after int64, limit int) ([]channel.News, error) {
	var list []channel.News
	err := t.each(`SELECT seq, at, kind, channel, body FROM feed WHERE seq > $1 ORDER BY seq LIMIT $2`, []any{after, int64(limit)}, func(scan func(...any) error) error {
		var n channel.News
		err := scan(&n.Seq, &n.At, &n.Kind, bytes32{(*[32]byte)(&n.Channel)}, &n.Body)
		list = append(list, n)
		return err
	})
	return list, err
}

// Answer reads what a key was answered; ErrNotFound when it was not used.
func (t *Tx) Answer(scope, key string) (channel.Answer, error) {
	a := channel.Answer{Scope: scope, Key: key}
	err := t.get(`SELECT request, answer, created FROM answers WHERE scope = $1 AND key = $2`, []any{scope, key}, bytes32{&a.Request}, &a.Body, &a.Created)
	return a, err
}

// PutAnswer keeps an answer, in the transaction whose work it answers for. ErrConflict when the key was used meanwhile: nothing of the transaction may stand.
func (t *Tx) PutAnswer(a channel.Answer) error {
	if a.Key == "" {
		return errors.New("keeping an answer: it has no key")
	}
	body := a.Body
	if body == nil {
		body = []byte{}
	}
	return t.execOne(ErrConflict, `INSERT INTO answers (scope, key, request, answer, created) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (scope, key) DO NOTHING`,
		a.Scope, a.Key, a.Request[:], body, a.Created)
}

// DropAnswers forgets the answers that were given before a time, in unix milliseconds.
func (t *Tx) DropAnswers(before int64) error {
	_, err := t.exec(`DELETE FROM answers WHERE created < $1`, before)
	return err
}
