package settle_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/wallet"
)

var (
	now    = time.Unix(1_800_000_000, 0)
	payee  = wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	btt, _ = channel.TRC10(1_002_000)
	own, _ = channel.TRC10(1_002_001)
	usd, _ = channel.TRC20(payee)
	prices = settle.Prices{
		Energy: 100, Byte: 1_000, Balance: 1_000 * wallet.TRX,
		Assets: map[channel.Asset]settle.Price{usd: {Sun: 3, Units: 1}, own: {Units: 1_000_000}}, // 1 USD of 6 decimals is 3 TRX; nobody trades our own token
	}
)

// spec describes a candidate in a line of a table.
type spec struct {
	asset    channel.Asset
	paid     uint64 // plain cumulative
	settled  uint64
	revealed uint32 // steps of one tail, each worth `unit`
	unit     uint64
	expires  time.Duration // of the tail, from now
	waited   time.Duration
	closing  time.Duration // until closeAt, from now; 0 is open
	closed   bool
	ended    bool // closed at the head
	asked    bool
	inFlight uint64
}

func (s spec) candidate(n byte) settle.Candidate {
	terms := channel.Terms{Payer: payee, Payee: payee, Signer: payee, Asset: s.asset, Challenge: 24 * time.Hour, Seed: [32]byte{n}}
	r := channel.NewRecord(terms, channel.NewAmount(1<<60))
	r.Held = channel.SignedVoucher{Voucher: channel.Voucher{Channel: r.ID, Cumulative: channel.NewAmount(s.paid)}}
	if s.revealed > 0 {
		r.Held.Tails = []channel.Tail{{Anchor: channel.Anchor{n}, Unit: channel.NewAmount(s.unit), Length: 256, Expiry: now.Add(s.expires).Unix()}}
		r.Reveals = []channel.Progress{{Count: s.revealed}}
	}
	r.Settled, r.DueSince = channel.NewAmount(s.settled), now.Add(-s.waited).Unix()
	if s.closing != 0 {
		r.State, r.CloseAt = channel.Closing, now.Add(s.closing).Unix()
	}
	if s.ended {
		r.State, r.ClosingSeen = channel.Closing, 7
	}
	if s.closed {
		r.State = channel.Closed
	}
	return settle.Candidate{Record: r, Requested: s.asked, InFlight: channel.NewAmount(s.inFlight)}
}

func trx(n uint64) uint64 { return n * 1_000_000 }

