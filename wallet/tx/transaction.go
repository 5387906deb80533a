package tx

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// Limits of the chain (java-tron Constant and Parameter).
const (
	DefaultExpiry = time.Minute     // what nodes give the transactions that they build
	MaxExpiry     = 24 * time.Hour  // after the head block
	MaxSize       = 500*1024 - 2*64 // bytes of a transaction without its result
	resultReserve = 64              // bandwidth points that every contract pays for its result
	SignatureSize = 65 + 2          // bytes that one more signature adds
)

// Errors to branch on.
var (
	ErrExpiry    = errors.New("the expiry is out of range")
	ErrReference = errors.New("no reference block")
	ErrTooBig    = errors.New("the transaction is too big")
	ErrFeeLimit  = errors.New("the fee limit is out of range")
	ErrOwner     = errors.New("the contract names no owner")
	ErrTxID      = errors.New("not a transaction id")
)

// ID is a transaction id: the SHA-256 of the raw bytes. Signatures do not change it.
type ID [32]byte

// String is the id in hex.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText is the id in hex.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 64 hex digits.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// ParseID reads 64 hex digits, with or without 0x. Errors wrap ErrTxID.
func ParseID(s string) (ID, error) {
	b, err := ParseBlockID(s)
	if err != nil {
		return ID{}, fmt.Errorf("%w: %q: want 64 hex digits", ErrTxID, wallet.Clip(s))
	}
	return ID(b), nil
}

// Reference ties a transaction to one chain and bounds its life (TAPOS): it is only valid where that block is.
// A solid block is the right choice; the head may be rolled back. Blocks more than 65,535 back are refused by the chain.
type Reference struct {
	Block BlockID   // of a solid block
	Time  time.Time // of the head block: the expiry counts from here
}

// Options are the parts of a transaction that do not depend on its contract.
type Options struct {
	Expiry       time.Duration // after Reference.Time; 0 is DefaultExpiry, at most MaxExpiry
	Timestamp    time.Time     // 0 is Reference.Time. The chain ignores it; it makes otherwise equal transactions differ
	FeeLimit     wallet.Sun    // the most that energy may cost; for deployments and calls only. It caps staked energy as well
	Memo         []byte        // costs a fee when not empty (1 TRX on mainnet)
	PermissionID int32         // 0 owner; 2 and above: an active permission
}

// Body is a transaction's content as it reads, the part that is signed.
type Body struct {
	Contract       Contract
	PermissionID   int32      // 0 owner; 2 and above: an active permission
	ReferenceBytes [2]byte    // the low 16 bits of the reference block's number
	ReferenceHash  [8]byte    // bytes 8 to 15 of its id
	Expiration     time.Time  // UTC
	Timestamp      time.Time  // UTC
	FeeLimit       wallet.Sun // the most that energy may cost; 0 for contracts that use none
	Memo           []byte     // as it came, text or not
}

// Transaction is a transaction with the exact bytes that its id is the hash of. Its body never changes; signatures are added.
// It is not safe for concurrent use.
type Transaction struct {
	body       Body
	raw        []byte
	id         ID
	signatures [][]byte // as received: nodes accept more than 65 bytes
	trailing   []byte   // fields behind them as received, the result
}

// Build makes an unsigned transaction.
func Build(contract Contract, ref Reference, opts Options) (*Transaction, error) {
	body, err := newBody(contract, ref, opts)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", contract.Type(), err)
	}
	return body.transaction()
}

func newBody(contract Contract, ref Reference, opts Options) (*Body, error) {
	if opts.Expiry == 0 {
		opts.Expiry = DefaultExpiry
	}
	if opts.Timestamp.IsZero() {
		opts.Timestamp = ref.Time
	}
	switch {
	case contract.Sender().IsZero():
		return nil, ErrOwner
	case ref.Block.IsZero() || ref.Time.IsZero():
		return nil, ErrReference
	case opts.Expiry < 0 || opts.Expiry > MaxExpiry:
		return nil, fmt.Errorf("%w: %s, at most %s", ErrExpiry, opts.Expiry, MaxExpiry)
	case opts.FeeLimit < 0:
		return nil, fmt.Errorf("%w: %s TRX", ErrFeeLimit, opts.FeeLimit)
	case opts.PermissionID < 0:
		return nil, fmt.Errorf("%w: there is no permission %d", ErrPermission, opts.PermissionID)
	}
	return &Body{
		Contract:       contract,
		PermissionID:   opts.PermissionID,
		ReferenceBytes: [2]byte(ref.Block[6:8]),
		ReferenceHash:  [8]byte(ref.Block[8:16]),
		Expiration:     ref.Time.Add(opts.Expiry),
		Timestamp:      opts.Timestamp,
		FeeLimit:       opts.FeeLimit,
		Memo:           opts.Memo,
	}, nil
}

