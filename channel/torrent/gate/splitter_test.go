package gate_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand"
	"testing"

	"github.com/piecework/piecework/channel/torrent/gate"
)

// sink records what the splitter says.
type sink struct {
	out       bytes.Buffer
	frames    [][]byte
	pieces    []gate.Request
	own       []byte
	pad       map[gate.Request]uint32
	skip      byte // kind of message that is skipped
	drop      byte // drops frames with this id
	handshake int
}

func (s *sink) Handshake(*gate.Handshake) error { s.handshake++; return nil }
func (s *sink) Frame(raw []byte) ([]byte, error) {
	s.frames = append(s.frames, bytes.Clone(raw))
	if s.drop != 0 && raw[4] == s.drop {
		return nil, nil
	}
	return raw, nil
}

func (s *sink) Piece(r gate.Request) (uint32, error) {
	s.pieces = append(s.pieces, r)
	return s.pad[r], nil
}
func (s *sink) Other(id byte) bool { return id != s.skip }
func (s *sink) Boundary() []byte   { own := s.own; s.own = nil; return own }
func (s *sink) Pass(b []byte)      { s.out.Write(b) }

func frame(id byte, payload ...byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(1+len(payload))), id), payload...)
}

func pieceFrame(r gate.Request) []byte {
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, r.Index), r.Begin)
	return frame(7, append(body, bytes.Repeat([]byte{0xab}, int(r.Length))...)...)
}

var shake = append([]byte("\x13BitTorrent protocol"), make([]byte, 48)...)

// stream is a handshake and one of everything.
func stream() []byte {
	return bytes.Join([][]byte{
		shake, frame(20, 0, 'd', 'e'), frame(5, 0xff, 0xff, 0xf0),
		{0, 0, 0, 0},
		frame(1), gate.RequestFrame(req(3)),
		pieceFrame(req(7)), frame(4, 0, 0, 0, 9), frame(21, make([]byte, 48)...), pieceFrame(req(8)), frame(17, 0, 0, 0, 1),
		{0, 0, 0, 0},
		frame(20, 9, 'd', 'e'),
	}, nil)
}

