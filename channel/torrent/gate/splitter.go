package gate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrStream is wrapped by errors about a stream that breaks the peer protocol. The connection must end: what follows can no longer be cut into frames.
var ErrStream = errors.New("peer protocol broken")

// Bounds on what a peer may send.
const (
	maxFrame = 8 << 20  // bytes of a message that is passed through without being kept: a bitfield of 64 million pieces
	maxKept  = 64 << 10 // bytes of a message that is kept whole, the longest of them extension messages and hashes; more would end the client's connection
)

// handshakeLen is 1 + 19 + 8 + 20 + 20.
const handshakeLen = 68

// Protocol is how a handshake begins.
const Protocol = "\x13BitTorrent protocol"

// Sink is told of the frames of one direction, in order.
type Sink interface {
	// Handshake sees the first 68 bytes and may change them.
	Handshake(h *Handshake) error
	// Frame sees a whole message, length prefix included, of one of the kinds that matter to the gate. What it returns goes on in its place:
	// raw itself to let it pass, nil to drop it.
	Frame(raw []byte) ([]byte, error)
	// Piece sees the head of a piece message; the bytes themselves pass through, and pad zeros behind them, at most MaxRequest in all. The head that goes on counts them.
	Piece(r Request) (pad uint32, err error)
	// Other sees the kind of a message that is not looked into, and says whether it goes on.
	Other(id byte) (pass bool)
	// Boundary is asked between two messages for messages of the gate's own to put there; usually there are none.
	Boundary() []byte
	// Pass gets the bytes that go on. They stay as they are until the slice that was fed changes.
	Pass(b []byte)
}

// Handshake is the 68 bytes that a connection begins with.
type Handshake [handshakeLen]byte

// InfoHash is the torrent that it asks for.
func (h *Handshake) InfoHash() [20]byte { return [20]byte(h[28:48]) }

// Fast says whether the sender speaks BEP 6.
func (h *Handshake) Fast() bool { return h[27]&0x04 != 0 }

// Extended says whether the sender speaks BEP 10.
func (h *Handshake) Extended() bool { return h[25]&0x10 != 0 }

// Splitter cuts one direction of a peer connection into frames. The zero Splitter waits for a handshake.
type Splitter struct {
	shaken bool
	busy   bool   // Feed is under way
	head   []byte // the beginning of a frame that came in parts, until its kind is known or, for kept kinds, until it is whole
	rest   int64  // bytes of the current message that are still to come
	skip   bool   // they do not pass through
	pad    uint32 // zeros that go on behind them
	store  [handshakeLen + 8]byte
}

// AtBoundary says whether all that was fed was passed on and the last byte ended a message. While Feed runs, and calls its sink, it is never so: what came before may not have been
// passed on yet.
func (s *Splitter) AtBoundary() bool { return !s.busy && s.ended() }

func (s *Splitter) ended() bool { return s.shaken && len(s.head) == 0 && s.rest == 0 && s.pad == 0 }

// Feed takes the next bytes of the stream, however they were cut. What passes unchanged is handed to sink.Pass in as few slices of p as possible.
func (s *Splitter) Feed(p []byte, sink Sink) error {
	s.busy = true
	defer func() { s.busy = false }()
	if s.head == nil {
		s.head = s.store[:0]
	}
	for pass := 0; ; { // p[:pass] is ready to go on
		rest := p[pass:]
		switch {
		case s.rest > 0:
			n := int(min(s.rest, int64(len(rest))))
			s.rest -= int64(n)
			if !s.skip {
				pass += n
				break
			}
			if pass > 0 {
				sink.Pass(p[:pass])
			}
			p, pass, s.skip = rest[n:], 0, s.rest > 0
		case s.pad > 0:
			if pass > 0 {
				sink.Pass(p[:pass])
			}
			sink.Pass(zeros[:s.pad])
			p, pass, s.pad = rest, 0, 0
		case len(rest) == 0:
		case len(s.head) > 0 || !s.shaken || !whole(rest):
			if pass > 0 {
				sink.Pass(p[:pass])
			}
			n, err := s.gather(rest, sink)
			if err != nil {
				return err
			}
			p, pass = rest[n:], 0
		default:
			n, out, err := s.message(rest, sink)
			if err != nil {
				return err
			}
			if same(out, rest) {
				pass += n
				break
			}
			if pass > 0 {
				sink.Pass(p[:pass])
			}
			if len(out) > 0 {
				sink.Pass(out)
			}
			p, pass = rest[n:], 0
		}
		if s.ended() {
			if own := sink.Boundary(); len(own) > 0 {
				if pass > 0 {
					sink.Pass(p[:pass])
				}
				sink.Pass(own)
				p, pass = p[pass:], 0
			}
		}
		if pass == len(p) && (s.rest > 0 || s.pad == 0) {
			if pass > 0 {
				sink.Pass(p)
			}
			return nil
		}
	}
}

