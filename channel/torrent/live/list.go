package live

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/anacrolix/dht/v2/bep44"

	"github.com/piecework/piecework/channel/torrent/wire"
)

// Bounds of a stream. Who publishes keeps to them, and viewers take nothing beyond.
const (
	MaxListed     = 30               // chunks in a list: with them it fits into the 1,000 bytes of a mutable item (BEP 44)
	MaxChunkBytes = 64 << 20         // of one chunk
	MaxChunkTime  = 60 * time.Second // of one chunk
	maxValue      = 1000             // bytes of the value of a mutable item
	maxNumber     = 1 << 40          // of a chunk
	chunkBytes    = 27               // of a chunk in the list: info hash, length, milliseconds, flags
)

// ErrList says that something is no list of this stream, or not one by its publisher.
var ErrList = errors.New("not a list of this stream")

// Format is what the chunks of a stream are.
type Format int64

// The formats. Chunks of either, one behind the other, are the stream.
const (
	Bytes  Format = iota // anything
	MPEGTS               // MPEG transport stream: each chunk begins with its tables, so that a player can begin there
)

// extension is the end of a chunk's name.
func (f Format) extension() string {
	if f == MPEGTS {
		return ".ts"
	}
	return ".bin"
}

// ContentType is the media type of the stream.
func (f Format) ContentType() string {
	if f == MPEGTS {
		return "video/mp2t"
	}
	return "application/octet-stream"
}

// Chunk is one chunk of a stream.
type Chunk struct {
	Hash   [20]byte      // info hash of its torrent
	Bytes  int64         // its size
	Length time.Duration // how long it plays, in whole milliseconds
	Break  bool          // it does not follow from the one before: the publisher was started again
}

// List is what a publisher says of its stream: the newest chunks, oldest first.
type List struct {
	First  int64 // number of the first chunk here; they are counted from 0
	Chunks []Chunk
	Format Format
	At     time.Time // when the newest was published
	Ended  bool      // none will follow
}

// Next is the number that the next chunk will have.
func (l *List) Next() int64 { return l.First + int64(len(l.Chunks)) }

// Chunk is the chunk with a number, and whether it is listed.
func (l *List) Chunk(number int64) (Chunk, bool) {
	if number < l.First || number >= l.Next() {
		return Chunk{}, false
	}
	return l.Chunks[number-l.First], true
}

// seq is the sequence number of the list as a mutable item: it grows with every list of a stream.
func (l *List) seq() int64 {
	seq := 2 * l.Next()
	if l.Ended {
		seq++
	}
	return seq
}

// Name is the name of a chunk's one file.
func (l *List) Name(number int64) string { return fmt.Sprintf("%08d%s", number, l.Format.extension()) }

// names are the names that a chunk with a number may have: the list says what the newest is, and one before it may be something else.
func names(number int64) (list []string) {
	for _, f := range []Format{MPEGTS, Bytes} {
		list = append(list, (&List{Format: f}).Name(number))
	}
	return list
}

// value is the list in bencoding.
func (l *List) value() []byte {
	var packed []byte
	for _, c := range l.Chunks {
		packed = append(packed, c.Hash[:]...)
		packed = binary.BigEndian.AppendUint32(packed, uint32(c.Bytes))
		packed = binary.BigEndian.AppendUint16(packed, uint16(c.Length.Milliseconds()))
		packed = append(packed, bit(c.Break))
	}
	d := wire.Dict{}
	d.SetBytes("c", packed)
	d.SetInt("e", int64(bit(l.Ended)))
	d.SetInt("f", int64(l.Format))
	d.SetInt("n", l.First)
	d.SetInt("t", l.At.UnixMilli())
	return d.Append(nil)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// parseValue reads a list. Flags and keys that are not known are passed over.
func parseValue(value []byte) (*List, error) {
	if len(value) > maxValue {
		return nil, fmt.Errorf("%w: %d bytes", ErrList, len(value))
	}
	d, err := wire.ParseDict(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	packed, some := d.Bytes("c")
	first, counted := d.Int("n")
	format, known := d.Int("f")
	at, dated := d.Int("t")
	ended, _ := d.Int("e")
	if !some || !counted || !known || !dated || first > maxNumber || at > 1<<50 || len(packed) > MaxListed*chunkBytes || len(packed)%chunkBytes != 0 {
		return nil, fmt.Errorf("%w: a field is missing or out of its range", ErrList)
	}
	l := &List{First: first, Format: Format(format), At: time.UnixMilli(at), Ended: ended == 1}
	if l.Format != MPEGTS {
		l.Format = Bytes
	}
	for ; len(packed) > 0; packed = packed[chunkBytes:] {
		c := Chunk{
			Hash: [20]byte(packed), Bytes: int64(binary.BigEndian.Uint32(packed[20:])), Break: packed[26]&1 == 1,
			Length: time.Duration(binary.BigEndian.Uint16(packed[24:])) * time.Millisecond,
		}
		if c.Bytes == 0 || c.Bytes > MaxChunkBytes || c.Length > MaxChunkTime {
			return nil, fmt.Errorf("%w: a chunk of %d bytes and %s", ErrList, c.Bytes, c.Length)
		}
		l.Chunks = append(l.Chunks, c)
	}
	return l, nil
}

// item is a signed list: a mutable item in the manner of BEP 44.
type item struct {
	seq       int64
	signature [ed25519.SignatureSize]byte
	value     []byte
}

// sign makes the item of a list.
func sign(l *List, key ed25519.PrivateKey, salt []byte) *item {
	it := &item{seq: l.seq(), value: l.value()}
	copy(it.signature[:], bep44.Sign(key, salt, it.seq, it.value))
	return it
}

// dict is the item with the names of BEP 44.
func (it *item) dict(key ed25519.PublicKey, salt []byte) wire.Dict {
	d := wire.Dict{"v": it.value}
	d.SetBytes("k", key)
	d.SetBytes("salt", salt)
	d.SetInt("seq", it.seq)
	d.SetBytes("sig", it.signature[:])
	return d
}

// open reads an item, and believes it only when the publisher of the stream has signed it.
func (s Stream) open(d wire.Dict) (*item, *List, error) {
	seq, counted := d.Int("seq")
	signature, signed := d.Bytes("sig")
	it := &item{seq: seq, value: d["v"]}
	if !counted || !signed || len(signature) != ed25519.SignatureSize || len(it.value) > maxValue {
		return nil, nil, fmt.Errorf("%w: it is not signed", ErrList)
	}
	copy(it.signature[:], signature)
	if !bep44.Verify(s.Key[:], s.Salt, seq, it.value, signature) {
		return nil, nil, fmt.Errorf("%w: the signature is somebody else's", ErrList)
	}
	l, err := parseValue(it.value)
	if err == nil && l.seq() != seq {
		err = fmt.Errorf("%w: sequence number %d, want %d", ErrList, seq, l.seq())
	}
	return it, l, err
}
