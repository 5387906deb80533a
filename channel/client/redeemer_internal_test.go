package client

import (
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
)

// Tails that ended an hour ago are forgotten once the hub's voucher has them no more; those that it still has, or that ended just now, are known.
func TestTailsAreForgotten(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	held := channel.Record{Reveals: make([]channel.Progress, 1)}
	held.Held.Tails = []channel.Tail{{Unit: channel.NewAmount(1), Length: 10, Expiry: now.Unix()}}
	for minutes, want := range map[time.Duration]int{60: 100, 63: 98, 1000: 1} {
		c := hubChannel{tails: map[channel.Anchor]*redeemedTail{}}
		for i := range byte(100) {
			c.tails[channel.Anchor{i}] = &redeemedTail{length: 10, expiry: now.Unix() + int64(i)*60, at: channel.Anchor{i}}
		}
		c.follow(&held, now)
		c.follow(&held, now.Add(minutes*time.Minute))
		if len(c.tails) != want || c.tails[channel.Anchor{}] == nil {
			t.Errorf("%d tails after %d minutes, want %d", len(c.tails), minutes, want)
		}
	}
}
