package torrent

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
	"github.com/piecework/piecework/wallet"
)

// Tollhouse is what all gates of one seeder share: its ledger, its terms, its policy, its uplink, and the accounts of its payers.
type Tollhouse struct {
	config   TollhouseConfig
	uplink   *uplinkDriver
	mu       sync.Mutex
	accounts map[accountKey]*account
	windows  map[[20]byte]int64 // by torrent: the least window at the start
	trusted  []wallet.Address   // see Trust
	totals   Totals
	traffic  traffic
	diary    *diary
	ending   int // connections that have ended, and whose last payments are not booked yet
	ended    *sync.Cond

	once    sync.Once
	closing chan struct{} // closed by Close
	kept    chan struct{} // closed when the accounts were written for the last time
	written string        // what stands in the file; belongs to keep
}

// TollhouseConfig is what a Tollhouse needs. Ledger and at least one offer are required.
type TollhouseConfig struct {
	Ledger Ledger
	Offers []Offer // one for each asset, best first; at most wire.MaxOffers
	Free   FreePolicy
	Uplink gate.UplinkConfig
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
	// Accounts is the file in which OpenTollhouse keeps the accounts over restarts; "": they are forgotten.
	Accounts string
	// Diary is the file in which OpenTollhouse keeps what was sold by torrent and day; "": it is forgotten.
	Diary string
	// Single is the name under which all torrents are booked as one in the diary; "": each is booked for itself.
	Single string
}

// traffic is what the gates count without a lock.
type traffic struct{ paid, free atomic.Int64 }

// Totals counts what went through the gates of a tollhouse since it was opened.
type Totals struct {
	PaidBytes int64 // payload sent on accounts
	FreeBytes int64 // payload sent to free riders
	Payments  int64 // accepted reveals and vouchers
	Refused   int64 // payments that were refused
	Payers    int   // connections with a session now
	Peers     int   // connections now
}

// maxAccounts bounds the memory for payers that are not connected; the oldest unused accounts are forgotten first.
const maxAccounts = 100_000

// accountKey names a payer: a channel of its own, or one tail of a hub's channel.
type accountKey struct {
	channel channel.ID
	tail    channel.Anchor // zero for a channel of its own
}

// account is a payer's account with what belongs to it.
type account struct {
	*gate.Account
	mu       sync.Mutex
	asset    channel.Asset
	hub      bool
	safe     channel.Amount // of what was paid, durable
	booked   channel.Amount // and in the diary
	carried  channel.Amount // hub sessions: paid by the tails before this one
	unit     channel.Amount // hub sessions: of the tail in use
	tail     channel.Anchor // hub sessions: the one in use
	count    uint32         // hub sessions: steps of it that were revealed
	base     uint32         // hub sessions: those of them that were before this account went on with it, and paid for something else
	before   pastTail       // hub sessions: the tail before it, whose last steps may come late on another connection
	links    int            // connections on it; guarded by Tollhouse.mu, like what follows
	used     time.Time
	restored bool // written down by an earlier run, and not used since
}

// pastTail is a tail that an account has gone on from, and how many of its steps count in what was carried over.
type pastTail struct {
	tail  channel.Anchor
	unit  channel.Amount
	count uint32
}

// NewTollhouse opens a tollhouse. Close it to stop its uplink.
func NewTollhouse(c TollhouseConfig) *Tollhouse {
	offers := make([]Offer, 0, len(c.Offers))
	for _, o := range c.Offers[:min(len(c.Offers), wire.MaxOffers)] {
		offers = append(offers, o.withDefaults())
	}
	c.Offers = offers
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &Tollhouse{
		config: c, uplink: newUplinkDriver(c.Uplink, c.Now),
		diary: newDiary(c.Single, c.Now), accounts: map[accountKey]*account{}, windows: map[[20]byte]int64{}, closing: make(chan struct{}),
	}
	h.ended = sync.NewCond(&h.mu)
	return h
}

// OpenTollhouse is NewTollhouse with the accounts that an earlier run left in the file Accounts; it goes on writing them there.
func OpenTollhouse(c TollhouseConfig) (*Tollhouse, error) {
	h := NewTollhouse(c)
	if c.Accounts == "" && c.Diary == "" {
		return h, nil
	}
	if err := h.restore(); err != nil {
		h.Close()
		return nil, err
	}
	if err := h.diary.restore(c.Diary); err != nil {
		h.Close()
		return nil, fmt.Errorf("reading what was sold: %w", err)
	}
	h.kept = make(chan struct{})
	go h.keep()
	return h, nil
}

// Close stops the uplink, waits until what was paid last on connections that have ended is booked, and writes the accounts for the last time.
func (h *Tollhouse) Close() {
	h.uplink.close()
	h.mu.Lock()
	for h.ending > 0 {
		h.ended.Wait()
	}
	h.mu.Unlock()
	h.once.Do(func() { close(h.closing) })
	if h.kept != nil {
		<-h.kept
	}
}

// Totals is what went through so far.
func (h *Tollhouse) Totals() Totals {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.totals
	t.PaidBytes, t.FreeBytes = h.traffic.paid.Load(), h.traffic.free.Load()
	return t
}

