package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// Registration is what a seeder is told: the hub, its terms, and the seeder's channels. Until there is one, the hub is opening it or waits for a downloader that wants it.
type Registration struct {
	Hub      wallet.Address
	Asset    channel.Asset
	Terms    Terms
	Channels []channel.Record // the hub's to the seeder, as the hub knows them
	Debt     channel.Amount   // of the opening cost
}

// Register takes a seeder in. Registering again changes nothing, and tells how it stands. Errors: channel.ErrNoHub, ErrManySeeders.
func (h *Hub) Register(ctx context.Context, payee wallet.Address, asset channel.Asset) (Registration, error) {
	terms, deals := h.cfg.Assets[asset]
	if !deals || payee == h.me || payee.IsZero() {
		return Registration{}, fmt.Errorf("%w: %s to %s", channel.ErrNoHub, asset, payee)
	}
	seeder := channel.Seeder{Payee: payee, Asset: asset, Created: h.ledger.Now().UnixMilli()}
	var known bool
	if err := h.store.View(ctx, func(t *store.Tx) error {
		_, err := t.Seeder(payee, asset)
		known = err == nil
		return nil
	}); err != nil {
		return Registration{}, err
	}
	if !known {
		if err := h.queue(ctx, seeder); err != nil {
			return Registration{}, err
		}
	}
	reg := Registration{Hub: h.me, Asset: asset, Terms: terms}
	err := h.store.View(ctx, func(t *store.Tx) error {
		reg.Channels = reg.Channels[:0]
		b, err := t.Balance(Opening(payee), asset)
		if err != nil {
			return err
		}
		reg.Debt = b.Debit.Excess(b.Credit)
		return t.Channels(channel.Query{Live: true, Payer: h.me, Payee: payee}, func(r channel.Record) error {
			if r.Terms.Asset == asset {
				reg.Channels = append(reg.Channels, r)
			}
			return nil
		})
	})
	return reg, err
}

// queue puts a seeder among those that wait for their first channel, if there is room.
func (h *Hub) queue(ctx context.Context, seeder channel.Seeder) error {
	waiting, err := h.waitingIn(ctx, seeder.Asset)
	if err != nil {
		return err
	}
	if waiting >= h.cfg.Policy.Waiting {
		return fmt.Errorf("%w: %d", channel.ErrManySeeders, waiting)
	}
	return h.store.Update(ctx, func(t *store.Tx) error {
		return errors.Join(t.PutSeeder(seeder), t.NoteLook(store.Look{Seeder: seeder, Waits: true, Since: seeder.Created}))
	})
}

// queueLength is how many seeders waited in an asset when they were counted, and came since.
type queueLength struct {
	n  int
	at time.Time
}

// countEvery is how often those that wait are counted: strangers register, and counting reads a row of each that waits. In between every server counts those that come to it.
const countEvery = time.Minute

// waitingIn counts one more that waits in an asset, and says how many did before.
func (h *Hub) waitingIn(ctx context.Context, a channel.Asset) (int, error) {
	h.queueing.Lock()
	defer h.queueing.Unlock()
	w, now := h.waiting[a], h.ledger.Now()
	if age := now.Sub(w.at); age < 0 || age >= countEvery {
		err := h.store.View(ctx, func(t *store.Tx) (err error) {
			w.n, err = t.Waiting(a, h.cfg.Policy.Waiting)
			return err
		})
		if err != nil {
			return 0, err
		}
		w.at = now
	}
	before := w.n
	w.n = min(before+1, h.cfg.Policy.Waiting)
	h.waiting[a] = w
	return before, nil
}

// forgetAtOnce is how many seeders are forgotten in a transaction.
const forgetAtOnce = 256

// Forget forgets seeders that have waited for a channel too long, and says how many; one whose channels have ended has waited since it registered. What they are owed or owe from
// earlier channels stays in the book.
func (h *Hub) Forget(ctx context.Context) (forgotten int, err error) {
	before := h.ledger.Now().Add(-h.cfg.Policy.WaitFor).UnixMilli()
	for _, a := range h.assets() {
		for more := true; more && err == nil; {
			var n int
			err = h.store.Update(ctx, func(t *store.Tx) (err error) {
				n, err = t.ForgetWaiting(a, before, forgetAtOnce)
				return err
			})
			forgotten += n
			more = n == forgetAtOnce
		}
	}
	h.queueing.Lock()
	defer h.queueing.Unlock()
	clear(h.waiting) // there is room again
	return forgotten, err
}

// Quote is what a session with a seeder costs now, for a step that is worth Unit to the seeder's price.
type Quote struct {
	Hub        wallet.Address
	UnitIn     channel.Amount // of a step on the downloader's channel
	UnitOut    channel.Amount // of a step on the hub's
	SessionFee channel.Amount
	Available  channel.Amount // the most that a session can reserve now
	Life       time.Duration  // the longest
	MinLife    time.Duration
	Margin     time.Duration // the downloader's tail must last longer than the session by this
	Challenge  time.Duration // the least of the downloader's channel
}

// Quote tells what a session would cost. Errors: ErrNoHub, ErrUnknownSeeder. It promises nothing; Open says what is.
func (h *Hub) Quote(ctx context.Context, payee wallet.Address, asset channel.Asset, unit channel.Amount) (Quote, error) {
	terms, deals := h.cfg.Assets[asset]
	if !deals {
		return Quote{}, fmt.Errorf("%w: %s", channel.ErrNoHub, asset)
	}
	if unit.IsZero() || !unit.Fits() {
		return Quote{}, fmt.Errorf("%w: a step of %s", channel.ErrMalformed, unit)
	}
	policy := h.cfg.Policy
	q := Quote{Hub: h.me, SessionFee: terms.sessionFee(), Life: policy.Life, MinLife: policy.MinLife, Margin: policy.Margin, Challenge: policy.MinChallenge}
	err := h.store.View(ctx, func(t *store.Tx) error {
		indebted, err := h.indebted(t, payee, asset)
		if err != nil {
			return err
		}
		p := h.price(terms, unit, indebted)
		q.UnitIn, q.UnitOut = p.in, p.out
		if _, err := t.Seeder(payee, asset); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				return channel.ErrUnknownSeeder
			}
			return err
		}
		var own []channel.Record
		err = t.Channels(channel.Query{Live: true, Payer: h.me, Payee: payee}, func(r channel.Record) error {
			if r.Terms.Asset == asset && r.State == channel.Open && !r.Frozen {
				own = append(own, r)
			}
			return nil
		})
		for i := range own {
			if err != nil {
				return err
			}
			var spare channel.Amount
			var slot bool
			if spare, slot, err = h.spareOf(t, &own[i]); slot {
				q.Available = q.Available.Max(spare)
			}
		}
		q.Available = p.reservable(q.Available)
		return err
	})
	return q, err
}

// Sessions lists at most limit sessions of a channel, a downloader's or one of the hub's own, the open ones first.
func (h *Hub) Sessions(ctx context.Context, id channel.ID, limit int) (list []channel.Session, err error) {
	err = h.store.View(ctx, func(t *store.Tx) error {
		list, err = t.Sessions(id, limit)
		return err
	})
	return list, err
}
