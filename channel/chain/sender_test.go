package chain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// watched counts what is broadcast, and looks that it is in the store by then.
type watched struct {
	chain.Writer
	w    *world
	sent int
}

func (c *watched) Broadcast(ctx context.Context, signed []byte) error {
	c.sent++
	open, err := c.w.store.OpenIntents(ctx)
	if err != nil || len(open) == 0 || string(open[len(open)-1].Raw) != string(signed) {
		c.w.t.Errorf("a transaction left before it was stored (%v)", err)
	}
	return c.Writer.Broadcast(ctx, signed)
}

func (w *world) sender() (*chain.Sender, *watched) {
	writer := &watched{Writer: w.first, w: w}
	return &chain.Sender{Node: writer, Store: w.store, Key: payee, Now: func() time.Time { return w.now }, Log: wallettest.Log(w.t)}, writer
}

// settle sends the settlement of one channel.
func (w *world) settle(s *chain.Sender, terms channel.Terms, fee chain.Fee) (channel.Intent, error) {
	w.t.Helper()
	r := w.record(terms)
	call, err := contract.SettleBatch([]contract.Claim{contract.ClaimOf(w.net.Domain.Separator(), &r, w.now)})
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Send(w.t.Context(), "settleBatch", call.Trigger(payee.Address(), w.net.Contract), fee, []channel.IntentChannel{{Channel: r.ID, Worth: r.Worth(w.now)}})
}