func TestReasons(t *testing.T) {
	for _, c := range []struct {
		name   string
		spec   spec
		policy settle.Policy
		want   settle.Reason
		alarm  bool
	}{
		{"nothing was paid", spec{}, settle.Policy{}, settle.Nothing, false},
		{"all is settled", spec{paid: trx(500), settled: trx(500)}, settle.Policy{}, settle.Nothing, false},
		{"more is settled than we know of", spec{paid: trx(5), settled: trx(500)}, settle.Policy{}, settle.Nothing, false},
		{"closed", spec{paid: trx(500), closed: true}, settle.Policy{}, settle.Nothing, false},
		{"worth it, young", spec{paid: trx(500), waited: time.Hour}, settle.Policy{}, settle.Waiting, false},
		{"worth it, a second short of a day", spec{paid: trx(500), waited: 24*time.Hour - time.Second}, settle.Policy{}, settle.Waiting, false},
		{"worth it, a day old", spec{paid: trx(500), waited: 24 * time.Hour}, settle.Policy{}, settle.Worth, false},
		{"old but worth less than 100 times its cost", spec{paid: trx(100), waited: 48 * time.Hour}, settle.Policy{}, settle.TooSmall, false},
		{"the same with a factor of 10", spec{paid: trx(100), waited: 48 * time.Hour}, settle.Policy{CostFactor: 10}, settle.Worth, false},
		{"the same under a minimum", spec{paid: trx(100), waited: 48 * time.Hour}, settle.Policy{CostFactor: 10, Minimum: 101 * wallet.TRX}, settle.TooSmall, false},
		{"batches of one are always full", spec{paid: trx(500)}, settle.Policy{Batch: 1}, settle.Worth, false},
		{"token at its price", spec{asset: usd, paid: trx(167), waited: 25 * time.Hour}, settle.Policy{}, settle.Worth, false},
		{"token without a price", spec{asset: btt, paid: 1 << 50, waited: 48 * time.Hour}, settle.Policy{}, settle.NoPrice, false},
		{"token without a price, asked for", spec{asset: btt, paid: 1, asked: true}, settle.Policy{}, settle.Requested, false},
		{"token without a price, closing", spec{asset: btt, paid: 1, closing: time.Hour * 23}, settle.Policy{}, settle.Closing, false},
		{"token at a price of nothing", spec{asset: own, paid: 1 << 50, waited: 48 * time.Hour}, settle.Policy{}, settle.NoPrice, false},
		{"token at a price of nothing, closing", spec{asset: own, paid: 1, closing: time.Hour * 23}, settle.Policy{}, settle.Closing, false},
		{"asked for, too small", spec{paid: 1, asked: true}, settle.Policy{}, settle.Requested, false},
		{"asked for, nothing due", spec{asked: true}, settle.Policy{}, settle.Nothing, false},
		{"closed at the head", spec{paid: trx(500), ended: true}, settle.Policy{}, settle.Ended, false},
		{"closed at the head, asked for", spec{paid: trx(500), ended: true, asked: true}, settle.Policy{}, settle.Ended, false},
		{"closing", spec{paid: trx(5), closing: 23 * time.Hour}, settle.Policy{}, settle.Closing, false},
		{"closing for half of the challenge", spec{paid: trx(5), closing: 12 * time.Hour}, settle.Policy{}, settle.Closing, true},
		{"closing, the payer could have the rest by now", spec{paid: trx(5), closing: -time.Hour}, settle.Policy{}, settle.Closing, true},
		{"closing with dust", spec{paid: trx(2), closing: 23 * time.Hour}, settle.Policy{}, settle.Uneconomic, false},
		{"closing with dust, when an alarm could ring", spec{paid: trx(2), closing: 11 * time.Hour}, settle.Policy{}, settle.Uneconomic, false},
		{"closing, our transaction is under way", spec{paid: trx(5), closing: 11 * time.Hour, inFlight: trx(5)}, settle.Policy{}, settle.InFlight, true},
		{"closing, our transaction settles less", spec{paid: trx(5), closing: 11 * time.Hour, inFlight: trx(4)}, settle.Policy{}, settle.Closing, true},
		{"reveals, far from their end", spec{revealed: 100, unit: trx(1), expires: time.Hour}, settle.Policy{}, settle.TooSmall, false},
		{"reveals near their end", spec{revealed: 100, unit: trx(1), expires: 15 * time.Minute}, settle.Policy{}, settle.Expiring, false},
		{"reveals near their end, settled", spec{revealed: 100, unit: trx(1), settled: trx(100), expires: 5 * time.Minute}, settle.Policy{}, settle.Nothing, false},
		{"dust in reveals near their end", spec{revealed: 100, unit: 10, expires: 5 * time.Minute}, settle.Policy{}, settle.Uneconomic, false},
		{"reveals that are over", spec{revealed: 100, unit: trx(1), expires: -time.Minute}, settle.Policy{}, settle.Nothing, false},
		{"reveals that are over, beside a good voucher", spec{paid: trx(500), revealed: 100, unit: trx(1), expires: -time.Minute, waited: time.Minute}, settle.Policy{}, settle.Waiting, false},
		{"over the exposure", spec{paid: trx(500)}, settle.Policy{Exposure: 499 * wallet.TRX}, settle.Exposed, false},
		{"at the exposure", spec{paid: trx(500)}, settle.Policy{Exposure: 500 * wallet.TRX}, settle.Waiting, false},
		{"over the fee cap by itself", spec{paid: trx(500), asked: true}, settle.Policy{FeeCap: wallet.TRX}, settle.OverCap, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := settle.Make([]settle.Candidate{c.spec.candidate(1)}, prices, c.policy, now)
			if item := onlyItem(t, &plan); item.Reason != c.want || item.Alarm != c.alarm {
				t.Errorf("got %q, alarm %v; want %q, %v\n%s", item.Reason, item.Alarm, c.want, c.alarm, plan)
			}
			if settled := len(plan.Batches) == 1; settled != (c.want.Urgent() || c.want == settle.Worth) {
				t.Errorf("settled: %v\n%s", settled, plan)
			}
		})
	}
}

