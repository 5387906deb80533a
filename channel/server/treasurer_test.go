package server

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/chain"
	"github.com/piecework/piecework/channel/chain/chaintest"
	"github.com/piecework/piecework/channel/contract"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/ledger"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	testchain "github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// many is more transactions than any test has of its own.
const many = 300

// treasury is a hub whose treasurer does one round when it is told to, on a real chain whose clock moves by hand.
type treasury struct {
	t        *testing.T
	now      time.Time
	net      *chaintest.Network
	node     *chaintest.Node
	store    *store.Store
	ledger   *ledger.Ledger
	hub      *hub.Hub
	follower *chain.Follower
	*treasurer
}

const (
	treasuryLag   = 2
	treasuryUnit  = 100_000 // of a step
	treasurySteps = 10      // that a channel to a seeder begins with
)

var (
	hubKey, seederKey, downloaderKey = chaintest.Key(0), chaintest.Key(1), chaintest.Key(2)

	beginsWith = channel.NewAmount(treasuryUnit * treasurySteps)
)

func newTreasury(t *testing.T, float uint64) *treasury {
	t.Helper()
	y := &treasury{t: t, now: time.Unix(1_800_000_000, 0)}
	clock, log := func() time.Time { return y.now }, wallettest.Log(t)
	var err error
	if y.net, err = chaintest.New(clock, treasuryLag); err != nil {
		t.Fatal(err)
	}
	y.node = y.net.Node()
	if y.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db")); err != nil {
		t.Fatal(err)
	}
	terms := hub.Terms{Deposit: beginsWith, Float: channel.NewAmount(float)}
	if y.hub, err = hub.New(hub.Config{Domain: y.net.Domain, Key: hubKey, Assets: map[channel.Asset]hub.Terms{channel.TRX: terms}, Log: log}); err != nil {
		t.Fatal(err)
	}
	y.ledger, err = ledger.Open(t.Context(), ledger.Config{
		Store: y.store, Domain: y.net.Domain, Log: log, Now: clock, Takes: y.hub.Takes, Dropping: y.hub.Dropping, Hold: y.hub.Hold, Facts: y.hub.Facts, Kept: y.hub.Kept,
		Keep: func(terms channel.Terms, _ channel.Amount) bool {
			return terms.Payee == hubKey.Address() || y.hub.Keeps(terms)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = y.ledger.Close(); _ = y.store.Close() })
	y.hub.Join(y.ledger, y.store)
	y.follower = &chain.Follower{Node: y.node, Contract: y.net.Contract, Decode: contract.DecodeEvent, Sink: y.ledger, Now: clock, Log: log}
	lead := newLeader(y.store, DefaultTakeover, clock, log)
	y.treasurer = &treasurer{
		hub: y.hub, store: y.store, leader: lead, contract: y.net.Contract, cap: 100 * wallet.TRX, random: bytes.NewReader(make([]byte, 1<<10)), log: log,
		plan: func() *settle.Plan {
			return &settle.Plan{Reserve: settle.Reserve{Available: 1 << 50}}
		},
		sender: &chain.Sender{Node: y.node, Store: y.store, Key: hubKey, Now: clock, Log: log, Lease: lead.current, Outcome: y.hub.Burnt},
	}
	y.mine(treasuryLag)
	return y
}

