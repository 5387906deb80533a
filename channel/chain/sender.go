package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrPending says that an earlier transaction settles the same channel and its outcome is not known yet.
var ErrPending = errors.New("an earlier settlement of the channel is still under way")

// RebroadcastAfter is how long a transaction may stay out of the blocks before it is sent again. Producers that are late drop transactions that they had accepted.
const RebroadcastAfter = 10 * time.Second

// Writer builds transactions and gives them to the network.
type Writer interface {
	// Build makes a transaction of the call that is ready to sign: referenced to the solid block, simulated, its fee limit set.
	// A call that would fail is an error.
	Build(ctx context.Context, call tx.Contract) (*tx.Transaction, error)
	// Broadcast gives signed bytes to the network. Nil means that the network has them, now or since before.
	Broadcast(ctx context.Context, signed []byte) error
	// Outcome looks a transaction up.
	Outcome(ctx context.Context, id tx.ID, expires time.Time) (Outcome, error)
}

// Outcome is what became of a transaction.
type Outcome struct {
	State   channel.IntentState // IntentSigned while no block holds it
	Block   int64
	Energy  int64
	Fee     wallet.Sun
	Failure string // why it failed
}

// Sender signs transactions and sees them through. An intent is stored with its signed bytes before it leaves, repeated until a block holds it or none can
// any more, and only then may another take its place.
type Sender struct {
	Node  Writer
	Store *store.Store
	Key   wallet.Signer
	Now   func() time.Time
	Log   *slog.Logger
	// Fence is of the lease under which this server may send.
	Fence int64
}

// Send signs the call, stores the intent, and broadcasts it. Once the intent is stored a failing broadcast is no error: Tend goes on with it.
func (s *Sender) Send(ctx context.Context, kind string, call tx.Contract, settles []channel.IntentChannel) (channel.Intent, error) {
	transaction, err := s.Node.Build(ctx, call)
	if err != nil {
		return channel.Intent{}, fmt.Errorf("building a %s transaction: %w", kind, err)
	}
	if err := transaction.Sign(ctx, s.Key); err != nil {
		return channel.Intent{}, fmt.Errorf("signing a %s transaction: %w", kind, err)
	}
	body := transaction.Body()
	intent := channel.Intent{
		TxID: transaction.ID(), Kind: kind, Raw: transaction.Bytes(), Settles: settles, State: channel.IntentSigned,
		Created: s.Now().UnixMilli(), Expires: body.Expiration.UnixMilli(), FeeLimit: int64(body.FeeLimit), Fence: s.Fence,
	}
	if err := s.keep(ctx, intent); err != nil {
		return channel.Intent{}, err
	}
	s.broadcast(ctx, intent)
	return intent, nil
}

// Tend looks what became of the open intents, repeats what no block holds, and writes what changed. It returns the intents that changed.
func (s *Sender) Tend(ctx context.Context) ([]channel.Intent, error) {
	var open []channel.Intent
	err := s.Store.View(ctx, func(t *store.Tx) (err error) {
		open, err = t.OpenIntents()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the open intents: %w", err)
	}
	var changed []channel.Intent
	for _, intent := range open {
		now, err := s.tend(ctx, intent)
		if err != nil {
			return changed, err
		}
		if now.State != intent.State {
			changed = append(changed, now)
		}
	}
	return changed, nil
}

func (s *Sender) tend(ctx context.Context, intent channel.Intent) (channel.Intent, error) {
	outcome, err := s.Node.Outcome(ctx, intent.TxID, time.UnixMilli(intent.Expires))
	if err != nil {
		return intent, fmt.Errorf("looking up transaction %x: %w", intent.TxID[:4], err)
	}
	if outcome.State == channel.IntentSigned {
		if s.Now().Sub(time.UnixMilli(intent.Created)) >= RebroadcastAfter {
			s.broadcast(ctx, intent)
		}
		if intent.State == channel.IntentSigned {
			return intent, nil
		}
	}
	if outcome.State == intent.State {
		return intent, nil
	}
	intent.State, intent.Block, intent.Energy, intent.Fee, intent.Note = outcome.State, outcome.Block, outcome.Energy, int64(outcome.Fee), outcome.Failure
	err = s.Store.Update(ctx, func(t *store.Tx) error { return t.UpdateIntent(intent) })
	if err != nil {
		return intent, fmt.Errorf("writing what became of transaction %x: %w", intent.TxID[:4], err)
	}
	s.Log.Info("transaction", "kind", intent.Kind, "txid", tx.ID(intent.TxID), "state", intent.State, "energy", intent.Energy, "why", intent.Note)
	return intent, nil
}

// keep stores the intent unless an open one settles one of its channels.
func (s *Sender) keep(ctx context.Context, intent channel.Intent) error {
	return s.Store.Update(ctx, func(t *store.Tx) error {
		open, err := t.OpenIntents()
		if err != nil {
			return err
		}
		for _, other := range open {
			if settlesSame(other, intent) {
				return fmt.Errorf("%w (transaction %x)", ErrPending, other.TxID[:4])
			}
		}
		return t.PutIntent(intent)
	})
}

func (s *Sender) broadcast(ctx context.Context, intent channel.Intent) {
	if err := s.Node.Broadcast(ctx, intent.Raw); err != nil {
		s.Log.Warn("broadcasting; it is tried again", "kind", intent.Kind, "txid", tx.ID(intent.TxID), "err", err)
	}
}

func settlesSame(a, b channel.Intent) bool {
	for _, x := range a.Settles {
		for _, y := range b.Settles {
			if x.Channel == y.Channel {
				return true
			}
		}
	}
	return false
}