// A token's contract that is busy gets a factor on its energy: 0 in one period, 3.4 some periods later. What does not press waits, what is worth saving is saved at once, and
// nothing is saved for more than it is worth.
func TestEnergyFactorJumps(t *testing.T) {
	busy := prices
	busy.Penalties = map[channel.Asset]int64{usd: 34_000}
	for _, c := range []struct {
		name       string
		spec       spec
		idle, busy settle.Reason
	}{
		{"worth it, a day old", spec{asset: usd, paid: 43_400_000, waited: 24 * time.Hour}, settle.Worth, settle.TooSmall},
		{"the same in TRX", spec{paid: trx(131), waited: 24 * time.Hour}, settle.Worth, settle.Worth},
		{"closing", spec{asset: usd, paid: 43_400_000, closing: 23 * time.Hour}, settle.Closing, settle.Closing},
		{"reveals near their end", spec{asset: usd, revealed: 100, unit: 434_000, expires: 10 * time.Minute}, settle.Expiring, settle.Expiring},
		{"closing with what has become dust", spec{asset: usd, paid: 1_500_000, closing: 23 * time.Hour}, settle.Closing, settle.Uneconomic},
	} {
		t.Run(c.name, func(t *testing.T) {
			candidates := []settle.Candidate{c.spec.candidate(1)}
			before, after := settle.Make(candidates, prices, settle.Policy{}, now), settle.Make(candidates, busy, settle.Policy{}, now)
			if got := onlyItem(t, &before).Reason; got != c.idle {
				t.Errorf("idle: got %q, want %q\n%s", got, c.idle, before)
			}
			if got := onlyItem(t, &after).Reason; got != c.busy {
				t.Errorf("busy: got %q, want %q\n%s", got, c.busy, after)
			}
			if c.spec.asset == usd && after.Reserve.Needed <= before.Reserve.Needed && c.busy != settle.Uneconomic {
				t.Errorf("the reserve is %s as it was", after.Reserve.Needed)
			}
		})
	}
}

// onlyItem is the item of a plan for one channel, settled or not.
func onlyItem(t *testing.T, p *settle.Plan) settle.Item {
	t.Helper()
	items := p.Left
	for _, b := range p.Batches {
		items = append(items, b.Items...)
	}
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	return items[0]
}

func TestBatches(t *testing.T) {
	var many []settle.Candidate
	for n := range byte(40) {
		many = append(many, spec{paid: trx(300 + uint64(n))}.candidate(n))
	}
	plan := settle.Make(many, prices, settle.Policy{}, now)
	if len(plan.Batches) != 2 || len(plan.Batches[0].Items) != 16 || len(plan.Batches[1].Items) != 16 || len(plan.Left) != 8 {
		t.Fatalf("40 young channels must make two full batches:\n%s", plan)
	}
	if plan.Batches[0].Items[0].Due != channel.NewAmount(trx(339)) {
		t.Errorf("the best is not first:\n%s", plan)
	}
	many = append(many, spec{paid: trx(5), closing: time.Hour}.candidate(100), spec{asset: usd, paid: trx(5), closing: 30 * time.Minute}.candidate(101))
	plan = settle.Make(many, prices, settle.Policy{}, now)
	if len(plan.Batches) != 3 || plan.Batches[0].Asset != usd || plan.Batches[1].Items[0].Reason != settle.Closing || plan.Batches[1].Items[1].Reason != settle.Rides {
		t.Fatalf("deadlines first, with riders:\n%s", plan)
	}
	if got := len(plan.Batches[1].Items); got != 16 {
		t.Errorf("the urgent batch has %d channels", got)
	}
	if urgent := plan.Urgent(); len(urgent) != 2 || urgent[0].Asset != usd || urgent[1].Items[0].Reason != settle.Closing {
		t.Errorf("of three batches, two of them with a payer that closes, %d are urgent", len(urgent))
	}
	if fee := plan.Batches[1].FeeLimit; fee != wallet.Sun(plan.Batches[1].Work.Energy*130/100)*100 {
		t.Errorf("fee limit %s", fee)
	}
}

