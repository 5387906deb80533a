package store

import (
	"errors"
	"time"

	"github.com/piecework/piecework/channel"
)

// Tell appends news for watchers. Its Seq is set, and At where it is 0: numbers have no gaps, and whoever reads up to one has seen all before it.
func (t *Tx) Tell(n *channel.News) error {
	seq, err := t.next("feed")
	if err != nil {
		return err
	}
	if n.At == 0 {
		n.At = time.Now().UnixMilli()
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

// NewsBounds is the oldest and the newest sequence that is kept; both 0 when nothing was told yet.
func (t *Tx) NewsBounds() (oldest, newest int64, err error) {
	err = t.get(`SELECT COALESCE(MIN(seq), 0), COALESCE(MAX(seq), 0) FROM feed`, nil, &oldest, &newest)
	return oldest, newest, err
}

// LastNews is the newest that was told of a channel; ErrNotFound when there is none.
func (t *Tx) LastNews(id channel.ID) (channel.News, error) {
	n := channel.News{Channel: id}
	err := t.get(`SELECT seq, at, kind, body FROM feed WHERE channel = $1 ORDER BY seq DESC LIMIT 1`, []any{id[:]}, &n.Seq, &n.At, &n.Kind, &n.Body)
	return n, err
}

// DropNews forgets what was told before a time, in unix milliseconds. The newest stays, so that its number is not given again.
func (t *Tx) DropNews(before int64) error {
	_, err := t.exec(`DELETE FROM feed WHERE at < $1 AND seq < (SELECT MAX(seq) FROM feed)`, before)
	return err
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

// FillAnswer gives a kept answer, whose request has to be the same, its body; ErrNotFound when it is not there.
func (t *Tx) FillAnswer(a channel.Answer) error {
	return t.execOne(ErrNotFound, `UPDATE answers SET answer = $1, created = $2 WHERE scope = $3 AND key = $4 AND request = $5`, a.Body, a.Created, a.Scope, a.Key, a.Request[:])
}

// DropAnswer forgets one answer, for a request that was refused and may be sent again.
func (t *Tx) DropAnswer(scope, key string) error {
	_, err := t.exec(`DELETE FROM answers WHERE scope = $1 AND key = $2`, scope, key)
	return err
}

// DropAnswers forgets the answers that were given before a time, in unix milliseconds.
func (t *Tx) DropAnswers(before int64) error {
	_, err := t.exec(`DELETE FROM answers WHERE created < $1`, before)
	return err
}
