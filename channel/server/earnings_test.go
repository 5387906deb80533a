package server

import (
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
)

func TestDayOf(t *testing.T) {
	midnight := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	head := channel.Block{Number: 1000, Time: midnight.Add(time.Hour).UnixMilli()}
	for _, c := range []struct {
		name string
		fact channel.Settlement
		want string
	}{
		{"the last millisecond of a day", channel.Settlement{Block: 1000, Time: midnight.UnixMilli() - 1}, "2026-02-28"},
		{"the first one of the next", channel.Settlement{Block: 1, Time: midnight.UnixMilli()}, "2026-03-01"},
		{"from before the time was kept", channel.Settlement{Block: 1000 - 1200}, "2026-03-01"},
		{"a block before that", channel.Settlement{Block: 1000 - 1201}, "2026-02-28"},
	} {
		if got := dayOf(&c.fact, head); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if first := firstDay(midnight.Add(24*time.Hour - 1)); first != "2026-01-31" {
		t.Errorf("the first of 30 days is %s", first)
	}
}
