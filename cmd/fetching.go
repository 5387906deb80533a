package cmd

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel/torrent"
)

// fetchLineEvery is the time between two lines where they cannot change in place.
const fetchLineEvery = 5 * time.Second

// progressOf shows how far a download is, and what it cost so far: two lines that change on a terminal of 80 columns, else one every few seconds.
func progressOf(c *cli.Context, coin money) func(torrent.Progress) {
	s := newScreen(c.App.ErrWriter)
	var next time.Time
	var speed pace
	return func(p torrent.Progress) {
		now := time.Now()
		speed.at(now, p.Bytes)
		how := fmt.Sprintf("%s of %s, %s", formatBytes(p.Bytes), formatBytes(p.Of), speed.describe(p.Of-p.Bytes))
		cost := fmt.Sprintf("%d peers, %d paid; %s in %d payments", p.Peers, p.Payees, costSoFar(c, coin, p), p.Payments)
		switch {
		case s.live() && p.Done:
			s.print("%s %s", bar(p.Bytes, p.Of), how)
			s.print("%s", cost)
		case s.live():
			s.show(bar(p.Bytes, p.Of)+" "+how, cost)
		case p.Done || !now.Before(next):
			next = now.Add(fetchLineEvery)
			s.print("%s; %s", how, cost)
		}
	}
}

// costSoFar is what was paid, and how much may be.
func costSoFar(c *cli.Context, coin money, p torrent.Progress) string {
	if budget := c.String("budget"); budget != "" && !c.Bool("free-only") {
		return fmt.Sprintf("paid %s of at most %s", coin.format(p.Paid), budget)
	}
	return "paid " + coin.format(p.Paid)
}

// pace is how fast something comes, without the jumps from one look to the next.
type pace struct {
	looked time.Time
	bytes  int64
	rate   float64 // bytes per second
}

func (p *pace) at(now time.Time, bytes int64) {
	if since := now.Sub(p.looked).Seconds(); !p.looked.IsZero() && since > 0 {
		rate := float64(max(0, bytes-p.bytes)) / since
		if p.rate > 0 {
			rate = (rate + 2*p.rate) / 3
		}
		p.rate = rate
	}
	p.looked, p.bytes = now, bytes
}

// describe is the pace, and the time until so many bytes more have come.
func (p *pace) describe(left int64) string {
	text := formatBytes(int64(p.rate)) + "/s"
	if seconds := float64(left) / max(1, p.rate); left > 0 && seconds < 100*3600 {
		text += fmt.Sprintf(", %s left", (time.Duration(seconds) * time.Second).String())
	}
	return text
}