func (w *world) tend(s *chain.Sender) {
	w.t.Helper()
	if _, err := s.Tend(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) intent(i channel.Intent) channel.Intent {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(t *store.Tx) (err error) {
		i, err = t.Intent(i.TxID)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *world) state(i channel.Intent, want channel.IntentState) channel.Intent {
	w.t.Helper()
	got := w.intent(i)
	if got.State != want {
		w.t.Fatalf("state %s (%s), want %s", got.State, got.Note, want)
	}
	return got
}

// paidChannel is a world with a channel on which something is due.
func paidChannel(t *testing.T) (*world, channel.Terms) {
	w := newWorld(t)
	terms := w.opened(1_000_000, 1)
	expect(t, w.pay(terms, 700_000), nil)
	return w, terms
}

// Stored before broadcast, followed into a block and until it is solid; one channel has one transaction at a time.
func TestSenderLife(t *testing.T) {
	w, terms := paidChannel(t)
	s, node := w.sender()
	intent, err := w.settle(s, terms, chain.Fee{Cap: 100 * wallet.TRX})
	expect(t, err, nil)
	if _, err := w.settle(s, terms, chain.Fee{}); !errors.Is(err, chain.ErrPending) {
		t.Fatalf("a second one for the same channel: %v", err)
	}
	w.mine(1)
	w.tend(s)
	w.state(intent, channel.IntentInBlock)
	w.mine(lag)
	w.tend(s)
	if got := w.state(intent, channel.IntentSolid); got.Energy == 0 || got.Fee == 0 || got.Block == 0 {
		t.Fatalf("solid without figures: %+v", got)
	}
	if node.sent != 1 {
		t.Fatalf("broadcast %d times", node.sent)
	}
	if r := w.record(terms); r.Settled != channel.NewAmount(700_000) {
		t.Fatalf("settled %s", r.Settled)
	}
}

// A transaction that the producer loses is broadcast again every ten seconds, by a sender that was started anew too; a duplicate is looked up and is no failure.
func TestRebroadcast(t *testing.T) {
	w, terms := paidChannel(t)
	s, node := w.sender()
	w.net.Chain.DropNext(1)
	intent, err := w.settle(s, terms, chain.Fee{})
	expect(t, err, nil)
	w.mine(1)
	w.tend(s)
	w.tend(s)
	if node.sent != 1 {
		t.Fatalf("broadcast %d times within ten seconds", node.sent)
	}
	w.mine(3)
	w.tend(s)
	w.tend(s)
	if node.sent != 2 {
		t.Fatalf("broadcast %d times after ten seconds", node.sent)
	}
	s, node = w.sender() // a crash: the new process sends at once what it finds open
	w.tend(s)
	if node.sent != 1 {
		t.Fatalf("broadcast %d times after a restart", node.sent)
	}
	w.mine(lag + 1)
	w.tend(s)
	w.state(intent, channel.IntentSolid)
}

// One that never gets in is given up once its expiry is solidly past, not before, and only then replaced.
func TestExpiry(t *testing.T) {
	w, terms := paidChannel(t)
	s, _ := w.sender()
	w.net.Chain.DelayNext(1, 1_000) // it waits at the node: a simulation sees its effects, and would take ours for a no-op
	intent, err := w.settle(s, terms, chain.Fee{})
	expect(t, err, nil)
	for w.now.UnixMilli() <= intent.Expires {
		w.mine(1)
		w.tend(s)
		w.state(intent, channel.IntentSigned)
		if _, err := w.settle(s, terms, chain.Fee{}); !errors.Is(err, chain.ErrPending) {
			t.Fatalf("replaced before it was solidly past: %v", err)
		}
	}
	w.mine(lag + 1)
	w.tend(s)
	w.state(intent, channel.IntentExpired)
	again, err := w.settle(s, terms, chain.Fee{Least: 20_000})
	expect(t, err, nil)
	w.mine(lag + 1)
	w.tend(s)
	w.state(again, channel.IntentSolid)
	w.state(intent, channel.IntentExpired)
}

// A fork throws a settlement out of its block: it is signed again, broadcast again, and gets in once.
func TestForkedSettlement(t *testing.T) {
	w, terms := paidChannel(t)
	s, _ := w.sender()
	intent, err := w.settle(s, terms, chain.Fee{})
	expect(t, err, nil)
	w.mine(2)
	w.tend(s)
	w.state(intent, channel.IntentInBlock)
	if _, err := w.net.Chain.Reorg(2, 3, drop); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(12 * time.Second)
	w.tend(s)
	w.state(intent, channel.IntentSigned)
	w.mine(lag + 1)
	w.tend(s)
	w.state(intent, channel.IntentSolid)
	if r := w.record(terms); r.Settled != channel.NewAmount(700_000) {
		t.Fatalf("settled %s", r.Settled)
	}
}

// Whatever a node refuses, the reason is kept with the intent, nothing replaces it while another node may have it, and the worker goes on.
func TestRefusals(t *testing.T) {
	for _, code := range []tronpb.ReturnResponseCode{
		tronpb.Return_SIGERROR, tronpb.Return_TAPOS_ERROR, tronpb.Return_TRANSACTION_EXPIRATION_ERROR, tronpb.Return_BANDWITH_ERROR,
		tronpb.Return_CONTRACT_VALIDATE_ERROR, tronpb.Return_OTHER_ERROR,
	} {
		t.Run(code.String(), func(t *testing.T) {
			w, terms := paidChannel(t)
			s, _ := w.sender()
			w.first.SetRefusal(&tronpb.Return{Code: code, Message: []byte("no")})
			intent, err := w.settle(s, terms, chain.Fee{})
			expect(t, err, nil)
			if got := w.state(intent, channel.IntentSigned); !strings.Contains(got.Note, code.String()) {
				t.Fatalf("the refusal is not kept: %q", got.Note)
			}
			if _, err := w.settle(s, terms, chain.Fee{}); !errors.Is(err, chain.ErrPending) {
				t.Fatalf("replaced although another node may have it: %v", err)
			}
			w.mine(60/3 + lag + 1)
			w.tend(s)
			if got := w.state(intent, channel.IntentExpired); !strings.Contains(got.Note, code.String()) {
				t.Fatalf("expired, and why is lost: %q", got.Note)
			}
			w.first.SetRefusal(nil)
			again, err := w.settle(s, terms, chain.Fee{})
			expect(t, err, nil)
			w.mine(lag + 1)
			w.tend(s)
			w.state(again, channel.IntentSolid)
		})
	}
}

// What fails in a block fails for good when solid, burns what it burns, and is told with its answer.
func TestFailuresInBlocks(t *testing.T) {
	w, terms := paidChannel(t)
	s, _ := w.sender()
	s.Node = skimpy{w.first}
	intent, err := w.settle(s, terms, chain.Fee{})
	expect(t, err, nil)
	w.mine(1)
	w.tend(s)
	w.state(intent, channel.IntentInBlock)
	w.mine(lag)
	w.tend(s)
	got := w.state(intent, channel.IntentFailed)
	if answer := chain.AnswerTo(got.Note); !strings.HasPrefix(got.Note, "OUT_OF_ENERGY") || answer.Percent != 200 {
		t.Fatalf("failed with %q, answered %+v", got.Note, answer)
	}
	s.Node = w.first
	again, err := w.settle(s, terms, chain.Fee{Percent: 200})
	expect(t, err, nil)
	if again.FeeLimit <= intent.FeeLimit {
		t.Fatalf("the limit was not raised: %d after %d", again.FeeLimit, intent.FeeLimit)
	}
	w.mine(lag + 1)
	w.tend(s)
	w.state(again, channel.IntentSolid)
}

func TestAnswers(t *testing.T) {
	for failure, want := range map[string]chain.Answer{
		"OUT_OF_ENERGY Not enough energy":           {Percent: 200},
		"OUT_OF_TIME CPU timeout":                   {Percent: 130, Alone: true},
		"REVERT Locked":                             {Percent: 130, Alone: true},
		"ILLEGAL_OPERATION":                         {Percent: 130},
		"TRANSFER_FAILED an account does not exist": {Percent: 130},
	} {
		got := chain.AnswerTo(failure)
		if got.Why == "" {
			t.Errorf("%s: no words", failure)
		}
		if got.Why = ""; got != want {
			t.Errorf("%s: %+v, want %+v", failure, got, want)
		}
	}
}

// What would revert, cost more than the cap, or more than there is, is not sent and not stored.
func TestNotSent(t *testing.T) {
	w, terms := paidChannel(t)
	s, node := w.sender()
	_, err := w.settle(s, terms, chain.Fee{Cap: 1})
	expect(t, err, chain.ErrOverCap)
	w.net.Chain.SetBalance(payee.Address(), 1)
	_, err = w.settle(s, terms, chain.Fee{})
	expect(t, err, chain.ErrShort)
	call := contract.FinishClose(terms)
	_, err = s.Send(t.Context(), "finishClose", call.Trigger(payee.Address(), w.net.Contract), chain.Fee{}, nil)
	expect(t, err, chain.ErrReverts)
	if open, err := w.store.OpenIntents(t.Context()); err != nil || len(open) != 0 || node.sent != 0 {
		t.Fatalf("%d stored, %d sent: %v", len(open), node.sent, err)
	}
}

// A server that slept through its lease stores nothing and so sends nothing.
func TestPausedHolder(t *testing.T) {
	w, terms := paidChannel(t)
	s, node := w.sender()
	first, ok, err := w.store.AcquireLease(t.Context(), "settle", "a", w.now, time.Minute)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	s.Lease = func() store.Lease { return first }
	// It is paused here; its lease runs out and b takes over.
	if _, ok, err := w.store.AcquireLease(t.Context(), "settle", "b", w.now.Add(2*time.Minute), time.Minute); err != nil || !ok {
		t.Fatal(ok, err)
	}
	_, err = w.settle(s, terms, chain.Fee{})
	expect(t, err, chain.ErrNotLeader)
	if node.sent != 0 {
		t.Fatal("it sent all the same")
	}
}

// skimpy sets fee limits that do not suffice, as if prices rose between the simulation and the block.
type skimpy struct{ chain.Writer }

func (k skimpy) Build(ctx context.Context, call tx.Contract, _ chain.Fee) (*tx.Transaction, error) {
	built, err := k.Writer.Build(ctx, call, chain.Fee{})
	if err != nil {
		return nil, err
	}
	body := built.Body()
	reference := tx.Reference{Time: body.Expiration.Add(-tx.DefaultExpiry)}
	copy(reference.Block[6:8], body.ReferenceBytes[:])
	copy(reference.Block[8:16], body.ReferenceHash[:])
	return tx.Build(call, reference, tx.Options{FeeLimit: body.FeeLimit / 3, Timestamp: body.Timestamp})
}
