package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// maxAttempts bounds how often a transaction is tried again because another server wrote the same rows, or its outcome is not known.
const maxAttempts = 16

// Config is what a hub needs. All but Policy and Margin is required.
type Config struct {
	Domain channel.Domain
	Margin time.Duration // see channel.NewRule; 0 is the default
	Key    *wallet.Key   // payee of the downloaders' channels, payer and signer of the seeders'
	Assets map[channel.Asset]Terms
	Policy Policy
	Log    *slog.Logger
}

// Hub is a hub over one ledger. Its methods may be called from many goroutines and by several servers on one store.
type Hub struct {
	cfg    Config
	rule   channel.Rule
	me     wallet.Address
	ledger *ledger.Ledger
	store  ledger.Store
	stats  struct{ sessions, redeems, signatures, steps, calls atomic.Uint64 }

	counted atomic.Bool // this process has added up what is locked

	queueing sync.Mutex // covers waiting
	waiting  map[channel.Asset]queueLength

	turning sync.Mutex                   // covers turn
	turn    map[channel.Asset]store.Look // the last seeder of the page that was looked at
}

// New makes a hub. Its ledger is opened with the hub's Facts, Kept, Dropping and Hold, and given to Join before anything else is called.
func New(cfg Config) (*Hub, error) {
	cfg.Policy = cfg.Policy.withDefaults()
	rule := channel.NewRule(cfg.Domain, cfg.Margin)
	if cfg.Policy.Margin <= rule.Margin() {
		return nil, fmt.Errorf("hub: a margin of %s, and preimages are taken only until %s before the end", cfg.Policy.Margin, rule.Margin())
	}
	for asset, terms := range cfg.Assets {
		if terms.Deposit.IsZero() {
			return nil, fmt.Errorf("hub: %s has no deposit", asset)
		}
		if terms.Fee > MaxFee {
			return nil, fmt.Errorf("hub: %s has a fee of %d thousandths, want at most %d", asset, terms.Fee, MaxFee)
		}
	}
	return &Hub{cfg: cfg, rule: rule, me: cfg.Key.Address(), turn: map[channel.Asset]store.Look{}, waiting: map[channel.Asset]queueLength{}}, nil
}

// Join gives the hub the ledger and its store.
func (h *Hub) Join(l *ledger.Ledger, s ledger.Store) { h.ledger, h.store = l, s }

// Address is the hub's account: downloaders open channels to it.
func (h *Hub) Address() wallet.Address { return h.me }

// Terms are what the hub deals in.
func (h *Hub) Terms() map[channel.Asset]Terms { return h.cfg.Assets }

// Policy is the hub's, defaults filled in.
func (h *Hub) Policy() Policy { return h.cfg.Policy }

// Takes says whether payments are taken on a channel: on those of the hub's own it only pays.
func (h *Hub) Takes(terms channel.Terms) bool { return terms.Payer != h.me }

// Keeps says whether a channel is one of the hub's own, in an asset that it deals in.
func (h *Hub) Keeps(terms channel.Terms) bool {
	_, deals := h.cfg.Assets[terms.Asset]
	return deals && terms.Payer == h.me && terms.Signer == h.me
}

// Dropping refuses to let a voucher drop the tail of a session that is not over. The ledger asks it.
func (h *Hub) Dropping(ctx context.Context, _ channel.ID, anchors []channel.Anchor) error {
	return h.store.View(ctx, func(t *store.Tx) error { return h.mayDrop(t, anchors) })
}

func (h *Hub) mayDrop(t *store.Tx, anchors []channel.Anchor) error {
	for _, a := range anchors {
		s, err := t.Session(a)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if s.State == channel.SessionOpen && !h.over(&s) {
			return fmt.Errorf("%w: tail %x, until %s", channel.ErrSessionOpen, a[:4], time.Unix(s.ExpiryOut, 0).UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// Hold keeps a downloader's channel from being closed by agreement while the hub may still have to collect on it. The ledger asks it.
func (h *Hub) Hold(t *ledger.Txn, id channel.ID) error {
	sessions, err := t.OpenSessions(id)
	if err != nil {
		return err
	}
	for i := range sessions {
		if !h.over(&sessions[i]) {
			return channel.ErrSessionOpen
		}
	}
	return nil
}

// over says whether no block can come any more in which the seeder could show preimages of the session, and every block in which it could has been read.
func (h *Hub) over(s *channel.Session) bool { return h.passed(s.ExpiryOut) }

func (h *Hub) passed(expiry int64) bool { return h.ledger.Cursor().Solid.Time/1000 > expiry }

// transact runs fn in a transaction of the ledger until its outcome is known. fn may run several times and must answer the same when its work is there already.
func (h *Hub) transact(ctx context.Context, fn func(*ledger.Txn) error) (err error) {
	for range maxAttempts {
		err = h.ledger.Transact(ctx, fn)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrUnknownOutcome) {
			return err
		}
	}
	return err
}

// Stats counts what this process did since it was started.
type Stats struct {
	Sessions   uint64 // opened
	Redeems    uint64 // that booked something
	Signatures uint64 // vouchers signed
	Steps      uint64 // steps redeemed
	Calls      uint64 // of Open and Redeem
}

// Stats reads the counters.
func (h *Hub) Stats() Stats {
	c := &h.stats
	return Stats{c.sessions.Load(), c.redeems.Load(), c.signatures.Load(), c.steps.Load(), c.calls.Load()}
}

// Separator is the hash of the domain that the hub's vouchers, and proofs of who calls, are signed for.
func (h *Hub) Separator() [32]byte { return h.rule.Separator() }
