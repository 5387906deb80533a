package torrent_test

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// crook is a seeder that takes money and does what a test says.
type crook struct {
	t       testing.TB
	l       net.Listener
	terms   wire.Terms
	accept  func(o *wire.Open) *wire.Accept
	answer  func(r gate.Request) []byte // the block, nil for none
	hash    [20]byte
	mu      sync.Mutex
	paid    uint32 // steps
	asked   int
	conns   int
	refused *wire.Error
}

// newCrook listens on an address of its own, because clients ban by address.
func newCrook(t testing.TB, w *world, hash [20]byte) *crook {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.7:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &crook{t: t, l: l, hash: hash}
	c.terms = wire.Terms{
		Domain: domain, Asset: channel.TRX, Payee: w.Key.Address(), Price: channel.NewAmount(1000), UnitBytes: 256 << 10,
		Window: mib, WindowMax: 32 * mib, Expiry: time.Now().Add(time.Hour).Unix(),
	}
	c.accept = func(o *wire.Open) *wire.Accept { return &wire.Accept{Channel: o.Voucher.Channel, Window: mib} }
	c.answer = func(r gate.Request) []byte {
		b := make([]byte, r.Length)
		rand.New(rand.NewSource(int64(r.Begin))).Read(b)
		return b
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(conn)
		}
	}()
	return c
}

func (c *crook) addr() string { return c.l.Addr().String() }

func (c *crook) serve(conn net.Conn) {
	defer conn.Close()
	shake := make([]byte, len(gate.Handshake{}))
	if _, err := io.ReadFull(conn, shake); err != nil {
		return
	}
	copy(shake[20:28], []byte{0, 0, 0, 0, 0, 0x10, 0, 0x04})
	copy(shake[48:], "-CR0001-")
	rand.New(rand.NewSource(time.Now().UnixNano())).Read(shake[56:])
	c.mu.Lock()
	c.conns++
	c.mu.Unlock()
	h, m := wire.Dict{}, wire.Dict{}
	m.SetInt(wire.Extension, rawID)
	h.SetDict("m", m)
	_, _ = conn.Write(append(shake, gate.ExtendedFrame(0, h.Append(nil))...))
	_, _ = conn.Write([]byte{0, 0, 0, 1, 0x0e, 0, 0, 0, 1, 1}) // have all, unchoke
	id := uint8(0)
	say := func(m wire.Message) { _, _ = conn.Write(gate.ExtendedFrame(id, wire.Marshal(m))) }
	for {
		var prefix [4]byte
		if _, err := io.ReadFull(conn, prefix[:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(prefix[:]))
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		switch {
		case len(body) == 0:
		case body[0] == 20 && body[1] == 0:
			if h, err := wire.ParseHandshake(body[2:]); err == nil {
				id = h.ID(wire.Extension)
				say(&c.terms)
			}
		case body[0] == 20 && body[1] == rawID:
			m, _ := wire.Unmarshal(body[2:])
			c.hear(m, say)
		case body[0] == 6:
			r := gate.Request{Index: binary.BigEndian.Uint32(body[1:]), Begin: binary.BigEndian.Uint32(body[5:]), Length: binary.BigEndian.Uint32(body[9:])}
			c.mu.Lock()
			c.asked++
			c.mu.Unlock()
			if b := c.answer(r); b != nil {
				head := binary.BigEndian.AppendUint32(nil, uint32(9+len(b)))
				_, _ = conn.Write(append(append(append(head, 7), body[1:9]...), b...))
			} else {
				say(&wire.Need{Due: 16 << 10})
			}
		}
	}
}

func (c *crook) hear(m wire.Message, say func(wire.Message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m := m.(type) {
	case *wire.Open:
		say(c.accept(m))
	case *wire.Pay:
		if m.Reveal != nil {
			c.paid = max(c.paid, m.Reveal.Count)
			say(&wire.Ack{Paid: channel.NewAmount(250 * uint64(m.Reveal.Count)), Window: mib})
		}
	case *wire.Error:
		c.refused = m
	}
}

func (c *crook) steps() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paid
}

// tempt lets a downloader loose on a crook for a moment.
func tempt(t *testing.T, w *world, c *crook, enough func() bool) *torrent.Downloader {
	t.Helper()
	mi, _ := w.file(8*mib, 256<<10)
	p := w.payer(channel.TRX, 10_000_000)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Every = 10 * time.Millisecond
		c.Progress = func(torrent.Progress) {
			if enough() {
				cancel()
			}
		}
	})
	_, _ = d.Get(ctx, torrent.Source{Torrent: mi, Peers: []string{c.addr()}})
	return d
}

