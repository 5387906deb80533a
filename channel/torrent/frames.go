package torrent

import (
	"fmt"

	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// The message ids that a link acts upon.
const (
	msgChoke       = 0
	msgUnchoke     = 1
	msgHave        = 4
	msgBitfield    = 5
	msgRequest     = 6
	msgCancel      = 8
	msgPort        = 9
	msgHaveAll     = 14
	msgHaveNone    = 15
	msgReject      = 16
	msgAllowedFast = 17
	msgExtended    = 20
	msgHashRequest = 21
	msgHashes      = 22
	msgHashReject  = 23
)

// The extensions that a link has an opinion on.
const (
	extensionInfo      = "ut_metadata"
	extensionPEX       = "ut_pex"
	extensionHolepunch = "ut_holepunch"
)

// fromPeer is a link as the sink of what the peer sends. Its methods run under mu.
type fromPeer link

// Handshake learns the torrent and what the peer speaks.
func (p *fromPeer) Handshake(h *gate.Handshake) error {
	p.peerShake = h
	return (*link)(p).shaken(h)
}

// Frame keeps requests and cancels for the toll and takes pw_pay messages out.
func (p *fromPeer) Frame(raw []byte) ([]byte, error) {
	l := (*link)(p)
	switch raw[4] {
	case msgRequest, msgCancel:
		return l.peerAsks(raw)
	case msgUnchoke:
		return l.peerChokes(raw), nil
	case msgReject, msgChoke:
		return l.peerChokes(raw), l.peerRefuses(raw)
	case msgHave:
		l.peerHas = true
	case msgPort:
		if l.rules.dropPort {
			return nil, nil
		}
	case msgExtended:
		return l.peerExtends(raw)
	case msgHashRequest, msgHashes, msgHashReject:
		return l.peerHashes(raw), nil
	}
	return raw, nil
}

// Piece counts what comes.
func (p *fromPeer) Piece(r gate.Request) (pad uint32, err error) {
	if p.payer != nil {
		p.payer.piece(r)
	}
	return 0, nil
}

// Boundary gives what waits for the client.
func (p *fromPeer) Boundary() []byte {
	own := p.toClient
	p.toClient = nil
	return own
}

// Pass gives the client what comes.
func (p *fromPeer) Pass(b []byte) { p.client.write(b) }

// fromClient is a link as the sink of what the client sends. Its methods run under mu.
type fromClient link

// Handshake learns the torrent and what the client speaks.
func (c *fromClient) Handshake(h *gate.Handshake) error {
	c.ownShake = h
	return (*link)(c).shaken(h)
}

// Frame follows the client's choking, holds a payer's requests until it is known whether they cost, and announces pw_pay.
func (c *fromClient) Frame(raw []byte) ([]byte, error) {
	l := (*link)(c)
	switch raw[4] {
	case msgChoke, msgUnchoke:
		return l.clientChokes(raw), nil
	case msgRequest, msgCancel:
		return l.clientAsks(raw)
	case msgReject:
		return l.clientRefuses(raw), nil
	case msgAllowedFast:
		if l.payee != nil {
			return nil, nil // it would allow requests that the toll cannot tell from others
		}
	case msgPort:
		if l.rules.dropPort {
			return nil, nil
		}
	case msgExtended:
		return l.clientExtends(raw)
	}
	return raw, nil
}

// Piece counts what goes, with the padding that the peer asked for.
func (c *fromClient) Piece(cut gate.Request) (pad uint32, err error) {
	r := c.asks.answered(cut)
	if c.payee != nil {
		c.payee.piece(r)
	}
	return r.Length - cut.Length, nil
}

// Other lets everything pass.
func (*fromClient) Other(byte) (pass bool) { return true }

// Boundary gives what waits for the peer.
func (c *fromClient) Boundary() []byte {
	own := c.toPeer
	c.toPeer = nil
	return own
}

// Pass remembers what goes on; Write writes it. Where the gate greeted the peer, the first that comes is the client's own handshake, and stays.
func (c *fromClient) Pass(b []byte) {
	if c.greeted != nil {
		c.greeted = nil
		return
	}
	c.segments = append(c.segments, b)
}

// shaken takes note of a handshake of either side.
func (l *link) shaken(h *gate.Handshake) error {
	l.hash = h.InfoHash()
	if l.payee != nil && l.peerShake != nil && l.ownShake != nil {
		l.payee.toll.SetFast(l.peerShake.Fast() && l.ownShake.Fast())
	}
	l.poke()
	return nil
}

// fast says whether both sides speak BEP 6.
func (l *link) fast() bool {
	return l.peerShake != nil && l.ownShake != nil && l.peerShake.Fast() && l.ownShake.Fast()
}

// peerAsks handles a request or cancel of the peer.
func (l *link) peerAsks(raw []byte) ([]byte, error) {
	r, ok := gate.ParseRequest(raw)
	if !ok {
		return nil, fmt.Errorf("%w: a request of %d bytes", gate.ErrStream, len(raw))
	}
	l.pads()
	switch {
	case l.payee == nil && l.asks == nil:
		return raw, nil
	case l.payee == nil:
		return l.asksForFree(r, raw[4] == msgRequest), nil
	case raw[4] == msgRequest:
		return nil, l.payee.toll.Request(r)
	case l.payee.toll.Cancel(r):
		l.decline(r)
	}
	return nil, nil
}

// peerChokes keeps a peer's choking and unchoking from the client while it is not to be asked.
func (l *link) peerChokes(raw []byte) []byte {
	if l.payer == nil || raw[4] == msgReject {
		return raw
	}
	return l.payer.chokes(raw)
}

// peerRefuses follows what the peer will not answer.
func (l *link) peerRefuses(raw []byte) error {
	if l.payer == nil {
		return nil
	}
	if raw[4] == msgChoke {
		if !l.fast() {
			l.payer.forget()
		}
		return nil
	}
	r, ok := gate.ParseRequest(raw)
	if !ok {
		return fmt.Errorf("%w: a reject of %d bytes", gate.ErrStream, len(raw))
	}
	l.payer.rejected(r)
	return nil
}

// peerExtends reads the peer's extended handshake and its pw_pay messages.
func (l *link) peerExtends(raw []byte) ([]byte, error) {
	if len(raw) < 6 {
		return nil, fmt.Errorf("%w: an empty extension message", gate.ErrStream)
	}
	switch id, payload := raw[5], raw[6:]; {
	case id == 0:
		return l.peerSays(raw, payload)
	case !l.ownSaid && l.rules.info != nil:
		return nil, nil // it cannot know yet what the client understands under that id
	case id == l.ownID && id != 0:
		m, err := wire.Unmarshal(payload)
		if err != nil {
			return nil, err
		}
		if m != nil && !l.mail.put(m) {
			return nil, l.flood()
		}
		return nil, nil
	case id == l.infoID && id != 0 && l.rules.info != nil:
		return l.peerInforms(id, payload)
	case l.rules.info != nil && (id != l.pexID || !l.peerNames(payload)):
		return nil, nil
	default:
		return raw, nil
	}
}

func (l *link) peerSays(raw, payload []byte) ([]byte, error) {
	h, err := wire.ParseHandshake(payload)
	switch {
	case err != nil && l.rules.info != nil:
		return nil, err
	case err != nil:
		return raw, nil // the client decides what it makes of that
	}
	again := l.peerSaid
	l.peerID, l.peerSaid = h.ID(wire.Extension), true
	l.poke()
	if again && l.rules.info != nil {
		return nil, nil // the client begins its peer exchange anew with each, and two of them write to the same timers
	}
	h.SetID(wire.Extension, 0)
	if l.rules.info != nil {
		mended(h)
	}
	if l.rules.extendedIn != nil {
		l.rules.extendedIn(h)
	}
	return gate.ExtendedFrame(0, h.Marshal()), nil
}

// clientExtends announces pw_pay in the client's extended handshake.
func (l *link) clientExtends(raw []byte) ([]byte, error) {
	if len(raw) < 6 || raw[5] != 0 {
		return raw, nil
	}
	h, err := wire.ParseHandshake(raw[6:])
	if err != nil {
		return raw, nil
	}
	if l.ownID == 0 {
		l.ownID = h.Free()
	}
	h.SetID(wire.Extension, l.ownID)
	l.infoID, l.pexID = h.ID(extensionInfo), h.ID(extensionPEX)
	if l.rules.info != nil {
		h.SetID(extensionHolepunch, 0) // it is for uTP, and the client ends the process over a message of it from who has not announced it
	}
	if l.rules.extendedOut != nil {
		l.rules.extendedOut(h)
	}
	l.ownSaid = true
	l.poke()
	return gate.ExtendedFrame(0, h.Marshal()), nil
}

// clientChokes follows whether the client lets the peer ask, and keeps an unchoke back from free riders that are to stay choked.
func (l *link) clientChokes(raw []byte) []byte {
	if l.unchoked = raw[4] == msgUnchoke; !l.unchoked && !l.fast() {
		l.asks.forget()
	}
	if l.payee == nil {
		return raw
	}
	if !l.unchoked {
		l.payee.toll.Choke()
		return l.payee.masked(raw)
	}
	l.payee.toll.Unchoke()
	raw = l.payee.masked(raw)
	l.release()
	return raw
}

// clientRefuses follows what the client will not answer.
func (l *link) clientRefuses(raw []byte) []byte {
	cut, ok := gate.ParseRequest(raw)
	if !ok {
		return raw
	}
	r := l.asks.answered(cut)
	if l.payee != nil {
		l.payee.toll.Reject(r)
	}
	if r == cut {
		return raw
	}
	return gate.RejectFrame(r)
}

// clientAsks handles a request or cancel of the client.
func (l *link) clientAsks(raw []byte) ([]byte, error) {
	r, ok := gate.ParseRequest(raw)
	if !ok || l.payer == nil {
		return raw, nil
	}
	if raw[4] == msgRequest {
		return l.payer.ask(r, raw), nil
	}
	return l.payer.cancel(r, raw), nil
}
