package tx

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// MaxJSON bounds the JSON text of a transaction in bytes.
const MaxJSON = 4 * MaxReceived

// ErrID says that a transaction's JSON names another id than its bytes have.
var ErrID = errors.New("the id does not belong to the bytes")

// transactionJSON is a transaction as TronWeb and java-tron's HTTP API write it.
type transactionJSON struct {
	Visible    bool            `json:"visible"`
	ID         string          `json:"txID,omitempty"`
	RawData    json.RawMessage `json:"raw_data,omitempty"`
	RawHex     string          `json:"raw_data_hex,omitempty"`
	Signatures []string        `json:"signature,omitempty"`
}

// MarshalJSON gives the transaction as TronWeb has it (visible false: addresses and texts in hex), so that TronWeb and java-tron's HTTP API take it.
// A contract that cannot be read is refused.
func (t *Transaction) MarshalJSON() ([]byte, error) {
	raw, err := t.body.json()
	if err != nil {
		return nil, fmt.Errorf("writing transaction %s: %w", t.id, err)
	}
	out := transactionJSON{ID: t.id.String(), RawData: raw, RawHex: hex.EncodeToString(t.raw)}
	for _, s := range t.signatures {
		out.Signatures = append(out.Signatures, hex.EncodeToString(s))
	}
	return json.Marshal(out)
}

// ParseJSON reads a transaction as TronWeb, TronLink and java-tron's HTTP API write it. Only raw_data_hex and the signatures are taken:
// what the JSON says in words beside them (raw_data) can say anything, so look at Show. A txID that is not the hash of the bytes is refused with ErrID.
func ParseJSON(text []byte) (*Transaction, error) {
	if len(text) > MaxJSON {
		return nil, fmt.Errorf("reading a transaction: %w: %d bytes of JSON", ErrTooBig, len(text))
	}
	var in transactionJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("reading a transaction: %w: %w", ErrWire, err)
	}
	raw, err := decodeHex(in.RawHex)
	if err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("reading a transaction: %w: raw_data_hex is missing or no hex", ErrWire)
	}
	t, err := DecodeRaw(raw)
	if err != nil {
		return nil, err
	}
	if in.ID != "" && !strings.EqualFold(strings.TrimPrefix(in.ID, "0x"), t.id.String()) {
		return nil, fmt.Errorf("reading a transaction: %w: it says %s, the bytes have %s", ErrID, wallet.Clip(in.ID), t.id)
	}
	for _, s := range in.Signatures {
		signature, err := decodeHex(s)
		if err != nil || len(t.signatures) == MaxSignatures {
			return nil, fmt.Errorf("reading a transaction: %w: signature %d", wallet.ErrSignature, len(t.signatures)+1)
		}
		t.signatures = append(t.signatures, signature)
	}
	return t, nil
}

// Parse reads a transaction in any form that people hand around: JSON (see ParseJSON), or hex of the whole message or of its raw_data alone.
func Parse(text []byte) (*Transaction, error) {
	trimmed := strings.TrimSpace(string(text[:min(len(text), MaxJSON+1)]))
	switch {
	case trimmed == "":
		return nil, fmt.Errorf("reading a transaction: %w: it is empty", ErrWire)
	case strings.HasPrefix(trimmed, "{"):
		return ParseJSON([]byte(trimmed))
	}
	b, err := decodeHex(trimmed)
	if err != nil {
		return nil, fmt.Errorf("reading a transaction: %w: it is neither JSON nor hex", ErrWire)
	}
	whole, err := Decode(b)
	if err == nil {
		return whole, nil
	}
	if bare, bareErr := DecodeRaw(b); bareErr == nil {
		return bare, nil
	}
	return nil, err
}

func decodeHex(s string) ([]byte, error) { return hex.DecodeString(strings.TrimPrefix(s, "0x")) }