// transaction encodes the body and reads it back, so that what is shown and compared later is what the bytes say.
func (b *Body) transaction() (*Transaction, error) {
	raw, err := b.encode()
	if err != nil {
		return nil, err
	}
	t, err := decodeRaw(raw)
	if err != nil {
		return nil, err
	}
	if t.Size(1) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooBig, t.Size(1), MaxSize)
	}
	return t, nil
}

// encode gives the canonical raw_data bytes.
func (b *Body) encode() ([]byte, error) {
	e := encoder{b: make([]byte, 0, 512)}
	e.raw(1, b.ReferenceBytes[:])
	e.raw(4, b.ReferenceHash[:])
	e.varint(8, uint64(toMillis(b.Expiration)))
	e.raw(10, b.Memo)
	e.nested(11, func() { b.encodeContract(&e) })
	e.varint(14, uint64(toMillis(b.Timestamp)))
	e.varint(18, uint64(b.FeeLimit))
	if e.err != nil {
		return nil, fmt.Errorf("encoding %s: %w", b.Contract.Type(), e.err)
	}
	return e.b, nil
}

func (b *Body) encodeContract(e *encoder) {
	e.varint(1, uint64(int64(b.Contract.Type())))
	e.nested(2, func() {
		if o, ok := b.Contract.(*Opaque); ok {
			e.raw(1, []byte(o.URL))
			e.raw(2, o.Value)
			return
		}
		e.raw(1, []byte(b.Contract.Type().url()))
		before := len(e.b)
		e.nested(2, func() { b.Contract.fields(e) })
		if len(e.b) == before+2 { // an empty message, like all defaults, is left out
			e.b = e.b[:before]
		}
	})
	e.varint(5, uint64(int64(b.PermissionID)))
}

// Body is the content as it reads. Changing what it points to changes no bytes.
func (t *Transaction) Body() Body { return t.body }

// Contract is what the transaction does.
func (t *Transaction) Contract() Contract { return t.body.Contract }

// ID is the transaction id: SHA-256 of the raw bytes as built or received.
func (t *Transaction) ID() ID { return t.id }

// Raw is the raw_data message as built or received.
func (t *Transaction) Raw() []byte { return bytes.Clone(t.raw) }

// Signatures are the signatures in the order in which they were added, as received (65 bytes, rarely more).
func (t *Transaction) Signatures() [][]byte {
	list := make([][]byte, len(t.signatures))
	for i, s := range t.signatures {
		list[i] = bytes.Clone(s)
	}
	return list
}

// Bytes is the Transaction message to broadcast or store: the raw bytes untouched, the signatures, and whatever came behind them.
func (t *Transaction) Bytes() []byte {
	b := make([]byte, 0, t.Size(len(t.signatures))+len(t.trailing))
	b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), t.raw)
	for _, s := range t.signatures {
		b = protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), s)
	}
	return append(b, t.trailing...)
}

// Size is the number of bytes that the chain counts when the transaction carries that many signatures: those it has, and 65 bytes for each that is still missing.
func (t *Transaction) Size(signatures int) int {
	size := 1 + protowire.SizeBytes(len(t.raw))
	for _, s := range t.signatures[:min(signatures, len(t.signatures))] {
		size += 1 + protowire.SizeBytes(len(s))
	}
	return size + SignatureSize*max(0, signatures-len(t.signatures))
}

// Bandwidth is what the transaction costs in bandwidth points with that many signatures: its size and 64 for its result.
func (t *Transaction) Bandwidth(signatures int) int64 {
	return int64(t.Size(signatures) + resultReserve)
}

func newTransaction(raw []byte, body Body) *Transaction {
	return &Transaction{body: body, raw: raw, id: sha256.Sum256(raw)}
}
