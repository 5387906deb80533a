package probe

import (
	"context"
	"crypto/rand"
	"crypto/sha1" // BEP 3 has no other
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	bt "github.com/anacrolix/torrent"
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// Sizes of the peer wire.
const (
	blockSize = 16 << 10
	maxFrame  = 1 << 20 // a bitfield of 8 million pieces
	maxAsked  = 250     // blocks at once: what a seeder holds is bounded, and it says so or drops what is over that
	ourPayID  = 3       // the message id under which we want pw_pay, as a usual client would number it
)

// Outcomes of a probe that did not pass.
var (
	errDown    = errors.New("down")
	errCorrupt = errors.New("corrupt")
	errSlow    = errors.New("slow")
	errRefused = errors.New("takes no payment")
)

// peer is a connection to a seeder that asks for one piece.
type peer struct {
	conn     net.Conn
	info     *metainfo.Info
	payID    uint8
	terms    []*wire.Terms
	accepted *wire.Accept
	refused  *wire.Error
	acked    channel.Amount
	choked   bool
	piece    []byte
	missing  map[uint32]bool // offsets of blocks that were asked for
	first    time.Time       // when the first block came
	index    uint32
}

// connect shakes hands. Reserved bits, peer id and extended handshake are those of a usual client.
func connect(ctx context.Context, address string, hash [20]byte, info *metainfo.Info) (*peer, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDown, err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	p := &peer{conn: conn, info: info, choked: true, missing: map[uint32]bool{}}
	if err := p.shake(hash); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", errDown, err)
	}
	return p, nil
}

