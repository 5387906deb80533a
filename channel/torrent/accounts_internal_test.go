package torrent

import (
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestStepsFromBeforeASessionDoNotCountAfterARestart: a session went on with a tail of which ten steps had paid for something else; a seeder that starts again knows that still.
func TestStepsFromBeforeASessionDoNotCountAfterARestart(t *testing.T) {
	config := TollhouseConfig{Offers: []Offer{{Price: channel.NewAmount(1000)}}, Accounts: filepath.Join(t.TempDir(), "accounts.json")}
	start := func() *Tollhouse {
		h, err := OpenTollhouse(config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		return h
	}
	unit := channel.NewAmount(250)
	o := opening{price: channel.NewAmount(1000), unit: unit, unitBytes: 256 << 10, window: gate.Window{Start: 1 << 20, Max: 32 << 20}, hub: true, received: -1}
	first, second := accountKey{tail: channel.Anchor{1}}, accountKey{tail: channel.Anchor{2}}
	h := start()
	a := h.open(first, nil, o)
	a.revealed(first.tail, 4)
	h.rename(a, first, second, unit, 10)
	a.revealed(second.tail, 11)
	h.leave(a)
	h.Close()
	o.count, o.paid = 11, unit.Mul(11)
	if paid := start().open(second, nil, o).Statement().Paid; paid != unit.Mul(5) {
		t.Errorf("%s are paid in the session, want five steps", paid)
	}
}
