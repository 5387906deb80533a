package torrent_test

import (
	"context"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/wallettest"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// free is a seeder whose free riders get nothing by the clock, so that tests can count.
var noFree = gate.UplinkConfig{FreeShare: -1}

func TestStallIsExactlyTheWindowAndPaymentResumes(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
	chain, accept := p.open(w.payer(channel.TRX, 1_000_000), 250)
	if accept.Window != mib || accept.Sent != 0 || !accept.Paid.IsZero() {
		t.Fatalf("%+v", accept)
	}
	p.until("unchoked", func() bool { return p.unchoked })
	for n := range 256 {
		p.ask(block(n))
	}
	if due := p.stalls(); due != 16<<10 || p.got() != mib {
		t.Fatalf("stalled after %d bytes, due %d; want exactly the window", p.got(), due)
	}
	p.pay(chain, 1)
	p.until("256 KiB and an eighth more come", func() bool { return p.bytes == mib+(256+32)<<10 })
	if ack := hears[*wire.Ack](p); ack.Paid != channel.NewAmount(250) {
		t.Errorf("acknowledged %s", ack.Paid)
	}
	p.stalls()
	if p.got() != mib+(256+32)<<10 {
		t.Errorf("%d bytes", p.got())
	}
}

func TestFreePolicies(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	for _, speaks := range []bool{true, false} {
		t.Run("choke", func(t *testing.T) {
			s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeChoke}})
			p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{noPay: !speaks})
			for n := range 256 {
				p.ask(block(n)) // although it is choked
			}
			q := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{}) // who pays is unchoked
			q.open(w.payer(channel.TRX, 1_000_000), 250)
			q.until("unchoked", func() bool { return q.unchoked })
			q.ask(block(0))
			q.until("a block comes", func() bool { return q.bytes > 0 })
			if p.got() != 0 || p.unchoked {
				t.Errorf("the free rider got %d bytes, unchoked: %v", p.got(), p.unchoked)
			}
			if p.ended != nil {
				t.Errorf("the free rider's connection ended: %v", p.ended)
			}
		})
	}
	t.Run("refuse", func(t *testing.T) {
		s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Free: torrent.FreeRefuse}})
		rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{noPay: true}).ends()
		q := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
		q.open(w.payer(channel.TRX, 1_000_000), 250)
		q.until("unchoked", func() bool { return q.unchoked })
	})
	t.Run("serve", func(t *testing.T) {
		s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 1}}})
		p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{noPay: true})
		p.until("unchoked", func() bool { return p.unchoked })
		for n := range 256 {
			p.ask(block(n))
		}
		p.until("the burst comes", func() bool { return p.bytes >= 128<<10 })
		if totals := s.Totals(); totals.FreeBytes > 128<<10+16<<10 || totals.PaidBytes != 0 {
			t.Errorf("%+v", totals)
		}
	})
}

// What a free rider can get with one funded channel is one window, whatever it does.
func TestFreeRiderGamesAreWorthOneWindow(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(16*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	from := w.payer(channel.TRX, 1_000_000)
	var total int64
	chain, voucher := from.promise(250, 1024)
	for round := range 6 {
		p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{noFast: round%2 == 1})
		terms := hears[*wire.Terms](p)
		if round == 4 { // a new tail on the same channel
			chain, voucher = from.promise(250, 512)
			voucher.Cumulative = channel.NewAmount(1)
			voucher = voucher.Voucher.Sign(from.Key, domain)
		}
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price, Received: 0})
		accept := hears[*wire.Accept](p)
		if round > 0 && round != 4 && accept.Window != 0 {
			t.Errorf("round %d: who repeats a voucher gets a window of %d", round, accept.Window)
		}
		p.until("unchoked", func() bool { return p.unchoked })
		for n := range 512 {
			p.ask(block((round*97 + n) % 1024))
			p.ask(block((round*97 + n) % 1024))
			if n%3 == 0 {
				p.send(append([]byte{0, 0, 0, 13, 8}, gate.RequestFrame(block(n))[5:]...))
			}
		}
		if round == 0 || round == 4 {
			p.stalls()
		}
		p.send([]byte{0, 0, 1, 0, 20, 77}) // half a message
		total += p.got()
		p.conn.Close()
		p.ends()
	}
	if total > 2*mib+64<<10 { // the window, and once more what may be written off when connections break
		t.Errorf("the games were worth %d bytes", total)
	}
	if p := from.paid(); p != channel.NewAmount(1) {
		t.Errorf("paid %s", p)
	}
}

// paidOnce is a payer that has paid a seeder one step of 250.
func paidOnce(t *testing.T) (*world, *torrent.Seeder, *rawPeer, *payer) {
	t.Helper()
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
	from := w.payer(channel.TRX, 500_000)
	chain, _ := p.open(from, 250)
	p.pay(chain, 1)
	return w, s, p, from
}

