package javajson

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Merge is JsonFormat.merge: it reads a JSON object into a message. Unknown fields are passed over, a later value of a field replaces an earlier one.
// visible says that addresses are base58 and names text.
func Merge(text string, m proto.Message, visible bool) error {
	r := reader{newTokenizer(text), visible}
	if err := r.t.expect("{"); err != nil {
		return err
	}
	for !r.t.try("}") {
		if err := r.field(m.ProtoReflect(), 0); err != nil {
			return err
		}
	}
	if !r.t.atEnd() {
		return r.t.fail(errEndOfStream)
	}
	return nil
}

type reader struct {
	t       *tokenizer
	visible bool
}

// field reads a name and its value, and goes on as long as commas follow.
func (r reader) field(m protoreflect.Message, depth int) error {
	if depth > maxNesting {
		return r.t.fail(errTooDeep)
	}
	for {
		if err := r.oneField(m, depth); err != nil {
			return err
		}
		if !r.t.try(",") {
			return nil
		}
	}
}

func (r reader) oneField(m protoreflect.Message, depth int) error {
	name, err := r.t.identifier()
	if err != nil {
		return err
	}
	s := shapeOf(m.Descriptor())
	f, byNumber := s.field(name), false
	if f == nil {
		f, byNumber = s.fieldByDigit(name), true
	}
	if f == nil {
		return r.skip(depth)
	}
	if err := r.t.expect(":"); err != nil {
		return err
	}
	if !r.t.try("[") {
		return r.value(m, f, byNumber, depth)
	}
	for !r.t.try("]") {
		if err := r.value(m, f, byNumber, depth); err != nil {
			return err
		}
		r.t.try(",")
	}
	return nil
}

// skip passes over the value of a field that the message does not have.
func (r reader) skip(depth int) error {
	if depth > maxNesting {
		return r.t.fail(errTooDeep)
	}
	r.t.try(":")
	switch r.t.token {
	case "{":
		return r.skipList("}", true, depth)
	case "[":
		return r.skipList("]", false, depth)
	case nullText, "true", "false":
		r.t.advance()
		return nil
	}
	var err error
	if r.t.lookingAtInteger() {
		_, err = r.t.integer(64)
	} else {
		_, err = r.t.str()
	}
	return err
}

func (r reader) skipList(end string, named bool, depth int) error {
	r.t.advance()
	for {
		if named {
			if _, err := r.t.identifier(); err != nil {
				return err
			}
		}
		if err := r.skip(depth + 1); err != nil {
			return err
		}
		if !r.t.try(",") {
			return r.t.expect(end)
		}
	}
}

func (r reader) value(m protoreflect.Message, f *field, byNumber bool, depth int) error {
	if f.IsMap() {
		return r.entry(m, f, depth)
	}
	var v protoreflect.Value
	var err error
	if f.Kind() == protoreflect.MessageKind {
		v, err = r.child(m, f, byNumber, depth)
	} else {
		v, err = r.primitive(f)
	}
	if err != nil || !v.IsValid() {
		return err
	}
	if f.IsList() {
		add(m.Mutable(f.FieldDescriptor).List(), f, v)
	} else {
		m.Set(f.FieldDescriptor, v)
	}
	return nil
}

// add appends to a list. An entry of a map takes the place of an earlier one with its key.
func add(list protoreflect.List, f *field, v protoreflect.Value) {
	if f.Message() != nil && f.Message().FullName() == mapEntryName {
		key := f.Message().Fields().ByNumber(1)
		for i := range list.Len() {
			if list.Get(i).Message().Get(key).Equal(v.Message().Get(key)) {
				list.Set(i, v)
				return
			}
		}
	}
	list.Append(v)
}

// child reads a message in braces; for a field that was named by its number, its encoded bytes.
func (r reader) child(m protoreflect.Message, f *field, byNumber bool, depth int) (protoreflect.Value, error) {
	child := m.NewField(f.FieldDescriptor)
	if f.IsList() {
		child = m.Mutable(f.FieldDescriptor).List().NewElement()
	}
	if f.Message().FullName() == mapEntryName { // an entry has both numbers on the wire, zero or not
		for _, number := range []protoreflect.FieldNumber{1, 2} {
			child.Message().Set(f.Message().Fields().ByNumber(number), protoreflect.ValueOfInt64(0))
		}
	}
	if !byNumber {
		return child, r.braces(child.Message(), depth)
	}
	raw, err := r.bytes(&field{FieldDescriptor: f})
	if err != nil {
		return child, err
	}
	if err := proto.Unmarshal(raw, child.Message().Interface()); err != nil {
		return child, r.t.fail("Failed to build " + string(f.FullName()))
	}
	return child, nil
}

func (r reader) braces(m protoreflect.Message, depth int) error {
	if err := r.t.expect("{"); err != nil {
		return err
	}
	for !r.t.try("}") {
		if r.t.atEnd() {
			return r.t.fail(`Expected "}".`)
		}
		if err := r.field(m, depth+1); err != nil {
			return err
		}
		r.t.try(",")
	}
	return nil
}

