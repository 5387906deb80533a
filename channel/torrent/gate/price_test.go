package gate_test

import (
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

func TestCost(t *testing.T) {
	max := channel.MaxAmount()
	for _, c := range []struct {
		price string
		bytes int64
		want  string
	}{
		{"1000", 0, "0"},
		{"1000", 1, "1"},
		{"1000", 1 << 20, "1000"},
		{"1000", 1<<20 + 1, "1001"},
		{"1000", 64 << 20, "64000"},
		{"0", 1 << 40, "0"},
		{"1", 1<<20 - 1, "1"},
		{"18446744073709551615", 1 << 20, "18446744073709551615"},
		{"18446744073709551615", 1 << 40, "19342813113834066794250240"},
		{max.String(), 1 << 62, max.String()},
	} {
		price, _ := channel.ParseAmount(c.price)
		if got := gate.Cost(price, c.bytes).String(); got != c.want {
			t.Errorf("%d bytes at %s: got %s, want %s", c.bytes, c.price, got, c.want)
		}
	}
}

func TestCoveredIsTheMostThatCostsNoMore(t *testing.T) {
	const limit = 1 << 61
	for _, price := range []string{"1", "3", "7", "1000", "1048576", "1048577", "999999999999", "18446744073709551615", "20000000000000000000000"} {
		for _, amount := range []string{"0", "1", "2", "999", "1000", "1001", "123456789", "8796093022208", "99999999999999999999"} {
			p, _ := channel.ParseAmount(price)
			a, _ := channel.ParseAmount(amount)
			n := gate.Covered(p, a, limit)
			if a.Less(gate.Cost(p, n)) || n < limit && !a.Less(gate.Cost(p, n+1)) {
				t.Errorf("%s at %s covers %d bytes, which cost %s (one more: %s)", amount, price, n, gate.Cost(p, n), gate.Cost(p, n+1))
			}
		}
	}
}

func TestSteps(t *testing.T) {
	for _, c := range []struct{ amount, unit, limit, want uint64 }{
		{0, 250, 1024, 0}, {1, 250, 1024, 1}, {250, 250, 1024, 1}, {251, 250, 1024, 2}, {1 << 40, 250, 1024, 1024}, {5, 0, 9, 0},
	} {
		if got := gate.Steps(channel.NewAmount(c.amount), channel.NewAmount(c.unit), c.limit); got != c.want {
			t.Errorf("%d in units of %d: got %d, want %d", c.amount, c.unit, got, c.want)
		}
	}
}
