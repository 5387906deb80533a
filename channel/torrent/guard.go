package torrent

import (
	"github.com/piecework/piecework/channel/torrent/wire"
)

// A client in this process, anacrolix/torrent v1.61.0, is kept from messages over which it ends the process; rules.info is nil where the client is somebody else's.

// Other lets a peer say once what it has, and before it says what is new: after a second time the client's count of who has a piece is wrong, and it ends the process over that when the
// torrent goes. What comes later is dropped and does not end the connection: aria2 does so.
func (p *fromPeer) Other(id byte) (pass bool) {
	if lists := id == msgBitfield || id == msgHaveAll || id == msgHaveNone; !lists || p.rules.info == nil {
		return true
	}
	pass, p.peerHas = !p.peerHas, true
	return pass
}

// maxNamed is how many bytes of messages of the peer exchange reach the client of one connection: it keeps every address that a peer has ever named. Honest peers, who name 50 in a minute, fill it
// in half a day.
const maxNamed = 256 << 10

// peerNames says whether a message of the peer exchange may pass: it is one dictionary, with no string in it that is longer than the message (the client reserves what a length says,
// 128 MiB at most), and the peer has not named too many yet.
func (l *link) peerNames(payload []byte) bool {
	l.named += len(payload)
	_, err := wire.ParseDict(payload)
	return err == nil && l.named <= maxNamed
}

// mended takes out of a peer's extended handshake what the client would reserve memory without a bound for.
func mended(h wire.Handshake) {
	if n, ok := h.Int(fieldInfoSize); h.Has(fieldInfoSize) && (!ok || n > maxInfo) {
		h.Remove(fieldInfoSize)
	}
}

// peerHashes lets requests for the hashes of v2 through to a client that knows the torrent. Hashes and refusals, which the client asks nobody for, are dropped: it ends the process over
// those of a file that it does not know.
func (l *link) peerHashes(raw []byte) []byte {
	if l.rules.info == nil || raw[4] == msgHashRequest && l.rules.info(l.hash) == nil {
		return raw
	}
	return nil
}