func (p *peer) shake(hash [20]byte) error {
	var own, theirs gate.Handshake
	copy(own[:], gate.Protocol)
	own[25], own[27] = 0x10, 0x05 // extended messages; fast extension and DHT
	copy(own[28:], hash[:])
	usual := bt.NewDefaultClientConfig() // what our own downloaders are
	copy(own[48:], usual.Bep20)
	_, _ = rand.Read(own[56:])
	if _, err := p.conn.Write(own[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(p.conn, theirs[:]); err != nil {
		return err
	}
	if string(theirs[:len(gate.Protocol)]) != gate.Protocol || theirs.InfoHash() != hash {
		return errors.New("another protocol or torrent")
	}
	if !theirs.Extended() {
		return errors.New("no extended messages")
	}
	h, m := wire.Dict{}, wire.Dict{}
	for name, id := range map[string]int64{"ut_metadata": 1, wire.Extension: ourPayID} {
		m.SetInt(name, id)
	}
	h.SetDict("m", m)
	h.SetBytes("v", []byte(usual.ExtendedHandshakeClientVersion))
	h.SetInt("reqq", 1024)
	return p.send(gate.ExtendedFrame(0, h.Append(nil)), []byte{0, 0, 0, 1, 15}, []byte{0, 0, 0, 1, 2}) // have none, interested
}

func (p *peer) send(frames ...[]byte) error {
	for _, f := range frames {
		if _, err := p.conn.Write(f); err != nil {
			return fmt.Errorf("%w: %w", errDown, err)
		}
	}
	return nil
}

func (p *peer) say(m wire.Message) error { return p.send(gate.ExtendedFrame(p.payID, wire.Marshal(m))) }

// until handles messages until something is so.
func (p *peer) until(so func() bool) error {
	for !so() {
		body, err := p.read()
		if err != nil {
			return err
		}
		if err := p.heard(body); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) read() ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(p.conn, prefix[:]); err != nil {
		return nil, slowOrDown(err)
	}
	n := binary.BigEndian.Uint32(prefix[:])
	if n > maxFrame {
		return nil, fmt.Errorf("%w: a message of %d bytes", errDown, n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(p.conn, body); err != nil {
		return nil, slowOrDown(err)
	}
	return body, nil
}

func slowOrDown(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%w: the time for a probe is over", errSlow)
	}
	return fmt.Errorf("%w: %w", errDown, err)
}

// heard takes one message of the seeder.
func (p *peer) heard(body []byte) error {
	if len(body) == 0 {
		return nil
	}
	switch body[0] {
	case 0, 1:
		p.choked = body[0] == 0
	case 7:
		return p.block(body[1:])
	case 20:
		if len(body) > 1 {
			return p.extended(body[1], body[2:])
		}
	}
	return nil
}

func (p *peer) extended(id uint8, body []byte) error {
	if id == 0 {
		h, err := wire.ParseHandshake(body)
		if err != nil {
			return fmt.Errorf("%w: %w", errDown, err)
		}
		p.payID = h.ID(wire.Extension)
		return nil
	}
	if id != ourPayID {
		return nil
	}
	message, err := wire.Unmarshal(body)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	switch m := message.(type) {
	case *wire.Terms:
		if len(p.terms) < wire.MaxOffers {
			p.terms = append(p.terms, m)
		}
	case *wire.Accept:
		p.accepted = m
	case *wire.Error:
		p.refused = m
	case *wire.Ack:
		p.acked = m.Paid
	}
	return nil
}

func (p *peer) block(body []byte) error {
	if len(body) < 8 {
		return fmt.Errorf("%w: half a block", errCorrupt)
	}
	index, begin := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	data := body[8:]
	if index != p.index || !p.missing[begin] || int(begin)+len(data) > len(p.piece) {
		return nil // not asked for
	}
	if p.first.IsZero() {
		p.first = time.Now()
	}
	copy(p.piece[begin:], data)
	delete(p.missing, begin)
	return nil
}

// open opens a session. The voucher is asked for when it is known what the seeder wants.
func (p *peer) open(domain channel.Domain, asset channel.Asset, maxPrice channel.Amount, anchor channel.Anchor, promise func(*wire.Terms) (channel.SignedVoucher, error)) error {
	var terms *wire.Terms
	err := p.until(func() bool {
		for _, t := range p.terms {
			if t.Domain == domain && t.Asset == asset && !maxPrice.Less(t.Price) {
				terms = t
			}
		}
		return terms != nil || len(p.terms) > 0 && p.terms[len(p.terms)-1].More == 0
	})
	if err != nil {
		return err
	}
	if terms == nil {
		return fmt.Errorf("%w: not in this asset, or not at this price", errRefused)
	}
	v, err := promise(terms)
	if err != nil {
		return err
	}
	if err := p.say(&wire.Open{Version: wire.Version, Nonce: terms.Nonce, Voucher: v, Tail: anchor, Price: terms.Price}); err != nil {
		return err
	}
	if err := p.until(func() bool { return p.accepted != nil || p.refused != nil }); err != nil {
		return err
	}
	if p.accepted == nil {
		return fmt.Errorf("%w: %s", errRefused, p.refused.Code)
	}
	return nil
}

// fetch gets a piece and checks it. It gives how long the first byte and all of it took.
func (p *peer) fetch(index int) (first, all time.Duration, err error) {
	length := p.info.Piece(index).Length()
	if length <= 0 || length > math.MaxInt32 {
		return 0, 0, fmt.Errorf("a piece of %d bytes", length)
	}
	p.index, p.piece = uint32(index), make([]byte, length)
	if err := p.until(func() bool { return !p.choked }); err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	for begin := int64(0); begin < length; begin += blockSize {
		if err := p.until(func() bool { return len(p.missing) < maxAsked }); err != nil {
			return 0, 0, err
		}
		r := gate.Request{Index: p.index, Begin: uint32(begin), Length: uint32(min(blockSize, length-begin))}
		p.missing[r.Begin] = true
		if err := p.send(gate.RequestFrame(r)); err != nil {
			return 0, 0, err
		}
	}
	if err := p.until(func() bool { return len(p.missing) == 0 }); err != nil {
		return 0, 0, err
	}
	all = time.Since(begun)
	if want := p.info.Pieces[index*20 : index*20+20]; [20]byte(want) != sha1.Sum(p.piece) {
		return 0, 0, fmt.Errorf("%w: piece %d", errCorrupt, index)
	}
	return p.first.Sub(begun), all, nil
}

// pay reveals steps and waits until the seeder has them.
func (p *peer) pay(r channel.Reveal) error {
	if err := p.say(&wire.Pay{Reveal: &r}); err != nil {
		return err
	}
	return p.until(func() bool { return !p.acked.IsZero() || p.refused != nil })
}
