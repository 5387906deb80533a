package sponsor

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
)

// DefaultRedeem is how often a seeder hands its reveals back: often enough that a viewer's session, an hour, does not end before.
const DefaultRedeem = time.Minute

// Redeemer hands a seeder's reveals back to the sponsors that promised them, and brings what it gets for them to the seeder's ledger.
type Redeemer struct {
	Ledger torrent.Ledger
	List   func(ctx context.Context) ([]channel.Record, error) // the seeder's channels
	Client *Client
	Offer  Offer // of that sponsor
	Every  time.Duration
	Log    *slog.Logger

	lapsed map[Hash32]time.Time // tails whose reveals came too late, and when that was said
}

// askLapsed is how long the reveals of a tail that came too late are not brought again: an open session that took their room has lapsed by then.
const askLapsed = 3 * time.Hour

// Run redeems until ctx ends, and once more then.
func (r *Redeemer) Run(ctx context.Context) error {
	every := r.Every
	if every == 0 {
		every = DefaultRedeem
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if _, err := r.Once(last); err != nil {
				r.Log.Warn("the last reveals were not redeemed; they hold until their tails expire", "error", err)
			}
			return nil
		case <-tick.C:
		}
		if _, err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("redeeming with the sponsor", "error", err)
		}
	}
}

// Once redeems what there is, and says on how many channels something was.
func (r *Redeemer) Once(ctx context.Context) (n int, err error) {
	list, err := r.List(ctx)
	if err != nil {
		return 0, err
	}
	for i := range list {
		record := &list[i]
		reveals := slices.DeleteFunc(record.Furthest(time.Time{}), r.tooLate)
		if record.Terms.Signer != r.Offer.Signer || record.Terms.Payer != r.Offer.Payer || len(reveals) == 0 || record.State == channel.Closed {
			continue
		}
		if oneErr := r.redeem(ctx, record, reveals); oneErr != nil {
			err = errors.Join(err, fmt.Errorf("channel %s: %w", record.ID.Short(), oneErr))
			continue
		}
		n++
	}
	return n, err
}

func (r *Redeemer) redeem(ctx context.Context, record *channel.Record, reveals []channel.Reveal) error {
	ask := Redeem{Channel: record.ID}
	for _, reveal := range reveals {
		ask.Reveals = append(ask.Reveals, revealOf(reveal))
	}
	v, lapsed, err := r.Client.Redeem(ctx, &ask)
	if err != nil || v.Channel != record.ID {
		return err
	}
	r.note(record, lapsed)
	// A viewer may have brought an even newer one meanwhile, or reveals may have gone on: the next time.
	_, err = r.Ledger.Accept(ctx, channel.Payment{Channel: record.ID, Voucher: &v})
	var stale *channel.StaleError
	if errors.As(err, &stale) {
		return nil
	}
	return err
}

// tooLate says whether a reveal is of a tail that came too late a short time ago.
func (r *Redeemer) tooLate(reveal channel.Reveal) bool {
	said, known := r.lapsed[Hash32(reveal.Tail)]
	return known && time.Since(said) < askLapsed
}

// note keeps which tails of a channel came too late.
func (r *Redeemer) note(record *channel.Record, lapsed []Hash32) {
	maps.DeleteFunc(r.lapsed, func(_ Hash32, said time.Time) bool { return time.Since(said) >= askLapsed })
	for _, tail := range lapsed[:min(len(lapsed), maxReveals)] {
		if r.lapsed == nil {
			r.lapsed = map[Hash32]time.Time{}
		}
		r.lapsed[tail] = time.Now()
		r.Log.Warn("reveals came too late for the sponsor", "channel", record.ID.Short(), "tail", hex.EncodeToString(tail[:4]))
	}
}
