package gate

import "encoding/binary"

// Request names a block: piece, offset in it, length.
type Request struct{ Index, Begin, Length uint32 }

// MaxRequest is the longest block that may be asked for, in bytes; clients ask for 16 KiB.
const MaxRequest = 128 << 10

// The message ids of the peer protocol that the gate reads (BEP 3, 5, 6, 10, 52).
const (
	idChoke       = 0
	idUnchoke     = 1
	idHave        = 4
	idRequest     = 6
	idPiece       = 7
	idCancel      = 8
	idPort        = 9
	idSuggest     = 13
	idReject      = 16
	idAllowedFast = 17
	idExtended    = 20
	idHashRequest = 21
	idHashes      = 22
	idHashReject  = 23
)

// Frames that the gate itself makes.
var (
	ChokeFrame   = []byte{0, 0, 0, 1, idChoke}
	UnchokeFrame = []byte{0, 0, 0, 1, idUnchoke}
)

// RequestFrame is the message that asks for r.
func RequestFrame(r Request) []byte { return r.frame(idRequest) }

// RejectFrame is the message that says r will not be answered (BEP 6).
func RejectFrame(r Request) []byte { return r.frame(idReject) }

// SuggestFrame is the message that proposes to ask for a piece (BEP 6).
func SuggestFrame(piece uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{0, 0, 0, 5, idSuggest}, piece)
}

// PieceFrame is the message that answers r with a block.
func PieceFrame(r Request, block []byte) []byte { return append(r.pieceHead(), block...) }

// CancelFrame is the message that takes r back.
func CancelFrame(r Request) []byte { return r.frame(idCancel) }

// ExtendedFrame is an extension message (BEP 10).
func ExtendedFrame(id uint8, payload []byte) []byte {
	b := make([]byte, 0, 6+len(payload))
	b = binary.BigEndian.AppendUint32(b, uint32(2+len(payload)))
	return append(append(b, idExtended, id), payload...)
}

func (r Request) frame(id byte) []byte {
	b := make([]byte, 0, 17)
	b = append(binary.BigEndian.AppendUint32(b, 13), id)
	b = binary.BigEndian.AppendUint32(b, r.Index)
	b = binary.BigEndian.AppendUint32(b, r.Begin)
	return binary.BigEndian.AppendUint32(b, r.Length)
}

// pieceHead is how the message begins that answers r.
func (r Request) pieceHead() []byte {
	b := make([]byte, 0, 13+r.Length)
	b = append(binary.BigEndian.AppendUint32(b, 9+r.Length), idPiece)
	b = binary.BigEndian.AppendUint32(b, r.Index)
	return binary.BigEndian.AppendUint32(b, r.Begin)
}

// ParseRequest reads the three words behind the id of a request, cancel or reject.
func ParseRequest(raw []byte) (Request, bool) {
	if len(raw) != 17 {
		return Request{}, false
	}
	at := func(i int) uint32 { return binary.BigEndian.Uint32(raw[i:]) }
	return Request{at(5), at(9), at(13)}, true
}