func TestGarbageIsNotPaidAndItsSellerIsLeft(t *testing.T) {
	w := newWorld(t)
	mi, sum := w.file(8*mib, 256<<10)
	c := newCrook(t, w, mi.HashInfoBytes())
	honest := newWorld(t)
	honest.dir = w.dir
	s := honest.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{Rate: 4 * mib}}})
	p, q := w.payer(channel.TRX, 10_000_000), honest.payer(channel.TRX, 10_000_000)
	d := w.downloader(p, func(c *torrent.DownloaderConfig) {
		c.Purses = both{torrent.FromChannels(p.Purses), torrent.FromChannels(q.Purses)}
	})
	r := get(t, d, mi, c.addr(), s.Addr())
	if fetched(t, d, r.Name) != sum {
		t.Error("the file differs")
	}
	if c.steps() > 4 {
		t.Errorf("the seller of garbage was paid %d steps of 256 KiB; at most 1 MiB is risked", c.steps())
	}
	if q.paid().Less(cost(8 * mib)) {
		t.Errorf("the honest one was paid %s", q.paid())
	}
}

func TestSellerThatDeliversNothingGetsAtMostTheStatedRisk(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	c := newCrook(t, w, mi.HashInfoBytes())
	c.answer = func(gate.Request) []byte { return nil } // takes requests, says that it needs money
	begun := time.Now()
	tempt(t, w, c, func() bool { return time.Since(begun) > 4*time.Second })
	if c.steps() > 4 {
		t.Errorf("%d steps of 256 KiB were paid for nothing", c.steps())
	}
}

func TestSellerThatClaimsADebtIsNotPaid(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	c := newCrook(t, w, mi.HashInfoBytes())
	c.accept = func(o *wire.Open) *wire.Accept {
		return &wire.Accept{Channel: o.Voucher.Channel, Window: mib, Sent: 100 * mib}
	}
	c.answer = func(gate.Request) []byte { return nil } // a bad piece could be seen first
	tempt(t, w, c, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.refused != nil })
	if c.steps() != 0 || c.refused == nil || c.refused.Code != wire.CodeProtocol {
		t.Errorf("%d steps paid, refused: %v", c.steps(), c.refused)
	}
}

func TestSellerWithAnotherContractOrAssetIsNotPaid(t *testing.T) {
	w := newWorld(t)
	mi, _ := w.file(8*mib, 256<<10)
	for name, bend := range map[string]func(*wire.Terms){
		"contract": func(m *wire.Terms) { m.Domain.Contract = w.Key.Address() },
		"chain":    func(m *wire.Terms) { m.Domain.ChainID++ },
		"asset":    func(m *wire.Terms) { m.Asset, _ = channel.TRC10(1_000_099) },
		"price":    func(m *wire.Terms) { m.Price = channel.NewAmount(5001) },
		"unit":     func(m *wire.Terms) { m.UnitBytes = 1 << 40 },
		"no unit":  func(m *wire.Terms) { m.UnitBytes = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrook(t, w, mi.HashInfoBytes())
			bend(&c.terms)
			tempt(t, w, c, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.refused != nil })
			if c.steps() != 0 || c.refused == nil {
				t.Errorf("%d steps paid, refused: %v", c.steps(), c.refused)
			}
		})
	}
}
