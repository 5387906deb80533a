package events_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// world is a testnet with a connection to it, and a few accounts.
type world struct {
	*testing.T
	network           *testnet.Network
	node              *node.Node
	alice, bob, carol *wallet.Key
}

func newWorld(t *testing.T) *world {
	t.Helper()
	network := testnettest.Start(t, testnet.Config{})
	w := &world{T: t, network: network}
	keys := network.Accounts()
	w.alice, w.bob, w.carol = keys[0], keys[1], keys[2]
	w.node = w.dial()
	return w
}

func (w *world) dial() *node.Node {
	w.Helper()
	n, err := node.Dial(w.Context(), node.Config{Address: w.network.GRPC(), RequestsPerSecond: -1, PollEvery: time.Millisecond, Timeout: time.Second})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = n.Close() })
	return n
}

// do signs a contract and sends it: a block of its own, the first is 2. Whether it failed there is for the test to know.
func (w *world) do(key *wallet.Key, contract tx.Contract) tx.ID {
	w.Helper()
	ref, err := w.node.Reference(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	transaction, err := tx.Build(contract, ref, tx.Options{FeeLimit: 1000 * wallet.TRX, Timestamp: ref.Time.Add(time.Duration(w.network.HeadNumber()) * time.Millisecond)})
	if err != nil {
		w.Fatal(err)
	}
	if err := transaction.Sign(w.Context(), key); err != nil {
		w.Fatal(err)
	}
	id, err := w.node.Broadcast(w.Context(), transaction.Bytes())
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func (w *world) pay(trx int64) tx.ID {
	w.Helper()
	return w.do(w.alice, &tx.Transfer{Owner: w.alice.Address(), To: w.bob.Address(), Amount: wallet.Sun(trx) * wallet.TRX})
}

// from follows until a number of blocks after the cursor has come, and writes down what it is told.
func (w *world) from(view node.View, from events.Cursor, until int64) ([]events.Step, error) {
	w.Helper()
	var steps []events.Step
	f := &events.Follower{Node: w.node, View: view, From: &from, Until: until, Poll: time.Millisecond}
	ctx, stop := context.WithTimeout(w.Context(), 20*time.Second)
	defer stop()
	err := f.Run(ctx, func(_ context.Context, s events.Step) error { steps = append(steps, s); return nil })
	return steps, err
}

func told(steps []events.Step) (lines []string) {
	for _, s := range steps {
		if s.Undone {
			lines = append(lines, fmt.Sprintf("undone after %d", s.Block.Number))
		}
		for _, e := range s.Events {
			line := fmt.Sprintf("%d %s %s %s", s.Block.Number, e.Kind, e.Amount, e.Asset)
			if e.Kind == events.Log {
				line = fmt.Sprintf("%d log %x", s.Block.Number, e.Log.Data)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func (w *world) want(steps []events.Step, want ...string) {
	w.Helper()
	if got := told(steps); !slices.Equal(got, want) {
		w.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// What is read in parts, by whoever stops anywhere, is what is read at once: nothing is lost and nothing is told twice.
func TestEveryPlaceToStop(t *testing.T) {
	w := newWorld(t)
	for i := range int64(4) {
		w.pay(i + 1)
	}
	last := w.network.HeadNumber()
	all, err := w.from(node.Solid, events.Before(2), last)
	if err != nil {
		t.Fatal(err)
	}
	w.want(all, "2 trx 1000000 TRX", "3 trx 2000000 TRX", "4 trx 3000000 TRX", "5 trx 4000000 TRX")
	ids := map[string]bool{}
	for stop, step := range all {
		for seen := range len(step.Events) + 1 {
			cursor, err := events.ParseCursor(step.At(seen).String())
			if err != nil {
				t.Fatal(err)
			}
			rest, err := w.from(node.Solid, cursor, last)
			if err != nil {
				t.Fatal(err)
			}
			want := told(append([]events.Step{{Block: step.Block, Events: step.Events[seen:]}}, all[stop+1:]...))
			w.want(rest, want...)
		}
		for _, e := range step.Events {
			if ids[e.ID] {
				t.Errorf("two events are called %s", e.ID)
			}
			ids[e.ID] = true
		}
	}
}

// At head a fork is followed back, over the trail or, after a restart, to the block that was solid; in the solid view another chain stops it.
func TestFork(t *testing.T) {
	w := newWorld(t)
	w.pay(1)
	w.network.SetSolidLag(10)
	w.pay(2)
	w.pay(3)
	head := w.network.HeadNumber()
	before, err := w.from(node.Head, events.Before(2), head)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.network.Reorg(1, 2, nil); err != nil {
		t.Fatal(err)
	}
	after, err := w.from(node.Head, before[len(before)-1].Cursor, head+1)
	if err != nil {
		t.Fatal(err)
	}
	w.want(after, "undone after 2", "3 trx 2000000 TRX")
	wrong := before[0].Cursor
	wrong.ID[20] ^= 1
	if _, err := w.from(node.Solid, wrong, head); !errors.Is(err, events.ErrOtherChain) {
		t.Errorf("a block with another id: %v", err)
	}
}

// A fork while it runs is undone back to the block that both branches have.
func TestForkWhileFollowing(t *testing.T) {
	w := newWorld(t)
	w.network.SetSolidLag(10)
	w.pay(1)
	w.pay(2)
	var steps []events.Step
	from := events.Before(2)
	f := &events.Follower{Node: w.node, View: node.Head, From: &from, Until: 4, Poll: time.Millisecond}
	err := f.Run(t.Context(), func(_ context.Context, s events.Step) error {
		steps = append(steps, s)
		if s.Block.Number == 3 && len(steps) == 2 {
			_, err := w.network.Reorg(1, 2, nil)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.want(steps, "2 trx 1000000 TRX", "3 trx 2000000 TRX", "undone after 2")
}

// A node that is away is asked until it answers; a step whose handler could not reach it is told again.
func TestOutage(t *testing.T) {
	w := newWorld(t)
	w.pay(1)
	w.pay(2)
	from, failures, waited, back := events.Before(2), 0, 0, false
	var steps []events.Step
	f := &events.Follower{
		Node: w.node, View: node.Solid, From: &from, Until: 3, Poll: time.Millisecond,
		Waiting: func(err error, _ time.Duration) {
			waited++
			back = err == nil
		},
	}
	err := f.Run(t.Context(), func(_ context.Context, s events.Step) error {
		if failures++; failures == 2 {
			return fmt.Errorf("asking for decimals: %w", node.ErrUnreachable)
		}
		steps = append(steps, s)
		return nil
	})
	if err != nil || waited != 2 || !back {
		t.Errorf("%v, waited %d times, back: %v", err, waited, back)
	}
	w.want(steps, "2 trx 1000000 TRX", "3 trx 2000000 TRX")
}

// A reader that comes back with its last id gets what follows: from the ring, or from the node when it is older.
func TestStreamGoesOn(t *testing.T) {
	w := newWorld(t)
	for i := range int64(5) {
		w.pay(i + 1)
	}
	steps, err := w.from(node.Solid, events.Before(2), 6)
	if err != nil {
		t.Fatal(err)
	}
	batch := func(s events.Step) events.Batch {
		return events.Batch{Cursor: s.Cursor, Messages: []events.Message{{Cursor: s.Cursor, Name: "event", Data: fmt.Appendf(nil, "%d", s.Block.Number)}}}
	}
	stream := events.NewStream(events.StreamConfig{Ring: 2, Replay: func(ctx context.Context, from events.Cursor, handle func(events.Batch) error) error {
		f := &events.Follower{Node: w.node, View: node.Solid, From: &from, Poll: time.Millisecond}
		return f.Run(ctx, func(_ context.Context, s events.Step) error { return handle(batch(s)) })
	}})
	for _, s := range steps {
		stream.Publish(batch(s))
	}
	server := httptest.NewServer(stream)
	t.Cleanup(server.Close)
	t.Cleanup(stream.Close)
	for seen, step := range steps[:4] { // the first are older than the ring
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Last-Event-ID", step.Cursor.String())
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for lines := bufio.NewScanner(answer.Body); len(got) < 4-seen && lines.Scan(); {
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is {
				got = append(got, data)
			}
		}
		_ = answer.Body.Close()
		if want := strings.Split("3 4 5 6", " ")[seen:]; !slices.Equal(got, want) {
			t.Errorf("behind block %d came %v, want %v", step.Block.Number, got, want)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("5.*.5.0000000000000005000000000000000000000000000000000000000000000000")
	f.Add("5.3.1.0000000000000005000000000000000000000000000000000000000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := events.ParseCursor(text)
		if err != nil {
			return
		}
		if again, err := events.ParseCursor(c.String()); err != nil || again != c {
			t.Errorf("%q becomes %s becomes %v, %v", text, c, again, err)
		}
	})
}
