package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
)

func eventsCommand() *cli.Command {
	return &cli.Command{
		Name: "events", Usage: "follow what happens on the chain, without a gap",
		Subcommands: []*cli.Command{{
			Name: "tail", Usage: "print transfers, stakes, rewards and contracts' events as blocks come",
			Description: "piecework events tail --to T… --asset TRX --asset T… --from-cursor deposits.cursor -o jsonl\n" +
				"piecework events tail --contract T… --event 'Approval(address,address,uint256)' --from-block 1000 --once\n" +
				"piecework events tail --address alice --head --sse :8080",
			Flags: slices.Concat(nodeFlags(), filterFlags(), followFlags()),
			Action: func(c *cli.Context) error {
				s, err := dial(c)
				if err != nil {
					return err
				}
				defer s.close()
				chosen, err := chosenEvents(c, s)
				if err != nil {
					return err
				}
				return tail(c, s, chosen)
			},
		}},
	}
}

// filterFlags choose events; each can be given several times.
func filterFlags() []cli.Flag {
	return []cli.Flag{
		textsFlag("to", "transfers to this `ADDRESS` or name; like the following, it can be repeated"),
		textsFlag("from", "transfers from this `ADDRESS` or name (on the command line only)"),
		textsFlag("address", "transfers from or to, and events of, this `ADDRESS` or name"),
		textsFlag("asset", "transfers of this `ASSET`: TRX, a TRC-10 id, a TRC-20 address, or the symbol of a token of yours"),
		textsFlag("contract", "events of this contract's `ADDRESS`, transfers of a TRC-20 token among them"),
		textsFlag("event", "events of this `SIGNATURE`, or of this name when --abi or --contract tells what it is"),
		&cli.StringFlag{Name: "abi", Usage: "`FILE` with the JSON ABI that events are read by; else the chain's own"},
	}
}

func followFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "solid", Usage: "blocks that can no longer be undone; the default"},
		&cli.BoolFlag{Name: "head", Usage: "the newest blocks; what a fork takes back is said to be undone"},
		&cli.Int64Flag{Name: "from-block", Usage: "begin with block `NUMBER`", Value: -1, DefaultText: "the next block"},
		&cli.StringFlag{Name: "from-cursor", Usage: "go on from `FILE`, which is kept up to date, or from the text of a cursor"},
		&cli.BoolFlag{Name: "once", Usage: "end at the block that is the newest now"},
		&cli.Int64Flag{Name: "until-block", Usage: "end after block `NUMBER`", DefaultText: "never"},
		&cli.StringFlag{Name: "sse", Usage: "also serve server-sent events on `[HOST]:PORT`; without a host on this machine only"},
		&cli.StringFlag{Name: "sse-origin", Usage: "`ORIGIN` of the web pages that may read --sse, or *", DefaultText: "those of this machine"},
		&cli.StringFlag{Name: "ready-file", Usage: "write the URL of --sse to `FILE` when it listens"},
	}
}

// chosen is which events to show, and how to read them.
type chosen struct {
	filter events.Filter
	known  *abi.Interface // nil: the chain's
	token  *trc20.Token   // nil, or the one that all is about
}

func chosenEvents(c *cli.Context, s *session) (chosen, error) {
	var out chosen
	var err error
	f := &out.filter
	for flag, list := range map[string]*[]wallet.Address{"to": &f.To, "from": &f.From, "address": &f.Addresses, "contract": &f.Contracts} {
		if flag == "from" && !named(c, flag) { // a default for who signs must not hide anything here
			continue
		}
		for _, text := range textsOf(c, flag) {
			a, err := resolve(c, s.network, text)
			if err != nil {
				return out, err
			}
			*list = append(*list, a)
		}
	}
	if f.Assets, err = chosenAssets(c, s); err != nil {
		return out, err
	}
	if out.known, err = interfaceFlag(c); err != nil {
		return out, err
	}
	return out, out.chooseTopics(c, s)
}

func chosenAssets(c *cli.Context, s *session) ([]string, error) {
	var all []string
	for _, text := range textsOf(c, "asset") {
		asset, err := channel.ParseAsset(text)
		if err == nil {
			all = append(all, assetOf(asset))
			continue
		}
		contract, symbolErr := tokenAddress(c, s, text)
		if symbolErr != nil {
			return nil, usagef("--asset: %s", err)
		}
		all = append(all, "trc20:"+contract.String())
	}
	return all, nil
}

// assetOf is an asset as events write it.
func assetOf(asset channel.Asset) string {
	if asset == channel.TRX {
		return events.AssetTRX
	}
	return asset.String()
}

// chooseTopics reads --event: a signature stands for itself, a name for the events of that name in --abi or in the ABIs of --contract.
func (o *chosen) chooseTopics(c *cli.Context, s *session) error {
	for _, text := range textsOf(c, "event") {
		if strings.Contains(text, "(") {
			event, err := abi.ParseEvent(text)
			if err != nil {
				return asUsage(err)
			}
			if o.known == nil {
				o.known = &abi.Interface{}
			}
			o.known.Events = append(o.known.Events, event)
			o.filter.Topics = append(o.filter.Topics, event.Topic())
			continue
		}
		before := len(o.filter.Topics)
		if err := o.topicsOf(c.Context, s, text); err != nil {
			return err
		}
		if len(o.filter.Topics) == before {
			return usagef("--event %q: no ABI tells what it is; write its signature, as in 'Transfer(address,address,uint256)', or name its --contract or --abi", text)
		}
	}
	return nil
}

