package torrent

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestWhatAPeerNamesIsBounded: a peer that names other peers for ever is heard for a while, before another client for ever.
func TestWhatAPeerNamesIsBounded(t *testing.T) {
	t.Parallel()
	const id = 2
	addresses := bytes.Repeat([]byte("abcdef"), 500)
	message := gate.ExtendedFrame(id, fmt.Appendf(nil, "d5:added%d:%se", len(addresses), addresses))
	for _, own := range []bool{true, false} {
		l := &link{rules: &rules{}, pexID: id, ownSaid: true}
		if own {
			l.rules.info = func([20]byte) *wantedInfo { return nil }
		}
		passed := 0
		for range 200 {
			raw, err := l.peerExtends(message)
			if err != nil {
				t.Fatal(err)
			}
			passed += len(raw)
		}
		if want := maxNamed; own && (passed > want || passed < want-len(message)) {
			t.Errorf("%d bytes reach the client, want up to %d", passed, want)
		} else if !own && passed != 200*len(message) {
			t.Errorf("%d bytes reach a client that is somebody else's", passed)
		}
	}
}
