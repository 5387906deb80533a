package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel/torrent"
)

// gateView looks after a gate: the torrents on the shelf, the client behind it, the trackers.
type gateView struct {
	*torrent.Proxy
	shelf  *shelf
	client string

	mu     sync.Mutex
	leaks  []string
	asleep map[[20]byte]string // what is wrong with a torrent; "" when nothing is
	next   int                 // the torrent that is looked at next
}

// watchEvery is the time between two looks at the shelf and the client.
const watchEvery = 10 * time.Second

// watch follows the shelf, and looks whether the client seeds and nobody can pass the gate by, until ctx ends. What goes wrong is told when it begins.
func (g *gateView) watch(ctx context.Context, c *cli.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	told := map[string]bool{}
	for {
		g.examine(ctx)
		trials := g.trials()
		now := map[string]bool{}
		for _, trial := range trials {
			if now[trial] = true; !told[trial] && ctx.Err() == nil {
				say(c, "Warning: %s\n", trial)
			}
		}
		told = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			g.follow()
		}
	}
}

// examine asks the client for every torrent that is new, and for one of the others in turn.
func (g *gateView) examine(ctx context.Context) {
	open, torrents := leaks(ctx, g.client), g.shelf.torrents()
	asleep := map[[20]byte]string{}
	for i, t := range torrents {
		g.mu.Lock()
		known, seen := g.asleep[t.InfoHash]
		g.mu.Unlock()
		if !seen || i == g.next%len(torrents) || known != "" {
			known = ""
			if err := g.Examine(ctx, t.InfoHash); err != nil {
				known = fmt.Sprintf("%s: %v", t.Name, err)
			}
		}
		asleep[t.InfoHash] = known
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leaks, g.asleep = open, asleep
	g.next++
}

// trials is what is wrong, for people.
func (g *gateView) trials() (list []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, at := range g.leaks {
		list = append(list, "the client also listens on "+at+": peers that find it there pay nothing. Make it listen on 127.0.0.1 only; GATE.md says how.")
	}
	for _, t := range g.shelf.torrents() {
		if wrong := g.asleep[t.InfoHash]; wrong != "" {
			list = append(list, wrong)
		}
	}
	return list
}

// follow takes new torrents of the shelf and leaves those that have gone.
func (g *gateView) follow() {
	before := g.shelf.torrents()
	if g.shelf.read() != nil {
		return // the folder is away just now, or empty
	}
	now := g.shelf.torrents()
	for _, t := range now {
		g.Add(t)
	}
	for _, t := range before {
		if !slices.ContainsFunc(now, func(o torrent.ProxyTorrent) bool { return o.InfoHash == t.InfoHash }) {
			g.Remove(t.InfoHash)
		}
	}
}

// maxTrials is how many warnings the status shows.
const maxTrials = 4

// head is the first lines of the status.
func (g *gateView) head() []string {
	lines := []string{fmt.Sprintf("gate      %s → %s, %d torrents", g.Addr(), g.client, len(g.shelf.torrents()))}
	var asleep []string
	trackers := g.Trackers()
	for _, host := range slices.Sorted(maps.Keys(trackers)) {
		if trackers[host] != "" {
			asleep = append(asleep, host)
		}
	}
	if len(trackers) > 0 {
		line := fmt.Sprintf("trackers  %d of %d know the gate", len(trackers)-len(asleep), len(trackers))
		if len(asleep) > 0 {
			line += "; no answer from " + strings.Join(asleep, ", ")
		}
		lines = append(lines, line)
	}
	trials := g.trials()
	for i, trial := range trials {
		if i == maxTrials {
			lines = append(lines, fmt.Sprintf("warning   and %d more", len(trials)-i))
			break
		}
		lines = append(lines, "warning   "+trial)
	}
	return lines
}
