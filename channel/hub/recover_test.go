package hub_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/hub"
	"github.com/piecework/piecework/channel/store"
)

// The hub's store is replaced by a backup from before a session was opened and redeemed. It signs nothing before the seeder has shown what it holds, then goes on from there and never
// below it; the downloader's side comes back with its next voucher.
func TestOldBackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	w := newWorld(t, path)
	s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
	idle := w.seeder(3, 100_000)
	p := w.payee(s, 100_000)
	first, chain := d.session(s, 50)
	p.take(first.Voucher)
	p.reveal(chain, 10)
	p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := w.s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	// What the backup does not know: more of the first session, and a second one.
	p.reveal(chain, 30)
	second, other := d.session(s, 40)
	p.take(second.Voucher)
	p.reveal(other, 15)
	p.take(w.redeem(s, p.r.Furthest(time.Time{})...).Voucher)
	held := p.r.Held
	p.reveal(other, 20)

	w.restore(path, backup)
	forged := held
	forged.Cumulative = amount(90_000)
	if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Held: &forged}); !errors.Is(err, channel.ErrBadSignature) {
		t.Fatalf("a voucher that the hub did not sign: %v", err)
	}
	// The seeder's voucher is newer than ours: that is how the hub finds out, for all of its channels.
	out, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Held: &held})
	if err != nil || out.Voucher.Cumulative.Less(held.Cumulative) {
		t.Fatalf("%+v %v", out, err)
	}
	if recovering, err := w.h.Recovering(ctx); err != nil || !recovering {
		t.Fatal(recovering, err)
	}
	if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: idle.ID()}); !errors.Is(err, channel.ErrRecovering) {
		t.Fatalf("the hub signs on a channel that was not shown: %v", err)
	}
	// The second session is not known; its downloader has not shown its voucher yet.
	shown := p.r.Furthest(time.Time{})
	if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: shown, Held: &p.r.Held}); !errors.Is(err, channel.ErrRecovering) {
		t.Fatalf("got %v", err)
	}
	third, _ := d.session(s, 5) // its voucher carries the tails of both
	p.take(third.Voucher)
	got := w.redeem(s, p.r.Furthest(time.Time{})...)
	p.take(got.Voucher)
	if p.r.Paid() != amount((30+20)*unit) {
		t.Fatalf("the seeder holds %s", p.r.Paid())
	}
	if in := w.record(d.terms.ID()); in.Paid().Less(amount((30 + 20) * 110)) {
		t.Fatalf("the hub can claim %s", in.Paid())
	}
	if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: idle.ID(), Held: &channel.SignedVoucher{}}); err == nil {
		t.Fatal("an empty voucher was taken for what the seeder holds")
	}
	w.sound()
}

// A session that the hub has forgotten, and whose downloader does not come back, leaves the seeder's other sessions alone; the seeder takes it on chain, and the hub's loss is
// what that downloader had promised, no more.
func TestForgottenSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	w := newWorld(t, path)
	s, stays, leaves := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour), w.downloader(3, 100_000, 24*time.Hour)
	p := w.payee(s, 100_000)
	known, chain := stays.session(s, 50)
	p.take(known.Voucher)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := w.s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	forgotten, other := leaves.session(s, 40)
	p.take(forgotten.Voucher)
	w.restore(path, backup)
	p.reveal(chain, 10)
	p.reveal(other, 15)
	held := p.r.Held
	out, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: p.r.Furthest(time.Time{}), Held: &held})
	if err != nil || out.Booked != amount(10*unit) {
		t.Fatalf("the session that is known: %+v %v", out, err)
	}
	p.take(out.Voucher)
	last := p.r.Furthest(time.Time{})
	if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: s.ID(), Reveals: last, Held: &out.Voucher}); !errors.Is(err, channel.ErrRecovering) {
		t.Fatalf("the session that is not: %v", err)
	}
	w.follow(
		channel.Event{Kind: channel.EventRevealed, Channel: s.ID(), Reveal: last[0]},
		channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: p.r.Paid()})
	if sheet := w.sound(); sheet.Lost != amount(15*unit) || !sheet.Owed.IsZero() {
		t.Fatalf("%+v", sheet)
	}
}

