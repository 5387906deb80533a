package contract

import (
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

var (
	walkSteps = flag.Int("steps", 12_000, "steps of the random walk in all")
	walkSeed  = flag.Uint64("seed", 0, "walk this seed alone")
)

// stepsPerSeed: a walk begins anew after so many steps, so that a failing seed is quick to replay.
const stepsPerSeed = 1_000

// TestWalk walks over every function as honest and hostile callers, in every kind of asset and with every odd token, beside a model of what each step must do.
// After each step hold, whatever it was:
//
//  1. what the contract holds of an asset is Σ (deposit − settled) of its live channels, and what was given to it besides;
//  2. settled ≤ deposit, and neither falls while the channel lives;
//  3. the payee got what every valid voucher that was shown in time is worth, up to the deposit, and not a unit more;
//  4. a closed id never comes back, and a voucher is worth nothing but on its channel.
//
// By hand: go test -run Walk ./channel/contract -args -steps 1000000. A failure prints its seed.
func TestWalk(t *testing.T) {
	t.Parallel()
	seeds := []uint64{*walkSeed}
	if *walkSeed == 0 {
		seeds = nil
		for i := range (*walkSteps + stepsPerSeed - 1) / stepsPerSeed {
			seeds = append(seeds, uint64(i+1))
		}
	}
	actions := map[string]int{}
	for _, seed := range seeds {
		w := newWalk(t, seed)
		for range stepsPerSeed {
			actions[w.step()]++
		}
		w.checkAll()
	}
	if testing.Verbose() {
		for _, name := range slices.Sorted(maps.Keys(actions)) {
			t.Logf("%6d %s", actions[name], name)
		}
	}
}

// walk is a world with its model.
type walk struct {
	*world
	seed     uint64
	steps    int
	rand     *rand.Rand
	people   []*wallet.Key
	refuser  wallet.Address // a contract that takes no TRX and no TRC-10
	reenters wallet.Address // a contract that calls back when money arrives
	assets   []channel.Asset
	names    map[channel.Asset]string
	channels []*tracked
	claims   []Claim // everything that was ever signed, good or not
	gifts    map[channel.Asset]uint64
	banned   map[wallet.Address]bool
	paused   bool
	said     string // what the step is, for failures
}

var walkTokens = []string{
	"Plain", "LikeUSDT", "ReturnsFalse", "ReturnsNothing", "ReturnsGarbage", "SaysTrue", "TakesFee", "ChargesSender", "GivesMore", "Doubles", "Blacklists", "Reenters",
}

func newWalk(t testing.TB, seed uint64) *walk {
	w := &walk{
		world: newWorld(t), seed: seed, rand: rand.New(rand.NewPCG(seed, 7)), names: map[channel.Asset]string{channel.TRX: "TRX"},
		gifts: map[channel.Asset]uint64{}, banned: map[wallet.Address]bool{},
	}
	var holders []wallet.Address
	for i := range 4 {
		w.people = append(w.people, w.person(fmt.Sprint(i)))
		holders = append(holders, w.people[i].Address())
	}
	w.refuser, w.reenters = w.puppet(0), w.puppet(0)
	w.tell(deployer, w.refuser, "behave(bool,bool)", true, false)
	w.assets = []channel.Asset{channel.TRX}
	for _, id := range []int64{1_000_001, 1<<63 - 1} {
		a := w.trc10(id, 1e15, holders...)
		w.assets, w.names[a] = append(w.assets, a), "TRC-10"
	}
	own := w.ownToken(1e15, holders[0])
	w.assets, w.names[own] = append(w.assets, own), "Own"
	for _, h := range holders[1:] {
		w.tell(holders[0], own.Contract(), "transfer(address,uint256)", h, uint64(1e12))
		w.tell(h, own.Contract(), "approve(address,uint256)", w.contract, uint64(1e12))
	}
	for _, name := range walkTokens {
		a := w.token(name, 1e15, holders...)
		w.assets, w.names[a] = append(w.assets, a), name
	}
	return w
}

func (w *walk) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("seed %d step %d (-args -seed %d): %s\n%s", w.seed, w.steps, w.seed, w.said, fmt.Sprintf(format, args...))
}

func pick[T any](w *walk, from []T) T { return from[w.rand.IntN(len(from))] }