func TestFeeCapCutsBatches(t *testing.T) {
	var many []settle.Candidate
	for n := range byte(16) {
		many = append(many, spec{paid: trx(300), asked: true}.candidate(n))
	}
	plan := settle.Make(many, prices, settle.Policy{FeeCap: 8 * wallet.TRX}, now)
	total := 0
	for _, b := range plan.Batches {
		total += len(b.Items)
		if b.FeeLimit > 8*wallet.TRX {
			t.Errorf("a fee limit of %s", b.FeeLimit)
		}
	}
	if total != 16 || len(plan.Batches) < 3 {
		t.Fatalf("%d channels in %d batches:\n%s", total, len(plan.Batches), plan)
	}
}

// A channel whose transaction failed rests, unless somebody asks; then it goes alone, with a higher limit within the cap, and the others go as ever.
func TestTrouble(t *testing.T) {
	var many []settle.Candidate
	for n := range byte(6) {
		many = append(many, spec{paid: trx(300), closing: time.Hour}.candidate(n))
	}
	many[1].Trouble = settle.Trouble{Until: now.Add(time.Second)}
	many[2].Trouble = settle.Trouble{Until: now.Add(time.Second)}
	many[2].Requested = true
	many[3].Trouble = settle.Trouble{Alone: true}
	many[4].Trouble = settle.Trouble{Percent: 200}
	plan := settle.Make(many, prices, settle.Policy{}, now)
	if len(plan.Left) != 1 || plan.Left[0].Record.ID != many[1].Record.ID || plan.Left[0].Reason != settle.Resting {
		t.Fatalf("one has to rest:\n%s", plan)
	}
	for _, b := range plan.Batches {
		for _, i := range b.Items {
			if i.Trouble.Alone && len(b.Items) != 1 {
				t.Errorf("in company of %d", len(b.Items))
			}
			if want := max(130, i.Trouble.Percent); b.Percent < want || b.FeeLimit > 100*wallet.TRX {
				t.Errorf("percent %d, fee limit %s", b.Percent, b.FeeLimit)
			}
		}
	}
	if resting := settle.Make(many[1:2], prices, settle.Policy{}, now); resting.Reserve.Needed == 0 {
		t.Error("what rests still has to be paid for")
	}
}

func TestStakedEnergy(t *testing.T) {
	p := prices
	p.Staked = 1_000_000
	plan := settle.Make([]settle.Candidate{spec{paid: trx(2), closing: time.Hour}.candidate(1)}, p, settle.Policy{}, now)
	if len(plan.Batches) != 1 || plan.Batches[0].Cost != wallet.Sun(plan.Batches[0].Work.Bytes)*1_000 {
		t.Fatalf("staked energy makes dust worth saving and only bytes are burnt for:\n%s", plan)
	}
}

