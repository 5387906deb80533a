package server

import (
	"context"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
)

// IntentsBefore implements api.Settler.
func (s *Settler) IntentsBefore(ctx context.Context, created int64, after [32]byte, limit int) (list []channel.Intent, err error) {
	err = s.store.View(ctx, func(t *store.Tx) error {
		list, err = t.IntentsBefore(created, after, limit)
		return err
	})
	return list, err
}

// OpenIntents implements api.Settler.
func (s *Settler) OpenIntents(ctx context.Context) ([]channel.Intent, error) {
	return s.store.OpenIntents(ctx)
}
