package tx

import (
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// encoder writes fields in canonical proto3: in the order of their numbers, defaults left out. The first error stays.
type encoder struct {
	b   []byte
	err error
}

func encode(dst []byte, walk func(fields)) ([]byte, error) {
	e := encoder{b: dst}
	walk(&e)
	return e.b, e.err
}

func (e *encoder) varint(n protowire.Number, v uint64) {
	if v != 0 {
		e.b = protowire.AppendVarint(protowire.AppendTag(e.b, n, protowire.VarintType), v)
	}
}

func (e *encoder) raw(n protowire.Number, v []byte) {
	if len(v) > 0 {
		e.b = protowire.AppendBytes(protowire.AppendTag(e.b, n, protowire.BytesType), v)
	}
}

func (e *encoder) address(n protowire.Number, _ string, v *wallet.Address) {
	if !v.IsZero() {
		e.raw(n, v[:])
	}
}

func (e *encoder) addresses(n protowire.Number, _ string, v *[]wallet.Address) {
	for i := range *v {
		e.raw(n, (*v)[i][:])
	}
}

func (e *encoder) sun(n protowire.Number, _ string, v *wallet.Sun) { e.varint(n, uint64(*v)) }

func (e *encoder) units(n protowire.Number, name string, v *wallet.Units) {
	i, err := v.Int64()
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("%s: %w", name, err)
	}
	e.varint(n, uint64(i))
}

func (e *encoder) int64(n protowire.Number, _ string, v *int64) { e.varint(n, uint64(*v)) }
func (e *encoder) int32(n protowire.Number, _ string, v *int32) { e.varint(n, uint64(int64(*v))) }

func (e *encoder) millis(n protowire.Number, _ string, v *time.Time) {
	e.varint(n, uint64(toMillis(*v)))
}

func (e *encoder) enum(n protowire.Number, _ string, v *int32, _ []string) {
	e.varint(n, uint64(int64(*v)))
}

func (e *encoder) bool(n protowire.Number, _ string, v *bool) { e.varint(n, protowire.EncodeBool(*v)) }

func (e *encoder) bytes(n protowire.Number, _ string, v *[]byte) { e.raw(n, *v) }

func (e *encoder) text(n protowire.Number, _ string, v *string) {
	if *v != "" {
		e.b = protowire.AppendString(protowire.AppendTag(e.b, n, protowire.BytesType), *v)
	}
}

func (e *encoder) string(n protowire.Number, name string, v *string) {
	if !utf8.ValidString(*v) && e.err == nil {
		e.err = fmt.Errorf("%s: the text is not UTF-8", name)
	}
	e.text(n, name, v)
}

func (e *encoder) entry(key, value *int64) {
	e.b = protowire.AppendVarint(protowire.AppendTag(e.b, 1, protowire.VarintType), uint64(*key))
	e.b = protowire.AppendVarint(protowire.AppendTag(e.b, 2, protowire.VarintType), uint64(*value))
}

func (e *encoder) list(n protowire.Number, _ string, l list) {
	for i := range l.length {
		e.nested(n, func() { l.walk(i, e) })
	}
}

// nested writes what body appends as a length-delimited field: the body first, then it moves up to make room for its length.
func (e *encoder) nested(n protowire.Number, body func()) {
	e.b = protowire.AppendTag(e.b, n, protowire.BytesType)
	start := len(e.b)
	body()
	size := len(e.b) - start
	e.b = protowire.AppendVarint(e.b, uint64(size))
	prefix := len(e.b) - start - size
	copy(e.b[start+prefix:], e.b[start:start+size])
	protowire.AppendVarint(e.b[:start], uint64(size))
}
