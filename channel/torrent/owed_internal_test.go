package torrent

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestOnlyVerifiedPiecesAreOwed: a block that came is due when its piece was verified and not before; a bad piece is never due, and whoever sent all of it is left, here and when it
// comes back. What BitTorrent's client does about bad peers has no part in this.
func TestOnlyVerifiedPiecesAreOwed(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _ = near.Close(); _ = far.Close() }()
	const piece = 256 << 10
	ctx, cancel := context.WithCancel(t.Context())
	l := &link{
		ctx: ctx, cancel: cancel, peer: near, log: slog.New(slog.DiscardHandler), rules: &rules{complete: func([20]byte, uint32) bool { return false }},
		nudge: make(chan struct{}, 1), client: newPipe(),
	}
	p := newPayer(l, &Spender{records: map[string]*record{}})
	p.tab = &tab{open: 1, price: channel.NewAmount(4_000), unit: channel.NewAmount(1_000)} // a step for a piece
	p.begun, p.decided = true, true
	comes := func(index uint32) {
		for begin := uint32(0); begin < piece; begin += 16 << 10 {
			r := gate.Request{Index: index, Begin: begin, Length: 16 << 10}
			p.ask(r, nil)
			p.piece(r)
		}
	}
	owed := func(what string, want uint64) {
		t.Helper()
		if got := p.tab.due(0, false); got != want {
			t.Errorf("%s: %d steps are due, want %d", what, got, want)
		}
	}
	comes(1)
	owed("a piece has come", 0)
	p.judged(1, true, piece)
	owed("it is good", 1)
	comes(2)
	p.judged(2, false, piece)
	owed("another one is bad", 1)
	if !p.spend.banned(l.RemoteAddr().String()) || !l.ended {
		t.Error("who sent a whole bad piece is not left")
	}
}
