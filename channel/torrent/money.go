package torrent

import (
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// Ledger is where a payee's gate brings what it was paid. channel/ledger is one; a client of a running `piecework serve` is another.
type Ledger interface {
	// Accept checks a voucher or reveal. When it returns nil, it is durable. Errors of package channel are final for that payment; any other error means
	// "not now", and the gate keeps its window shut and asks again.
	Accept(ctx context.Context, p channel.Payment) (channel.Receipt, error)
	// AcceptLater is Accept, but what it takes may be durable only when it is waited for.
	AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error)
	// Record is what is known of a channel whose opening is solid; channel.ErrUnknownChannel when there is none.
	Record(ctx context.Context, id channel.ID) (channel.Record, error)
}

// Purses is what a downloader pays from: it knows its channels, and the hubs through which it can reach others.
type Purses interface {
	// For gives the purse that can pay this payee on these terms, always the same one for the same payee; ErrNoPurse when there is none.
	For(ctx context.Context, terms *wire.Terms) (Purse, error)
}

// Purse pays one payee out of one channel, directly or through a hub. What its methods return is durable before they return, so that a payer
// that restarts goes on where it was and never promises twice. It is safe for concurrent use.
type Purse interface {
	// Open gives a voucher with a tail that has steps left: the tail in use when its unit is the same and it does not end soon, else a fresh one that
	// continues it, whose voucher has all earlier reveals moved into its cumulative amount. ErrPurseEmpty when the deposit holds no further step.
	Open(ctx context.Context, unit channel.Amount) (Promise, error)
	// Reveal gives the preimage that stands for count steps of a tail that Open gave. Counts only grow; an older count is given again.
	Reveal(ctx context.Context, tail channel.Anchor, count uint32) (channel.Reveal, error)
	// RevealAhead is Reveal, but where it writes it counts so many steps more as revealed, so that the next ones need no write. A payer that is killed takes these for paid until it is told
	// better (Recount), and reveals them where they are due.
	RevealAhead(ctx context.Context, tail channel.Anchor, count, steps uint32) (channel.Reveal, error)
	// Recount goes by a payee that holds only count steps of a tail: an earlier run had counted more, and was killed.
	Recount(ctx context.Context, tail channel.Anchor, count uint32) error
	// Rest takes back what RevealAhead counted and was not revealed.
	Rest(ctx context.Context) error
	// Note keeps how many bytes were received in the session, for Promise.Received after a restart. Losing the last few notes in a crash is fine.
	Note(ctx context.Context, received int64) error
	// Adopt goes on from a later state that the payee holds, after checking that its voucher carries the payer's own signature (a payer that lost its file).
	Adopt(ctx context.Context, voucher channel.SignedVoucher, reveals []channel.Reveal) error
}

// Promise is what a Purse opens a session with.
type Promise = client.Promise

// What a purse answers.
var (
	ErrNoPurse    = client.ErrNoPurse
	ErrPurseEmpty = client.ErrPurseEmpty
)

// FromChannels pays out of channels of the payer's own.
func FromChannels(p *client.Purses) Purses { return ownChannels{p} }

type ownChannels struct{ *client.Purses }

// For gives the purse of the channel to that payee that has the most left.
func (o ownChannels) For(ctx context.Context, terms *wire.Terms) (Purse, error) {
	if terms.Domain != o.Domain {
		return nil, fmt.Errorf("%w: it is paid through another contract", ErrNoPurse)
	}
	purse, err := o.Purses.For(ctx, terms.Asset, terms.Payee)
	if err != nil {
		return nil, err
	}
	return purse, nil
}

// FromHub pays out of a channel of the payer's own to the seeder where there is one, and else through a hub, out of one channel to it.
func FromHub(p *client.HubPurses) Purses { return throughHub{own: ownChannels{p.Purses}, hub: p} }

type throughHub struct {
	own ownChannels
	hub *client.HubPurses
}

// For gives the purse that can pay the seeder.
func (h throughHub) For(ctx context.Context, terms *wire.Terms) (Purse, error) {
	own, err := h.own.For(ctx, terms)
	if !errors.Is(err, ErrNoPurse) || terms.Domain != h.own.Domain {
		return own, err
	}
	purse, err := h.hub.For(ctx, terms.Asset, terms.Payee)
	if err != nil {
		return nil, err
	}
	return purse, nil
}
