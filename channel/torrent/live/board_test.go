package live_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/piecework/piecework/channel/torrent/live"
)

// TestAHouseholdIsOneAddress: who has a /64 of IPv6 has 2^64 addresses, and no more places on a board for that than who has one of IPv4.
func TestAHouseholdIsOneAddress(t *testing.T) {
	b := live.NewBoard(live.Stream{})
	ctx, stop := context.WithCancel(t.Context())
	stop() // nobody waits for a list
	refused := 0
	for n := range 100 {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/live?port=6881", nil)
		r.RemoteAddr = fmt.Sprintf("[2001:db8::%x]:1000", n+1)
		w := httptest.NewRecorder()
		if b.ServeHTTP(w, r); w.Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if n := b.Viewers(); n > 16 {
		t.Errorf("%d of one household are named to others, at most 16", n)
	}
	if refused == 0 {
		t.Error("100 requests at once were answered, at most 60 and 10 a second")
	}
}
