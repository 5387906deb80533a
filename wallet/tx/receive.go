package tx

import (
	"bytes"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrContracts says that a transaction does not hold exactly one contract, the only form that the chain accepts.
var ErrContracts = errors.New("a transaction holds exactly one contract")

// MaxReceived bounds the bytes of a transaction that Decode looks at; no chain accepts more.
const MaxReceived = 1 << 20

// Decode reads a Transaction message. Its raw bytes are kept as they came: the id is their hash and they are what is signed.
// A contract that cannot be read becomes Opaque; the transaction around it must be well formed (ErrWire) and hold one contract (ErrContracts).
func Decode(message []byte) (*Transaction, error) {
	if len(message) > MaxReceived {
		return nil, fmt.Errorf("reading a transaction: %w: %d bytes", ErrTooBig, len(message))
	}
	envelope, err := readEnvelope(message)
	if err != nil {
		return nil, fmt.Errorf("reading a transaction: %w", err)
	}
	t, err := DecodeRaw(envelope.raw)
	if err != nil {
		return nil, err
	}
	t.signatures, t.trailing = envelope.signatures, envelope.trailing
	return t, nil
}

type envelope struct {
	raw        []byte
	signatures [][]byte
	trailing   []byte
}

func readEnvelope(message []byte) (envelope, error) {
	var e envelope
	for len(message) > 0 {
		v, size, err := next(message)
		if err != nil {
			return e, err
		}
		switch {
		case v.number > 2:
			e.trailing = append(e.trailing, message[:size]...)
		case v.kind != protowire.BytesType:
			return e, fmt.Errorf("%w: field %d has wire type %d", ErrWire, v.number, v.kind)
		case v.number == 1 && e.raw != nil:
			return e, fmt.Errorf("%w: two bodies", ErrWire)
		case v.number == 1:
			e.raw = v.bytes
		default:
			e.signatures = append(e.signatures, bytes.Clone(v.bytes))
		}
		message = message[size:]
	}
	return e, nil
}

// DecodeRaw reads the raw_data message alone (TronWeb's raw_data_hex); the transaction has no signatures.
func DecodeRaw(raw []byte) (*Transaction, error) {
	if len(raw) > MaxReceived {
		return nil, fmt.Errorf("reading a transaction: %w: %d bytes", ErrTooBig, len(raw))
	}
	return decodeRaw(bytes.Clone(raw))
}

// decodeRaw keeps raw.
func decodeRaw(raw []byte) (*Transaction, error) {
	values, err := split(raw)
	if err != nil {
		return nil, fmt.Errorf("reading a transaction: %w", err)
	}
	d := decoder{values: values}
	body := d.body()
	if d.err != nil {
		return nil, fmt.Errorf("reading a transaction: %w", d.err)
	}
	return newTransaction(raw, body), nil
}

func (d *decoder) body() Body {
	b := Body{
		Expiration: fromMillis(int64(d.varint(8, "expiration"))),
		Timestamp:  fromMillis(int64(d.varint(14, "timestamp"))),
	}
	copy(b.ReferenceBytes[:], d.raw(1, "ref_block_bytes"))
	copy(b.ReferenceHash[:], d.raw(4, "ref_block_hash"))
	d.bytes(10, "data", &b.Memo)
	d.sun(18, "fee_limit", &b.FeeLimit)
	contract := d.one(11)
	if d.err == nil {
		d.err = b.readContract(contract)
	}
	return b
}

// one finds the contract; none or several are no transaction.
func (d *decoder) one(n protowire.Number) []byte {
	var found []byte
	count := 0
	for _, v := range d.values {
		if v.number == n {
			found, count = v.bytes, count+1
		}
	}
	if count != 1 && d.err == nil {
		d.err = fmt.Errorf("%w, this one %d", ErrContracts, count)
	}
	return found
}

func (b *Body) readContract(message []byte) error {
	values, err := split(message)
	if err != nil {
		return err
	}
	d := decoder{values: values}
	var number int32
	d.int32(1, "type", &number)
	d.int32(5, "Permission_id", &b.PermissionID)
	parameter, err := split(d.raw(2, "parameter"))
	if err != nil {
		return err
	}
	anything := decoder{values: parameter}
	b.Contract = readContract(Type(number), string(anything.raw(1, "type_url")), anything.raw(2, "value"))
	return errors.Join(d.err, anything.err)
}

// Canonical says whether the raw bytes are exactly what this package would write for the body that it reads from them: every field once, in order,
// none that it does not know, and a contract that it understands. A transaction that is not canonical may do something that is not shown,
// or have another id once a node has rewritten it.
func (t *Transaction) Canonical() bool {
	if _, opaque := t.body.Contract.(*Opaque); opaque {
		return false
	}
	same, err := t.says(t.body.Contract)
	return err == nil && same
}