// whole says whether b begins with enough of a message to handle it in place.
func whole(b []byte) bool {
	n := need(b)
	return n > 0 && len(b) >= n
}

// need is how many bytes at the front of a message must be there before it can be handled: all of it for the kinds that are kept, the head for the
// others; 0 when that cannot be told yet.
func need(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	length := binary.BigEndian.Uint32(b)
	switch {
	case length == 0:
		return 4
	case len(b) < 5:
		return 0
	}
	switch {
	case b[4] == idPiece:
		return 13
	case kept(b[4]):
		return 4 + int(min(length, maxKept+1))
	default:
		return 5
	}
}

// kept says whether messages of that kind matter to the gate and are handled whole.
func kept(id byte) bool {
	switch id {
	case idChoke, idUnchoke, idHave, idRequest, idCancel, idPort, idReject, idAllowedFast, idExtended, idHashRequest, idHashes, idHashReject:
		return true
	}
	return false
}

// message handles the message at the front of b, of which enough is there. It says how many bytes of b it took and what goes on in their place.
func (s *Splitter) message(b []byte, sink Sink) (n int, out []byte, err error) {
	length, n := int64(binary.BigEndian.Uint32(b)), need(b)
	if length == 0 {
		return n, b[:n], nil
	}
	switch id := b[4]; {
	case length > maxFrame:
		return 0, nil, fmt.Errorf("%w: a message of %d bytes", ErrStream, length)
	case id == idPiece:
		if length < 9 || length-9 > MaxRequest {
			return 0, nil, fmt.Errorf("%w: a piece message of %d bytes", ErrStream, length)
		}
		r := Request{binary.BigEndian.Uint32(b[5:]), binary.BigEndian.Uint32(b[9:]), uint32(length - 9)}
		s.rest = length - 9
		if s.pad, err = sink.Piece(r); err != nil || s.pad == 0 {
			return n, b[:n], err
		}
		if s.pad > MaxRequest-r.Length {
			return 0, nil, fmt.Errorf("a block of %d bytes and %d zeros", r.Length, s.pad)
		}
		r.Length += s.pad
		return n, r.pieceHead(), nil
	case !kept(id):
		if s.rest = length - 1; !sink.Other(id) {
			s.skip = s.rest > 0
			return n, nil, nil
		}
		return n, b[:n], nil
	case length > maxKept:
		return 0, nil, fmt.Errorf("%w: a message of kind %d with %d bytes", ErrStream, id, length)
	}
	out, err = sink.Frame(b[:n:n])
	return n, out, err
}

// gather adds to the beginning of a message that came in parts, or of the handshake, and handles it once enough is there.
func (s *Splitter) gather(b []byte, sink Sink) (int, error) {
	if !s.shaken {
		return s.shake(b, sink)
	}
	taken := 0
	for len(s.head) < 5 && taken < len(b) && need(s.head) == 0 {
		s.head = append(s.head, b[taken])
		taken++
	}
	want := need(s.head)
	if want == 0 {
		return taken, nil
	}
	more := min(max(0, want-len(s.head)), len(b)-taken)
	s.head = append(s.head, b[taken:taken+more]...)
	taken += more
	if len(s.head) < want {
		return taken, nil
	}
	_, out, err := s.message(s.head, sink)
	if err == nil && len(out) > 0 {
		sink.Pass(bytes.Clone(out)) // the store is used again before a sink that collects has written
	}
	s.head = s.store[:0]
	return taken, err
}

func (s *Splitter) shake(b []byte, sink Sink) (int, error) {
	n := min(handshakeLen-len(s.head), len(b))
	s.head = append(s.head, b[:n]...)
	if known := min(len(s.head), len(Protocol)); string(s.head[:known]) != Protocol[:known] {
		return n, fmt.Errorf("%w: no BitTorrent handshake", ErrStream)
	}
	if len(s.head) < handshakeLen {
		return n, nil
	}
	h := Handshake(s.head)
	s.head, s.shaken = s.store[:0], true
	if err := sink.Handshake(&h); err != nil {
		return n, err
	}
	sink.Pass(h[:])
	return n, nil
}

// zeros are what a block is filled up with.
var zeros [MaxRequest]byte

// same says whether out is the front of b.
func same(out, b []byte) bool { return len(out) > 0 && &out[0] == &b[0] }
