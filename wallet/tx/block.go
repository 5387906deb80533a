package tx

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/piecework/piecework/wallet"
)

// BlockID names a block: its number in 8 big-endian bytes, then the last 24 bytes of the SHA-256 of its header.
type BlockID [32]byte

// BlockIDFromBytes takes the 32 bytes of a block id.
func BlockIDFromBytes(b []byte) (BlockID, error) {
	if len(b) != len(BlockID{}) {
		return BlockID{}, fmt.Errorf("%w: a block id of %d bytes, want 32", ErrWire, len(b))
	}
	return BlockID(b), nil
}

// ParseBlockID reads 64 hex digits, with or without 0x.
func ParseBlockID(s string) (BlockID, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil {
		return BlockID{}, fmt.Errorf("%w: %q is no block id", ErrWire, wallet.Clip(s))
	}
	return BlockIDFromBytes(b)
}

// Number is the height of the block.
func (id BlockID) Number() int64 { return int64(binary.BigEndian.Uint64(id[:8])) }

// String is the id in hex.
func (id BlockID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText is the id in hex.
func (id BlockID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 64 hex digits.
func (id *BlockID) UnmarshalText(text []byte) error {
	parsed, err := ParseBlockID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// IsZero says whether the id was never set.
func (id BlockID) IsZero() bool { return id == BlockID{} }

// Header is what a witness signs: the raw part of a block's header.
type Header struct {
	Time             time.Time // milliseconds
	TransactionRoot  []byte    // 32 bytes, see MerkleRoot
	Parent           []byte    // the parent's BlockID
	Number           int64     // of the block
	WitnessID        int64     // unused
	Witness          []byte    // the 21 bytes of the producer's address; the genesis block has a sentence here
	Version          int32     // of java-tron's block format
	AccountStateRoot []byte    // 32 bytes, or none: off on mainnet
}

func (h *Header) fields(f fields) {
	f.millis(1, "timestamp", &h.Time)
	f.bytes(2, "txTrieRoot", &h.TransactionRoot)
	f.bytes(3, "parentHash", &h.Parent)
	f.int64(7, "number", &h.Number)
	f.int64(8, "witness_id", &h.WitnessID)
	f.bytes(9, "witness_address", &h.Witness)
	f.int32(10, "version", &h.Version)
	f.bytes(11, "accountStateRoot", &h.AccountStateRoot)
}

// SignedHeader is a block header with its witness's signature, kept as the bytes that came.
type SignedHeader struct {
	Header
	Signature wallet.Signature // zero when there is none
	raw       []byte
}

// Raw is the header as protobuf bytes (BlockHeader.raw).
func (h *Header) Raw() []byte {
	b, err := encode(nil, h.fields)
	if err != nil {
		panic("tx: encoding a block header: " + err.Error()) // its fields cannot fail
	}
	return b
}

// ID is the block's id.
func (h *Header) ID() BlockID { return blockID(h.Number, h.Raw()) }

// Digest is what the witness signs: the SHA-256 of Raw, without the number in it.
func (h *Header) Digest() [32]byte { return sha256.Sum256(h.Raw()) }

// DecodeHeader reads a BlockHeader message. The id is that of the received bytes.
func DecodeHeader(message []byte) (*SignedHeader, error) {
	values, err := split(message)
	if err != nil {
		return nil, fmt.Errorf("reading a block header: %w", err)
	}
	h := &SignedHeader{}
	for _, v := range values {
		switch v.number {
		case 1:
			h.raw = append([]byte(nil), v.bytes...)
		case 2:
			if h.Signature, err = wallet.SignatureFromBytes(v.bytes); err != nil {
				return nil, fmt.Errorf("reading a block header: %w", err)
			}
		}
	}
	if err := decode(h.raw, h.fields); err != nil {
		return nil, fmt.Errorf("reading a block header: %w", err)
	}
	return h, nil
}

// Raw is the header as received.
func (h *SignedHeader) Raw() []byte { return h.raw }

// ID is the block's id, from the received bytes.
func (h *SignedHeader) ID() BlockID { return blockID(h.Number, h.raw) }

// Producer is the address whose key signed the header.
func (h *SignedHeader) Producer() (wallet.Address, error) {
	return h.Signature.Recover(sha256.Sum256(h.raw))
}

func blockID(number int64, raw []byte) BlockID {
	id := BlockID(sha256.Sum256(raw))
	binary.BigEndian.PutUint64(id[:8], uint64(number))
	return id
}

// MerkleRoot is the root over the SHA-256 of each whole transaction (with signatures and result): an odd node moves up unchanged; no transaction gives zeros.
func MerkleRoot(leaves [][32]byte) [32]byte {
	if len(leaves) == 0 {
		return [32]byte{}
	}
	level := append([][32]byte(nil), leaves...)
	for len(level) > 1 {
		half := level[:0]
		for i := 0; i+1 < len(level); i += 2 {
			half = append(half, sha256.Sum256(append(append(make([]byte, 0, 64), level[i][:]...), level[i+1][:]...)))
		}
		if len(level)%2 == 1 {
			half = append(half, level[len(level)-1])
		}
		level = half
	}
	return level[0]
}
