package cmd

import (
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
)

// watchedKit is a kit and the file that it came from.
type watchedKit struct {
	claimKit
	file    string
	changed time.Time
}

// channelWatch is a watchtower: it looks at the channels of kits and claims what is due as soon as one begins to close.
func channelWatch(c *cli.Context) error {
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	if s.network.RealMoney && !c.Bool("yes") {
		return usagef("a watchtower acts by itself: give --yes (and --network %s)", s.network.Name)
	}
	kits := make([]watchedKit, c.NArg())
	for i := range kits {
		kits[i].file = c.Args().Get(i)
		if err := kits[i].refresh(c, s); err != nil {
			return err
		}
		say(c, "Watching %s of %s, contract %s.\n", channels(len(kits[i].records)), kits[i].file, kits[i].domain.Contract)
	}
	tick := time.NewTicker(c.Duration("every"))
	defer tick.Stop()
	for {
		out := watched{Kits: len(kits)}
		for i := range kits {
			out.Channels += len(kits[i].records)
			out.Live += kits[i].look(c, s)
		}
		if c.Bool("once") || out.Live == 0 {
			return printResult(c, out)
		}
		select {
		case <-c.Context.Done():
			return nil
		case <-tick.C:
		}
		for i := range kits {
			if err := kits[i].refresh(c, s); err != nil {
				say(c, "going on with what %s held before: %s\n", kits[i].file, err)
			}
		}
	}
}

// refresh reads a kit that is newer than what is held.
func (k *watchedKit) refresh(c *cli.Context, s *session) error {
	info, err := os.Stat(k.file)
	if err != nil {
		return fmt.Errorf("reading the claim kit: %w", err)
	}
	if info.ModTime().Equal(k.changed) {
		return nil
	}
	kit, err := openKit(c, s, k.file)
	if err != nil {
		return fmt.Errorf("%s: %w", k.file, err)
	}
	k.claimKit, k.changed = kit, info.ModTime()
	return nil
}

// look looks at every channel once and says how many are not closed. What fails is said and tried again the next time.
func (k *watchedKit) look(c *cli.Context, s *session) (live int) {
	var due []channel.Record
	for _, r := range k.records {
		figures, err := k.figures(c, s, &r)
		if err != nil {
			say(c, "%v\n", err)
			live++
			continue
		}
		if !figures.Exists() || r.State == channel.Closed {
			continue
		}
		live++
		if r.State == channel.Closing && !r.Due(time.Now()).IsZero() {
			say(c, "channel %s is closing, %s units are due: claiming\n", r.ID.Short(), r.Due(time.Now()))
			due = append(due, r)
		}
	}
	for _, batch := range inBatches(due) {
		if _, err := claimBatch(c, s, k.domain, batch); err != nil {
			say(c, "claiming for %s: %s\n", channels(len(batch)), err)
		}
	}
	return live
}

type watched struct {
	Kits     int `json:"kits"`
	Channels int `json:"channels"`
	Live     int `json:"live"`
}

func (w watched) schema() string { return "piecework.channel.watch.v1" }

func (w watched) table() table {
	return table{rows: [][]string{{"kits", fmt.Sprint(w.Kits)}, {"channels", fmt.Sprint(w.Channels)}, {"not closed", fmt.Sprint(w.Live)}}}
}
