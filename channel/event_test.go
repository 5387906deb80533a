package channel_test

import (
	"testing"
	"time"
	"unsafe"

	"github.com/piecework/piecework/channel"
)

// after is a time whose wall clock has gone on by wall, and its even clock by even.
func after(t time.Time, wall, even time.Duration) time.Time {
	t = t.Add(wall)
	parts := (*struct { // of time.Time with a monotonic reading
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t)) //nolint:gosec // there is no other way to have a machine sleep
	parts.ext += int64(even - wall)
	return t
}

func TestAgeOf(t *testing.T) {
	seen := time.Now()
	for _, c := range []struct {
		name             string
		wall, even, want time.Duration
	}{
		{"a second", time.Second, time.Second, time.Second},
		{"a night of sleep", 8 * time.Hour, time.Second, 8 * time.Hour},
		{"a clock that was set back", -time.Hour, time.Second, time.Second},
	} {
		if got := channel.AgeOf(seen, after(seen, c.wall, c.even)); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	if got := channel.AgeOf(seen.Round(0), seen.Round(0).Add(-time.Second)); got != -time.Second {
		t.Errorf("without an even clock, set back: %s", got)
	}
}