// entry reads {"key": …, "value": …} into a map.
func (r reader) entry(m protoreflect.Message, f *field, depth int) error {
	entry := f.Message()
	holder := newEntry(entry)
	if err := r.t.expect("{"); err != nil {
		return err
	}
	for !r.t.try("}") {
		if r.t.atEnd() {
			return r.t.fail(`Expected "}".`)
		}
		if err := r.entryField(holder, depth); err != nil {
			return err
		}
		r.t.try(",")
	}
	m.Mutable(f.FieldDescriptor).Map().Set(holder.key.MapKey(), holder.value)
	return nil
}

type mapEntry struct {
	keyField, valueField *field
	key, value           protoreflect.Value
}

func newEntry(d protoreflect.MessageDescriptor) *mapEntry {
	key, value := d.Fields().ByNumber(1), d.Fields().ByNumber(2)
	return &mapEntry{&field{FieldDescriptor: key}, &field{FieldDescriptor: value}, key.Default(), value.Default()}
}

func (r reader) entryField(e *mapEntry, depth int) error {
	name, err := r.t.identifier()
	if err != nil {
		return err
	}
	var into *protoreflect.Value
	var f *field
	switch name {
	case "key", "1":
		f, into = e.keyField, &e.key
	case "value", "2":
		f, into = e.valueField, &e.value
	default:
		return r.skip(depth + 1)
	}
	if err := r.t.expect(":"); err != nil {
		return err
	}
	v, err := r.primitive(f)
	if err == nil && v.IsValid() {
		*into = v
	}
	return err
}

// primitive reads a value that is no message; null is the invalid Value.
func (r reader) primitive(f *field) (v protoreflect.Value, err error) {
	if r.t.try(nullText) {
		return v, nil
	}
	switch f.Kind() {
	case protoreflect.Int32Kind:
		n, err := r.t.integer(32)
		return protoreflect.ValueOfInt32(int32(n)), err
	case protoreflect.Int64Kind:
		n, err := r.t.integer(64)
		return protoreflect.ValueOfInt64(n), err
	case protoreflect.BoolKind:
		b, err := r.t.boolean()
		return protoreflect.ValueOfBool(b), err
	case protoreflect.StringKind:
		s, err := r.t.str()
		return protoreflect.ValueOfString(strings.ToValidUTF8(s, "?")), err
	case protoreflect.BytesKind:
		b, err := r.bytes(f)
		return protoreflect.ValueOfBytes(b), err
	case protoreflect.EnumKind:
		n, err := r.enum(f.Enum())
		return protoreflect.ValueOfEnum(n), err
	}
	return r.double()
}

func (r reader) double() (protoreflect.Value, error) {
	n, err := strconv.ParseFloat(r.t.token, 64)
	if err != nil || math.IsNaN(n) {
		return protoreflect.Value{}, r.t.fail(`Couldn't parse number: For input string: "` + r.t.token + `"`)
	}
	r.t.advance()
	return protoreflect.ValueOfFloat64(n), nil
}

func (r reader) enum(d protoreflect.EnumDescriptor) (protoreflect.EnumNumber, error) {
	if r.t.lookingAtInteger() {
		n, err := r.t.integer(32)
		if err == nil && d.Values().ByNumber(protoreflect.EnumNumber(n)) == nil {
			err = r.t.failBefore(`Enum type "` + string(d.FullName()) + `" has no value with number ` + strconv.FormatInt(n, 10) + ".")
		}
		return protoreflect.EnumNumber(n), err
	}
	name, err := r.t.identifier()
	if err != nil {
		return 0, err
	}
	if isLower(name) {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	value := d.Values().ByName(protoreflect.Name(name))
	if value == nil {
		return 0, r.t.failBefore(`Enum type "` + string(d.FullName()) + `" has no value named "` + name + `".`)
	}
	return value.Number(), nil
}

func isLower(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}

// bytes reads hex, base58 or text. The text of names is not unescaped.
func (r reader) bytes(f *field) ([]byte, error) {
	escaped, err := r.t.quoted()
	if err != nil {
		return nil, err
	}
	raw, err := r.decode(f, escaped)
	if err != nil {
		return nil, err
	}
	r.t.advance()
	return raw, nil
}

func (r reader) decode(f *field, text string) ([]byte, error) {
	var thrown *Exception
	switch {
	case r.visible && f.kind == addressKind:
		raw, err := Base58(text, true)
		if errors.As(err, &thrown) {
			return nil, r.t.fail("INVALID base58 String, " + thrown.Message)
		}
		if raw == nil {
			return nil, Null()
		}
		return raw, nil
	case r.visible && f.kind == nameKind:
		return []byte(text), nil
	}
	raw, err := HexBytes(text, true)
	if err != nil {
		return nil, r.t.fail(errInvalidHex)
	}
	return raw, nil
}
