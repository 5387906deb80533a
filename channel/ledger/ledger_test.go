package ledger_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
)

var domain = channel.Domain{ChainID: 0xcd8690dc, Contract: wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")}

// world is a ledger, a chain that is told by hand, and a clock that moves by hand.
type world struct {
	t     testing.TB
	where string
	cfg   ledger.Config
	l     *ledger.Ledger
	s     *store.Store
	now   time.Time
	block int64

	payers byte
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, where: filepath.Join(t.TempDir(), "store.db"), now: time.Unix(1_800_000_000, 0), block: 100}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	s, err := store.Open(context.Background(), w.where)
	if err != nil {
		w.t.Fatal(err)
	}
	w.s, w.cfg = s, ledger.Config{Store: s, Domain: domain, Log: wallettest.Log(w.t), Now: func() time.Time { return w.now }}
	if w.l, err = ledger.Open(context.Background(), w.cfg); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) close() {
	if w.l != nil {
		_ = w.l.Close()
		_ = w.s.Close()
	}
	w.l = nil
}

func (w *world) reopen() { w.close(); w.open(); w.follow(nil, nil) }

// follow tells the ledger of one more solid block with facts in it, and of pending events in the head block behind it.
func (w *world) follow(facts, pending []channel.Event) {
	w.t.Helper()
	if err := w.tryFollow(facts, pending); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tryFollow(facts, pending []channel.Event) error {
	w.block++
	for i := range facts {
		facts[i].Block, facts[i].Index = w.block, i
	}
	for i := range pending {
		pending[i].Block, pending[i].Index = w.block+1, i
	}
	at := w.now.UnixMilli()
	return w.l.Follow(context.Background(), channel.View{
		Solid: channel.Block{Number: w.block, Hash: [32]byte{byte(w.block)}, Time: at},
		Head:  channel.Block{Number: w.block + 1, Hash: [32]byte{byte(w.block + 1)}, Parent: [32]byte{byte(w.block)}, Time: at},
		Facts: facts, Pending: pending, SeenAt: w.now,
	})
}

// payer is one channel from its payer's side.
type payer struct {
	w     *world
	key   *wallet.Key
	terms channel.Terms
	id    channel.ID
}

// newPayer is a payer whose channel is not yet opened. Its key follows from n.
func (w *world) newPayer(n byte) *payer {
	w.t.Helper()
	key := wallettest.Numbered(n)
	p := &payer{w: w, key: key, terms: channel.Terms{Payer: key.Address(), Payee: domain.Contract, Signer: key.Address(), Challenge: 24 * time.Hour}}
	p.id = p.terms.ID()
	return p
}

// payer opens a channel.
func (w *world) payer(deposit uint64) *payer {
	w.t.Helper()
	w.payers++
	p := w.newPayer(w.payers)
	w.follow([]channel.Event{{Kind: channel.EventOpened, Channel: p.id, Terms: p.terms, Deposit: channel.NewAmount(deposit)}}, nil)
	return p
}

func (p *payer) voucher(cumulative uint64, tails ...channel.Tail) channel.Payment {
	v := channel.Voucher{Channel: p.id, Cumulative: channel.NewAmount(cumulative), Tails: tails}.Sign(p.key, domain)
	return channel.Payment{Channel: p.id, Voucher: &v}
}

func (p *payer) chain(length uint32, unit uint64) (*channel.Chain, channel.Tail) {
	c, err := channel.NewChain(length)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return c, channel.Tail{Anchor: c.Anchor(), Unit: channel.NewAmount(unit), Length: length, Expiry: p.w.now.Add(time.Hour).Unix()}
}

func (p *payer) reveal(c *channel.Chain, count uint32) channel.Payment {
	r := c.Reveal(count)
	return channel.Payment{Channel: p.id, Reveal: &r}
}

func (w *world) accept(p channel.Payment) channel.Receipt {
	w.t.Helper()
	r, err := w.l.Accept(context.Background(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) refuse(p channel.Payment, want error) {
	w.t.Helper()
	if _, err := w.l.Accept(context.Background(), p); !errors.Is(err, want) {
		w.t.Fatalf("got %v, want %v", err, want)
	}
}

func (w *world) paid(p *payer) string {
	w.t.Helper()
	r, err := w.l.Record(context.Background(), p.id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.Paid().String()
}

func TestAcceptSurvivesReopen(t *testing.T) {
	w := newWorld(t)
	p := w.payer(10_000)
	chain, tail := p.chain(100, 7)
	first := p.voucher(1_000, tail)
	if r := w.accept(first); r.Paid != channel.NewAmount(1_000) || r.Replayed {
		t.Fatalf("first receipt: %+v", r)
	}
	if r := w.accept(p.reveal(chain, 10)); r.Paid != channel.NewAmount(1_070) {
		t.Fatalf("reveal: %+v", r)
	}
	w.reopen()
	if got := w.paid(p); got != "1070" {
		t.Fatalf("after reopening %s is paid", got)
	}
	if r := w.accept(p.reveal(chain, 10)); !r.Replayed || r.Paid != channel.NewAmount(1_070) {
		t.Fatalf("replayed reveal: %+v", r)
	}
	if r := w.accept(first); !r.Replayed || r.Paid != channel.NewAmount(1_070) {
		t.Fatalf("replayed voucher: %+v", r)
	}
	var stale *channel.StaleError
	if _, err := w.l.Accept(context.Background(), p.voucher(900)); !errors.As(err, &stale) || stale.Paid != channel.NewAmount(1_070) {
		t.Fatalf("stale voucher: %v", err)
	}
	w.refuse(p.voucher(10_001), channel.ErrOverDeposit)
}

// What v says is not looked at, on the first voucher of a channel as on later ones, which are checked by the signer's key: the evidence stands, over a restart too, and what is claimed by
// it is in the form that the contract can check.
func TestWrongV(t *testing.T) {
	w := newWorld(t)
	p := w.payer(1_000)
	wrong := func(cumulative uint64) channel.Payment {
		pay := p.voucher(cumulative)
		pay.Voucher.Signature[64] ^= 27 ^ 28
		return pay
	}
	w.accept(wrong(100))
	w.accept(wrong(200))
	if r := w.accept(wrong(200)); !r.Replayed {
		t.Error("the same voucher counts twice")
	}
	forged := p.voucher(300)
	forged.Voucher.Cumulative = channel.NewAmount(301)
	w.refuse(forged, channel.ErrBadSignature)
	for range 2 {
		r, err := w.l.Record(t.Context(), p.id)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.l.Rule().CheckEvidence(&r); err != nil || r.Paid() != channel.NewAmount(200) {
			t.Errorf("the evidence is for %s: %v", r.Paid(), err)
		}
		claim := contract.ClaimOf(domain.Separator(), &r, w.now)
		if err := claim.Voucher.Verify(domain.Separator(), p.terms.Signer); err != nil {
			t.Errorf("the claim: %v", err)
		}
		w.reopen()
	}
	w.accept(wrong(300))
	w.accept(p.voucher(400))
}

// A payment that is taken for later counts at once and is on the disk when it is waited for, when another one is, when the channel is frozen, when the ledger closes, and soon in any case.
func TestAcceptLater(t *testing.T) {
	for name, ends := range map[string]func(t *testing.T, w *world, p, other *payer, last channel.Pending){
		"waited for": func(t *testing.T, _ *world, _, _ *payer, last channel.Pending) {
			if r, err := last.Wait(t.Context()); err != nil || r.Replayed || r.Paid != channel.NewAmount(103) {
				t.Errorf("%+v, %v", r, err)
			}
		},
		"another is": func(_ *testing.T, w *world, _, other *payer, _ channel.Pending) { w.accept(other.voucher(1)) },
		"frozen": func(t *testing.T, w *world, p, _ *payer, _ channel.Pending) {
			if r, err := w.l.Freeze(t.Context(), p.id); err != nil || r.Paid() != channel.NewAmount(103) {
				t.Errorf("%s is frozen: %v", r.Paid(), err)
			}
		},
		"closed": func(_ *testing.T, w *world, _, _ *payer, _ channel.Pending) { w.reopen() },
		"left alone": func(_ *testing.T, w *world, p, _ *payer, _ channel.Pending) {
			for end := time.Now().Add(20 * time.Second); w.paid(p) != "103" && time.Now().Before(end); {
				time.Sleep(ledger.LaterTime / 10)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p, other := w.payer(1_000), w.payer(1_000)
			chain, tail := p.chain(10, 1)
			w.accept(p.voucher(100, tail))
			commits := w.l.Stats().Commits
			var last channel.Pending
			for count := range uint32(3) {
				var err error
				last, err = w.l.AcceptLater(t.Context(), p.reveal(chain, count+1))
				if err != nil || last.Receipt().Paid != channel.NewAmount(uint64(101+count)) {
					t.Fatalf("%v, %v", last, err)
				}
			}
			ends(t, w, p, other, last)
			if paid := w.paid(p); paid != "103" {
				t.Errorf("%s is on the disk", paid)
			}
			if n := w.l.Stats().Commits - commits; n > 2 && name != "closed" {
				t.Errorf("three payments took %d commits", n)
			}
			if r := w.accept(p.reveal(chain, 3)); !r.Replayed || r.Paid != channel.NewAmount(103) {
				t.Errorf("shown again: %+v", r)
			}
		})
	}
}

func TestManyPayersAtOnce(t *testing.T) {
	w := newWorld(t)
	const payers, steps = 16, 200
	var group sync.WaitGroup
	var all [payers]*payer
	for i := range all {
		all[i] = w.payer(1_000_000)
		chain, tail := all[i].chain(steps, 3)
		w.accept(all[i].voucher(0, tail))
		group.Go(func() {
			for count := uint32(1); count <= steps; count++ {
				if r, err := w.l.Accept(context.Background(), all[i].reveal(chain, count)); err != nil || r.Paid != channel.NewAmount(uint64(count)*3) {
					t.Errorf("step %d: %+v %v", count, r, err)
					return
				}
			}
		})
	}
	group.Wait()
	stats := w.l.Stats()
	if stats.Commits >= stats.Accepted {
		t.Errorf("%d commits for %d payments: nothing was batched", stats.Commits, stats.Accepted)
	}
	w.reopen()
	for _, p := range all {
		if got := w.paid(p); got != "600" {
			t.Fatalf("after reopening %s is paid", got)
		}
	}
}

func TestClosingStopsAtTheHead(t *testing.T) {
	w := newWorld(t)
	p := w.payer(10_000)
	w.accept(p.voucher(100))
	closing := channel.Event{Kind: channel.EventClosing, Channel: p.id, CloseAt: w.now.Add(24 * time.Hour).Unix()}
	w.follow(nil, []channel.Event{closing})
	w.refuse(p.voucher(200), channel.ErrClosing)
	w.reopen() // the block of the close is solid without it: a fork has undone it
	if r := w.accept(p.voucher(200)); r.Paid != channel.NewAmount(200) {
		t.Fatalf("after the fork: %+v", r)
	}
	w.follow([]channel.Event{closing}, nil)
	w.refuse(p.voucher(300), channel.ErrClosing)
	w.follow([]channel.Event{{Kind: channel.EventClosed, Channel: p.id, Settled: channel.NewAmount(200), Refund: channel.NewAmount(9_800)}}, nil)
	w.refuse(p.voucher(300), channel.ErrClosed)
}

func TestStaleViewFailsClosed(t *testing.T) {
	w := newWorld(t)
	p := w.payer(10_000)
	w.accept(p.voucher(100))
	w.now = w.now.Add(31 * time.Second)
	w.refuse(p.voucher(200), channel.ErrStaleView)
	if r := w.accept(p.voucher(100)); !r.Replayed {
		t.Fatal("what is held is answered at any time")
	}
	w.follow(nil, nil)
	w.accept(p.voucher(200))
}

// A clock that is set back, by an hour or by less than a view may be old, keeps no view young: how old it is nobody knows before the chain is looked at again.
func TestClockIsSetBack(t *testing.T) {
	for _, by := range []time.Duration{time.Second, 20 * time.Second, time.Hour} {
		w := newWorld(t)
		p := w.payer(10_000)
		w.accept(p.voucher(100))
		w.now = w.now.Add(-by)
		w.refuse(p.voucher(200), channel.ErrStaleView)
		w.follow(nil, nil)
		w.accept(p.voucher(200))
		w.now = w.now.Add(31 * time.Second)
		w.refuse(p.voucher(300), channel.ErrStaleView)
	}
}

func TestFreeze(t *testing.T) {
	w := newWorld(t)
	p := w.payer(10_000)
	w.accept(p.voucher(100))
	r, err := w.l.Freeze(context.Background(), p.id)
	if err != nil || r.Paid() != channel.NewAmount(100) {
		t.Fatal(r, err)
	}
	w.refuse(p.voucher(200), channel.ErrClosing)
	w.reopen()
	w.refuse(p.voucher(200), channel.ErrClosing)
}
