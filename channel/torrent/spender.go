package torrent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
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
	counted  channel.Amount // by the purses beyond it, see Purse.RevealAhead
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

// errOthersPay: what other purses count ahead is to be taken back first, and they are paying.
var errOthersPay = errors.New("what is left of the budget is counted for other seeders")

// aheadShare is the part of what is left of the budget that one purse may count ahead.
const aheadShare = 16

// take counts money as spent before it is revealed; ErrBudget when it would go over the budget. The purse would count so many steps more (-1: it counts this already); take says how many
// it may, so that what all purses have counted stays within the budget, whenever the payer is killed.
func (s *Spender) take(ctx context.Context, t *tab, amount, step channel.Amount, ahead int64) (uint32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits.Budget.Less(s.spent.Add(amount)) {
		return 0, ErrBudget
	}
	if ahead < 0 {
		s.spend(amount)
		s.count(t, t.counted.Excess(amount))
		return 0, nil
	}
	s.count(t, channel.Amount{}) // all that was counted so is revealed by now
	if s.limits.Budget.Less(s.spent.Add(amount).Add(s.counted)) {
		s.mu.Unlock()
		s.restOthers(ctx, t)
		s.mu.Lock()
	}
	left, ok := s.limits.Budget.SubOK(s.spent.Add(amount).Add(s.counted))
	if !ok {
		return 0, errOthersPay
	}
	s.spend(amount)
	steps := min(uint64(ahead), wholeSteps(left, step, aheadShare*uint64(ahead))/aheadShare)
	s.count(t, step.Mul(steps))
	return uint32(steps), nil
}

// spend counts a payment. s.mu must be held.
func (s *Spender) spend(amount channel.Amount) {
	s.spent = s.spent.Add(amount)
	s.payments++
}

// count sets what a purse counts as revealed that is not. s.mu must be held.
func (s *Spender) count(t *tab, ahead channel.Amount) {
	s.counted = s.counted.Excess(t.counted).Add(ahead)
	t.counted = ahead
}

// uncount takes back what an earlier run counted as spent and did not pay: its purse still counts it.
func (s *Spender) uncount(t *tab, amount channel.Amount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = s.spent.Excess(amount)
	s.count(t, t.counted.Add(amount))
}

// giveBack takes back what take counted as spent: the purse refused, and may count it all the same.
func (s *Spender) giveBack(t *tab, amount channel.Amount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = s.spent.Sub(amount)
	s.payments--
	s.count(t, t.counted.Add(amount))
}

// restTime bounds writing what was revealed.
const restTime = 5 * time.Second

// rest has a purse count what was revealed, and no more, unless it pays just now.
func (s *Spender) rest(ctx context.Context, t *tab) {
	if t.pay.TryLock() {
		defer t.pay.Unlock()
		s.restLocked(ctx, t)
	}
}

// restOthers is rest for all purses but one.
func (s *Spender) restOthers(ctx context.Context, but *tab) {
	for _, t := range s.allTabs() {
		if t != but {
			s.rest(ctx, t)
		}
	}
}

// restAll is rest for all purses, after what they pay just now.
func (s *Spender) restAll(ctx context.Context) {
	for _, t := range s.allTabs() {
		t.pay.Lock()
		s.restLocked(ctx, t)
		t.pay.Unlock()
	}
}

// restLocked is rest. t.pay must be held.
func (s *Spender) restLocked(ctx context.Context, t *tab) {
	ctx, cancel := context.WithTimeout(ctx, restTime)
	defer cancel()
	if err := t.purse.Rest(ctx); err != nil {
		s.log.Warn("what was revealed cannot be written; a little more counts as paid", "error", err)
		return
	}
	t.mu.Lock()
	t.written = 0
	t.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(t, channel.Amount{})
}

func (s *Spender) allTabs() []*tab {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.tabs))
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
