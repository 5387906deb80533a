package store

import (
	"context"
	"fmt"

	"github.com/piecework/piecework/channel"
)

// Request asks the server that settles to settle a channel now.
type Request struct {
	Channel channel.ID
	Close   bool  // for the last time, with the refund
	Created int64 // unix milliseconds
}

// PutRequest leaves a request for the server that settles. Asking again changes nothing, but that a close is not taken back.
func (s *Store) PutRequest(ctx context.Context, r Request) error {
	return s.Update(ctx, func(t *Tx) error {
		_, err := t.exec(`INSERT INTO requests (channel, close, created) VALUES ($1, $2, $3)
			ON CONFLICT (channel) DO UPDATE SET close = CASE WHEN requests.close = 1 THEN 1 ELSE $2 END, created = $3`, r.Channel[:], flag(r.Close), r.Created)
		if err != nil {
			return fmt.Errorf("asking for a settlement of channel %s: %w", r.Channel.Short(), err)
		}
		return nil
	})
}

// TakeRequests takes all requests out, oldest first.
func (s *Store) TakeRequests(ctx context.Context) (list []Request, err error) {
	err = s.View(ctx, func(t *Tx) error { // most of the time there is none, and nothing has to be written
		list, err = t.requests()
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	err = s.Update(ctx, func(t *Tx) error {
		if list, err = t.requests(); err != nil {
			return err
		}
		for _, r := range list { // what is asked meanwhile stays
			if _, err := t.exec(`DELETE FROM requests WHERE channel = $1`, r.Channel[:]); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

func (t *Tx) requests() (list []Request, err error) {
	err = t.each(`SELECT channel, close, created FROM requests ORDER BY created, channel`+t.lock(), nil, func(scan func(...any) error) error {
		var r Request
		var closes int64
		err := scan(bytes32{(*[32]byte)(&r.Channel)}, &closes, &r.Created)
		r.Close = closes != 0
		list = append(list, r)
		return err
	})
	return list, err
}

// FailedIntents reads the intents that failed in a block and were created at or after a time (unix milliseconds), oldest first.
func (t *Tx) FailedIntents(since int64) ([]channel.Intent, error) {
	return t.intents(`SELECT `+intentColumns+` FROM intents WHERE state = 'failed' AND created >= $1 ORDER BY created, txid`, since)
}
