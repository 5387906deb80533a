package torrent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// TestNothingIsPaidAheadBeyondTheRisk: who has shown nothing good yet is paid ahead only when it will not move otherwise; whoever asks for more ahead than is risked gets nothing.
func TestNothingIsPaidAheadBeyondTheRisk(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close(); _ = far.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	spend := NewSpender(nil, Limits{FirstRisk: 1 << 20, Ahead: 4 << 20}, Want{}, nil)
	for _, c := range []struct {
		name    string
		trusted bool
		waited  time.Duration
		due     int64
		steps   uint64 // of 256 KiB
	}{
		{"a stranger that has only just asked", false, 0, 256 << 10, 0},
		{"a stranger that waits", false, stuckTime, 256 << 10, 1},
		{"a stranger that waits for all that is risked", false, stuckTime, 1 << 20, 4},
		{"and for a byte more", false, stuckTime, 1<<20 + 1, 0},
		{"a seeder whose pieces were good", true, 0, 256 << 10, 1},
		{"all that is risked with it", true, 0, 4 << 20, 16},
		{"and a byte more", true, 0, 4<<20 + 1, 0},
		{"more than there are bytes", true, 0, 1 << 62, 0},
	} {
		l := &link{ctx: ctx, cancel: cancel, peer: near, log: slog.New(slog.DiscardHandler), nudge: make(chan struct{}, 1)}
		p := newPayer(l, spend)
		p.tab = &tab{spend: spend, open: 1, price: channel.NewAmount(4_000), unit: channel.NewAmount(1_000), trusted: c.trusted}
		p.due, p.needed = c.due, time.Now().Add(-c.waited)
		if steps := p.payAhead(); steps != c.steps {
			t.Errorf("%s: %d steps are paid ahead, want %d", c.name, steps, c.steps)
		}
		if waits := !l.alarms[alarmPay].IsZero(); waits != (!c.trusted && c.waited == 0) {
			t.Errorf("%s: looks again: %t", c.name, waits)
		}
	}
}

