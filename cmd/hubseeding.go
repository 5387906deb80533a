package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/torrent"
)

// seedingHub is the hub that a seeder is paid through; nil without --hub.
type seedingHub struct {
	link     *hubLink
	redeemer *client.Redeemer
}

// joinHub registers a seeder for every asset that it asks, and makes its offers accept the hub's sessions.
func joinHub(c *cli.Context, s *session, offers []torrent.Offer) (*seedingHub, error) {
	if c.String("hub") == "" {
		return nil, nil
	}
	log, err := logger(c)
	if err != nil {
		return nil, err
	}
	l, err := hubOf(c, s)
	if err != nil {
		return nil, err
	}
	h := &seedingHub{link: l, redeemer: &client.Redeemer{Hub: l.hub, Log: log}}
	for i := range offers {
		reg, err := l.hub.Register(c.Context, offers[i].Asset)
		if errors.Is(err, channel.ErrNoHub) {
			say(c, "The hub does not deal in %s; downloaders need a channel of their own for it.\n", offers[i].Asset)
			continue
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("registering at the hub: %w", err), l.remote.Close())
		}
		for _, note := range recoveryOf(reg.Recovering, "What this seeder holds is shown to it now.").notes() {
			say(c, "%v\n", note)
		}
		h.redeemer.Assets = append(h.redeemer.Assets, offers[i].Asset)
		h.redeemer.Address, offers[i].Hubs, offers[i].Withheld = reg.Hub, append(offers[i].Hubs, reg.Hub), reg.Withheld
		for _, r := range reg.Channels {
			h.redeemer.Watch(r.ID)
			say(c, "Paid through hub %s: channel %s, deposit %s units of %s, challenge %s\n", reg.Hub, r.ID, r.Deposit, r.Terms.Asset, r.Terms.Challenge)
		}
		if len(reg.Channels) == 0 {
			say(c, "Registered at hub %s for %s; it opens a channel by its policy.\n", reg.Hub, offers[i].Asset)
		}
	}
	return h, nil
}

// while stands before a seeder's ledger while sell runs, redeems what comes in, and at the end what is left: before the ledger is closed.
func (h *seedingHub) while(ctx context.Context, b tollbooks, sell func(b tollbooks) error) error {
	if h == nil {
		return sell(b)
	}
	h.redeemer.Ledger, b.Ledger = b.Ledger, h.redeemer
	ctx, stop := context.WithCancel(ctx)
	redeemed := make(chan struct{})
	go func() {
		defer close(redeemed)
		_ = h.redeemer.Run(ctx)
	}()
	defer func() { stop(); <-redeemed }()
	return sell(b)
}

func (h *seedingHub) close() {
	if h != nil {
		_ = h.link.remote.Close()
	}
}
