package tx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// ErrJSON is wrapped by errors about a contract's JSON.
var ErrJSON = errors.New("not a contract")

// ParseType finds a contract type by java-tron's name, with or without "Contract" and without regard to case, or by its number.
func ParseType(name string) (Type, error) {
	if n, err := strconv.ParseInt(name, 10, 32); err == nil && Type(n).Known() {
		return Type(n), nil
	}
	for _, t := range Types() {
		full := t.String()
		if strings.EqualFold(name, full) || strings.EqualFold(name+"Contract", full) {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%w: there is no contract type %q", ErrJSON, wallet.Clip(name))
}

// ParseContract reads the JSON of a contract with java-tron's field names, as MarshalJSON writes it under parameter.value: addresses in any form,
// whole numbers as numbers or in quotes, enums by name or number, bytes in hex. Texts (names, pages, descriptions, token ids) are in hex, or plain when visible is true.
// A field that the type does not have is an error, and so is a number that is not whole or does not fit: nothing is rounded, nothing is dropped.
func ParseContract(t Type, value []byte, visible bool) (Contract, error) {
	k, ok := t.kind()
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrJSON, t)
	}
	c := k.empty()
	r, err := newReader(value, visible)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", t, err)
	}
	c.fields(r)
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", t, err)
	}
	return c, nil
}

// reader hands the members of a JSON object to the fields of a message. The first error stays.
type reader struct {
	members map[string]json.RawMessage
	visible bool
	err     error
}

func newReader(object []byte, visible bool) (*reader, error) {
	if len(object) > MaxJSON {
		return nil, fmt.Errorf("%w: %d bytes of JSON", ErrTooBig, len(object))
	}
	r := &reader{visible: visible}
	if err := json.Unmarshal(object, &r.members); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	return r, nil
}

// finish refuses members that no field asked for.
func (r *reader) finish() error {
	for name := range r.members {
		r.fail(name, errors.New("there is no such field"))
	}
	return r.err
}

func (r *reader) fail(name string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s: %w", ErrJSON, wallet.Clip(name), err)
	}
}

// take removes a member; a missing one and null are nothing.
func (r *reader) take(name string) (json.RawMessage, bool) {
	raw, ok := r.members[name]
	delete(r.members, name)
	return raw, ok && string(raw) != "null"
}

// read decodes a member into v.
func (r *reader) read(name string, v any) bool {
	raw, ok := r.take(name)
	if !ok {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		r.fail(name, err)
		return false
	}
	return true
}

// whole reads a number exactly, in quotes or not.
func (r *reader) whole(name string, bits int) int64 {
	raw, ok := r.take(name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, bits)
	if err != nil {
		r.fail(name, fmt.Errorf("%s is no whole number of %d bits", wallet.Clip(string(raw)), bits))
	}
	return n
}

func (r *reader) address(_ protowire.Number, name string, v *wallet.Address) { r.read(name, v) }

func (r *reader) addresses(_ protowire.Number, name string, v *[]wallet.Address) { r.read(name, v) }

func (r *reader) sun(_ protowire.Number, name string, v *wallet.Sun) {
	*v = wallet.Sun(r.whole(name, 64))
}

func (r *reader) units(_ protowire.Number, name string, v *wallet.Units) {
	n := r.whole(name, 64)
	if n < 0 {
		r.fail(name, fmt.Errorf("%d is negative", n))
		return
	}
	*v = wallet.UnitsFromUint64(uint64(n))
}

func (r *reader) int64(_ protowire.Number, name string, v *int64) { *v = r.whole(name, 64) }
func (r *reader) int32(_ protowire.Number, name string, v *int32) { *v = int32(r.whole(name, 32)) }

func (r *reader) millis(_ protowire.Number, name string, v *time.Time) {
	*v = fromMillis(r.whole(name, 64))
}

func (r *reader) bool(_ protowire.Number, name string, v *bool) { r.read(name, v) }

func (r *reader) enum(_ protowire.Number, name string, v *int32, values []string) {
	raw, ok := r.take(name)
	if !ok {
		return
	}
	word := strings.Trim(string(raw), `"`)
	if i, known := indexOf(word, values); known {
		*v = i
		return
	}
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		r.fail(name, fmt.Errorf("%q is none of %s", wallet.Clip(word), strings.Join(values, ", ")))
	}
	*v = int32(n)
}

func (r *reader) bytes(_ protowire.Number, name string, v *[]byte) {
	var text string
	if !r.read(name, &text) {
		return
	}
	b, err := decodeHex(text)
	if err != nil {
		r.fail(name, err)
	}
	if len(b) > 0 {
		*v = b
	}
}

func (r *reader) text(n protowire.Number, name string, v *string) {
	if r.visible {
		r.string(n, name, v)
		return
	}
	var b []byte
	r.bytes(n, name, &b)
	*v = string(b)
}

func (r *reader) string(_ protowire.Number, name string, v *string) { r.read(name, v) }

func (r *reader) entry(key, value *int64) {
	*key, *value = r.whole("key", 64), r.whole("value", 64)
}

func (r *reader) list(_ protowire.Number, name string, l list) {
	raw, ok := r.take(name)
	if !ok {
		return
	}
	items := []json.RawMessage{raw}
	if l.repeated && bytes.HasPrefix(raw, []byte("[")) {
		if err := json.Unmarshal(raw, &items); err != nil {
			r.fail(name, err)
			return
		}
	}
	l.resize(len(items))
	for i, item := range items {
		sub, err := newReader(item, r.visible)
		if err == nil {
			l.walk(i, sub)
			err = sub.finish()
		}
		if err != nil {
			r.fail(name, err)
			return
		}
	}
}
