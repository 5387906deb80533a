package api_test

import (
	"context"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

// world is an API over a real ledger, store and hub. Only the chain is not there: books notes what would have gone to it.
type world struct {
	t       testing.TB
	path    string
	config  api.Config
	api     *api.Server
	store   *store.Store
	ledger  *ledger.Ledger
	hub     *hub.Hub
	conn    *grpc.ClientConn
	address string
	stop    func()
	domain  channel.Domain
	payer   *wallet.Key
	payee   *wallet.Key // also the hub
	seeder  *wallet.Key
	in, out channel.Terms // payer → payee, payee → seeder
	spare   channel.Terms // payer → payee, for what ends a channel
	books   *books
}

const operatorToken = "the operator's token of this test"

// newWorld opens a world whose connections come to the loopback; change may alter the configuration before the server is made.
func newWorld(t testing.TB, change func(*api.Config)) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "api.db"), payer: wallettest.Key(t), payee: wallettest.Key(t), seeder: wallettest.Key(t), books: &books{}}
	w.domain = channel.Domain{ChainID: 7, Contract: wallettest.Key(t).Address()}
	w.in = channel.Terms{Payer: w.payer.Address(), Payee: w.payee.Address(), Signer: w.payer.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{1}}
	w.out = channel.Terms{Payer: w.payee.Address(), Payee: w.seeder.Address(), Signer: w.payee.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{2}}
	w.spare = w.in
	w.spare.Seed = [32]byte{3}
	wallettest.Watch([]byte(operatorToken))
	w.open(change)
	w.follow(1, w.opened(w.in, 1<<40), w.opened(w.out, 1<<40), w.opened(w.spare, 1000))
	t.Cleanup(func() { w.stop() })
	return w
}

