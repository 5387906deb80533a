package tx

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// ErrWire is wrapped by every error about bytes that are not the message they should be.
var ErrWire = errors.New("not a Tron message")

// value is one field as it was received; bytes point into the message.
type value struct {
	number protowire.Number
	kind   protowire.Type
	varint uint64
	bytes  []byte
}

// split reads the fields of a message without looking into them.
func split(message []byte) ([]value, error) {
	values := make([]value, 0, 8)
	for len(message) > 0 {
		v, size, err := next(message)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		message = message[size:]
	}
	return values, nil
}

func next(message []byte) (value, int, error) {
	number, kind, n := protowire.ConsumeTag(message)
	if n < 0 {
		return value{}, 0, fmt.Errorf("%w: %w", ErrWire, protowire.ParseError(n))
	}
	v := value{number: number, kind: kind}
	m := 0
	switch kind {
	case protowire.VarintType:
		v.varint, m = protowire.ConsumeVarint(message[n:])
	case protowire.BytesType:
		v.bytes, m = protowire.ConsumeBytes(message[n:])
	default:
		m = protowire.ConsumeFieldValue(number, kind, message[n:])
	}
	if m < 0 {
		return value{}, 0, fmt.Errorf("%w: field %d: %w", ErrWire, number, protowire.ParseError(m))
	}
	return v, n + m, nil
}

// decoder hands received values to the fields of a message. The first error stays. As in protobuf the last of several scalars counts;
// what a message holds beyond that (unknown fields, repeats, another order) is found by encoding it again, see Transaction.Canonical.
type decoder struct {
	values []value
	err    error
}

func decode(message []byte, walk func(fields)) error {
	values, err := split(message)
	if err != nil {
		return err
	}
	d := decoder{values: values}
	walk(&d)
	return d.err
}

func (d *decoder) fail(name, format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s: %w", ErrWire, name, fmt.Errorf(format, args...))
	}
}

// last finds the value that counts for a scalar field.
func (d *decoder) last(n protowire.Number, name string, kind protowire.Type) (value, bool) {
	for i := len(d.values) - 1; i >= 0; i-- {
		v := d.values[i]
		if v.number != n {
			continue
		}
		if v.kind != kind {
			d.fail(name, "wire type %d, want %d", v.kind, kind)
		}
		return v, v.kind == kind
	}
	return value{}, false
}

func (d *decoder) varint(n protowire.Number, name string) uint64 {
	v, _ := d.last(n, name, protowire.VarintType)
	return v.varint
}

func (d *decoder) raw(n protowire.Number, name string) []byte {
	v, _ := d.last(n, name, protowire.BytesType)
	return v.bytes
}

func (d *decoder) address(n protowire.Number, name string, v *wallet.Address) {
	raw := d.raw(n, name)
	if len(raw) == 0 {
		return
	}
	d.setAddress(name, raw, v)
}

func (d *decoder) setAddress(name string, raw []byte, v *wallet.Address) {
	a, err := wallet.AddressFromBytes(raw)
	if err != nil {
		d.fail(name, "%w", err)
	}
	*v = a
}

func (d *decoder) addresses(n protowire.Number, name string, v *[]wallet.Address) {
	for _, received := range d.values {
		if received.number == n {
			var a wallet.Address
			d.setAddress(name, received.bytes, &a)
			*v = append(*v, a)
		}
	}
}

func (d *decoder) sun(n protowire.Number, name string, v *wallet.Sun) {
	*v = wallet.Sun(d.varint(n, name))
}

func (d *decoder) units(n protowire.Number, name string, v *wallet.Units) {
	i := int64(d.varint(n, name))
	if i < 0 {
		d.fail(name, "%w: %d units", wallet.ErrAmount, i)
		return
	}
	*v = wallet.UnitsFromUint64(uint64(i))
}

func (d *decoder) int64(n protowire.Number, name string, v *int64) { *v = int64(d.varint(n, name)) }
func (d *decoder) int32(n protowire.Number, name string, v *int32) { *v = int32(d.varint(n, name)) }
func (d *decoder) bool(n protowire.Number, name string, v *bool)   { *v = d.varint(n, name) != 0 }

func (d *decoder) millis(n protowire.Number, name string, v *time.Time) {
	*v = fromMillis(int64(d.varint(n, name)))
}

func (d *decoder) enum(n protowire.Number, name string, v *int32, _ []string) { d.int32(n, name, v) }

func (d *decoder) bytes(n protowire.Number, name string, v *[]byte) {
	if raw := d.raw(n, name); len(raw) > 0 {
		*v = append([]byte(nil), raw...)
	}
}

func (d *decoder) text(n protowire.Number, name string, v *string) { *v = string(d.raw(n, name)) }

func (d *decoder) string(n protowire.Number, name string, v *string) {
	d.text(n, name, v)
	if !utf8.ValidString(*v) {
		d.fail(name, "the text is not UTF-8")
	}
}

func (d *decoder) entry(key, value *int64) {
	d.int64(1, "key", key)
	d.int64(2, "value", value)
}

func (d *decoder) list(n protowire.Number, name string, l list) {
	var bodies [][]byte
	for _, v := range d.values {
		if v.number != n {
			continue
		}
		if v.kind != protowire.BytesType {
			d.fail(name, "wire type %d, want %d", v.kind, protowire.BytesType)
			return
		}
		bodies = append(bodies, v.bytes)
	}
	if !l.repeated && len(bodies) > 1 {
		bodies = bodies[len(bodies)-1:]
	}
	l.resize(len(bodies))
	for i, body := range bodies {
		if err := decode(body, func(f fields) { l.walk(i, f) }); err != nil {
			d.fail(name, "%w", err)
			return
		}
	}
}
