package torrent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// Limits are what a downloader is willing to pay. Nothing is ever paid beyond them.
type Limits struct {
	MaxPrice  channel.Amount // per MiB, bid included; a seeder that asks more is not paid
	Bid       channel.Amount // per MiB on top of what a seeder asks, for its fast lane
	Budget    channel.Amount // in all, over all seeders; zero: nothing is paid
	FirstRisk int64          // bytes that may be paid before a seeder's first piece was verified, when it will not move otherwise; 0: 1 MiB
	Spent     channel.Amount // of Budget, by an earlier run
	Fast      bool           // ask every seeder at once that is not too expensive; else dearer ones only while they make the download faster
	Ahead     int64          // bytes that may be paid before they are verified, to a seeder whose pieces were good; 0: 4 MiB
}

// Defaults of Limits.
const (
	defaultFirstRisk = 1 << 20
	defaultAhead     = 4 << 20
)

// ErrBudget says that the next payment would go over the budget.
var ErrBudget = errors.New("the budget is used up")

// Spender is what all connections of one downloader that pay share: its purses, its limits, and how it stands with each payee.
type Spender struct {
	purses Purses
	limits Limits
	want   Want
	log    *slog.Logger
	told   func(string) // see DownloaderConfig.Told
	words  func(channel.Asset, channel.Amount) string

	freeAfter time.Duration

	mu       sync.Mutex
	tabs     map[tabKey]*tab
	spent    channel.Amount
	payments int64
	records  map[string]*record    // by peer address
	choosers map[[20]byte]*chooser // by torrent
	cheaper  chan struct{}         // a cheaper seeder came: those in use may be dear now
	notes    map[string]bool       // what was told
}

// Want is what a downloader accepts as payment terms at all.
type Want struct {
	Domain   channel.Domain // the one contract that its channels are in
	Assets   []channel.Asset
	OnlyFree bool // never pay
	MustPay  bool // take nothing from peers that are not paid
}

// tabKey names a payee: one purse pays it.
type tabKey struct {
	payee wallet.Address
	asset channel.Asset
}

// NewSpender is a downloader's purse string.
func NewSpender(purses Purses, limits Limits, want Want, log *slog.Logger) *Spender {
	if limits.FirstRisk == 0 {
		limits.FirstRisk = defaultFirstRisk
	}
	if limits.Ahead == 0 {
		limits.Ahead = defaultAhead
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Spender{
		purses: purses, limits: limits, want: want, log: log, spent: limits.Spent, freeAfter: freeAfter,
		tabs: map[tabKey]*tab{}, records: map[string]*record{}, choosers: map[[20]byte]*chooser{}, cheaper: make(chan struct{}, 1), notes: map[string]bool{},
	}
}

// Spent is what was paid so far, with Limits.Spent, and in how many payments of this run.
func (s *Spender) Spent() (channel.Amount, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spent, s.payments
}

// maxNotes bounds what is told, and remembered as told.
const maxNotes = 100

// tell tells people something once.
func (s *Spender) tell(what string) {
	s.mu.Lock()
	news := !s.notes[what] && len(s.notes) < maxNotes
	if news {
		s.notes[what] = true
	}
	s.mu.Unlock()
	if news && s.told != nil {
		s.told(what)
	}
}

// amount is an amount in what is told.
func (s *Spender) amount(asset channel.Asset, a channel.Amount) string {
	if s.words != nil {
		if text := s.words(asset, a); text != "" {
			return text
		}
	}
	return fmt.Sprintf("%s units of %s", a, asset)
}

// judge says whether terms are acceptable.
func (s *Spender) judge(t *wire.Terms) *wire.Error {
	total := t.Price.Add(s.limits.Bid)
	known := false
	for _, a := range s.want.Assets {
		known = known || a == t.Asset
	}
	switch {
	case t.Domain != s.want.Domain:
		return &wire.Error{Code: wire.CodeTerms, Text: "another contract or chain"}
	case !known:
		return &wire.Error{Code: wire.CodeTerms, Text: "not an asset that is paid here"}
	case s.limits.MaxPrice.Less(total):
		return &wire.Error{Code: wire.CodeTooExpensive, Text: fmt.Sprintf("%s per MiB at most", s.limits.MaxPrice)}
	case s.limits.Budget.IsZero():
		return &wire.Error{Code: wire.CodeBudget}
	case t.UnitBytes <= 0 || t.UnitBytes > maxUnitBytes:
		return &wire.Error{Code: wire.CodeTerms, Text: "no sensible unit"}
	}
	return nil
}

// maxUnitBytes is the largest step that a payee may ask for: all of it may be paid ahead at the end.
const maxUnitBytes = 16 << 20

// take counts money as spent before it is revealed. It says no when it would go over the budget.
func (s *Spender) take(amount channel.Amount) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if total := s.spent.Add(amount); !s.limits.Budget.Less(total) {
		s.spent = total
		s.payments++
		return true
	}
	return false
}

// giveBack takes back what take counted: the purse refused.
func (s *Spender) giveBack(amount channel.Amount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = s.spent.Sub(amount)
	s.payments--
}

// tab gives how this downloader stands with a payee.
func (s *Spender) tab(ctx context.Context, t *wire.Terms) (*tab, error) {
	purse, err := s.purses.For(ctx, t)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := tabKey{t.Payee, t.Asset}
	if s.tabs[key] == nil {
		s.tabs[key] = &tab{spend: s, purse: purse}
	}
	return s.tabs[key], nil
}

// Standings lists all payees.
func (s *Spender) Standings() []Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Standing
	for k, t := range s.tabs {
		t.mu.Lock()
		list = append(list, Standing{k.payee, k.asset, t.verified + t.waiting, t.paid, t.acked, t.price, t.open})
		t.mu.Unlock()
	}
	return list
}
