package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrNotLeader says that another server settles now; nothing was sent.
var ErrNotLeader = errors.New("another server settles")

// ErrPending says that an earlier transaction settles the same channel and its outcome is not known yet.
var ErrPending = channel.ErrPending

// RebroadcastAfter is how long a transaction may stay out of the blocks before it is sent again, and again. Producers that are late drop transactions that they had
// accepted.
const RebroadcastAfter = 10 * time.Second

// Writer builds transactions and gives them to the network.
type Writer interface {
	// Build makes a transaction of the call that is ready to sign: referenced to the solid block, simulated, its fee limit set and within the fee's cap.
	// Errors: ErrReverts, ErrShort, ErrOverCap, and those of a node that is away.
	Build(ctx context.Context, call tx.Contract, fee Fee) (*tx.Transaction, error)
	// Broadcast gives signed bytes to the network. Nil means that the network has them, now or since before: a duplicate is looked up. ErrRefused means that this node
	// will not have them; any other error, that nobody knows.
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
	// Outcome, when set, runs in the transaction that writes what became of an intent.
	Outcome func(*store.Tx, channel.Intent) error
	// Lease gives the lease under which this server may send; nil for a store that no other server writes. An intent is stored only while it holds.
	Lease func() store.Lease

	mu   sync.Mutex
	sent map[[32]byte]time.Time // when each open intent was last broadcast by this process
}

// Send signs the call, stores the intent, and broadcasts it. Once the intent is stored a failing broadcast is no error: Tend goes on with it.
func (s *Sender) Send(ctx context.Context, kind string, call tx.Contract, fee Fee, settles []channel.IntentChannel) (channel.Intent, error) {
	transaction, err := s.Node.Build(ctx, call, fee)
	if err != nil {
		return channel.Intent{}, fmt.Errorf("building a %s transaction: %w", kind, err)
	}
	if err := transaction.Sign(ctx, s.Key); err != nil {
		return channel.Intent{}, fmt.Errorf("signing a %s transaction: %w", kind, err)
	}
	body := transaction.Body()
	intent := channel.Intent{
		TxID: transaction.ID(), Kind: kind, Raw: transaction.Bytes(), Settles: settles, State: channel.IntentSigned,
		Created: s.Now().UnixMilli(), Expires: body.Expiration.UnixMilli(), FeeLimit: int64(body.FeeLimit),
	}
	if err := s.keep(ctx, &intent); err != nil {
		return channel.Intent{}, err
	}
	s.broadcast(ctx, &intent)
	if intent.Note != "" {
		if err := s.Store.UpdateIntent(ctx, intent); err != nil {
			s.Log.Warn("noting why a transaction was refused", "txid", tx.ID(intent.TxID), "err", err)
		}
	}
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
	s.forget(open)
	var changed []channel.Intent
	var failed error
	for _, intent := range open {
		now, err := s.tend(ctx, intent)
		if err != nil {
			failed = errors.Join(failed, err)
			continue // the others do not wait for it
		}
		if now.State != intent.State {
			changed = append(changed, now)
		}
	}
	return changed, failed
}

func (s *Sender) tend(ctx context.Context, intent channel.Intent) (channel.Intent, error) {
	outcome, err := s.Node.Outcome(ctx, intent.TxID, time.UnixMilli(intent.Expires))
	if err != nil {
		return intent, fmt.Errorf("looking up transaction %x: %w", intent.TxID[:4], err)
	}
	was := intent
	if outcome.State == channel.IntentSigned && s.due(&intent) {
		s.broadcast(ctx, &intent)
	}
	if outcome.State != intent.State {
		intent.State, intent.Block, intent.Energy, intent.Fee = outcome.State, outcome.Block, outcome.Energy, int64(outcome.Fee)
		if outcome.Failure != "" || outcome.State != channel.IntentExpired { // of one that expired, why it was refused stays
			intent.Note = outcome.Failure
		}
	}
	if intent.State == was.State && intent.Note == was.Note {
		return intent, nil
	}
	err = s.Store.Update(ctx, func(t *store.Tx) error {
		if err := t.UpdateIntent(intent); err != nil || s.Outcome == nil {
			return err
		}
		return s.Outcome(t, intent)
	})
	if err != nil {
		return was, fmt.Errorf("writing what became of transaction %x: %w", intent.TxID[:4], err)
	}
	s.tell(&intent)
	return intent, nil
}

func (s *Sender) tell(i *channel.Intent) {
	log := s.Log.With("kind", i.Kind, "txid", tx.ID(i.TxID), "state", i.State, "channels", len(i.Settles))
	switch i.State {
	case channel.IntentFailed:
		log.Error("a transaction failed", "why", i.Note, "answer", AnswerTo(i.Note).Why, "energy", i.Energy, "burnt", wallet.Sun(i.Fee))
	case channel.IntentExpired:
		log.Warn("a transaction expired outside the blocks; what it settles is planned again", "refused", i.Note)
	default:
		log.Info("transaction", "energy", i.Energy, "burnt", wallet.Sun(i.Fee), "note", i.Note)
	}
}

// keep stores the intent unless an open one settles one of its channels, or the lease has gone to somebody else.
func (s *Sender) keep(ctx context.Context, intent *channel.Intent) error {
	return s.Store.Update(ctx, func(t *store.Tx) error {
		if s.Lease != nil {
			lease := s.Lease()
			if err := t.Fenced(lease); err != nil {
				return fmt.Errorf("%w: %w", ErrNotLeader, err)
			}
			intent.Fence = lease.Fence
		}
		open, err := t.OpenIntents()
		if err != nil {
			return err
		}
		for _, other := range open {
			if settlesSame(&other, intent) {
				return fmt.Errorf("%w (transaction %x)", ErrPending, other.TxID[:4])
			}
		}
		return t.PutIntent(*intent)
	})
}

// broadcast gives the intent to the node and notes a refusal in it. Whatever the node says, the intent stays open until the chain has decided: another node may have
// taken the same bytes.
func (s *Sender) broadcast(ctx context.Context, intent *channel.Intent) {
	s.mu.Lock()
	if s.sent == nil {
		s.sent = make(map[[32]byte]time.Time)
	}
	s.sent[intent.TxID] = s.Now()
	s.mu.Unlock()
	err := s.Node.Broadcast(ctx, intent.Raw)
	switch {
	case err == nil:
	case errors.Is(err, ErrRefused):
		intent.Note = err.Error()
		s.Log.Error("the node refuses a transaction; it is replaced once it has expired", "kind", intent.Kind, "txid", tx.ID(intent.TxID), "err", err)
	default:
		s.Log.Warn("broadcasting; it is tried again", "kind", intent.Kind, "txid", tx.ID(intent.TxID), "err", err)
	}
}

// due says whether an intent that no block holds is to be broadcast again.
func (s *Sender) due(intent *channel.Intent) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, sent := s.sent[intent.TxID]
	return !sent || s.Now().Sub(last) >= RebroadcastAfter || s.Now().Before(last)
}

// forget drops what is not open any more.
func (s *Sender) forget(open []channel.Intent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	still := make(map[[32]byte]time.Time, len(open))
	for _, intent := range open {
		if at, sent := s.sent[intent.TxID]; sent {
			still[intent.TxID] = at
		}
	}
	s.sent = still
}

func settlesSame(a, b *channel.Intent) bool {
	for _, x := range a.Settles {
		for _, y := range b.Settles {
			if x.Channel == y.Channel {
				return true
			}
		}
	}
	return false
}
