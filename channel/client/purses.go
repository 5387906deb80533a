package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// What a purse answers.
var (
	// ErrNoPurse: no channel of ours pays that payee in that asset.
	ErrNoPurse = errors.New("no channel that pays this seeder")
	// ErrPurseEmpty: the deposit holds no further step; top the channel up.
	ErrPurseEmpty = errors.New("the channel's deposit is used up")
	// ErrDearHub: the hub asks more than a hub may. Pay the seeder by a channel of its own, or by another hub.
	ErrDearHub = errors.New("the hub asks too much")
	// ErrForeignVoucher: the payee shows a voucher that our key did not sign.
	ErrForeignVoucher = errors.New("the payee holds a voucher that was not signed by this payer")
)

// Defaults of a Purses.
const (
	DefaultTailLength = 256           // steps of a fresh tail: revealing them on chain costs about 50 energy each
	DefaultTailLife   = 2 * time.Hour // until a fresh tail expires
	// renewBefore is how long before its expiry a tail is not built upon any more: payees refuse reveals in the last ten minutes.
	renewBefore = 20 * time.Minute
)

// Purses is a payer's durable memory: the channels that it opened on one contract, and what it promised and revealed on each. A payer's record of a channel
// is the same channel.Record that its payee keeps.
type Purses struct {
	Store  *store.Store
	Domain channel.Domain
	Signer *wallet.Key // of the vouchers
	Now    func() time.Time
	// TailLength and TailLife are for fresh tails; zero means the defaults.
	TailLength uint32
	TailLife   time.Duration

	mu   sync.Mutex
	open map[channel.ID]*Purse
}

// Add keeps a channel that was opened. Its deposit is what the payer knows to be locked; the payee counts it when solid.
func (p *Purses) Add(ctx context.Context, terms channel.Terms, deposit channel.Amount) error {
	record := channel.NewRecord(terms, deposit)
	err := p.Store.Update(ctx, func(t *store.Tx) error { return t.PutChannel(&record) })
	if err != nil {
		return fmt.Errorf("keeping channel %s: %w", record.ID.Short(), err)
	}
	return nil
}

// List is the channels, in the order of their ids.
func (p *Purses) List(ctx context.Context) (list []channel.Record, err error) {
	err = p.Store.View(ctx, func(t *store.Tx) error {
		list = list[:0]
		return t.Channels(channel.Query{}, func(r channel.Record) error {
			list = append(list, r)
			return nil
		})
	})
	return list, err
}

// Deposited notes a new deposit of a channel.
func (p *Purses) Deposited(ctx context.Context, id channel.ID, deposit channel.Amount) error {
	return p.change(ctx, id, func(r *channel.Record) { r.Deposit = deposit })
}

// Ended notes that a channel is closing or closed; nothing more is promised on it.
func (p *Purses) Ended(ctx context.Context, id channel.ID, state channel.State, settled channel.Amount) error {
	return p.change(ctx, id, func(r *channel.Record) { r.State, r.Settled = state, settled })
}

// For gives the purse that pays that payee in that asset: the open channel with the most left; ErrNoPurse when there is none. The same channel gives the same purse.
func (p *Purses) For(ctx context.Context, asset channel.Asset, payee wallet.Address) (*Purse, error) {
	list, err := p.List(ctx)
	if err != nil {
		return nil, err
	}
	var best *channel.Record
	for i := range list {
		r := &list[i]
		if r.State != channel.Open || r.Terms.Payee != payee || r.Terms.Asset != asset || r.Terms.Signer != p.Signer.Address() {
			continue
		}
		if best == nil || left(best).Less(left(r)) {
			best = r
		}
	}
	if best == nil {
		return nil, fmt.Errorf("%w: %s in %s", ErrNoPurse, payee, asset)
	}
	return p.Purse(best.ID), nil
}

// Purse gives the purse of a channel of ours.
func (p *Purses) Purse(id channel.ID) *Purse {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[channel.ID]*Purse{}
	}
	if p.open[id] == nil {
		p.open[id] = &Purse{purses: p, id: id, chains: map[channel.Anchor]*channel.Chain{}}
	}
	return p.open[id]
}

func (p *Purses) change(ctx context.Context, id channel.ID, how func(*channel.Record)) error {
	purse := p.Purse(id)
	purse.mu.Lock()
	defer purse.mu.Unlock()
	purse.record = nil
	return p.Store.Update(ctx, func(t *store.Tx) error {
		r, err := t.Channel(id)
		if err != nil {
			return err
		}
		how(&r)
		return t.PutChannel(&r)
	})
}

func (p *Purses) tailLength() uint32 {
	if p.TailLength == 0 {
		return DefaultTailLength
	}
	return p.TailLength
}

func (p *Purses) tailLife() time.Duration {
	if p.TailLife == 0 {
		return DefaultTailLife
	}
	return p.TailLife
}

func (p *Purses) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// left is what can still be promised without counting the held tails' unrevealed steps, which a new voucher drops.
func left(r *channel.Record) channel.Amount {
	rest := r.Deposit.Excess(r.Paid())
	return rest
}
