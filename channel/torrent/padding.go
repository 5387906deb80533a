package torrent

import (
	"github.com/anacrolix/torrent/metainfo"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// maxZeros bounds what waits to be sent to a peer before the gate itself answers requests for padding, in bytes.
const maxZeros = 2 * gate.MaxRequest

// padding is the padding of a hybrid of v1 and v2 (BEP 47, BEP 52): by piece, where its file ends and zeros begin. Peers of v1 see the zeros as content and ask for them; the client, which
// knows the torrent as v2, has no such bytes.
type padding map[uint32]padded

// padded is one such piece: its bytes of a file, and with the padding.
type padded struct{ file, whole uint32 }

// paddingOf lists the pieces of a torrent that end in padding; nil when none does.
func paddingOf(info *metainfo.Info) padding {
	if !info.HasV1() || !info.HasV2() {
		return nil
	}
	total := int64(0)
	for f := range info.UpvertedV1Files() {
		total += f.Length
	}
	var p padding
	for f := range info.UpvertedFilesIter() {
		end := f.TorrentOffset + f.Length
		index := max(0, end-1) / info.PieceLength
		begin := index * info.PieceLength
		one := padded{file: uint32(end - begin), whole: uint32(min(info.PieceLength, max(0, total-begin)))}
		if f.Length > 0 && one.file < one.whole {
			if p == nil {
				p = padding{}
			}
			p[uint32(index)] = one
		}
	}
	return p
}

// cut is the part of a request that the client has; its length is 0 where all of it is padding. What is not inside the piece is left as it is, for the client to judge.
func (p padding) cut(r gate.Request) gate.Request {
	piece, is := p[r.Index]
	if end := uint64(r.Begin) + uint64(r.Length); is && end > uint64(piece.file) && end <= uint64(piece.whole) {
		r.Length = piece.file - min(r.Begin, piece.file)
	}
	return r
}

// asks are the requests of one connection that its client has not answered: what the client was asked, and what the peer asked.
type asks struct {
	padding padding
	peers   map[gate.Request]gate.Request // by what the client was asked
}

// pass gives what to ask the client instead of what its peer asked. It is no use to ask when the client was asked the very same already, for a request of another length.
func (a *asks) pass(r gate.Request) (cut gate.Request, ok bool) {
	if a == nil {
		return r, true
	}
	cut = a.padding.cut(r)
	if old, is := a.peers[cut]; is && old != r || len(a.peers) >= gate.MaxHeld {
		return cut, false
	}
	if cut.Length > 0 {
		a.peers[cut] = r
	}
	return cut, true
}

// answered gives what the peer asked for what the client answers now.
func (a *asks) answered(cut gate.Request) gate.Request {
	if a == nil {
		return cut
	}
	r, is := a.peers[cut]
	if !is {
		return cut
	}
	delete(a.peers, cut)
	return r
}

// forget drops all: the client chokes the peer, and without BEP 6 that forgets them.
func (a *asks) forget() {
	if a != nil {
		clear(a.peers)
	}
}

// pads looks whether the torrent has padding, until that is known. mu must be held.
func (l *link) pads() {
	if l.asks != nil || l.rules.padding == nil {
		return
	}
	if p, known := l.rules.padding(l.hash); known && p != nil {
		l.asks = &asks{padding: p, peers: map[gate.Request]gate.Request{}}
	}
}

// zeros answers a request for nothing but padding. mu must be held.
func (l *link) zeros(r gate.Request) { l.post(gate.PieceFrame(r, make([]byte, r.Length))) }

// asksForFree gives what the client gets instead of a request or cancel of a peer that has no toll to pay. mu must be held.
func (l *link) asksForFree(r gate.Request, request bool) []byte {
	if !request {
		cut := l.asks.padding.cut(r)
		if l.asks.peers[cut] != r {
			return nil
		}
		if !l.fast() {
			delete(l.asks.peers, cut) // nobody will say whether it is answered
		}
		return gate.CancelFrame(cut)
	}
	if r.Length > gate.MaxRequest || !l.unchoked && !l.fast() {
		return gate.RequestFrame(r) // the client knows what to make of that
	}
	cut, ok := l.asks.pass(r)
	switch {
	case ok && cut.Length > 0:
		return gate.RequestFrame(cut)
	case ok && l.unchoked && len(l.toPeer) < maxZeros:
		l.zeros(r)
	default:
		l.decline(r)
	}
	return nil
}