func TestReserve(t *testing.T) {
	p := prices
	p.Balance = 3 * wallet.TRX
	plan := settle.Make([]settle.Candidate{spec{paid: trx(50)}.candidate(1), spec{paid: trx(50)}.candidate(2), spec{paid: 100}.candidate(3)}, p, settle.Policy{}, now)
	// Two channels are worth it: 7,500 + 2·9,700 energy and 420 + 2·134 bytes, and a fifth on top.
	if want := wallet.Sun((26_900*100 + 688*1_000) * 120 / 100); plan.Reserve.Needed != want || plan.Reserve.Enough() {
		t.Fatalf("reserve %+v, want %d needed", plan.Reserve, want)
	}
	if text := plan.String(); !strings.Contains(text, "NOT ENOUGH") {
		t.Error(text)
	}
}

// Any candidates, in any order: the same plan; no channel twice or lost; no batch over its size, over the fee cap, or of two assets; nothing that presses is left.
func TestPlanProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var all []settle.Candidate
		for n := range byte(rng.IntN(60)) {
			s := spec{asset: []channel.Asset{channel.TRX, btt, usd}[rng.IntN(3)], paid: rng.Uint64N(trx(1_000)), settled: rng.Uint64N(trx(500)), waited: time.Duration(rng.Int64N(int64(48 * time.Hour)))}
			if rng.IntN(4) == 0 {
				s.closing = time.Duration(rng.Int64N(int64(24*time.Hour))) + 1
			}
			if rng.IntN(3) == 0 {
				s.revealed, s.unit, s.expires = uint32(rng.IntN(256))+1, rng.Uint64N(trx(3))+1, time.Duration(rng.Int64N(int64(2*time.Hour)))-time.Hour
			}
			s.asked = rng.IntN(20) == 0
			all = append(all, s.candidate(n))
		}
		p := prices
		p.Staked = rng.Int64N(400_000)
		policy := settle.Policy{FeeCap: wallet.Sun(rng.Int64N(30)+4) * wallet.TRX, Batch: rng.IntN(32) + 1}
		plan := settle.Make(all, p, policy, now)
		checkPlan(t, plan, all, policy)
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if again := settle.Make(all, p, policy, now); !reflect.DeepEqual(plan, again) {
			t.Fatalf("another order gives another plan:\n%s\n%s", plan, again)
		}
	}
}

func checkPlan(t *testing.T, plan settle.Plan, all []settle.Candidate, policy settle.Policy) {
	t.Helper()
	seen := map[channel.ID]bool{}
	once := func(i settle.Item) {
		if seen[i.Record.ID] {
			t.Fatalf("twice: %s\n%s", i.Record.ID.Short(), plan)
		}
		seen[i.Record.ID] = true
	}
	for _, b := range plan.Batches {
		var cost wallet.Sun
		for _, i := range b.Items {
			once(i)
			cost += i.Cost
			if i.Record.Terms.Asset != b.Asset || i.Due.IsZero() {
				t.Fatalf("wrong item:\n%s", plan)
			}
		}
		if len(b.Items) == 0 || len(b.Items) > policy.Batch || b.FeeLimit > policy.FeeCap || cost != b.Cost {
			t.Fatalf("wrong batch:\n%s", plan)
		}
	}
	for _, i := range plan.Left {
		once(i)
		if i.Reason.Urgent() {
			t.Fatalf("left although it presses:\n%s", plan)
		}
	}
	if len(seen) != len(all) {
		t.Fatalf("%d of %d channels are in the plan", len(seen), len(all))
	}
}

// What no contract or node would take is refused before anything is planned by it.
func TestPolicyBounds(t *testing.T) {
	for _, p := range []settle.Policy{
		{Batch: settle.MaxBatch + 1}, {Batch: -1}, {Minimum: -1}, {CostFactor: -1}, {MaxAge: -1}, {Exposure: -1}, {TailLead: -1}, {FeeCap: -1}, {Reserve: -1},
	} {
		if p.Validate() == nil {
			t.Errorf("%+v is taken", p)
		}
	}
	for _, p := range []settle.Policy{{}, {Batch: settle.MaxBatch}, settle.Policy{}.WithDefaults()} {
		if err := p.Validate(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
