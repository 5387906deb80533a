package torrent_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// rawPeer is a peer that does exactly what a test says, to a seeder.
type rawPeer struct {
	t        testing.TB
	conn     net.Conn
	mu       sync.Mutex
	cond     *sync.Cond
	id       uint8 // the seeder's message id for pw_pay
	unchoked bool
	bytes    int64
	blocks   map[gate.Request]int
	rejects  int
	messages []wire.Message
	ended    error
}

const rawID = 9 // our message id for pw_pay

type rawOptions struct {
	noPay  bool // does not speak pw_pay
	noFast bool
	from   string // local address
}

// rawConnect shakes hands with a seeder and says that it is interested.
func rawConnect(t testing.TB, address string, hash [20]byte, o rawOptions) *rawPeer {
	t.Helper()
	d := net.Dialer{}
	if o.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(o.from)}
	}
	conn, err := d.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p := &rawPeer{t: t, conn: conn, blocks: map[gate.Request]int{}}
	p.cond = sync.NewCond(&p.mu)
	t.Cleanup(func() { conn.Close() })
	reserved := [8]byte{5: 0x10, 7: 0x04}
	if o.noFast {
		reserved[7] = 0
	}
	shake := append([]byte(gate.Protocol), reserved[:]...)
	shake = append(append(shake, hash[:]...), []byte("-RW0001-")...)
	var id [12]byte
	copy(id[:], time.Now().Format("150405.000000"))
	p.send(append(shake, id[:]...))
	h := wire.Dict{}
	m := wire.Dict{}
	if !o.noPay {
		m.SetInt(wire.Extension, rawID)
	}
	h.SetDict("m", m)
	p.send(gate.ExtendedFrame(0, h.Append(nil)))
	p.send([]byte{0, 0, 0, 1, 2}) // interested
	go p.read()
	return p
}

func (p *rawPeer) send(b []byte) { _, _ = p.conn.Write(b) }

func (p *rawPeer) ask(r gate.Request) { p.send(gate.RequestFrame(r)) }

func (p *rawPeer) say(m wire.Message) { p.sayRaw(wire.Marshal(m)) }

func (p *rawPeer) sayRaw(payload []byte) {
	p.until("the seeder speaks pw_pay", func() bool { return p.id != 0 })
	p.send(gate.ExtendedFrame(p.id, payload))
}

func (p *rawPeer) read() {
	err := p.readAll()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = err
	p.cond.Broadcast()
}

func (p *rawPeer) readAll() error {
	head := make([]byte, len(gate.Handshake{}))
	if _, err := io.ReadFull(p.conn, head); err != nil {
		return err
	}
	for {
		var prefix [4]byte
		if _, err := io.ReadFull(p.conn, prefix[:]); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(prefix[:]))
		if _, err := io.ReadFull(p.conn, body); err != nil {
			return err
		}
		if len(body) > 0 {
			p.heard(body)
		}
	}
}

func (p *rawPeer) heard(body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.cond.Broadcast()
	switch body[0] {
	case 0, 1:
		p.unchoked = body[0] == 1
	case 7:
		r := gate.Request{Index: binary.BigEndian.Uint32(body[1:]), Begin: binary.BigEndian.Uint32(body[5:]), Length: uint32(len(body) - 9)}
		p.bytes += int64(r.Length)
		p.blocks[r]++
	case 16:
		p.rejects++
	case 20:
		switch body[1] {
		case 0:
			if h, err := wire.ParseHandshake(body[2:]); err == nil {
				p.id = h.ID(wire.Extension)
			}
		case rawID:
			m, err := wire.Unmarshal(body[2:])
			if err != nil {
				p.t.Errorf("the seeder says %q: %v", body[2:], err)
			}
			p.messages = append(p.messages, m)
		}
	}
}

// until waits for a condition on what was heard.
func (p *rawPeer) until(what string, ok func() bool) {
	p.t.Helper()
	timer := time.AfterFunc(20*time.Second, p.cond.Broadcast)
	defer timer.Stop()
	end := time.Now().Add(20 * time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	for !ok() {
		if p.ended != nil || time.Now().After(end) {
			p.t.Fatalf("waiting in vain until %s; the connection: %v, heard: %d bytes, %d messages, %d rejects; unchoked: %v", what, p.ended, p.bytes, len(p.messages), p.rejects, p.unchoked)
		}
		p.cond.Wait()
	}
}

// hears waits for a message of a type and takes it out.
func hears[M wire.Message](p *rawPeer) (m M) {
	p.t.Helper()
	p.until("a certain message comes", func() bool {
		for i, got := range p.messages {
			if g, ok := got.(M); ok {
				m = g
				p.messages = append(p.messages[:i], p.messages[i+1:]...)
				return true
			}
		}
		return false
	})
	return m
}

// ends waits until the seeder hangs up.
func (p *rawPeer) ends() {
	p.t.Helper()
	timer := time.AfterFunc(20*time.Second, p.cond.Broadcast)
	defer timer.Stop()
	end := time.Now().Add(20 * time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.ended == nil {
		if time.Now().After(end) {
			p.t.Fatal("the seeder keeps the connection")
		}
		p.cond.Wait()
	}
}

func (p *rawPeer) got() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}

// settled waits until no more bytes come: the seeder has said what it needs.
func (p *rawPeer) stalls() (due int64) {
	p.t.Helper()
	return hears[*wire.Need](p).Due
}

// block is the nth block of 16 KiB of a torrent with pieces of 256 KiB.
func block(n int) gate.Request {
	return gate.Request{Index: uint32(n / 16), Begin: uint32(n%16) * 16 << 10, Length: 16 << 10}
}

// open opens a session with a fresh chain of the payer, at the price asked.
func (p *rawPeer) open(from *payer, unit uint64) (*channel.Chain, *wire.Accept) {
	p.t.Helper()
	chain, v := from.promise(unit, 1024)
	terms := hears[*wire.Terms](p)
	p.say(&wire.Open{Version: 1, Nonce: terms.Nonce, Voucher: v, Tail: chain.Anchor(), Price: terms.Price})
	return chain, hears[*wire.Accept](p)
}

// promise signs a voucher with one fresh tail.
func (p *payer) promise(unit uint64, length uint32) (*channel.Chain, channel.SignedVoucher) {
	p.w.t.Helper()
	chain, err := channel.NewChain(length)
	if err != nil {
		p.w.t.Fatal(err)
	}
	tail := channel.Tail{Anchor: chain.Anchor(), Unit: channel.NewAmount(unit), Length: length, Expiry: time.Now().Add(time.Hour).Unix()}
	return chain, channel.Voucher{Channel: p.id, Tails: []channel.Tail{tail}}.Sign(p.Key, domain)
}

func (p *rawPeer) pay(c *channel.Chain, count uint32) {
	r := c.Reveal(count)
	p.say(&wire.Pay{Reveal: &r})
}
