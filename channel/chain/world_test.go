package chain_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// lag is how far the solid block is behind the head.
const lag = 5

var (
	payee = chaintest.Key(0)
	carol = chaintest.Key(1)
)

// world is a network, a ledger that follows it through one or two nodes, and a clock that moves by hand: three seconds a block.
type world struct {
	t             *testing.T
	now           time.Time
	net           *chaintest.Network
	first, second *chaintest.Node
	store         *store.Store
	ledger        *ledger.Ledger
	follower      *chain.Follower
	comparer      *chain.Comparer
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: time.Unix(1_800_000_000, 0)}
	var err error
	if w.net, err = chaintest.New(func() time.Time { return w.now }, lag); err != nil {
		t.Fatal(err)
	}
	w.first, w.second = w.net.Node(), w.net.Node()
	if w.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db")); err != nil {
		t.Fatal(err)
	}
	log := wallettest.Log(t)
	w.ledger, err = ledger.Open(t.Context(), ledger.Config{Store: w.store, Domain: w.net.Domain, Log: log, Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.ledger.Close(); _ = w.store.Close() })
	w.comparer = &chain.Comparer{Node: w.first, Words: w.first, Book: w.ledger, Log: log}
	w.restart()
	w.mine(1)
	return w
}

// restart is a new follower, as after a crash: it goes on from the ledger's cursor.
func (w *world) restart() {
	second := chain.Reader(nil)
	if w.follower != nil {
		second = w.follower.Second
	}
	w.follower = &chain.Follower{
		Node: w.first, Second: second, Contract: w.net.Contract, Steady: true, Decode: contract.DecodeEvent, Sink: w.ledger,
		Now: func() time.Time { return w.now }, Log: wallettest.Log(w.t),
	}
}

// mine makes blocks, three seconds each, and lets the follower look.
func (w *world) mine(blocks int) {
	w.t.Helper()
	w.quietly(blocks)
	w.look()
}

func (w *world) quietly(blocks int) {
	for range blocks {
		w.now = w.now.Add(3 * time.Second)
		w.net.Chain.Mine(1)
	}
}

func (w *world) look() {
	w.t.Helper()
	for range 3 { // a fork takes a second look
		if err := w.follower.Step(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// open opens a channel of carol; it is in the next block.
func (w *world) open(deposit uint64, salt byte) (txid [32]byte) {
	w.t.Helper()
	txid, err := w.net.Open(carol, payee.Address(), deposit, time.Hour, salt)
	if err != nil {
		w.t.Fatal(err)
	}
	return txid
}

// opened is a channel whose opening is solid and known.
func (w *world) opened(deposit uint64, salt byte) channel.Terms {
	w.t.Helper()
	txid := w.open(deposit, salt)
	w.mine(lag + 1)
	return w.terms(txid)
}

func (w *world) terms(txid [32]byte) channel.Terms {
	w.t.Helper()
	events := w.net.Events(txid)
	if len(events) != 1 || events[0].Kind != channel.EventOpened {
		w.t.Fatalf("events %v", events)
	}
	return events[0].Terms
}

func (w *world) send(key *wallet.Key, call contract.Call, err error) [32]byte {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	txid, err := w.net.Send(key, call)
	if err != nil {
		w.t.Fatal(err)
	}
	return txid
}

// pay offers a voucher of carol.
func (w *world) pay(terms channel.Terms, cumulative uint64) error {
	v := channel.Voucher{Channel: terms.ID(), Cumulative: channel.NewAmount(cumulative)}.Sign(carol, w.net.Domain)
	_, err := w.ledger.Accept(w.t.Context(), channel.Payment{Channel: v.Channel, Voucher: &v})
	return err
}

func (w *world) record(terms channel.Terms) channel.Record {
	w.t.Helper()
	r, err := w.ledger.Record(w.t.Context(), terms.ID())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