func (w *walk) chance(percent int) bool { return w.rand.IntN(100) < percent }

// step does one thing and checks it.
func (w *walk) step() string {
	w.steps++
	weighted := []struct {
		weight int
		name   string
		do     func()
	}{
		{12, "open", w.doOpen},
		{8, "deposit", w.doDeposit},
		{25, "settle", w.doSettle},
		{14, "settleBatch", w.doBatch},
		{8, "settleInto", w.doInto},
		{5, "close", w.doClose},
		{4, "closeAgreed", w.doAgreed},
		{5, "startClose", w.doStart},
		{6, "finishClose", w.doFinish},
		{5, "time", w.doTime},
		{3, "mischief", w.doMischief},
		{5, "garbage", w.doGarbage},
	}
	n := w.rand.IntN(100)
	for _, c := range weighted {
		if n -= c.weight; n < 0 {
			c.do()
			return c.name
		}
	}
	panic("weights are over 100 in all")
}

// expect sends the call and compares how it ends: want is the error's name, or "" for success. It gives the events.
func (w *walk) expect(want string, from wallet.Address, c Call) []channel.Event {
	w.t.Helper()
	w.said = fmt.Sprintf("%s, by %s", w.said, from)
	r := w.call(from, c)
	got := ""
	if r.Outcome != vm.Success {
		got = DecodeRevert(r.Return).Name
	}
	if got != want || want == "" && r.Outcome != vm.Success || want != "" && r.Outcome != vm.Reverted {
		w.fail("ended %s %q (%s), want %q", r.Outcome, got, r.RuntimeError, want)
	}
	if want != "" {
		return nil
	}
	return w.events(r)
}

func (w *walk) salt() (salt [32]byte) {
	binary.BigEndian.PutUint64(salt[:], w.rand.Uint64())
	return salt
}

func (w *walk) amount() uint64 {
	if w.chance(5) {
		return 0
	}
	return w.rand.Uint64N(3000)
}

func (w *walk) doOpen() {
	payer, signer := pick(w, w.people), pick(w, w.people)
	o := Opening{Payee: pick(w, w.people).Address(), Asset: pick(w, w.assets), Amount: channel.NewAmount(w.amount()), Challenge: channel.MinChallenge, Salt: w.salt()}
	if w.chance(50) {
		o.Signer = signer.Address()
	} else {
		signer = payer
	}
	if w.chance(15) {
		o.Payee = pick(w, []wallet.Address{w.refuser, w.reenters})
	}
	if w.chance(20) {
		o.Challenge = time.Duration(1+w.rand.IntN(7_776_000)) * time.Second
	}
	amount, _ := o.Amount.Uint64()
	grown, want := w.arrives(o.Asset, payer.Address(), amount)
	if o.Challenge < channel.MinChallenge {
		want = "BadChallenge"
	}
	w.said = fmt.Sprintf("open %+v in %s", o, w.names[o.Asset])
	call := mustCall(w.t)(Open(o))
	events := w.expect(want, payer.Address(), call)
	if want != "" {
		return
	}
	c := &tracked{terms: o.Terms(payer.Address(), blockID(w.env.Block.Number-1)), signer: signer, deposit: grown}
	c.id = c.terms.ID()
	if last := events[len(events)-1]; last.Kind != channel.EventOpened || last.Terms != c.terms || last.Deposit != channel.NewAmount(grown) {
		w.fail("events %+v", events)
	}
	w.channels = append(w.channels, c)
	w.check(c)
	if w.chance(30) {
		w.expect("ChannelExists", payer.Address(), call) // in the same block
		w.check(c)
	}
}

func (w *walk) doDeposit() {
	c := w.some()
	if c == nil {
		return
	}
	from, amount := pick(w, w.people).Address(), w.amount()
	grown, want := w.arrives(c.terms.Asset, from, amount)
	switch {
	case c.closed:
		want = "UnknownChannel"
	case c.closeAt != 0:
		want = "ChannelClosing"
	}
	w.said = fmt.Sprintf("deposit %d of %s", amount, w.names[c.terms.Asset])
	w.expect(want, from, mustCall(w.t)(Deposit(c.terms, channel.NewAmount(amount))))
	if want == "" {
		c.deposit += grown
	}
	w.check(c)
}