func (o *chosen) topicsOf(ctx context.Context, s *session, name string) error {
	known := []*abi.Interface{o.known}
	for _, contract := range o.filter.Contracts {
		stored, err := s.node.Contract(ctx, contract)
		if err != nil {
			return withHint(err, "Is %s a contract, and on %s?", contract, s.network.Name)
		}
		if parsed, err := abi.ParseJSON(stored.ABI); err == nil {
			known = append(known, parsed)
		}
	}
	for _, k := range known {
		if k == nil {
			continue
		}
		for _, e := range k.Events {
			if e.Name == name && !e.Anonymous {
				o.filter.Topics = append(o.filter.Topics, e.Topic())
			}
		}
	}
	return nil
}

// tail follows the chain and prints, remembers and serves what was chosen.
func tail(c *cli.Context, s *session, what chosen) error {
	switch format := c.String("output"); {
	case !slices.Contains([]string{"table", "json", "jsonl", ""}, format):
		return usagef("-o %s: want table, json or jsonl", format)
	case c.Bool("head") && c.Bool("solid"):
		return usagef("--head or --solid, not both")
	case c.IsSet("until-block") && c.Int64("until-block") < max(c.Int64("from-block"), 1):
		return usagef("--until-block %d: want a block's number, not before --from-block", c.Int64("until-block"))
	}
	place, err := beginAt(c, s)
	if err != nil {
		return err
	}
	f := &events.Follower{Node: s.node, From: place.from, Until: c.Int64("until-block"), Began: beginning(c, place), Waiting: sayWaiting(c)}
	if f.View = node.Solid; c.Bool("head") {
		f.View = node.Head
	}
	if c.Bool("once") {
		if f.Until, err = untilNow(c, s, f); err != nil || f.Until == 0 {
			return err
		}
	}
	served, err := serveEvents(c, s, what, f.View)
	if err != nil {
		return err
	}
	defer served.close()
	err = f.Run(c.Context, printing(c, s, what, place, served))
	if saveErr := place.save(time.Time{}); err == nil || c.Context.Err() != nil { // Ctrl-C is how it ends
		return saveErr
	}
	if errors.Is(err, events.ErrOtherChain) {
		return withHint(err, "Was the network begun anew, or is it another? Begin again with --from-block.")
	}
	return err
}

// beginning remembers where it begins, so that a first run that saw no block leaves no gap to the next, and says so to a person who waits.
func beginning(c *cli.Context, at *place) func(events.Cursor) error {
	return func(from events.Cursor) error {
		if !c.Bool("once") {
			next := from.Block + 1
			if from.Seen != events.WholeBlock {
				next = max(from.Block, 0)
			}
			say(c, "Following from block %d on. Ctrl-C stops.\n", next)
		}
		return at.reached(from, true)
	}
}

// untilNow is the number of the newest block; 0 when there is nothing to read.
func untilNow(c *cli.Context, s *session, f *events.Follower) (int64, error) {
	if f.From == nil && c.String("from-cursor") == "" {
		return 0, usagef("--once: say where to begin, with --from-block or --from-cursor")
	}
	latest, err := s.node.Latest(c.Context, f.View)
	return latest.Number, err
}

// printing handles a step: everything of it is made first, then printed, then served, then remembered.
func printing(c *cli.Context, s *session, what chosen, place *place, served *served) func(context.Context, events.Step) error {
	shown := newEventReader(s, what)
	return func(ctx context.Context, step events.Step) error {
		results, batch, err := shown.step(ctx, step)
		if err != nil {
			return err
		}
		for _, r := range results {
			if err := printEvent(c, r); err != nil {
				return err
			}
		}
		served.publish(batch)
		return place.reached(step.Cursor, len(results) > 0)
	}
}

func printEvent(c *cli.Context, r result) error {
	if f := c.String("output"); f != "table" && f != "" {
		return printResult(c, r)
	}
	_, err := fmt.Fprintln(c.App.Writer, strings.Join(r.table().rows[0], "  "))
	return err
}

// sayWaiting tells a person that the node is away, the first time and now and then, and when it is back.
func sayWaiting(c *cli.Context) func(error, time.Duration) {
	var said time.Time
	return func(err error, again time.Duration) {
		switch {
		case err == nil && !said.IsZero():
			said = time.Time{}
			say(c, "The node answers again; going on where it stopped.\n")
		case err != nil && time.Since(said) >= progressLines:
			said = time.Now()
			say(c, "Waiting for the node: %s (trying until it answers, next in %s)\n", err, again.Round(time.Millisecond))
		}
	}
}

// batchOf makes server-sent events of results.
func batchOf(step events.Step, results []result, cursors []events.Cursor) (events.Batch, error) {
	batch := events.Batch{Cursor: step.Cursor}
	for i, r := range results {
		var line strings.Builder
		if err := writeJSON(&line, r, ""); err != nil {
			return batch, err
		}
		name := "event"
		if step.Undone {
			name = "undo"
		}
		batch.Messages = append(batch.Messages, events.Message{Cursor: cursors[i], Name: name, Data: json.RawMessage(strings.TrimSpace(line.String()))})
	}
	return batch, nil
}
