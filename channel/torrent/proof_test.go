package torrent_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// TestAnOvertakenProofIsAskedForAgain: a reveal that a later one on another connection of the channel has overtaken proves nothing, since whoever read
// that one can make it. The seeder says so until the payer has shown another, and serves nothing before.
func TestAnOvertakenProofIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
	chain, voucher := w.payer(channel.TRX, 1_000_000).promise(250, 1024)
	open := func() *rawPeer {
		p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
		terms := hears[*wire.Terms](p)
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price})
		hears[*wire.Accept](p)
		return p
	}
	first, second := open(), open()
	first.pay(chain, 5)
	hears[*wire.Ack](first)
	second.pay(chain, 3)
	for range 2 { // and again while nothing comes
		if need := hears[*wire.Need](second); need.Due != 1 || second.unchoked {
			t.Fatalf("the seeder needs %d bytes; unchoked: %v", need.Due, second.unchoked)
		}
	}
	second.pay(chain, 6)
	second.until("unchoked", func() bool { return second.unchoked })
	second.ask(block(0))
	second.until("a block comes", func() bool { return second.bytes > 0 })
}

// TestOneSeederAtTwoAddresses: a downloader reaches a seeder twice, by a short way with a payment every few milliseconds and by one that takes far longer,
// where each of them would overtake the proof. Both connections are paid all the same, and so is what follows when the tail ends.
func TestOneSeederAtTwoAddresses(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(16*mib, 32<<10)
	offer := w.Offer(channel.TRX)
	offer.UnitBytes = 16 << 10
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeChoke, Offers: []torrent.Offer{offer}}})
	var bytes atomic.Int64
	short, long := way{delay: time.Millisecond, rate: 4 * mib}, way{delay: 80 * time.Millisecond, rate: 8 * mib, bytes: &bytes}
	d := w.downloader(w.payer(channel.TRX, 1_000_000), nil)
	r := get(t, d, mi, short.line(t, s.Addr()), long.line(t, s.Addr()))
	if fetched(t, d, r.Name) != sum {
		t.Error("the file differs")
	}
	if bytes.Load() < mib/2 { // what is said there is a tenth of it
		t.Errorf("%d bytes came by the long way: its connection was not taken for the payer's", bytes.Load())
	}
}