// TestVoucherWaitsForATopUp: who pays has seen the block of its top-up before the payee; what it promises and reveals on it is taken when the payee sees it too.
func TestVoucherWaitsForATopUp(t *testing.T) {
	w, _, p, from := paidOnce(t)
	if ack := hears[*wire.Ack](p); ack.Paid != channel.NewAmount(250) {
		t.Fatalf("acknowledged %s", ack.Paid)
	}
	more, tail := from.promise(250, 1024)
	tail.Cumulative = channel.NewAmount(400_000)
	tail = tail.Voucher.Sign(from.Key, domain)
	anchor := more.Anchor()
	p.say(&wire.Pay{Voucher: &tail, Tail: &anchor})
	p.pay(more, 3)
	time.Sleep(600 * time.Millisecond) // it is offered to the ledger twice, and refused
	w.Tell(channel.Event{Kind: channel.EventDeposited, Channel: from.id, Deposit: channel.NewAmount(1_000_000)})
	for paid := (channel.Amount{}); paid != channel.NewAmount(400_750); {
		paid = hears[*wire.Ack](p).Paid
	}
}

// A payer may pay by vouchers alone; each is acknowledged and booked like a reveal.
func TestPlainVouchersAreAcknowledged(t *testing.T) {
	_, s, p, from := paidOnce(t)
	for paid := uint64(1_000); paid <= 2_000; paid += 1_000 {
		v := channel.Voucher{Channel: from.id, Cumulative: channel.NewAmount(paid)}.Sign(from.Key, domain)
		p.say(&wire.Pay{Voucher: &v})
		for hears[*wire.Ack](p).Paid != channel.NewAmount(paid) {
		}
	}
	if sold := s.Diary(); len(sold) != 1 || sold[0].Earned[channel.TRX] != channel.NewAmount(2_000) {
		t.Errorf("the diary says %+v", sold)
	}
}

// What one connection of a payer acknowledges is what is written, not what another has on its way.
func TestWhatIsOnItsWayElsewhereIsNotAcknowledged(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	l := &slowLedger{Ledger: w.Ledger, slow: 4, taken: make(chan uint32, 16), written: make(chan struct{})}
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Ledger: l, Free: torrent.FreeChoke}})
	chain, voucher := w.payer(channel.TRX, 1_000_000).promise(250, 1024)
	proven := func(count uint32) *rawPeer {
		p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
		terms := hears[*wire.Terms](p)
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: voucher, Tail: chain.Anchor(), Price: terms.Price})
		hears[*wire.Accept](p)
		p.pay(chain, count)
		hears[*wire.Ack](p)
		return p
	}
	first, second := proven(1), proven(2)
	for n := range 512 { // more than the window: who waits for nothing is told at once
		first.ask(block(n))
	}
	first.stalls()
	first.pay(chain, 3)
	for <-l.taken != 3 {
	}
	second.pay(chain, 4)
	for <-l.taken != 4 {
	}
	if paid := hears[*wire.Ack](first).Paid; paid != channel.NewAmount(3*250) {
		t.Errorf("%s are acknowledged while the step after the third is not written", paid)
	}
	close(l.written)
	if paid := hears[*wire.Ack](second).Paid; paid != channel.NewAmount(4*250) {
		t.Errorf("%s are acknowledged in the end", paid)
	}
}

// slowLedger writes everything at once but for one reveal, which waits for written.
type slowLedger struct {
	torrent.Ledger
	slow    uint32
	taken   chan uint32
	written chan struct{}
}

// AcceptLater implements torrent.Ledger.
func (l *slowLedger) AcceptLater(ctx context.Context, p channel.Payment) (channel.Pending, error) {
	pending, err := l.Ledger.AcceptLater(ctx, p)
	if err == nil && p.Reveal != nil {
		defer func() { l.taken <- p.Reveal.Count }()
		if p.Reveal.Count == l.slow {
			return slowPending{pending, l.written}, nil
		}
	}
	return pending, err
}

type slowPending struct {
	channel.Pending
	written chan struct{}
}

// Wait implements channel.Pending.
func (p slowPending) Wait(ctx context.Context) (channel.Receipt, error) {
	select {
	case <-p.written:
		return p.Pending.Wait(ctx)
	case <-ctx.Done():
		return channel.Receipt{}, ctx.Err()
	}
}

