package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel/torrent"
)

// fetchLineEvery is the time between two lines where they cannot change in place.
const fetchLineEvery = 5 * time.Second

// progressOf shows how far a download is, and what it cost so far: one line that changes on a terminal, else one every few seconds.
func progressOf(c *cli.Context, coin money) func(torrent.Progress) {
	s := newScreen(c.App.ErrWriter)
	var next, at time.Time
	var bytes, rate int64
	return func(p torrent.Progress) {
		now := time.Now()
		if ms := now.Sub(at).Milliseconds(); !at.IsZero() && ms > 0 {
			rate = (p.Bytes - bytes) * 1000 / ms
		}
		at, bytes = now, p.Bytes
		line := fmt.Sprintf("%s of %s, %s/s from %d peers (%d paid); paid %s in %d payments",
			formatBytes(p.Bytes), formatBytes(p.Of), formatBytes(max(0, rate)), p.Peers, p.Payees, coin.format(p.Paid), p.Payments)
		switch {
		case s.live() && p.Done:
			s.print("%s %s", bar(p.Bytes, p.Of), line)
		case s.live():
			s.show(bar(p.Bytes, p.Of) + " " + line)
		case p.Done || !now.Before(next):
			next = now.Add(fetchLineEvery)
			s.print("%s", line)
		}
	}
}
