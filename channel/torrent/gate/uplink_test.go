package gate_test

import (
	"math"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// greedy is a lane that always wants another block.
type greedy struct {
	lane *gate.Lane
	got  int64
	last time.Time // when it was served last
	wait time.Duration
	now  *time.Time
}

func (g *greedy) run() {
	for g.lane.Ask(block, *g.now) {
		g.got += block
		g.wait = max(g.wait, g.now.Sub(g.last))
		g.last = *g.now
		if g.got > 1<<40 {
			return
		}
	}
}

// contend lets lanes ask for d of virtual time. bids are thousandths of the price; a negative one is a free rider.
func contend(c gate.UplinkConfig, d time.Duration, bids ...int) []*greedy {
	now := time.Unix(1_700_000_000, 0)
	u := gate.NewUplink(c, now)
	lanes := make([]*greedy, len(bids))
	for i, bid := range bids {
		g := &greedy{now: &now, last: now}
		g.lane = u.Lane(func() { g.run() })
		if bid >= 0 {
			g.lane.Pays(true, uint64(bid))
		}
		lanes[i] = g
		g.run()
	}
	for end := now.Add(d); now.Before(end); now = now.Add(2 * time.Millisecond) {
		u.Tick(now)
	}
	return lanes
}

func TestPayerGets95PercentAgainstThreeFreeRiders(t *testing.T) {
	lanes := contend(gate.UplinkConfig{Rate: 20 << 20}, 10*time.Second, 0, -1, -1, -1)
	all := int64(0)
	for _, l := range lanes {
		all += l.got
	}
	if share := float64(lanes[0].got) / float64(all); share < 0.945 || share > 0.96 {
		t.Errorf("the payer got %.1f %%", 100*share)
	}
	if all < 190<<20 || all > 205<<20 {
		t.Errorf("%d MiB left in 10 s at 20 MiB/s", all>>20)
	}
	for i, l := range lanes[1:] {
		if l.got < 2<<20 {
			t.Errorf("free rider %d got %d bytes", i, l.got)
		}
	}
}

func TestPayersShareByBid(t *testing.T) {
	lanes := contend(gate.UplinkConfig{Rate: 10 << 20}, 10*time.Second, 0, 1000, 3000)
	for i, want := range []float64{1, 2, 4} {
		if got := float64(lanes[i].got) / float64(lanes[0].got); got < 0.93*want || got > 1.07*want {
			t.Errorf("a bid of %v times the price gets %.2f times as much", want, got)
		}
	}
}

func TestNobodyStarves(t *testing.T) {
	bids := make([]int, 200)
	bids[0] = 60_000
	for _, l := range contend(gate.UplinkConfig{Rate: 20 << 20}, 10*time.Second, bids...) {
		if l.wait > time.Second {
			t.Errorf("a payer waited %s", l.wait)
		}
	}
}

func TestUnlimitedUplinkStillSlowsFreeRiders(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	u := gate.NewUplink(gate.UplinkConfig{FreeFloor: 1000}, now)
	payer, rider := u.Lane(func() {}), &greedy{now: &now}
	payer.Pays(true, 0)
	rider.lane = u.Lane(func() { rider.run() })
	rider.run()
	start := rider.got
	for range 64 << 20 / block {
		if !payer.Ask(block, now) {
			t.Fatal("a payer waits on an unlimited uplink")
		}
		u.Tick(now)
	}
	if got := rider.got - start; got < 2<<20 || got > 4<<20 {
		t.Errorf("the free rider got %d bytes beside 64 MiB that were paid", got)
	}
}

// TestRatesBeyondMeasure: a rate that nobody has is no reason to stand still.
func TestRatesBeyondMeasure(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	u := gate.NewUplink(gate.UplinkConfig{Rate: math.MaxInt64, FreeFloor: math.MaxInt64}, now)
	payer, rider := u.Lane(func() {}), u.Lane(func() {})
	payer.Pays(true, 0)
	for range 100 {
		now = now.Add(time.Second)
		u.Tick(now)
		if !payer.Ask(block, now) || !rider.Ask(block, now) {
			t.Fatal("somebody waits")
		}
	}
}

func TestNoFreeShare(t *testing.T) {
	lanes := contend(gate.UplinkConfig{Rate: 1 << 20, FreeShare: -1}, 5*time.Second, -1, 0)
	if lanes[0].got != 0 || lanes[1].got < 4<<20 {
		t.Errorf("free %d, paid %d", lanes[0].got, lanes[1].got)
	}
}