// TestTermsThatAreNotPaid: a seeder's terms are taken only for the contract and chain that the downloader's channels are in, in an asset it has, at a price it said, in steps that risk little.
func TestTermsThatAreNotPaid(t *testing.T) {
	domain := channel.Domain{ChainID: 1, Contract: wallet.Address{0x41, 1}}
	other, err := channel.TRC10(1_000_001)
	if err != nil {
		t.Fatal(err)
	}
	good := wire.Terms{Domain: domain, Asset: channel.TRX, Price: channel.NewAmount(90), UnitBytes: 256 << 10}
	limits := Limits{MaxPrice: channel.NewAmount(100), Bid: channel.NewAmount(10), Budget: channel.NewAmount(1)}
	judge := func(limits Limits, change func(*wire.Terms)) wire.Code {
		terms := good
		change(&terms)
		refusal := NewSpender(nil, limits, Want{Domain: domain, Assets: []channel.Asset{channel.TRX}}, nil).judge(&terms)
		if refusal == nil {
			return 0
		}
		return refusal.Code
	}
	for _, c := range []struct {
		name   string
		change func(*wire.Terms)
		want   wire.Code
	}{
		{"as wanted", func(*wire.Terms) {}, 0},
		{"another chain", func(t *wire.Terms) { t.Domain.ChainID++ }, wire.CodeTerms},
		{"another contract", func(t *wire.Terms) { t.Domain.Contract[20]++ }, wire.CodeTerms},
		{"another asset", func(t *wire.Terms) { t.Asset = other }, wire.CodeTerms},
		{"with the bid a unit too much", func(t *wire.Terms) { t.Price = channel.NewAmount(91) }, wire.CodeTooExpensive},
		{"a price at which the sum would overflow", func(t *wire.Terms) { t.Price = channel.MaxAmount() }, wire.CodeTooExpensive},
		{"no step", func(t *wire.Terms) { t.UnitBytes = 0 }, wire.CodeTerms},
		{"the largest step", func(t *wire.Terms) { t.UnitBytes = maxUnitBytes }, 0},
		{"a step beyond it", func(t *wire.Terms) { t.UnitBytes = maxUnitBytes + 1 }, wire.CodeTerms},
	} {
		if got := judge(limits, c.change); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	limits.Budget = channel.Amount{}
	if got := judge(limits, func(*wire.Terms) {}); got != wire.CodeBudget {
		t.Errorf("no budget: %s", got)
	}
}

// poor is a purse that cannot promise anything now.
type poor struct {
	Purse
	asked int
}

func (p *poor) Open(context.Context, channel.Amount) (Promise, error) {
	p.asked++
	return Promise{}, errors.New("the hub can reserve nothing for that seeder now")
}

// TestAPurseThatCannotPayIsNotAskedAllTheTime: whatever comes meanwhile, it is left alone for a while, and asked again then.
func TestAPurseThatCannotPayIsNotAskedAllTheTime(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close(); _ = far.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	purse := &poor{}
	spend := NewSpender(nil, Limits{Budget: channel.NewAmount(1_000_000)}, Want{}, nil)
	l := &link{ctx: ctx, cancel: cancel, peer: near, log: slog.New(slog.DiscardHandler), nudge: make(chan struct{}, 1)}
	p := newPayer(l, spend)
	p.begun = true
	p.tab = &tab{spend: spend, purse: purse, open: 1, price: channel.NewAmount(4_000), unit: channel.NewAmount(1_000), step: channel.NewAmount(1_000), verified: 8 << 20}
	for range 20 {
		p.pay(true)
	}
	if purse.asked != 1 || l.alarms[alarmPay].IsZero() {
		t.Errorf("asked %d times; is asked again: %t", purse.asked, !l.alarms[alarmPay].IsZero())
	}
	p.rests = time.Now()
	if p.pay(true); purse.asked != 2 {
		t.Errorf("asked %d times when the pause was over", purse.asked)
	}
}

// shut is a purse that does not answer, or not now, until it is open.
type shut struct {
	Purse
	hangs bool
	open  chan struct{}
}

func (s *shut) For(context.Context, *wire.Terms) (Purse, error) { return s, nil }

func (s *shut) Open(ctx context.Context, unit channel.Amount) (Promise, error) {
	select {
	case <-s.open:
		return Promise{Tail: channel.Tail{Unit: unit, Length: 1024}}, nil
	default:
	}
	if s.hangs {
		<-ctx.Done()
	}
	return Promise{}, errors.New("the sponsor answers with status 503")
}

// TestWhoCannotPayNowGoesOnForFree: a purse that is not available, or hangs, does not keep the seeder from being asked for ever. It is paid from when the purse answers, and what came for free is not.
func TestWhoCannotPayNowGoesOnForFree(t *testing.T) {
	for name, hangs := range map[string]bool{"an error": false, "a purse that hangs": true} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			defer func() { _ = near.Close(); _ = far.Close() }()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			purse := &shut{hangs: hangs, open: make(chan struct{})}
			terms := &wire.Terms{Price: channel.NewAmount(4_000), UnitBytes: 256 << 10, Asset: channel.TRX}
			spend := NewSpender(purse, Limits{Budget: channel.NewAmount(1_000_000), MaxPrice: terms.Price}, Want{Assets: []channel.Asset{channel.TRX}}, nil)
			free := make(chan struct{}, 2)
			spend.freeAfter, spend.told = 0, func(what string) {
				if strings.Contains(what, "for free") {
					free <- struct{}{}
				}
			}
			l := &link{
				ctx: ctx, cancel: cancel, peer: near, log: slog.New(slog.DiscardHandler), nudge: make(chan struct{}, 1), flushing: make(chan struct{}, 1), client: newPipe(),
				rules: &rules{complete: func([20]byte, uint32) bool { return false }},
			}
			p := newPayer(l, spend)
			l.payer = p
			whole := gate.Request{Length: 16 << 10}
			l.mu.Lock()
			p.ask(whole, nil)
			l.mu.Unlock()
			done := make(chan struct{})
			go func() { defer close(done); p.hearTerms(terms) }()
			<-free
			l.mu.Lock()
			asked := len(l.toPeer) > 0
			p.piece(whole)
			l.mu.Unlock()
			if !asked {
				t.Error("nothing is asked of the seeder")
			}
			if hangs {
				cancel()
				<-done
				return
			}
			<-done
			if l.alarms[alarmDecide].IsZero() {
				t.Fatal("the purse is not tried again")
			}
			close(purse.open)
			p.rang(alarmDecide)
			if p.tab == nil {
				t.Fatal("no session is opened")
			}
			p.accepted(&wire.Accept{Window: 1 << 20})
			if p.judged(0, true, 256<<10); p.tab.due(0, false) != 0 {
				t.Error("what came for free is paid")
			}
		})
	}
}