// SetPieceLength makes the window at the start hold at least two pieces of a torrent: who pays for verified pieces only must be able to verify one. A hybrid torrent has two
// info hashes.
func (h *Tollhouse) SetPieceLength(length int64, infoHashes ...[20]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, hash := range infoHashes {
		h.windows[hash] = 2 * length
	}
}

// forgetTorrent takes back SetPieceLength.
func (h *Tollhouse) forgetTorrent(infoHashes ...[20]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, hash := range infoHashes {
		delete(h.windows, hash)
	}
}

// window is the window of an offer for a torrent.
func (h *Tollhouse) window(o *Offer, infoHash [20]byte) gate.Window {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := o.Window
	w.Start = max(w.Start, h.windows[infoHash])
	w.Max = max(w.Max, w.Start)
	return w
}

// open gives the account that a session pays into. prev is the tail that it continues; paid what the ledger holds for the session; received what the
// payer says that it got.
func (h *Tollhouse) open(key accountKey, prev *channel.Anchor, o opening) *account {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.accounts[key]
	if a == nil && prev != nil {
		old := accountKey{key.channel, *prev}
		if before := h.accounts[old]; before != nil && (before.links == 0 || o.ended) {
			a = before
			delete(h.accounts, old)
			h.accounts[key] = a
			a.moveOn(key.tail, o.unit, o.count)
		}
	}
	if a == nil {
		h.forgetOne()
		a = &account{Account: gate.OpenAccount(o.price, o.paid, o.received, o.unitBytes, o.window), asset: o.asset, hub: o.hub, booked: o.paid}
		a.unit, a.tail, a.count = o.unit, key.tail, o.count
		h.accounts[key] = a
	} else {
		if a.restored {
			a.restored, a.count = false, o.count
			a.Rejoin(a.carried.Add(o.paid.Excess(o.unit.Mul(uint64(a.base)))), o.window, 2*o.unitBytes, o.received)
			a.keep(a.Statement().Paid)
			a.news()
		}
		if a.links == 0 {
			a.Resume(o.received)
		}
		a.Reprice(o.price)
	}
	a.keep(a.Statement().Paid)
	a.links++
	a.used = h.config.Now()
	return a
}

// opening is what a session begins with.
type opening struct {
	asset     channel.Asset
	price     channel.Amount // per MiB, bid included
	unit      channel.Amount
	count     uint32 // steps of the tail that were revealed before
	unitBytes int64
	paid      channel.Amount
	received  int64
	window    gate.Window
	hub       bool
	ended     bool // the tail before has no step left
}

// leave tells that a connection no longer uses an account.
func (h *Tollhouse) leave(a *account) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a.links--
	a.used = h.config.Now()
}

// rename moves a hub session's account to its next tail. It says no when that tail pays another session: its steps would count in both.
func (h *Tollhouse) rename(a *account, from, to accountKey, unit channel.Amount, count uint32) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if other := h.accounts[to]; other != nil {
		return other == a
	}
	if h.accounts[from] == a {
		delete(h.accounts, from)
		h.accounts[to] = a
		a.moveOn(to.tail, unit, count)
	}
	return true
}

// forgetOne makes room for an account.
func (h *Tollhouse) forgetOne() {
	if len(h.accounts) < maxAccounts {
		return
	}
	var oldest accountKey
	var at time.Time
	for k, a := range h.accounts {
		if a.links == 0 && (at.IsZero() || a.used.Before(at)) {
			oldest, at = k, a.used
		}
	}
	delete(h.accounts, oldest)
}

// booking counts a connection that has ended, until what was paid on it last is booked.
func (h *Tollhouse) booking(by int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ending += by
	h.ended.Broadcast()
}

// count changes the totals.
func (h *Tollhouse) count(change func(*Totals)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.totals)
}

// moveOn makes what was paid so far the past, under a next tail of which count steps were revealed before.
func (a *account) moveOn(tail channel.Anchor, unit channel.Amount, count uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before = pastTail{a.tail, a.unit, a.count}
	a.carried, a.tail, a.unit, a.count, a.base = a.Statement().Paid, tail, unit, count, count
}

// revealed credits the tail in use, or what comes late of the one before it, up to count steps, and says what is paid in the session by it; zero where it is no news.
func (a *account) revealed(tail channel.Anchor, count uint32) channel.Amount {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case tail == a.tail && count > a.count:
		a.count = count
	case tail == a.before.tail && count > a.before.count:
		a.carried = a.carried.Add(a.before.unit.Mul(uint64(count - a.before.count)))
		a.before.count = count
	default:
		return channel.Amount{}
	}
	paid := a.carried.Add(a.unit.Mul(uint64(a.count - a.base)))
	a.Pay(paid)
	return paid
}

// PayerAccount is one payer's account.
type PayerAccount struct {
	Channel     channel.ID
	Tail        channel.Anchor // of a hub session; zero for a channel of the payer's own
	Asset       channel.Asset
	Connections int
	gate.Statement
}

// Payers lists all accounts.
func (h *Tollhouse) Payers() []PayerAccount {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]PayerAccount, 0, len(h.accounts))
	for k, a := range h.accounts {
		list = append(list, PayerAccount{k.channel, k.tail, a.asset, a.links, a.Statement()})
	}
	slices.SortFunc(list, func(a, b PayerAccount) int { return bytes.Compare(a.Channel[:], b.Channel[:]) })
	return list
}