// A session that the backup does not know is asked for again, as after a lost answer: it stays on the channel where it was promised, whatever other channels the seeder has. Its chain
// on two channels would be paid twice.
func TestForgottenSessionIsAskedForAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	w := newWorld(t, path)
	s, d := w.seeder(1, 100_000), w.downloader(2, 100_000, 24*time.Hour)
	other := s
	other.Seed = [32]byte{9}
	w.follow(channel.Event{Kind: channel.EventOpened, Channel: other.ID(), Terms: other, Deposit: amount(100_000)})
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := w.s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	q, _ := d.ask(s, 20)
	opened, err := w.h.Open(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if opened.Terms == other {
		other = s
	}
	w.restore(path, backup)
	if err := w.h.StartRecovery(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.s.Update(ctx, func(t *store.Tx) error { return t.DropUnmerged(other.ID()) }); err != nil { // the seeder has shown what it holds there
		t.Fatal(err)
	}
	if out, err := w.h.Open(ctx, q); !errors.Is(err, channel.ErrRecovering) {
		t.Fatalf("with a channel that waits for its seeder: %+v, %v", out, err)
	}
	if _, err := w.h.Redeem(ctx, hub.RedeemRequest{Channel: opened.Terms.ID(), Held: &opened.Voucher}); err != nil {
		t.Fatal(err)
	}
	again, err := w.h.Open(ctx, q)
	if err != nil || again.Session.Outbound != opened.Terms.ID() || again.Voucher.Signature != opened.Voucher.Signature {
		t.Fatalf("%+v, %v; it was promised on %s", again, err, opened.Terms.ID().Short())
	}
	w.sound()
}

// restore makes the hub go on from a backup, as after the loss of its disk.
func (w *world) restore(path, backup string) {
	w.t.Helper()
	w.close()
	for _, ending := range []string{"-wal", "-shm"} {
		_ = os.Remove(path + ending)
	}
	if err := os.Rename(backup, path); err != nil {
		w.t.Fatal(err)
	}
	w.open()
	w.block = w.l.Cursor().Solid.Number
	w.follow()
}

// A payment on chain that is more than the hub remembers to have promised tells it, too.
func TestChainTellsOfAnOldBackup(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	s := w.seeder(1, 100_000)
	w.follow(channel.Event{Kind: channel.EventSettled, Channel: s.ID(), Settled: amount(500)})
	if recovering, err := w.h.Recovering(ctx); err != nil || !recovering {
		t.Fatal(recovering, err)
	}
	if sheet := w.sound(); sheet.Lost != amount(500) {
		t.Fatalf("%+v", sheet)
	}
}

// Liquidity: a registered seeder gets a channel, one that a downloader wants more of is topped up, by what a downloader owes before fresh money, within the float.
func TestPlan(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	if _, err := w.h.Register(ctx, wallettest.Numbered(9).Address(), channel.TRX); err != nil {
		t.Fatal(err)
	}
	plan := func() []hub.Step {
		t.Helper()
		p, err := w.h.Position(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return w.h.Plan(p)
	}
	if steps := plan(); len(steps) != 1 || steps[0].Kind != hub.Open || steps[0].Amount != amount(100_000) {
		t.Fatalf("%+v", steps)
	}
	s, d := w.seeder(1, 20_000), w.downloader(2, 100_000, 24*time.Hour)
	_, chain := d.session(s, 190)
	q, _ := d.ask(s, 150)
	var short *channel.ExhaustedError
	if _, err := w.h.Open(ctx, q); !errors.As(err, &short) || short.Available != amount(1_000) {
		t.Fatalf("%v", err)
	}
	d.held.Tails = d.held.Tails[:1]
	find := func(kind hub.StepKind) *hub.Step {
		for _, step := range plan() {
			if step.Seeder == s.Payee && step.Kind == kind {
				return &step
			}
		}
		return nil
	}
	if step := find(hub.Deposit); step == nil || step.Amount != amount(100_000) {
		t.Fatalf("%+v", plan())
	}
	w.redeem(s, chain.Reveal(190)) // now the downloader owes enough
	d.held.Tails = nil
	d.held.Cumulative = amount(190*in + 1)
	q, _ = d.ask(s, 200)
	if _, err := w.h.Open(ctx, q); !errors.As(err, &short) {
		t.Fatal(err)
	}
	step := find(hub.Into)
	if step == nil || step.From.ID != d.terms.ID() || step.Amount != amount(190*in+1) {
		t.Fatalf("%+v", plan())
	}
	onlyOnce(t, w, s)
	w.follow(
		channel.Event{Kind: channel.EventSettled, Channel: d.terms.ID(), Settled: step.Amount},
		channel.Event{Kind: channel.EventDeposited, Channel: s.ID(), Deposit: amount(20_000).Add(step.Amount)})
	if sheet := w.sound(); sheet.Float != amount(20_000) {
		t.Fatalf("money moved into a channel counts as fresh: %+v", sheet)
	}
	w.close()
	w.terms.Float = amount(30_000)
	w.open()
	w.follow()
	for _, step := range plan() {
		if step.Kind != hub.Into {
			t.Fatalf("over the float: %+v", step)
		}
	}
}

// A seeder that does not want to wait for the policy is a downloader that asks for a session with itself: it has shown money, so its channel is opened beyond the idle ones.
func TestChannelAtOnce(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "hub.db"))
	for n := range w.h.Policy().Idle {
		w.seeder(byte(10+n), 20_000)
	}
	d := w.downloader(2, 100_000, 24*time.Hour)
	if _, err := w.h.Register(ctx, d.key.Address(), channel.TRX); err != nil {
		t.Fatal(err)
	}
	opens := func() bool {
		p, err := w.h.Position(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range w.h.Plan(p) {
			if step.Kind == hub.Open && step.Seeder == d.key.Address() {
				return true
			}
		}
		return false
	}
	if opens() {
		t.Fatal("one more idle channel is opened")
	}
	q, _ := d.ask(channel.Terms{Payee: d.key.Address()}, 10)
	var short *channel.ExhaustedError
	if _, err := w.h.Open(ctx, q); !errors.As(err, &short) || !opens() {
		t.Fatalf("the channel is not opened: %v", err)
	}
}

// onlyOnce: two seeders want more than their channels hold, and one downloader owes enough for either. What it owes goes to one of them, the other gets fresh money.
func onlyOnce(t *testing.T, w *world, s channel.Terms) {
	t.Helper()
	p, err := w.h.Position(ctx)
	if err != nil {
		t.Fatal(err)
	}
	another, wants := w.record(s.ID()), amount(200*unit)
	another.Terms.Payee = wallettest.Numbered(11).Address()
	another.ID = another.Terms.ID()
	p.Outbound, p.Seeders = append(p.Outbound, another), append(p.Seeders, channel.Seeder{Payee: another.Terms.Payee, Asset: channel.TRX, Wanted: wants})
	kinds := map[hub.StepKind]int{}
	for _, step := range w.h.Plan(p) {
		if step.Seeder == s.Payee || step.Seeder == another.Terms.Payee {
			kinds[step.Kind]++
		}
	}
	if kinds[hub.Into] != 1 || kinds[hub.Deposit] != 1 {
		t.Fatalf("one downloader's debt for two seeders: %v", kinds)
	}
}

// What asks for a recovery may be read at every start: it begins one once for each word, and ends it once.
func TestRecoveryIsBegunOnce(t *testing.T) {
	each(t, func(w *world) {
		w.seeder(1, 20_000)
		ask := func(r store.Recovery, want bool) {
			t.Helper()
			if err := w.h.AskRecovery(ctx, r); err != nil {
				t.Fatal(err)
			}
			if got, err := w.h.Recovering(ctx); err != nil || got != want {
				t.Fatalf("recovering %v after %+v, want %v (%v)", got, r, want, err)
			}
		}
		begin, end := store.Recovery{}, store.Recovery{Ends: true}
		ask(begin, true)
		ask(end, false)
		w.now = w.now.Add(time.Hour)
		w.follow()
		ask(begin, false)                          // the flag was left where it is
		ask(store.Recovery{Word: "tuesday"}, true) // restored again
		ask(store.Recovery{Word: "tuesday"}, true)
		ask(end, false)
		if err := w.h.StartRecovery(ctx); err != nil { // the hub finds out by itself
			t.Fatal(err)
		}
		ask(end, true) // and the flag that ended the last one does not end this one
		ask(store.Recovery{Word: "wednesday", Ends: true}, false)
	})
}