// mine makes blocks, and lets the follower and the sender see what became of everything.
func (y *treasury) mine(blocks int) {
	y.t.Helper()
	for range blocks {
		y.now = y.now.Add(3 * time.Second)
		y.net.Chain.Mine(1)
	}
	if err := y.follower.Step(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
	if _, err := y.sender.Tend(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
}

// sends is what a round sends: the kinds of its transactions.
func (y *treasury) sends(want ...hub.StepKind) {
	y.t.Helper()
	before := len(y.intents())
	if err := y.round(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
	y.sent(before, want...)
}

func (y *treasury) sent(before int, want ...hub.StepKind) {
	y.t.Helper()
	var got []hub.StepKind
	for _, i := range y.intents()[before:] {
		got = append(got, hub.StepKind(i.Kind))
	}
	if len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
		y.t.Fatalf("a round sent %v, want %v", got, want)
	}
}

// fails is a round that sends nothing, with an error.
func (y *treasury) fails(want error) {
	y.t.Helper()
	before := len(y.intents())
	if err := y.round(y.t.Context()); !errors.Is(err, want) {
		y.t.Fatalf("got %v, want %v", err, want)
	}
	y.sent(before)
}

// intents are the transactions so far, oldest first.
func (y *treasury) intents() (list []channel.Intent) {
	y.t.Helper()
	err := y.store.View(y.t.Context(), func(t *store.Tx) (err error) {
		list, err = t.RecentIntents(many)
		return err
	})
	if err != nil {
		y.t.Fatal(err)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

func (y *treasury) register() {
	y.t.Helper()
	if _, err := y.hub.Register(y.t.Context(), seederKey.Address(), channel.TRX); err != nil {
		y.t.Fatal(err)
	}
}

// provided is the hub's channel to the seeder, which its treasurer opens.
func (y *treasury) provided() channel.Record {
	y.t.Helper()
	y.register()
	y.sends(hub.Open)
	y.mine(treasuryLag + 1)
	return y.own()
}

func (y *treasury) own() channel.Record {
	y.t.Helper()
	own, err := y.ledger.List(y.t.Context(), channel.Query{Live: true, Payer: y.hub.Address()})
	if err != nil || len(own) != 1 {
		y.t.Fatalf("%d channels to seeders: %v", len(own), err)
	}
	return own[0]
}

// buyer is a downloader with a channel to the hub.
type buyer struct {
	y    *treasury
	held channel.Voucher
	n    byte
}

func (y *treasury) buyer() *buyer {
	y.t.Helper()
	txid, err := y.net.Open(downloaderKey, hubKey.Address(), 100*treasuryUnit*treasurySteps, 24*time.Hour, 7)
	if err != nil {
		y.t.Fatal(err)
	}
	y.mine(treasuryLag + 1)
	return &buyer{y: y, held: channel.Voucher{Channel: y.net.Events(txid)[0].Channel}}
}

// session asks for one of so many steps.
func (b *buyer) session(steps uint32) (*channel.Chain, hub.Opened, error) {
	b.y.t.Helper()
	q, err := b.y.hub.Quote(b.y.t.Context(), seederKey.Address(), channel.TRX, channel.NewAmount(treasuryUnit))
	if err != nil {
		b.y.t.Fatal(err)
	}
	b.n++
	drawn, err := channel.ChainFrom([32]byte{b.n}, steps)
	if err != nil {
		b.y.t.Fatal(err)
	}
	next := b.held
	next.Cumulative = next.Cumulative.Add(q.SessionFee)
	next.Tails = append(append([]channel.Tail{}, next.Tails...), channel.Tail{Anchor: drawn.Anchor(), Unit: q.UnitIn, Length: steps, Expiry: b.y.now.Add(2 * time.Hour).Unix()})
	opened, err := b.y.hub.Open(b.y.t.Context(), hub.OpenRequest{
		Payee: seederKey.Address(), Unit: channel.NewAmount(treasuryUnit), Anchor: drawn.Anchor(), Voucher: next.Sign(downloaderKey, b.y.net.Domain),
	})
	if err == nil {
		b.held = next
	}
	return drawn, opened, err
}

// refused is a session that the hub has no deposit for; it says what it has.
func (b *buyer) refused(steps uint32, available uint64) {
	b.y.t.Helper()
	var short *channel.ExhaustedError
	if _, _, err := b.session(steps); !errors.As(err, &short) || short.Available != channel.NewAmount(available) || short.Retry <= 0 {
		b.y.t.Fatalf("the hub was asked for more than it has and says %v", err)
	}
}

// A seeder that registers gets one channel, of the deposit and challenge that the operator set, whatever happens while its transaction is on the way.
func TestTreasurerOpens(t *testing.T) {
	y := newTreasury(t, 0)
	y.sends()
	y.register()
	y.sends(hub.Open)
	y.sends() // it is on its way
	y.mine(1)
	y.sends() // in a block
	y.mine(treasuryLag)
	y.sends() // solid, and told
	own := y.own()
	if own.Deposit != beginsWith || own.Terms.Challenge != 24*time.Hour || own.Terms.Payee != seederKey.Address() || own.Terms.Signer != hubKey.Address() {
		t.Fatalf("%+v", own)
	}
}

// A channel that has run dry is topped up by what was wanted, and the session that was refused comes about.
func TestTreasurerTopsUp(t *testing.T) {
	y := newTreasury(t, 0)
	own, b := y.provided(), y.buyer()
	if _, _, err := b.session(treasurySteps); err != nil {
		t.Fatal(err)
	}
	y.sends() // all is promised, nothing earned and nobody refused
	b.refused(3*treasurySteps, 0)
	y.sends(hub.Deposit)
	y.sends()
	y.mine(treasuryLag + 1)
	if now := y.own(); now.ID != own.ID || now.Deposit != beginsWith.Mul(4) {
		t.Fatalf("the deposit is %s", now.Deposit)
	}
	if _, _, err := b.session(3 * treasurySteps); err != nil {
		t.Fatal(err)
	}
	y.sends()
}

// spent is a downloader that owes the hub a session, whose steps have used up what its seeder's channel held; it was refused another one.
func (y *treasury) spent() *buyer {
	y.t.Helper()
	own, b := y.provided(), y.buyer()
	drawn, _, err := b.session(treasurySteps)
	if err != nil {
		y.t.Fatal(err)
	}
	if _, err := y.hub.Redeem(y.t.Context(), hub.RedeemRequest{Channel: own.ID, Reveals: []channel.Reveal{drawn.Reveal(treasurySteps)}}); err != nil {
		y.t.Fatal(err)
	}
	b.refused(treasurySteps, 0)
	return b
}

// What a downloader owes goes into the seeder's channel before fresh money.
func TestTreasurerMovesWhatIsOwed(t *testing.T) {
	y := newTreasury(t, treasuryUnit*treasurySteps) // no fresh money is left after the first deposit
	b := y.spent()
	y.sends(hub.Into)
	y.sends()
	y.mine(treasuryLag + 1)
	in, err := y.ledger.Record(t.Context(), b.held.Channel)
	if err != nil || in.Settled != in.Paid() || y.own().Deposit != beginsWith.Add(in.Settled) {
		t.Fatalf("settled %s of %s, deposit %s: %v", in.Settled, in.Paid(), y.own().Deposit, err)
	}
}

// What a downloader owes is left where it is while settling it costs more than it is worth: many short steps would have the hub burn TRX for nothing.
func TestTreasurerLeavesWhatCostsMore(t *testing.T) {
	y := newTreasury(t, 0)
	b := y.spent()
	in, err := y.ledger.Record(t.Context(), b.held.Channel)
	if err != nil {
		t.Fatal(err)
	}
	prices := settle.Prices{Energy: 10_000, Byte: 1_000, Balance: 1 << 50}
	plan := settle.Make([]settle.Candidate{{Record: in}}, prices, settle.Policy{}, y.now)
	y.treasurer.plan = func() *settle.Plan { return &plan }
	y.sends(hub.Deposit)
}

// The operator's bound holds whatever is wanted: the downloader is told what there is, and nothing is sent.
func TestTreasurerKeepsTheFloat(t *testing.T) {
	y := newTreasury(t, treasuryUnit*treasurySteps)
	y.provided()
	b := y.buyer()
	b.refused(2*treasurySteps, treasuryUnit*treasurySteps)
	y.sends()
	if _, err := y.hub.Register(t.Context(), chaintest.Key(3).Address(), channel.TRX); err != nil {
		t.Fatal(err)
	}
	y.sends()
}

// TRX that settling what downloaders have paid may cost is not locked towards seeders, also not while what was sent just now still shows in the balance.
func TestTreasurerKeepsTheReserve(t *testing.T) {
	y := newTreasury(t, 0)
	const needed, deposit = 50 * wallet.TRX, wallet.Sun(treasuryUnit * treasurySteps)
	reserve := settle.Reserve{Needed: needed, Available: needed + deposit - 1}
	y.plan = func() *settle.Plan { return &settle.Plan{Reserve: reserve} }
	y.register()
	y.fails(channel.ErrNoReserve)
	reserve.Available++
	if _, err := y.hub.Register(t.Context(), chaintest.Key(3).Address(), channel.TRX); err != nil {
		t.Fatal(err)
	}
	if err := y.round(t.Context()); !errors.Is(err, channel.ErrNoReserve) {
		t.Errorf("got %v", err)
	}
	y.sent(0, hub.Open)
	y.fails(channel.ErrNoReserve)
	y.plan = func() *settle.Plan { return nil } // nobody knows yet
	y.fails(channel.ErrNoReserve)
}

// Whatever keeps a transaction from being sent, nothing is stored, the error says for which seeder, and the next round that can sends it once.
func TestTreasurerIsKeptFromSending(t *testing.T) {
	y := newTreasury(t, 0)
	y.register()
	y.node.SetAway(true)
	y.fails(chaintest.ErrAway)
	y.node.SetAway(false)
	y.cap = 1
	y.fails(chain.ErrOverCap)
	y.cap = 100 * wallet.TRX
	rich := y.net.Chain.Balance(testchain.Head, hubKey.Address())
	y.net.Chain.SetBalance(hubKey.Address(), wallet.Sun(treasuryUnit*treasurySteps))
	y.fails(chain.ErrShort)
	y.net.Chain.SetBalance(hubKey.Address(), rich)
	if _, took, err := y.store.AcquireLease(t.Context(), leaseName, "another", y.now.Add(2*DefaultTakeover), DefaultTakeover); err != nil || !took {
		t.Fatal(took, err)
	}
	y.fails(chain.ErrNotLeader)
	y.now = y.now.Add(4 * DefaultTakeover) // the other one is gone
	y.sends(hub.Open)
	y.sends()
}

// A channel that was opened and that the follower has not told of yet is not opened again, however many transactions the hub has sent since.
func TestTreasurerRemembersWhatItOpens(t *testing.T) {
	y := newTreasury(t, 0)
	y.register()
	y.sends(hub.Open)
	for range treasuryLag + 1 {
		y.now = y.now.Add(3 * time.Second)
		y.net.Chain.Mine(1)
	}
	if _, err := y.sender.Tend(t.Context()); err != nil || y.intents()[0].State != channel.IntentSolid {
		t.Fatalf("%+v %v", y.intents()[0], err)
	}
	if err := y.store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range many {
			other := channel.Intent{TxID: [32]byte{1, byte(i >> 8), byte(i)}, Kind: "settleBatch", State: channel.IntentSolid, Raw: []byte{1}, Created: y.now.UnixMilli(), Block: 1}
			if err := tx.PutIntent(other); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := y.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, err := y.store.OpenIntents(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("%+v %v", open, err)
	}
}

// A node that will not have the transaction does not make the hub send another one before the first has expired.
func TestTreasurerWaitsForARefusedTransaction(t *testing.T) {
	y := newTreasury(t, 0)
	y.register()
	y.node.SetRefusal(&tronpb.Return{Code: tronpb.Return_SERVER_BUSY})
	y.sends(hub.Open)
	y.mine(1)
	y.sends()
	y.node.SetRefusal(nil)
	expires := time.UnixMilli(y.intents()[0].Expires)
	y.net.Chain.DropNext(1 << 20)
	for y.now.Before(expires.Add(time.Minute)) {
		y.mine(10)
	}
	y.net.Chain.DropNext(0)
	if first := y.intents()[0]; first.State != channel.IntentExpired {
		t.Fatalf("%+v", first)
	}
	y.sends(hub.Open)
	y.mine(treasuryLag + 1)
	if y.own().Deposit != beginsWith {
		t.Fatal("opened twice")
	}
}

// A hub is asked to close, or to settle, a channel that it pays itself, which only its seeder can: it says so, and goes on paying. A freeze could never be taken back.
func TestCloseOfTheHubsOwnChannel(t *testing.T) {
	y := newTreasury(t, 0)
	own := y.provided()
	settler := &Settler{market: y.node, ledger: y.ledger, store: y.store, sender: y.sender, leader: y.leader, contract: y.net.Contract, now: func() time.Time { return y.now }, log: y.log}
	if _, err := settler.Close(t.Context(), own.ID); !errors.Is(err, message.ErrWouldFail) {
		t.Errorf("got %v", err)
	}
	if y.own().Frozen {
		t.Error("the seeder's channel is frozen")
	}
	if _, err := settler.Settle(t.Context(), []channel.ID{own.ID}); !errors.Is(err, message.ErrWouldFail) {
		t.Errorf("settling: got %v", err)
	}
	if _, err := settler.Settle(t.Context(), []channel.ID{{1}}); err != nil {
		t.Errorf("settling what is not known: got %v", err)
	}
}

// A hub that was restored from a backup says so to whoever asks for its health over HTTP, and on its page: payments are taken, but nothing is signed for seeders.
func TestHealthNamesARecovery(t *testing.T) {
	y := newTreasury(t, 0)
	y.provided()
	s := &Server{
		config: Config{Key: hubKey, Contract: y.net.Contract}, store: y.store, ledger: y.ledger, settler: &Settler{leader: y.leader, store: y.store}, hub: y.hub,
		earnings: &earnings{of: hubKey.Address()}, holdings: &holdings{asked: y.now, last: make([]holding, 1)},
	}
	alarms := func() string {
		t.Helper()
		status, err := s.readStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(status.Alarms)
	}
	if got := alarms(); strings.Contains(got, "RECOVERING") {
		t.Errorf("alarms %s", got)
	}
	said := func() string {
		answer := httptest.NewRecorder()
		s.health(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
		if answer.Code != http.StatusOK {
			t.Errorf("status %d", answer.Code)
		}
		return answer.Body.String()
	}
	if got := said(); got != "ok\n" {
		t.Errorf("%q", got)
	}
	if err := y.hub.StartRecovery(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := said(); !strings.HasPrefix(got, "degraded: ") || !strings.Contains(got, "recovering") {
		t.Errorf("%q", got)
	}
	if got := alarms(); !strings.Contains(got, "{bad RECOVERING: the hub is recovering") {
		t.Errorf("alarms %s", got)
	}
}
