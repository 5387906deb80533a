package torrent_test

import (
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// greed asks for everything and says how much came until the seeder says that it must be paid.
func (p *rawPeer) greed() int64 {
	p.until("unchoked", func() bool { return p.unchoked })
	for n := range 1024 {
		p.ask(block(n))
	}
	p.stalls()
	return p.got()
}

// strict is a seeder of 16 MiB that gives nothing for free.
func (w *world) strict() (s *torrent.Seeder, hash [20]byte) {
	mi, _ := w.file(16*mib, 256<<10)
	return w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}}), mi.HashInfoBytes()
}

// TestManyPeerIDsShareOneWindow: eight connections of one channel, each with a peer id of its own and a proof of its own, get one window and what they paid for.
func TestManyPeerIDsShareOneWindow(t *testing.T) {
	w := newWorld(t)
	s, hash := w.strict()
	chain, voucher := w.payer(channel.TRX, 1_000_000).promise(250, 1024)
	const peers = 8
	list := make([]*rawPeer, peers)
	for i := range list {
		p := rawConnect(t, s.Addr(), hash, rawOptions{noFast: i%2 == 1})
		terms := hears[*wire.Terms](p)
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price})
		hears[*wire.Accept](p)
		p.pay(chain, uint32(i+1))
		hears[*wire.Ack](p) // the next one's proof must not overtake this one: what is known proves nothing
		list[i] = p
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	total := int64(0)
	for _, p := range list {
		wait.Go(func() {
			got := p.greed()
			mu.Lock()
			defer mu.Unlock()
			total += got
		})
	}
	wait.Wait()
	if most := int64(mib + peers*(256+32)<<10); total > most {
		t.Errorf("%d connections of one channel got %d bytes, at most %d are covered", peers, total, most)
	}
}

// TestPaymentOnAnotherConnection: what one connection of a channel pays lets requests pass that wait on another.
func TestPaymentOnAnotherConnection(t *testing.T) {
	w := newWorld(t)
	s, hash := w.strict()
	chain, voucher := w.payer(channel.TRX, 1_000_000).promise(250, 1024)
	list := make([]*rawPeer, 2)
	for i := range list {
		p := rawConnect(t, s.Addr(), hash, rawOptions{})
		terms := hears[*wire.Terms](p)
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price})
		hears[*wire.Accept](p)
		p.pay(chain, uint32(i+1))
		p.greed()
		list[i] = p
	}
	before := list[1].got()
	list[0].pay(chain, 1000)
	list[1].until("the other one's payment lets it go on", func() bool { return list[1].bytes > before })
}

// TestLiesAboutReceivedBytes: who says at each reconnect that nothing came, or that far more came than was sent, gains at most one window in the channel's whole life.
func TestLiesAboutReceivedBytes(t *testing.T) {
	for name, claim := range map[string]int64{"nothing came": 0, "more than was sent": 1 << 50, "it does not know": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s, hash := w.strict()
			chain, voucher := w.payer(channel.TRX, 1_000_000).promise(250, 1024)
			const rounds = 6
			total := int64(0)
			for round := range rounds {
				p := rawConnect(t, s.Addr(), hash, rawOptions{})
				terms := hears[*wire.Terms](p)
				p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price, Received: claim})
				hears[*wire.Accept](p)
				p.pay(chain, uint32(round+1)) // the proof that it is the payer
				hears[*wire.Ack](p)
				total += p.greed()
				p.conn.Close()
				p.ends()
			}
			if most := int64(2*mib + rounds*(256+32)<<10); total > most {
				t.Errorf("%d rounds were worth %d bytes, at most %d", rounds, total, most)
			}
		})
	}
}

// TestPayingLessBuysLess: steps of another value than the terms ask for count for what they are worth.
func TestPayingLessBuysLess(t *testing.T) {
	w := newWorld(t)
	s, hash := w.strict()
	p := rawConnect(t, s.Addr(), hash, rawOptions{})
	chain, _ := p.open(w.payer(channel.TRX, 1_000_000), 1)
	p.pay(chain, 100) // units: a tenth of a MiB
	hears[*wire.Ack](p)
	got := p.greed()
	covered := gate.Covered(channel.NewAmount(1000), channel.NewAmount(100), 1<<40)
	if most := mib + covered + covered/8; got > most || got < most-16<<10 {
		t.Errorf("100 units bought %d bytes with the window, want up to %d", got, most)
	}
}

// TestUselessMessagesEndTheConnection: each of them is well formed, and each costs the seeder something.
func TestUselessMessagesEndTheConnection(t *testing.T) {
	w := newWorld(t)
	s, hash := w.strict()
	for name, flood := range map[string]func(p *rawPeer, from *payer, chain *channel.Chain, open *wire.Open){
		"the same reveal": func(p *rawPeer, _ *payer, chain *channel.Chain, _ *wire.Open) {
			for range 2000 {
				p.pay(chain, 1)
			}
		},
		"the same open": func(p *rawPeer, _ *payer, _ *channel.Chain, open *wire.Open) {
			for range 2000 {
				p.say(open)
			}
		},
		"a unit for each wrong signature": func(p *rawPeer, from *payer, chain *channel.Chain, _ *wire.Open) {
			_, wrong := from.promise(1, 10)
			wrong.Cumulative = channel.NewAmount(5)
			for n := range uint32(20) {
				p.pay(chain, n+1)
				p.say(&wire.Pay{Voucher: &wrong})
			}
		},
		"closes": func(p *rawPeer, from *payer, _ *channel.Chain, _ *wire.Open) {
			for range 20_000 {
				p.say(&wire.Close{Channel: from.id})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := rawConnect(t, s.Addr(), hash, rawOptions{})
			from := w.payer(channel.TRX, 1_000_000)
			chain, voucher := from.promise(1, 1024)
			terms := hears[*wire.Terms](p)
			open := &wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price}
			p.say(open)
			hears[*wire.Accept](p)
			flood(p, from, chain, open)
			p.ends()
		})
	}
}

// TestNobodyElseRunsUpADebt: who saw a voucher pass says, while its payer is away, that far more came than was sent. The payer owes no more for that when it comes back.
func TestNobodyElseRunsUpADebt(t *testing.T) {
	w := newWorld(t)
	s, hash := w.strict()
	chain, voucher := w.payer(channel.TRX, 1_000_000).promise(250, 1024)
	open := func(received int64) (*rawPeer, *wire.Accept) {
		p := rawConnect(t, s.Addr(), hash, rawOptions{})
		terms := hears[*wire.Terms](p)
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price, Received: received})
		return p, hears[*wire.Accept](p)
	}
	leave := func(p *rawPeer) {
		p.conn.Close()
		for s.Payers()[0].Connections > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	first, _ := open(0)
	first.pay(chain, 1)
	hears[*wire.Ack](first)
	got := first.greed()
	leave(first)
	thief, _ := open(1 << 50)
	leave(thief)
	if _, accept := open(got); accept.Sent != got {
		t.Errorf("the seeder says that it sent %d bytes; %d came", accept.Sent, got)
	}
}
