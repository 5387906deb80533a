package torrent

import (
	"bytes"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// TestNeedIsForRequestsThatWaited: a peer that pays in time is asked for nothing, however often its window is used up meanwhile; one that does not is asked after needTime, and again each second.
func TestNeedIsForRequestsThatWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const block = 16 << 10
		near, far := net.Pipe()
		defer far.Close()
		house := NewTollhouse(TollhouseConfig{Ledger: empty{}, Offers: []Offer{{Price: channel.NewAmount(1 << 20)}}})
		defer house.Close()
		l := newLink(t.Context(), near, near, &rules{}, house, nil, slog.New(slog.DiscardHandler))
		go l.serve()
		defer func() { l.end(nil); synctest.Wait() }()
		account := gate.NewAccount(channel.NewAmount(1<<20), gate.Window{Start: block, Max: block})
		l.mu.Lock()
		l.peerID, l.payee.attached = 1, true
		l.payee.toll.Attach(account)
		l.payee.toll.Unchoke()
		l.payee.lane.Pays(true, 0)
		for i := range uint32(40) {
			if err := l.payee.toll.Request(gate.Request{Index: i, Length: block}); err != nil {
				t.Fatal(err)
			}
		}
		l.release()
		l.mu.Unlock()
		need := gate.ExtendedFrame(1, wire.Marshal(&wire.Need{Due: block}))
		needs := func() int {
			synctest.Wait()
			l.mu.Lock()
			defer l.mu.Unlock()
			n := bytes.Count(l.toPeer, need)
			l.toPeer = nil
			return n
		}
		sent := func(i uint32) { // the window is used up
			l.mu.Lock()
			defer l.mu.Unlock()
			l.payee.piece(gate.Request{Index: i, Length: block})
			if _, stalled := l.payee.toll.Stalled(); !stalled {
				t.Fatalf("after block %d nothing waits", i)
			}
		}
		for i := range uint32(30) {
			sent(i)
			time.Sleep(needTime - time.Millisecond)
			account.Pay(channel.NewAmount(block * uint64(i+1)))
			l.wake()
		}
		if n := needs(); n != 0 {
			t.Errorf("who paid in time was asked %d times", n)
		}
		sent(30)
		for _, c := range []struct {
			after time.Duration
			asked int
		}{{needTime - time.Millisecond, 0}, {2 * time.Millisecond, 1}, {needAgain - 2*time.Millisecond, 0}, {2 * time.Millisecond, 1}} {
			time.Sleep(c.after)
			if n := needs(); n != c.asked {
				t.Errorf("after another %v it was asked %d times, want %d", c.after, n, c.asked)
			}
		}
	})
}

// TestAClientThatHangsUpIsNoReasonToSayNothing: what was paid is acknowledged before the connection ends, however soon the client behind the gate goes.
func TestAClientThatHangsUpIsNoReasonToSayNothing(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	house := NewTollhouse(TollhouseConfig{Ledger: empty{}, Offers: []Offer{{Price: channel.NewAmount(1 << 20)}}})
	defer house.Close()
	l := newLink(t.Context(), near, near, &rules{}, house, nil, slog.New(slog.DiscardHandler))
	p := l.payee
	p.accepted = &Offer{UnitBytes: 1 << 18}
	p.session = house.open(accountKey{}, nil, opening{price: channel.NewAmount(1 << 20), window: gate.Window{Start: 1 << 20}})
	l.peerID, p.proven, p.unacked = 1, true, ackEvery/2
	p.setUnsaid(true)
	if err := l.Close(); err != nil || l.ended {
		t.Fatalf("the connection has ended without an acknowledgement (%v)", err)
	}
	p.look()
	if len(l.toPeer) == 0 || p.unfinished() || l.alarms[alarmLinger].IsZero() {
		t.Errorf("%d bytes are said; unfinished: %t", len(l.toPeer), p.unfinished())
	}
	close(l.served)
	l.end(nil)
}
