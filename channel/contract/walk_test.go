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

// tracked is the model of one channel.
type tracked struct {
	terms            channel.Terms
	id               channel.ID
	signer           *wallet.Key
	deposit, settled uint64
	closeAt          int64
	closed           bool
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

// check compares the model of a channel with the chain, and what the contract holds of its asset.
func (w *walk) check(c *tracked) {
	w.t.Helper()
	w.checkFigures(c)
	w.conserved(c.terms.Asset)
}

func (w *walk) checkFigures(c *tracked) {
	w.t.Helper()
	f := w.stored(c.id)
	want := Figures{Deposit: channel.NewAmount(c.deposit), Settled: channel.NewAmount(c.settled), CloseAt: c.closeAt}
	if c.closed {
		want = Figures{Settled: channel.NewAmount(c.settled), Closed: true}
	}
	if f != want {
		w.fail("channel %s is %+v, want %+v", c.id.Short(), f, want)
	}
}

// conserved is property 1.
func (w *walk) conserved(asset channel.Asset) {
	w.t.Helper()
	want := w.gifts[asset]
	for _, c := range w.channels {
		if c.terms.Asset == asset && !c.closed {
			want += c.deposit - c.settled
		}
	}
	if held := w.balance(asset, w.contract); !held.IsUint64() || held.Uint64() != want {
		w.fail("the contract holds %s of %s, its channels %d", held, w.names[asset], want)
	}
}

func (w *walk) checkAll() {
	w.said = "at the end"
	for _, c := range w.channels {
		w.check(c)
	}
	for _, a := range w.assets {
		w.conserved(a)
	}
}

// arrives is what a deposit grows by, or the error.
func (w *walk) arrives(asset channel.Asset, from wallet.Address, amount uint64) (uint64, string) {
	grown := amount
	switch w.names[asset] {
	case "SaysTrue":
		grown = 0
	case "TakesFee":
		grown = amount - amount/100
	case "GivesMore":
		grown = amount + amount/100
	case "Doubles":
		grown = 2 * amount
	case "Blacklists":
		if w.paused || w.banned[from] {
			return 0, "DepositFailed"
		}
	}
	if grown == 0 {
		return 0, "NothingDeposited"
	}
	return grown, ""
}

// pays says whether payments of these amounts to these go through.
func (w *walk) pays(asset channel.Asset, amounts map[wallet.Address]uint64) bool {
	for to, amount := range amounts {
		if amount == 0 {
			continue
		}
		switch w.names[asset] {
		case "TRX", "TRC-10":
			if to == w.refuser {
				return false
			}
		case "ChargesSender":
			if amount >= 100 {
				return false
			}
		case "Doubles":
			return false
		case "Blacklists":
			if w.paused || w.banned[to] {
				return false
			}
		}
	}
	return true
}

// evaluate is what a claim must be worth now, by Go's own reading of the rule: what is due, or why nothing is.
func (w *walk) evaluate(c *tracked, claim Claim) (uint64, string) {
	if c == nil || c.closed {
		return 0, "UnknownChannel"
	}
	due := func(worth uint64) (uint64, string) {
		if worth = min(worth, c.deposit); worth > c.settled {
			return worth - c.settled, ""
		}
		return 0, "Stale"
	}
	worth, _ := claim.Voucher.Cumulative.Uint64()
	if len(claim.Voucher.Tails) == 0 {
		if _, reason := due(worth); reason != "" {
			return 0, reason
		}
	}
	if claim.Voucher.Verify(w.sep, c.terms.Signer) != nil {
		return 0, "BadSignature"
	}
	shown, err := claim.shown()
	if err != nil {
		w.fail("%v", err)
	}
	for _, t := range shown {
		switch {
		case t.Length > channel.MaxTailLength || t.count > t.Length:
			return 0, "BadTail"
		case t.count == 0 || w.now() > t.Expiry:
		case channel.HashForward(t.preimage, t.count) != t.Anchor:
			return 0, "BadPreimage"
		default:
			unit, _ := t.Unit.Uint64()
			worth += unit * uint64(t.count)
		}
	}
	return due(worth)
}

func (w *walk) find(id channel.ID) *tracked {
	for _, c := range w.channels {
		if c.id == id {
			return c
		}
	}
	return nil
}

func (w *walk) liveOnes(good func(*tracked) bool) []*tracked {
	var list []*tracked
	for _, c := range w.channels {
		if !c.closed && good(c) {
			list = append(list, c)
		}
	}
	return list
}

// some gives a channel, mostly a live one, or nil.
func (w *walk) some() *tracked {
	if live := w.liveOnes(func(*tracked) bool { return true }); len(live) > 0 && w.chance(90) {
		return pick(w, live)
	}
	if len(w.channels) == 0 {
		return nil
	}
	return pick(w, w.channels)
}

func (w *walk) keyOf(a wallet.Address) *wallet.Key {
	for _, k := range w.people {
		if k.Address() == a {
			return k
		}
	}
	return nil
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

// makeClaim signs something for a channel: mostly good, with tails at times, and with every fault.
func (w *walk) makeClaim(c *tracked) Claim {
	if len(w.claims) > 0 && w.chance(15) {
		old := pick(w, w.claims)
		if w.chance(50) || old.Terms.ID() == c.id {
			return old // an old one again, maybe of a closed channel
		}
		// One of another channel, shown with these terms.
		old.Terms, old.Voucher.Channel = c.terms, c.id
		return old
	}
	v := channel.Voucher{Channel: c.id, Cumulative: channel.NewAmount(w.rand.Uint64N(c.deposit + c.deposit/4 + 2))}
	var reveals []channel.Reveal
	if w.chance(30) {
		for i := range 1 + w.rand.IntN(3) {
			tail, reveal := w.makeTail(byte(i))
			v.Tails = append(v.Tails, tail)
			if reveal.Count > 0 {
				reveals = append(reveals, reveal)
			}
		}
	}
	key := c.signer
	if w.chance(10) {
		key = pick(w, w.people)
	}
	claim := Claim{Terms: c.terms, Voucher: v.Sign(key, w.domain), Reveals: reveals}
	if w.chance(4) {
		claim.Voucher.Signature[1+w.rand.IntN(30)]++
	}
	if w.chance(4) {
		claim.Voucher.Cumulative = claim.Voucher.Cumulative.Add(channel.NewAmount(1))
	}
	w.claims = append(w.claims, claim)
	return claim
}

func (w *walk) makeTail(nonce byte) (channel.Tail, channel.Reveal) {
	length := uint32(1 + w.rand.IntN(60))
	secret := w.salt()
	secret[31] = nonce
	chain, err := channel.ChainFrom(secret, length)
	if err != nil {
		w.fail("%v", err)
	}
	t := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(w.rand.Uint64N(30)), Length: length, Expiry: w.now() + int64(w.rand.IntN(2000)) - 200}
	var r channel.Reveal
	if w.chance(80) {
		r = chain.Reveal(1 + uint32(w.rand.IntN(int(length))))
	}
	r.Tail = t.Anchor
	switch w.rand.IntN(30) {
	case 0:
		t.Length = 1025
	case 1:
		r.Count++
	case 2:
		r.Preimage[w.rand.IntN(32)]++
	}
	return t, r
}

func (w *walk) doSettle() {
	c := w.some()
	if c == nil {
		return
	}
	claim := w.makeClaim(c)
	c = w.find(claim.Terms.ID())
	due, reason := w.evaluate(c, claim)
	if c != nil && reason == "" && !w.pays(c.terms.Asset, map[wallet.Address]uint64{c.terms.Payee: due}) {
		reason = "TransferFailed"
	}
	w.said = fmt.Sprintf("settle %s in %s by %+v", w.names[claim.Terms.Asset], claim.Terms.ID().Short(), claim)
	had := w.holds(claim.Terms)
	if reason == "Stale" {
		for _, e := range w.expect("", pick(w, w.people).Address(), mustCall(w.t)(Settle(claim))) {
			if e.Kind != channel.EventRevealed {
				w.fail("stale, but %+v", e)
			}
		}
	} else {
		w.expect(reason, pick(w, w.people).Address(), mustCall(w.t)(Settle(claim)))
	}
	if reason == "" {
		c.settled += due
		w.got(claim.Terms, had, due)
	}
	if c != nil {
		w.check(c)
	}
}

// holds is what a channel's payee has of its asset; got checks what a payment added.
func (w *walk) holds(t channel.Terms) uint64 { return w.balance(t.Asset, t.Payee).Uint64() }

func (w *walk) got(t channel.Terms, had, due uint64) {
	w.t.Helper()
	want := had + due
	switch w.names[t.Asset] {
	case "TakesFee":
		want -= due / 100
	case "GivesMore":
		want += due / 100
	}
	if now := w.holds(t); now != want {
		w.fail("the payee had %d, was due %d, has %d", had, due, now)
	}
}

func (w *walk) doBatch() {
	first := w.some()
	if first == nil {
		return
	}
	payee, asset := first.terms.Payee, first.terms.Asset
	var group []*tracked
	for _, c := range w.channels {
		if c.terms.Payee == payee && c.terms.Asset == asset {
			group = append(group, c)
		}
	}
	var claims []Claim
	for range 1 + w.rand.IntN(8) {
		if claim := w.makeClaim(pick(w, group)); claim.Terms.Payee == payee && claim.Terms.Asset == asset {
			claims = append(claims, claim)
		}
	}
	if len(claims) == 0 {
		return
	}
	// The model takes the items one by one, and back if the payment fails.
	type item struct {
		c      *tracked
		due    uint64
		reason string
	}
	var items []item
	var total uint64
	for _, claim := range claims {
		c := w.find(claim.Terms.ID())
		due, reason := w.evaluate(c, claim)
		if reason == "" {
			c.settled += due
			total += due
		}
		items = append(items, item{c, due, reason})
	}
	want := ""
	if !w.pays(asset, map[wallet.Address]uint64{payee: total}) {
		want = "TransferFailed"
	}
	w.said = fmt.Sprintf("batch of %d in %s", len(claims), w.names[asset])
	had := w.holds(first.terms)
	events := w.expect(want, pick(w, w.people).Address(), mustCall(w.t)(SettleBatch(claims)))
	events = slices.DeleteFunc(events, func(e channel.Event) bool { return e.Kind == channel.EventRevealed })
	if want == "" {
		w.got(first.terms, had, total)
		if len(events) != len(items) {
			w.fail("%d items, events %+v", len(items), events)
		}
	}
	for i, it := range items {
		if want == "" && events[i].Reason != it.reason {
			w.fail("item %d: %+v, want %q", i, events[i], it.reason)
		}
		if want != "" && it.reason == "" {
			it.c.settled -= it.due
		}
	}
	for _, it := range items {
		if it.c != nil {
			w.check(it.c)
		}
	}
}

func (w *walk) doInto() {
	c := w.some()
	if c == nil {
		return
	}
	claim := w.makeClaim(c)
	c = w.find(claim.Terms.ID())
	candidates := w.liveOnes(func(to *tracked) bool {
		return to.terms.Payer == claim.Terms.Payee && to.terms.Asset == claim.Terms.Asset
	})
	if len(candidates) == 0 || w.chance(10) {
		candidates = w.channels
	}
	to := pick(w, candidates)
	from := claim.Terms.Payee
	if w.chance(10) || w.keyOf(from) == nil {
		from = pick(w, w.people).Address()
	}
	due, reason := w.evaluate(c, claim)
	want := reason
	switch {
	case c == nil || c.closed || to.closed:
		want = "UnknownChannel"
	case from != claim.Terms.Payee:
		want = "NotPayee"
	case from != to.terms.Payer:
		want = "NotPayer"
	case c.terms.Asset != to.terms.Asset:
		want = "AssetsDiffer"
	case c == to:
		want = "SameChannel"
	case to.closeAt != 0:
		want = "ChannelClosing"
	case reason == "Stale":
		want = ""
	}
	w.said = fmt.Sprintf("into %s by %+v", to.id.Short(), claim)
	w.expect(want, from, mustCall(w.t)(SettleInto(claim, to.terms)))
	if want == "" && reason == "" {
		c.settled += due
		to.deposit += due
	}
	if c != nil {
		w.check(c)
	}
	w.check(to)
}

func (w *walk) doClose() {
	c := w.some()
	if c == nil {
		return
	}
	claim := Claim{Terms: c.terms}
	if w.chance(80) {
		claim = w.makeClaim(c)
	}
	c = w.find(claim.Terms.ID())
	from := claim.Terms.Payee
	if w.chance(15) || w.keyOf(from) == nil {
		from = pick(w, w.people).Address()
	}
	due, want := w.evaluate(c, claim)
	if want == "Stale" {
		want = ""
	}
	if c != nil && !c.closed && from != claim.Terms.Payee {
		want = "NotPayee"
	}
	w.said = fmt.Sprintf("close by %+v", claim)
	call := mustCall(w.t)(Close(claim))
	if want != "" {
		w.expect(want, from, call)
		return
	}
	w.finish(c, due, from, call)
}

// finish does a call that closes the channel, when both payments go through.
func (w *walk) finish(c *tracked, due uint64, from wallet.Address, call Call) {
	w.t.Helper()
	refund := c.deposit - c.settled - due
	payments := map[wallet.Address]uint64{c.terms.Payee: due}
	if c.terms.Payer != c.terms.Payee {
		payments[c.terms.Payer] = refund
	}
	ok := w.pays(c.terms.Asset, payments) && (c.terms.Payer != c.terms.Payee || w.pays(c.terms.Asset, map[wallet.Address]uint64{c.terms.Payer: refund}))
	if !ok {
		w.expect("TransferFailed", from, call)
		w.check(c)
		return
	}
	had := w.holds(c.terms)
	events := w.expect("", from, call)
	c.settled += due
	c.closed = true
	last := events[len(events)-1]
	if last.Kind != channel.EventClosed || last.Settled != channel.NewAmount(c.settled) || last.Refund != channel.NewAmount(refund) {
		w.fail("events %+v", events)
	}
	if c.terms.Payer != c.terms.Payee {
		w.got(c.terms, had, due)
	}
	w.check(c)
}

func (w *walk) doAgreed() {
	c := w.some()
	if c == nil {
		return
	}
	amount := channel.NewAmount(w.rand.Uint64N(c.deposit + 10))
	key, from, want := w.keyOf(c.terms.Payee), c.terms.Payer, ""
	if key == nil || w.chance(15) {
		key = pick(w, w.people)
	}
	if w.chance(15) {
		from = pick(w, w.people).Address()
	}
	switch {
	case c.closed:
		want = "UnknownChannel"
	case from != c.terms.Payer:
		want = "NotPayer"
	case key.Address() != c.terms.Payee:
		want = "BadSignature"
	}
	call := mustCall(w.t)(CloseAgreed(c.terms, amount, key.Sign(channel.CloseDigest(w.sep, c.id, amount))))
	w.said = fmt.Sprintf("close %s agreed at %s", c.id.Short(), amount)
	if want != "" {
		w.expect(want, from, call)
		w.check(c)
		return
	}
	worth, _ := amount.Uint64()
	due := uint64(0)
	if worth = min(worth, c.deposit); worth > c.settled {
		due = worth - c.settled
	}
	w.finish(c, due, from, call)
}

func (w *walk) doStart() {
	c := w.some()
	if c == nil {
		return
	}
	from, want := c.terms.Payer, ""
	if w.chance(20) {
		from = pick(w, w.people).Address()
	}
	switch {
	case c.closed:
		want = "UnknownChannel"
	case from != c.terms.Payer:
		want = "NotPayer"
	case c.closeAt != 0:
		want = "ChannelClosing"
	}
	w.said = "start to close " + c.id.Short()
	w.expect(want, from, StartClose(c.terms))
	if want == "" {
		c.closeAt = w.now() + int64(c.terms.Challenge/time.Second)
	}
	w.check(c)
}

func (w *walk) doFinish() {
	c := w.some()
	if closing := w.liveOnes(func(c *tracked) bool { return c.closeAt != 0 }); len(closing) > 0 && w.chance(80) {
		c = pick(w, closing)
	}
	if c == nil {
		return
	}
	want := ""
	switch {
	case c.closed:
		want = "UnknownChannel"
	case c.closeAt == 0:
		want = "NotClosing"
	case w.now() < c.closeAt:
		want = "TooEarly"
	}
	w.said = "finish " + c.id.Short()
	from := pick(w, w.people).Address()
	if want != "" {
		w.expect(want, from, FinishClose(c.terms))
		w.check(c)
		return
	}
	w.finish(c, 0, from, FinishClose(c.terms))
}

func (w *walk) doTime() { w.next(1 + w.rand.Int64N(400)) }

// doMischief: gifts that belong to nobody, bans, a pause, and calls back from tokens and receivers.
func (w *walk) doMischief() {
	w.said = "mischief"
	asset := pick(w, w.assets)
	switch w.rand.IntN(5) {
	case 0:
		w.gift(asset, 1+w.rand.Uint64N(50))
	case 1:
		who := pick(w, w.people).Address()
		w.banned[who] = !w.banned[who]
		w.tell(deployer, w.named("Blacklists").Contract(), "ban(address,bool)", who, w.banned[who])
	case 2:
		w.paused = !w.paused && w.chance(30)
		w.tell(deployer, w.named("Blacklists").Contract(), "pause(bool)", w.paused)
	default:
		inner := Call{}
		if c := w.some(); c != nil {
			inner = pick(w, []Call{FinishClose(c.terms), StartClose(c.terms), mustCall(w.t)(Settle(w.makeClaim(c)))})
		}
		for _, who := range []wallet.Address{w.reenters, w.named("Reenters").Contract()} {
			w.tell(deployer, who, "arm(address,bytes)", w.contract, inner.Data)
		}
	}
	w.conserved(asset)
}

func (w *walk) named(name string) channel.Asset {
	for a, n := range w.names {
		if n == name {
			return a
		}
	}
	panic("no token " + name)
}

func (w *walk) gift(asset channel.Asset, amount uint64) {
	from := w.people[0].Address()
	switch asset.Kind() {
	case channel.KindTRX:
		w.fund(w.contract, wallet.Sun(amount))
	case channel.KindTRC10:
		w.trc10(asset.TokenID(), int64(amount), w.contract)
	default:
		if name := w.names[asset]; name != "Own" && name != "Plain" {
			return
		}
		w.tell(from, asset.Contract(), "transfer(address,uint256)", w.contract, amount)
	}
	w.gifts[asset] += amount
}

// doGarbage sends a good call with some bytes changed. Whatever it does, no figure may fall, nothing may be created, and nobody is paid more than was signed.
func (w *walk) doGarbage() {
	c := w.some()
	if c == nil {
		return
	}
	claim := w.makeClaim(c)
	calls := []Call{StartClose(c.terms), FinishClose(c.terms), mustCall(w.t)(Settle(claim)), mustCall(w.t)(Close(claim)), mustCall(w.t)(SettleBatch([]Claim{claim, claim}))}
	call := pick(w, calls)
	data := slices.Clone(call.Data)
	for range 1 + w.rand.IntN(3) {
		at := w.rand.IntN(len(data))
		data[at] = byte(w.rand.IntN(256))
	}
	if w.chance(20) {
		data = data[:w.rand.IntN(len(data))]
	}
	w.said = fmt.Sprintf("garbage %x", data)
	w.call(w.rogue(), Call{Data: data})
	for _, c := range w.channels {
		w.adopt(c)
	}
	for _, a := range w.assets {
		w.conserved(a)
	}
}

// rogue is nobody's payer or payee.
func (w *walk) rogue() wallet.Address { return deployer }

// adopt takes over what garbage has settled, if it was signed: unused bytes of a good call may have changed.
func (w *walk) adopt(c *tracked) {
	f := w.stored(c.id)
	settled, _ := f.Settled.Uint64()
	switch {
	case c.closed != f.Closed && (c.closeAt == 0 || w.now() < c.closeAt):
		w.fail("a stranger closed channel %s", c.id.Short())
	case settled < c.settled:
		w.fail("settled fell from %d to %d", c.settled, settled)
	case settled > c.settled && settled > min(c.deposit, w.signed(c)):
		w.fail("%d was paid, %d was ever signed of %d", settled, w.signed(c), c.deposit)
	}
	c.settled, c.closed = settled, f.Closed
	w.checkFigures(c)
}

// signed is the most that was ever signed by a channel's signer.
func (w *walk) signed(c *tracked) uint64 {
	var most uint64
	for _, claim := range w.claims {
		if claim.Voucher.Channel != c.id || claim.Voucher.Verify(w.sep, c.terms.Signer) != nil {
			continue
		}
		promise, _ := claim.Voucher.Promise().Uint64()
		most = max(most, promise)
	}
	return most
}
