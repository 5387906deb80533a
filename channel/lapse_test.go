package channel_test

import (
	"errors"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
)

// What a tail revealed and nobody can collect any more does not keep its payee from what comes next; until then, and where somebody pays onward by it, it does.
func TestLapsedRevealsMayBeDropped(t *testing.T) {
	expiry := now.Add(time.Hour)
	for _, c := range []struct {
		name    string
		rule    channel.Rule
		at      time.Time
		settled uint64
		v       uint64 // the cumulative amount of the voucher without the tail
		stale   bool
	}{
		{"two hours on", rule.Lapsing(), expiry.Add(channel.LapseTime + time.Second), 0, 101, false},
		{"before", rule.Lapsing(), expiry.Add(channel.LapseTime), 0, 101, true},
		{"before, with what was revealed", rule.Lapsing(), expiry.Add(channel.LapseTime), 0, 120, false},
		{"the contract has paid it", rule.Lapsing(), expiry.Add(24 * time.Hour), 120, 119, true},
		{"nothing new", rule.Lapsing(), expiry.Add(24 * time.Hour), 0, 100, true},
		{"less", rule.Lapsing(), expiry.Add(24 * time.Hour), 0, 99, true},
		{"who pays onward", rule, expiry.Add(24 * time.Hour), 0, 101, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPayer(t, 1_000)
			chain, tail := p.chain(1, 10, 5)
			p.mustVoucher(p.voucher(100, tail))
			p.mustReveal(chain, 4)
			p.record.Settled = channel.NewAmount(c.settled)
			before := p.record.Worth(c.at)
			outcome, err := c.rule.AcceptVoucher(&p.record, p.voucher(c.v), c.at)
			var stale *channel.StaleError
			if errors.As(err, &stale) != c.stale || err == nil != (outcome == channel.Accepted) {
				t.Fatalf("a voucher of %d: %d, %v", c.v, outcome, err)
			}
			if p.record.Worth(c.at).Less(before) {
				t.Errorf("the contract would pay %s, and %s before", p.record.Worth(c.at), before)
			}
			if !c.stale && p.record.Paid() != channel.NewAmount(c.v) {
				t.Errorf("%s is paid, want %d", p.record.Paid(), c.v)
			}
		})
	}
}