// open starts everything on the store's file; after stop it is a restart.
func (w *world) open(change func(*api.Config)) {
	w.t.Helper()
	ctx := context.Background()
	var err error
	if w.store, err = store.Open(ctx, w.path); err != nil {
		w.t.Fatal(err)
	}
	log := wallettest.Log(w.t)
	w.hub, err = hub.New(hub.Config{Domain: w.domain, Key: w.payee, Assets: map[channel.Asset]hub.Terms{channel.TRX: {Deposit: channel.NewAmount(1000), SessionFee: channel.NewAmount(1)}}, Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	w.ledger, err = ledger.Open(ctx, ledger.Config{
		Store: w.store, Domain: w.domain, Log: log, Takes: w.hub.Takes, Dropping: w.hub.Dropping, Hold: w.hub.Hold, Facts: w.hub.Facts, Kept: w.hub.Kept,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.hub.Join(w.ledger, w.store)
	w.books.domain, w.books.payee = w.domain, w.payee.Address()
	w.config = api.Config{Ledger: w.ledger, Settler: w.books, Chain: w.books, Store: w.store, Hub: w.hub, Token: operatorToken, Log: log}
	if change != nil {
		change(&w.config)
	}
	w.api = api.New(w.config)
	w.listen()
}

func (w *world) listen() {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	g := w.api.GRPC()
	go func() { _ = g.Serve(listener) }()
	w.address = listener.Addr().String()
	w.conn = w.dial()
	w.stop = func() {
		_ = w.conn.Close()
		g.Stop()
		_ = w.ledger.Close()
		_ = w.store.Close()
	}
}

// dial is one more connection.
func (w *world) dial() *grpc.ClientConn {
	w.t.Helper()
	conn, err := grpc.NewClient(w.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		w.t.Fatal(err)
	}
	return conn
}

// restart kills the server and starts it on what is on disk.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.open(nil)
	w.follow(2)
}

func (w *world) opened(terms channel.Terms, deposit uint64) channel.Event {
	return channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(deposit), Block: 1}
}

// follow lets the ledger see a block with facts.
func (w *world) follow(number int64, facts ...channel.Event) {
	w.t.Helper()
	block := channel.Block{Number: number, Hash: [32]byte{byte(number)}, Time: time.Now().UnixMilli()}
	if err := w.ledger.Follow(context.Background(), channel.View{Head: block, Solid: block, Facts: facts, SeenAt: time.Now()}); err != nil {
		w.t.Fatal(err)
	}
}

// voucher promises on the payer's channel.
func (w *world) voucher(cumulative uint64, tails ...channel.Tail) channel.SignedVoucher {
	return channel.Voucher{Channel: w.in.ID(), Cumulative: channel.NewAmount(cumulative), Tails: tails}.Sign(w.payer, w.domain)
}

// tail draws a chain and promises it.
func (w *world) tail(length uint32, unit uint64) (*channel.Chain, channel.Tail) {
	w.t.Helper()
	chain, err := channel.NewChain(length)
	if err != nil {
		w.t.Fatal(err)
	}
	return chain, channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(unit), Length: length, Expiry: time.Now().Add(3 * time.Hour).Unix()}
}

// as adds a token to a context.
func as(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// books stands where the chain and the settler are, and counts what was asked of them.
type books struct {
	domain channel.Domain
	payee  wallet.Address
	sent   atomic.Int64
	intent channel.Intent
}

func (b *books) answer() channel.Intent {
	n := b.sent.Add(1)
	b.intent = channel.Intent{TxID: [32]byte{byte(n)}, Kind: "settleBatch", State: channel.IntentSolid, Created: n, Expires: n + 1000, Block: n}
	return b.intent
}

func (b *books) Plan(context.Context, []channel.ID) (settle.Plan, error) { return settle.Plan{}, nil }

func (b *books) Settle(context.Context, []channel.ID) ([]channel.Intent, error) {
	return []channel.Intent{b.answer()}, nil
}

func (b *books) Close(context.Context, channel.ID) (channel.Intent, error) { return b.answer(), nil }

func (b *books) Intent(_ context.Context, id [32]byte) (channel.Intent, error) {
	if id != [32]byte{1} {
		return channel.Intent{}, channel.ErrUnknownSettlement
	}
	return channel.Intent{TxID: id, State: channel.IntentSolid}, nil
}

func (b *books) IntentsBefore(context.Context, int64, [32]byte, int) ([]channel.Intent, error) {
	return nil, nil
}

func (b *books) OpenIntents(context.Context) ([]channel.Intent, error) { return nil, nil }

func (b *books) Quote(context.Context) (api.Quote, error) {
	return api.Quote{Domain: b.domain, Payee: b.payee, Assets: []api.AcceptedAsset{{Asset: channel.TRX}}}, nil
}

func (b *books) unsigned(kind string) api.Unsigned {
	return api.Unsigned{Kind: kind, Raw: []byte{1}, ID: [32]byte{byte(b.sent.Add(1))}, Owner: b.payee, Expires: time.Unix(1, 0)}
}

func (b *books) PrepareOpen(context.Context, api.Opening) ([]api.Unsigned, bool, error) {
	return []api.Unsigned{b.unsigned("open")}, false, nil
}

func (b *books) PrepareDeposit(context.Context, channel.Terms, wallet.Address, channel.Amount) ([]api.Unsigned, bool, error) {
	return []api.Unsigned{b.unsigned("deposit")}, false, nil
}

func (b *books) PrepareStartClose(context.Context, channel.Terms) (api.Unsigned, error) {
	return b.unsigned("startClose"), nil
}

func (b *books) PrepareFinishClose(context.Context, channel.Terms) (api.Unsigned, error) {
	return b.unsigned("finishClose"), nil
}

func (b *books) PrepareCloseAgreed(context.Context, channel.Terms, channel.Amount) (api.Unsigned, error) {
	return b.unsigned("closeAgreed"), nil
}

func (b *books) Broadcast(context.Context, []byte, wallet.Signature) (channel.Intent, error) {
	return b.answer(), nil
}

func (b *books) Operation(_ context.Context, id [32]byte, _ time.Time) (channel.Intent, error) {
	return channel.Intent{TxID: id, State: channel.IntentSolid}, nil
}