func TestWrongPayments(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	stranger := wallettest.Key(t)
	for _, c := range []struct {
		name string
		bend func(m *wire.Open, from *payer)
		code wire.Code
	}{
		{"wrong signature", func(m *wire.Open, _ *payer) { m.Voucher = m.Voucher.Voucher.Sign(stranger, domain) }, wire.CodeSignature},
		{"other contract", func(m *wire.Open, from *payer) {
			m.Voucher = m.Voucher.Voucher.Sign(from.Key, channel.Domain{ChainID: 1, Contract: domain.Contract})
		}, wire.CodeSignature},
		{"over the deposit", func(m *wire.Open, from *payer) {
			m.Voucher.Cumulative = channel.NewAmount(999_999)
			m.Voucher = m.Voucher.Voucher.Sign(from.Key, domain)
		}, wire.CodeDeposit},
		{"unknown channel", func(m *wire.Open, from *payer) {
			m.Voucher.Channel[0]++
			m.Voucher = m.Voucher.Voucher.Sign(from.Key, domain)
		}, wire.CodeChannel},
		{"lower price", func(m *wire.Open, _ *payer) { m.Price = channel.NewAmount(999) }, wire.CodeTerms},
		{"other terms", func(m *wire.Open, _ *payer) { m.Nonce[3]++ }, wire.CodeTerms},
		{"other tail", func(m *wire.Open, _ *payer) { m.Tail[3]++ }, wire.CodeTerms},
		{"version 2", func(m *wire.Open, _ *payer) { m.Version = 2 }, wire.CodeVersion},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
			from := w.payer(channel.TRX, 1_000_000)
			chain, v := from.promise(250, 1024)
			terms := hears[*wire.Terms](p)
			m := &wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: v, Tail: chain.Anchor(), Price: terms.Price}
			c.bend(m, from)
			p.say(m)
			if got := hears[*wire.Error](p); got.Code != c.code || got.Role != wire.Payee {
				t.Errorf("got %s, want %s", got.Code, c.code)
			}
			p.until("unchoked", func() bool { return p.unchoked })
			p.ask(block(0))
			p.say(&wire.Pay{Reveal: &channel.Reveal{Tail: chain.Anchor(), Count: 1}})
			_ = hears[*wire.Error](p) // no session
			if p.got() != 0 {
				t.Error("something was served")
			}
		})
	}
}

func TestWrongRevealsEndTheConnection(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
	from := w.payer(channel.TRX, 1_000_000)
	chain, _ := p.open(from, 250)
	p.pay(chain, 3)
	hears[*wire.Ack](p)
	p.pay(chain, 2) // a replay: no harm, no gain
	bad := chain.Reveal(4)
	bad.Preimage[0]++
	for range 4 {
		p.say(&wire.Pay{Reveal: &bad})
	}
	p.ends()
	if from.paid() != channel.NewAmount(750) {
		t.Errorf("paid %s", from.paid())
	}
}

func TestFloodsEndTheConnection(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	for name, flood := range map[string]func(p *rawPeer){
		"garbage":      func(p *rawPeer) { p.sayRaw([]byte("d1:t")) },
		"too long":     func(p *rawPeer) { p.sayRaw(make([]byte, 60_000)) },
		"64 KiB frame": func(p *rawPeer) { p.send(gate.ExtendedFrame(rawID, make([]byte, 70_000))) },
		"deep":         func(p *rawPeer) { p.sayRaw([]byte("d1:q" + string(make([]byte, 0)) + deep(7000) + "1:ti3ee")) },
		"negative":     func(p *rawPeer) { p.sayRaw([]byte("d3:duei-5e1:ti5ee")) },
		"many requests": func(p *rawPeer) {
			for n := range 4000 {
				p.ask(gate.Request{Index: uint32(n), Length: 1})
			}
		},
		"zero request": func(p *rawPeer) { p.ask(gate.Request{}) },
		"huge message": func(p *rawPeer) { p.send([]byte{0x7f, 0xff, 0xff, 0xff, 5}) },
	} {
		t.Run(name, func(t *testing.T) {
			p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
			hears[*wire.Terms](p)
			flood(p)
			p.ends()
		})
	}
	t.Run("the seeder goes on", func(t *testing.T) {
		p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
		p.open(w.payer(channel.TRX, 1_000_000), 250)
	})
}

func deep(n int) string {
	b := make([]byte, 2*n)
	for i := range b {
		b[i] = "le"[i/n]
	}
	return string(b)
}

func TestAnEavesdropperWhoRepeatsAVoucherGetsNothing(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: noFree}})
	from := w.payer(channel.TRX, 1_000_000)
	chain, v := from.promise(250, 1024)
	open := func() (*rawPeer, *wire.Accept) {
		p := rawConnect(t, s.Addr(), mi.HashInfoBytes(), rawOptions{})
		terms := hears[*wire.Terms](p)
		p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: v, Tail: chain.Anchor(), Price: terms.Price})
		return p, hears[*wire.Accept](p)
	}
	p, _ := open()
	p.pay(chain, 4)
	hears[*wire.Ack](p)
	q, accept := open()
	old := chain.Reveal(4)
	q.say(&wire.Pay{Reveal: &old})
	q.until("unchoked", func() bool { return q.unchoked })
	for n := range 64 {
		q.ask(block(n))
	}
	p.until("unchoked", func() bool { return p.unchoked })
	for n := range 64 {
		p.ask(block(n))
	}
	p.until("the payer is served", func() bool { return p.bytes == mib })
	if accept.Window != 0 || q.got() != 0 {
		t.Errorf("who repeats what it saw has a window of %d and got %d bytes", accept.Window, q.got())
	}
}