func (b *Body) json() ([]byte, error) {
	if o, opaque := b.Contract.(*Opaque); opaque {
		return nil, o.Why
	}
	value := object{}
	b.Contract.fields(&value)
	contract := object{}
	contract.raw("parameter", []byte(fmt.Sprintf(`{"value":%s,"type_url":%q}`, value.bytesOf(), b.Contract.Type().url())))
	contract.put("type", b.Contract.Type().String())
	contract.int32(0, "Permission_id", &b.PermissionID)
	out := object{}
	out.raw("contract", []byte("["+string(contract.bytesOf())+"]"))
	out.put("ref_block_bytes", hex.EncodeToString(b.ReferenceBytes[:]))
	out.put("ref_block_hash", hex.EncodeToString(b.ReferenceHash[:]))
	out.millis(0, "expiration", &b.Expiration)
	out.bytes(0, "data", &b.Memo)
	out.sun(0, "fee_limit", &b.FeeLimit)
	out.millis(0, "timestamp", &b.Timestamp)
	return out.bytesOf(), errors.Join(value.err, contract.err, out.err)
}

// object collects fields as JSON in java-tron's manner: defaults left out, bytes in hex, enums by name, 64-bit integers as numbers.
type object struct {
	members []byte
	err     error
}

func (o *object) bytesOf() []byte { return append(append([]byte{'{'}, o.members...), '}') }

func (o *object) raw(name string, value []byte) {
	if len(o.members) > 0 {
		o.members = append(o.members, ',')
	}
	o.members = append(append(append(append(o.members, '"'), name...), '"', ':'), value...)
}

func (o *object) put(name string, value any) {
	text, err := json.Marshal(value)
	o.err = errors.Join(o.err, err)
	o.raw(name, text)
}

func (o *object) address(_ protowire.Number, name string, v *wallet.Address) {
	if !v.IsZero() {
		o.put(name, v.Hex())
	}
}

func (o *object) addresses(_ protowire.Number, name string, v *[]wallet.Address) {
	var list []string
	for _, a := range *v {
		list = append(list, a.Hex())
	}
	if list != nil {
		o.put(name, list)
	}
}

func (o *object) int64(_ protowire.Number, name string, v *int64) {
	if *v != 0 {
		o.put(name, *v)
	}
}

func (o *object) int32(n protowire.Number, name string, v *int32) {
	wide := int64(*v)
	o.int64(n, name, &wide)
}

func (o *object) sun(n protowire.Number, name string, v *wallet.Sun) { o.int64(n, name, (*int64)(v)) }

func (o *object) units(n protowire.Number, name string, v *wallet.Units) {
	i, err := v.Int64()
	if err != nil {
		o.err = errors.Join(o.err, err)
		i = math.MaxInt64
	}
	o.int64(n, name, &i)
}

func (o *object) millis(n protowire.Number, name string, v *time.Time) {
	ms := toMillis(*v)
	o.int64(n, name, &ms)
}

func (o *object) bool(_ protowire.Number, name string, v *bool) {
	if *v {
		o.put(name, true)
	}
}

func (o *object) enum(_ protowire.Number, name string, v *int32, values []string) {
	if *v != 0 {
		o.put(name, enumName(*v, values))
	}
}

func (o *object) bytes(_ protowire.Number, name string, v *[]byte) {
	if len(*v) > 0 {
		o.put(name, hex.EncodeToString(*v))
	}
}

func (o *object) text(n protowire.Number, name string, v *string) {
	b := []byte(*v)
	o.bytes(n, name, &b)
}

func (o *object) string(_ protowire.Number, name string, v *string) {
	if *v != "" {
		o.put(name, *v)
	}
}

func (o *object) entry(key, value *int64) {
	o.put("key", *key)
	o.put("value", *value)
}

func (o *object) list(_ protowire.Number, name string, l list) {
	items := make([]byte, 0, 64)
	for i := range l.length {
		var item object
		l.walk(i, &item)
		o.err = errors.Join(o.err, item.err)
		if i > 0 {
			items = append(items, ',')
		}
		items = append(items, item.bytesOf()...)
	}
	switch {
	case l.length == 0:
	case l.repeated:
		o.raw(name, []byte("["+string(items)+"]"))
	default:
		o.raw(name, items)
	}
}
