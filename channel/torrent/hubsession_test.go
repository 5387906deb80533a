package torrent_test

import (
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// shared is a hub's channel to a seeder: downloaders pay on it, each by a tail of its own.
type shared struct {
	*world
	hub     *payer
	seeder  *torrent.Seeder
	hash    [20]byte
	chains  []*channel.Chain
	voucher channel.SignedVoucher
}

// newShared is a channel with that many tails of 250 a step.
func newShared(t *testing.T, tails int) *shared {
	t.Helper()
	w := newWorld(t)
	mi, _ := w.file(16*mib, 256<<10)
	s := &shared{world: w, hub: w.payer(channel.TRX, 10_000_000), hash: mi.HashInfoBytes()}
	offer := w.Offer(channel.TRX)
	offer.Hubs = []wallet.Address{s.hub.Key.Address()}
	s.seeder = w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Offers: []torrent.Offer{offer}, Uplink: noFree}})
	v := channel.Voucher{Channel: s.hub.id}
	for range tails {
		chain, err := channel.NewChain(1024)
		if err != nil {
			t.Fatal(err)
		}
		s.chains = append(s.chains, chain)
		v.Tails = append(v.Tails, channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(250), Length: 1024, Expiry: time.Now().Add(time.Hour).Unix()})
	}
	s.voucher = v.Sign(s.hub.Key, domain)
	return s
}

// open opens a session with a tail, or joins it.
func (s *shared) open(tail int, prev *channel.Anchor) (*rawPeer, *wire.Accept) {
	s.t.Helper()
	p := rawConnect(s.t, s.seeder.Addr(), s.hash, rawOptions{})
	terms := hears[*wire.Terms](p)
	p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: s.voucher, Tail: s.chains[tail].Anchor(), Prev: prev, Price: terms.Price})
	return p, hears[*wire.Accept](p)
}

// pay reveals and waits until the seeder has acknowledged it.
func (s *shared) pay(p *rawPeer, tail int, count uint32) *wire.Ack {
	s.t.Helper()
	p.pay(s.chains[tail], count)
	return hears[*wire.Ack](p)
}

// move goes on with another tail.
func (s *shared) move(p *rawPeer, tail int) {
	anchor := s.chains[tail].Anchor()
	p.say(&wire.Pay{Voucher: &s.voucher, Tail: &anchor})
}

// credited is what the sessions together were credited with.
func (s *shared) credited() (sum channel.Amount) {
	for _, a := range s.seeder.Payers() {
		sum = sum.Add(a.Paid)
	}
	return sum
}

// TestATailPaysOneSessionOnly: who goes on with a tail that pays another session does not have its steps credited in both.
func TestATailPaysOneSessionOnly(t *testing.T) {
	s := newShared(t, 2)
	first, _ := s.open(0, nil)
	s.pay(first, 0, 1)
	second, _ := s.open(1, nil)
	s.pay(second, 1, 1)
	s.move(first, 1)
	if e := hears[*wire.Error](first); e.Code != wire.CodePreimage {
		t.Errorf("refused with %s", e.Code)
	}
	s.pay(second, 1, 9)
	first.pay(s.chains[1], 9)
	_ = hears[*wire.Error](first)
	if credited, held := s.credited(), s.hub.paid(); credited != held {
		t.Errorf("the sessions were credited with %s, the payee holds %s", credited, held)
	}
}

// TestALateStepOfTheLastTailCountsOnce: a session has gone on with its next tail when a step of the one before it comes by another connection. It counts, and nothing counts twice.
func TestALateStepOfTheLastTailCountsOnce(t *testing.T) {
	s := newShared(t, 2)
	first, _ := s.open(0, nil)
	s.pay(first, 0, 4)
	second, _ := s.open(0, nil)
	s.pay(second, 0, 5)
	s.move(first, 1)
	s.pay(first, 1, 1)
	if ack := s.pay(second, 0, 6); ack.Paid != channel.NewAmount(7*250) {
		t.Errorf("acknowledged %s, want seven steps", ack.Paid)
	}
	if credited, held := s.credited(), s.hub.paid(); credited != held {
		t.Errorf("the session was credited with %s, the payee holds %s", credited, held)
	}
}

// TestNobodyTakesAnothersSession: the anchors of all downloaders stand in a hub's voucher; naming one of them as the tail before wins nothing while its downloader is there.
func TestNobodyTakesAnothersSession(t *testing.T) {
	s := newShared(t, 2)
	first, _ := s.open(0, nil)
	s.pay(first, 0, 100)
	anchor := s.chains[0].Anchor()
	if _, accept := s.open(1, &anchor); !accept.Paid.IsZero() {
		t.Errorf("a stranger was credited with %s that another one paid", accept.Paid)
	}
	if n := len(s.seeder.Payers()); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
}

// TestASessionGoesOnAfterItsTail: a downloader comes back with a fresh tail and names the one before it, whose steps are all revealed; its other connection is in the session still.
func TestASessionGoesOnAfterItsTail(t *testing.T) {
	s := newShared(t, 2)
	first, _ := s.open(0, nil)
	s.pay(first, 0, 1024)
	anchor := s.chains[0].Anchor()
	if _, accept := s.open(1, &anchor); accept.Paid != channel.NewAmount(1024*250) {
		t.Errorf("it goes on with %s paid", accept.Paid)
	}
	if n := len(s.seeder.Payers()); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}
