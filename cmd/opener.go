package cmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// opener is a downloader's purses: it finds the channel to a seeder, and with --deposit opens one where there is none.
type opener struct {
	c      *cli.Context
	s      *session
	at     wallet.Address
	coin   money
	purses *client.Purses
	hub    *client.HubPurses // nil without --hub
	mu     sync.Mutex
	ended  bool
	needed func(context.Context) bool // whether there is anything to pay for; nil: always
}

// checkTime is how long a channel is not opened while it is not known whether anything is missing.
const checkTime = 10 * time.Second

// askFirst makes it open no channel for a download that lies on the disk already.
func (o *opener) askFirst(needed func(context.Context) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.needed = needed
}

// idle says that nothing is to be fetched.
func (o *opener) idle(ctx context.Context) bool {
	if o.needed == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return !o.needed(ctx)
}

// end lets a channel that is being opened come to its end, so that the money in it is known to the purses; none is opened after that.
func (o *opener) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
}

// reach connects to the hub of --hub. One that does not answer, or does not deal in the asset, is found out before anything is fetched.
func (o *opener) reach() (func(), error) {
	if o.c.String("hub") == "" {
		return func() {}, nil
	}
	l, err := hubOf(o.c, o.s)
	if err != nil {
		return nil, err
	}
	if _, err := l.hub.Quote(o.c.Context, o.s.from, o.coin.asset, channel.NewAmount(1)); err != nil && !errors.Is(err, channel.ErrUnknownSeeder) {
		return nil, errors.Join(fmt.Errorf("asking the hub: %w", err), l.remote.Close())
	}
	o.hub = &client.HubPurses{Purses: o.purses, Hub: l.hub}
	return func() { _ = l.remote.Close() }, nil
}

// throughHub finds the purse that pays a seeder through the hub, and with --deposit opens the channel to the hub.
func (o *opener) throughHub(ctx context.Context, terms *wire.Terms) (torrent.Purse, error) {
	purse, err := o.hub.For(ctx, terms.Asset, terms.Payee)
	if errors.Is(err, client.ErrNoPurse) && !o.hub.Address().IsZero() && o.c.String("deposit") != "" && terms.Asset == o.coin.asset {
		if err := o.open(o.hub.Address()); err != nil {
			return nil, err
		}
		purse, err = o.hub.For(ctx, terms.Asset, terms.Payee)
	}
	if err != nil {
		return nil, err
	}
	return purse, nil
}

// For implements torrent.Purses. Channels are opened one at a time: each approval of a token sets the allowance and does not add to it, so of two at once one would find the deposit
// of the other, and the balance that is looked at would be there for both.
func (o *opener) For(ctx context.Context, terms *wire.Terms) (torrent.Purse, error) {
	purse, err := o.purses.For(ctx, terms.Asset, terms.Payee)
	if err == nil {
		return purse, nil // who has a channel does not wait for one that is being opened
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return nil, torrent.ErrNoPurse
	}
	purse, err = o.purses.For(ctx, terms.Asset, terms.Payee) // it may have been opened meanwhile
	if errors.Is(err, client.ErrNoPurse) && o.idle(ctx) {
		return nil, err
	}
	if errors.Is(err, client.ErrNoPurse) && o.hub != nil {
		return o.throughHub(ctx, terms)
	}
	if errors.Is(err, client.ErrNoPurse) && o.c.String("deposit") != "" && terms.Asset == o.coin.asset {
		if err := o.open(terms.Payee); err != nil {
			return nil, err
		}
		purse, err = o.purses.For(ctx, terms.Asset, terms.Payee)
	}
	if err != nil {
		return nil, err
	}
	return purse, nil
}

func (o *opener) open(payee wallet.Address) error {
	amount, err := o.coin.parse(o.c.String("deposit"))
	if err != nil {
		return usagef("--deposit: %s", err)
	}
	want, err := newOpening(payee, o.s.from, o.coin.asset, amount, defaultChallenge)
	if err != nil {
		return err
	}
	_, event, err := openChannel(o.c, o.s, o.at, o.coin, want)
	if err != nil {
		return err
	}
	return o.purses.Add(o.c.Context, event.Terms, event.Deposit)
}
