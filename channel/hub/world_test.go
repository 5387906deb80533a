package hub_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/channel/store/storetest"
	"github.com/piecework/piecework/wallet"
)

var (
	ctx    = context.Background()
	domain = channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")}
)

// world is a hub over a real store, told of the chain by hand.
type world struct {
	t     testing.TB
	where string
	terms hub.Terms
	rules hub.Policy
	key   *wallet.Key
	now   time.Time
	block int64
	wrap  func(ledger.Store) ledger.Store
	new   func() error // says why no new channels are taken

	s *store.Store
	l *ledger.Ledger
	h *hub.Hub
}

func newWorld(t testing.TB, where string) *world {
	w := &world{t: t, where: where, key: wallettest.Numbered(200), now: time.Unix(1_800_000_000, 0), block: 100, terms: hub.Terms{Deposit: channel.NewAmount(100_000), Fee: 100}}
	w.open()
	t.Cleanup(w.close)
	w.follow()
	return w
}

// each runs a test on SQLite and on PostgreSQL.
func each(t *testing.T, test func(*world)) {
	storetest.Each(t, func(t *testing.T, where string) { test(newWorld(t, where)) })
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.s, err = store.Open(ctx, w.where); err != nil {
		w.t.Fatal(err)
	}
	log := wallettest.Log(w.t)
	w.h = w.newHub()
	var s ledger.Store = w.s
	if w.wrap != nil {
		s = w.wrap(s)
	}
	w.l, err = ledger.Open(ctx, ledger.Config{
		Store: s, Domain: domain, Log: log, Now: func() time.Time { return w.now }, Takes: w.h.Takes, Dropping: w.h.Dropping, Hold: w.h.Hold, Facts: w.h.Facts, Kept: w.h.Kept,
		TakesNew: func() error {
			if w.new == nil {
				return nil
			}
			return w.new()
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.h.Join(w.l, s)
	if w.wrap != nil {
		return
	}
	if _, err := w.h.Position(ctx); err != nil { // what is locked is counted, and added up from here on
		w.t.Fatal(err)
	}
}

func (w *world) newHub() *hub.Hub {
	w.t.Helper()
	h, err := hub.New(hub.Config{Domain: domain, Key: w.key, Assets: map[channel.Asset]hub.Terms{channel.TRX: w.terms}, Policy: w.rules, Log: wallettest.Log(w.t)})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func (w *world) close() {
	if w.l != nil {
		_ = w.l.Close()
		_ = w.s.Close()
	}
	w.l = nil
}

func (w *world) follow(facts ...channel.Event) {
	w.t.Helper()
	if err := w.tryFollow(facts...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tryFollow(facts ...channel.Event) error {
	next := w.block + 1
	for i := range facts {
		facts[i].Block, facts[i].Index = next, i
	}
	hash := func(n int64) [32]byte { return [32]byte{byte(n >> 8), byte(n)} }
	err := w.l.Follow(ctx, channel.View{
		Solid: channel.Block{Number: next, Hash: hash(next), Time: w.now.UnixMilli()},
		Head:  channel.Block{Number: next + 1, Hash: hash(next + 1), Parent: hash(next), Time: w.now.UnixMilli()}, Facts: facts, SeenAt: w.now,
	})
	if err == nil {
		w.block = next
	}
	return err
}

// seeder registers a payee and opens the hub's channel to it.
func (w *world) seeder(n byte, deposit uint64) channel.Terms {
	w.t.Helper()
	payee := wallettest.Numbered(n).Address()
	if _, err := w.h.Register(ctx, payee, channel.TRX); err != nil {
		w.t.Fatal(err)
	}
	terms := channel.Terms{Payer: w.h.Address(), Payee: payee, Signer: w.h.Address(), Challenge: 24 * time.Hour, Seed: [32]byte{n}}
	w.follow(channel.Event{Kind: channel.EventOpened, Channel: terms.ID(), Terms: terms, Deposit: channel.NewAmount(deposit)})
	return terms
}

// downloader is a channel to the hub, from its payer's side.
type downloader struct {
	w     *world
	key   *wallet.Key
	terms channel.Terms
	held  channel.Voucher // cumulative and tails of the last voucher
}

func (w *world) downloader(n byte, deposit uint64, challenge time.Duration) *downloader {
	w.t.Helper()
	d := &downloader{w: w, key: wallettest.Numbered(n)}
	d.terms = channel.Terms{Payer: d.key.Address(), Payee: w.h.Address(), Signer: d.key.Address(), Challenge: challenge, Seed: [32]byte{n}}
	d.held.Channel = d.terms.ID()
	w.follow(channel.Event{Kind: channel.EventOpened, Channel: d.terms.ID(), Terms: d.terms, Deposit: channel.NewAmount(deposit)})
	return d
}

const (
	unit = 100 // what a step is to the seeder; 110 to the downloader
	in   = 110
)

// ask is a request for a session of that many steps, and its chain.
func (d *downloader) ask(seeder channel.Terms, steps uint32) (hub.OpenRequest, *channel.Chain) {
	d.w.t.Helper()
	chain, err := channel.NewChain(steps)
	if err != nil {
		d.w.t.Fatal(err)
	}
	d.held.Cumulative = d.held.Cumulative.Add(channel.NewAmount(1))
	d.held.Tails = append(append([]channel.Tail(nil), d.held.Tails...), channel.Tail{
		Anchor: chain.Anchor(), Unit: channel.NewAmount(in), Length: steps, Expiry: d.w.now.Add(2 * time.Hour).Unix(),
	})
	return hub.OpenRequest{Payee: seeder.Payee, Unit: channel.NewAmount(unit), Anchor: chain.Anchor(), Voucher: d.held.Sign(d.key, domain)}, chain
}

func (d *downloader) session(seeder channel.Terms, steps uint32) (hub.Opened, *channel.Chain) {
	d.w.t.Helper()
	q, chain := d.ask(seeder, steps)
	opened, err := d.w.h.Open(ctx, q)
	if err != nil {
		d.w.t.Fatal(err)
	}
	return opened, chain
}

func (w *world) redeem(seeder channel.Terms, reveals ...channel.Reveal) hub.Redeemed {
	w.t.Helper()
	out, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: seeder.ID(), Reveals: reveals})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) record(id channel.ID) channel.Record {
	w.t.Helper()
	r, err := w.l.Record(ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) claimable(d *downloader) channel.Amount {
	r := w.record(d.terms.ID())
	return r.Paid()
}

// looked checks that what is added up is what there is, and that who is left out of a look lacks nothing.
func (w *world) looked() {
	w.t.Helper()
	whole, err := w.h.Whole(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.h.Position(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Locked[channel.TRX] != whole.Locked[channel.TRX] {
		w.t.Fatalf("%+v are locked, and added up are %+v", whole.Locked, p.Locked)
	}
	if got, want := w.h.Plan(p), w.h.Plan(whole); !reflect.DeepEqual(got, want) {
		w.t.Fatalf("planned is %+v, with everything read %+v", got, want)
	}
	if err := w.h.Looked(ctx, p); err != nil {
		w.t.Fatal(err)
	}
}

// sound checks P6, P7 and P8 on what the store holds, and returns the sheet.
func (w *world) sound() hub.Sheet {
	w.t.Helper()
	w.looked()
	sheets, err := w.h.Audit(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range sheets {
		if !s.Balanced() {
			w.t.Fatalf("P6: %+v", s)
		}
		if covered := s.Claimable.Add(s.Wallet).Add(s.Locked).Add(s.Lost).Add(s.Opening).Add(s.Energy); covered.Less(s.Owed) {
			w.t.Fatalf("P7: %s is owed, %s covers it", s.Owed, covered)
		}
	}
	records, err := w.l.List(ctx, channel.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range records {
		if r.Deposit.Less(r.Promised()) {
			w.t.Fatalf("P8: %s is promised of %s", r.Promised(), r.Deposit)
		}
		if err := w.l.Rule().CheckEvidence(&r); err != nil {
			w.t.Fatal(err)
		}
	}
	if len(sheets) == 0 {
		return hub.Sheet{}
	}
	return sheets[0]
}

// payee is a seeder's own record of the hub's channel, by the rule.
type payee struct {
	w    *world
	rule channel.Rule
	r    channel.Record
}

func (w *world) payee(terms channel.Terms, deposit uint64) *payee {
	return &payee{w: w, rule: channel.NewRule(domain, 0), r: channel.NewRecord(terms, channel.NewAmount(deposit))}
}

func (p *payee) take(v channel.SignedVoucher) {
	p.w.t.Helper()
	if _, err := p.rule.AcceptVoucher(&p.r, &v, p.w.now); err != nil {
		p.w.t.Fatalf("the seeder refuses the hub's voucher: %v", err)
	}
}

// reveal takes the furthest step of a chain in the terms of the tail as it is held now.
func (p *payee) reveal(c *channel.Chain, count uint32) {
	p.w.t.Helper()
	for _, t := range p.r.Held.Tails {
		moved := c.Length() - t.Length
		if moved < count && channel.HashForward(t.Anchor, moved) == c.Anchor() {
			r := channel.Reveal{Tail: t.Anchor, Count: count - moved, Preimage: c.Reveal(count).Preimage}
			if _, err := p.rule.AcceptReveal(&p.r, &r, p.w.now); err != nil {
				p.w.t.Fatal(err)
			}
			return
		}
	}
	p.w.t.Fatal("no tail of that chain")
}

// fault is how a write of the store goes wrong.
type fault int

const (
	none fault = iota
	refused
	persisted
	crash
	crashAfter
)

var errInjected = errors.New("injected fault")

// faulty makes one write go wrong.
type faulty struct {
	ledger.Store
	mu     sync.Mutex
	at, n  int
	what   fault
	dead   bool
	struck bool
}

func (f *faulty) Update(ctx context.Context, fn func(*store.Tx) error) error {
	f.mu.Lock()
	f.n++
	what := none
	if f.n == f.at {
		what, f.struck = f.what, true
	}
	dead := f.dead
	f.dead = dead || what == crash || what == crashAfter
	f.mu.Unlock()
	if dead || what == refused || what == crash {
		return errInjected
	}
	err := f.Store.Update(ctx, fn)
	if what == persisted || what == crashAfter {
		return errors.Join(err, fmt.Errorf("%w: %w", store.ErrUnknownOutcome, errInjected))
	}
	return err
}

type ledgerStore = ledger.Store
