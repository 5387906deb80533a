package cmd

import (
	"fmt"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
)

// TestWhatAHubRefuses: who is refused by a hub, or refuses it, is told by the exit code whether to wait or to look for another one, and what to do.
func TestWhatAHubRefuses(t *testing.T) {
	for err, want := range map[error]int{client.ErrDearHub: exitRefused, channel.ErrNoReserve: exitShort, &channel.ExhaustedError{}: exitShort} {
		if code, hint := explain(fmt.Errorf("opening a session: %w", err)); code != want || hint == "" {
			t.Errorf("%v: exit code %d, want %d, hint %q", err, code, want, hint)
		}
	}
}