func TestSplitterIsTransparentHoweverTheStreamIsCut(t *testing.T) {
	in, random := stream(), rand.New(rand.NewSource(1))
	for round := range 300 {
		var s gate.Splitter
		var k sink
		for rest := in; len(rest) > 0; {
			n := min(len(rest), 1+random.Intn(1+round*round))
			if err := s.Feed(rest[:n], &k); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if !bytes.Equal(k.out.Bytes(), in) || len(k.frames) != 7 || len(k.pieces) != 2 || k.handshake != 1 || !s.AtBoundary() {
			t.Fatalf("round %d: %d of %d bytes, %d frames, %d pieces", round, k.out.Len(), len(in), len(k.frames), len(k.pieces))
		}
	}
}

func TestSplitterDropsAndInjectsAtBoundaries(t *testing.T) {
	in, own := stream(), gate.ExtendedFrame(7, []byte("de"))
	dropped := frame(17, 0, 0, 0, 1)
	for cut := 1; cut < len(in); cut += 37 {
		var s gate.Splitter
		k := sink{drop: 17}
		if err := s.Feed(in[:cut], &k); err != nil {
			t.Fatal(err)
		}
		k.own = own
		if err := s.Feed(in[cut:], &k); err != nil {
			t.Fatal(err)
		}
		got := k.out.Bytes()
		at := bytes.Index(got, own)
		if at < len(shake) {
			t.Fatalf("cut %d: nothing was put in", cut)
		}
		var again gate.Splitter
		var whole sink
		if err := again.Feed(got, &whole); err != nil || !again.AtBoundary() || len(whole.pieces) != 2 {
			t.Fatalf("cut %d: what comes out is no stream: %v", cut, err)
		}
		rest := append(bytes.Clone(got[:at]), got[at+len(own):]...)
		if !bytes.Equal(rest, bytes.Replace(in, dropped, nil, 1)) {
			t.Fatalf("cut %d: other bytes changed", cut)
		}
	}
}

// asking is a sink that asks in the middle of Feed whether what was fed has been passed on.
type asking struct {
	sink
	s     *gate.Splitter
	early bool
}

func (a *asking) Frame(raw []byte) ([]byte, error) {
	a.early = a.early || a.s.AtBoundary()
	return a.sink.Frame(raw)
}

// TestSplitterIsAtNoBoundaryWhileItFeeds: a piece and a frame after it come at once. When the sink is shown the frame, the piece has not been passed on, and
// whoever wrote a frame of its own then would write it before the piece, or into it.
func TestSplitterIsAtNoBoundaryWhileItFeeds(t *testing.T) {
	var s gate.Splitter
	k := &asking{s: &s}
	piece := pieceFrame(req(7))
	for _, part := range [][]byte{shake, piece[:len(piece)-5], append(piece[len(piece)-5:], frame(16, make([]byte, 12)...)...)} {
		if err := s.Feed(part, k); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.frames) != 1 || k.early || !s.AtBoundary() {
		t.Errorf("%d frames; at a boundary while feeding: %t, after: %t", len(k.frames), k.early, s.AtBoundary())
	}
}

// TestSplitterSkips what its sink does not let pass, however it comes, and nothing besides.
func TestSplitterSkips(t *testing.T) {
	in := stream()
	want := bytes.Replace(in, frame(5, 0xff, 0xff, 0xf0), nil, 1)
	for cut := 1; cut < len(in); cut++ {
		var s gate.Splitter
		k := sink{skip: 5}
		for _, part := range [][]byte{in[:cut], in[cut:]} {
			if err := s.Feed(part, &k); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(k.out.Bytes(), want) || !s.AtBoundary() {
			t.Fatalf("cut %d: %d bytes, want %d", cut, k.out.Len(), len(want))
		}
	}
}

// TestSplitterFillsUpBlocks: zeros go on behind a block, and nothing comes between them; the head says how many bytes there are.
func TestSplitterFillsUpBlocks(t *testing.T) {
	in, own, whole := stream(), gate.ExtendedFrame(7, []byte("de")), req(7)
	whole.Length += 1000
	filled := bytes.Replace(in, pieceFrame(req(7)), gate.PieceFrame(whole, append(bytes.Repeat([]byte{0xab}, int(req(7).Length)), make([]byte, 1000)...)), 1)
	for cut := 1; cut < len(in); cut += 37 {
		var s gate.Splitter
		k := sink{pad: map[gate.Request]uint32{req(7): 1000}}
		for _, part := range [][]byte{in[:cut], in[cut:]} {
			if err := s.Feed(part, &k); err != nil {
				t.Fatal(err)
			}
			k.own = own
		}
		if got := k.out.Bytes(); !bytes.Equal(bytes.Replace(got, own, nil, 1), filled) || !s.AtBoundary() {
			t.Fatalf("cut %d: %d bytes, want %d", cut, len(got), len(filled)+len(own))
		}
		var again gate.Splitter
		var after sink
		if err := again.Feed(k.out.Bytes(), &after); err != nil || !again.AtBoundary() || after.pieces[0] != whole {
			t.Fatalf("cut %d: what comes out is no stream: %v, %v", cut, err, after.pieces)
		}
	}
}

func TestSplitterRefuses(t *testing.T) {
	for name, in := range map[string][]byte{
		"no handshake":        []byte("GET / HTTP/1.1\r\n"),
		"huge message":        append(bytes.Clone(shake), 0x7f, 0xff, 0xff, 0xff, 5),
		"huge extension":      append(append(bytes.Clone(shake), 0, 2, 0, 0, 20), make([]byte, 1<<17)...),
		"piece without head":  append(append(bytes.Clone(shake), 0, 0, 0, 5, 7), make([]byte, 20)...),
		"piece over the most": append(append(bytes.Clone(shake), 0, 0x10, 0, 0, 7), make([]byte, 20)...),
	} {
		var s gate.Splitter
		if err := s.Feed(in, &sink{}); !errors.Is(err, gate.ErrStream) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSplitter(f *testing.F) {
	f.Add(stream(), uint16(7))
	f.Fuzz(func(t *testing.T, in []byte, cut uint16) {
		in = append(bytes.Clone(shake), in...)
		var one, two gate.Splitter
		var a, b sink
		errA := one.Feed(in, &a)
		at := int(cut) % len(in)
		errB := two.Feed(in[:at], &b)
		if errB == nil {
			errB = two.Feed(in[at:], &b)
		}
		if (errA == nil) != (errB == nil) || errA == nil && (!bytes.Equal(a.out.Bytes(), b.out.Bytes()) || len(a.frames) != len(b.frames)) {
			t.Fatalf("a cut at %d changes it: %v, %v", at, errA, errB)
		}
		if errA == nil && !bytes.HasPrefix(in, a.out.Bytes()) {
			t.Fatal("what passes is not what came")
		}
	})
}
