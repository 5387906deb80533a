package javajson

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/piecework/piecework/wallet"
)

// Print is JsonFormat.printToString: a message with its set fields in the order of their numbers.
// visible asks for addresses in base58 and names as text instead of hex.
func Print(m proto.Message, visible bool) string {
	return string(printer{visible}.message(nil, m.ProtoReflect()))
}

type printer struct{ visible bool }

func (p printer) message(b []byte, m protoreflect.Message) []byte {
	b = append(b, '{')
	s, first := shapeOf(m.Descriptor()), true
	for i := range s.fields {
		f := &s.fields[i]
		if !m.Has(f.FieldDescriptor) && !(s.always && (f.IsList() || f.Kind() != protoreflect.MessageKind)) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = p.field(append(b, f.quoted...), f, m.Get(f.FieldDescriptor))
	}
	return append(b, '}')
}

func (p printer) field(b []byte, f *field, v protoreflect.Value) []byte {
	switch {
	case f.IsMap():
		return p.entries(b, f, v.Map())
	case f.IsList():
		b = append(b, '[')
		for i := range v.List().Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = p.value(b, f, v.List().Get(i))
		}
		return append(b, ']')
	}
	return p.value(b, f, v)
}

func (p printer) entries(b []byte, f *field, m protoreflect.Map) []byte {
	key, value := &field{FieldDescriptor: f.MapKey()}, &field{FieldDescriptor: f.MapValue()}
	b = append(b, '[')
	for i, k := range sortedKeys(m) {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.value(append(b, `{"key": `...), key, k.Value())
		b = p.value(append(b, `,"value": `...), value, m.Get(k))
		b = append(b, '}')
	}
	return append(b, ']')
}

func (p printer) value(b []byte, f *field, v protoreflect.Value) []byte {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return strconv.AppendBool(b, v.Bool())
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return append(b, Double(v.Float())...)
	case protoreflect.StringKind:
		b = append(b, '"')
		b = appendText(b, v.String())
		return append(b, '"')
	case protoreflect.BytesKind:
		b = append(b, '"')
		b = append(b, p.bytes(f, v.Bytes())...)
		return append(b, '"')
	case protoreflect.EnumKind:
		b = append(b, '"')
		b = append(b, enumName(f.Enum(), v.Enum())...)
		return append(b, '"')
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return p.message(b, v.Message())
	}
	return strconv.AppendInt(b, v.Int(), 10)
}

func enumName(d protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	if value := d.Values().ByNumber(n); value != nil {
		return string(value.Name())
	}
	return "UNKNOWN_ENUM_VALUE_" + string(d.Name()) + "_" + strconv.Itoa(int(n))
}

// bytes is escapeBytes: the text between the quotes, as it is written.
func (p printer) bytes(f *field, raw []byte) string {
	if !p.visible || f.kind == hexKind {
		return hex.EncodeToString(raw)
	}
	if f.kind == addressKind {
		return base58Check(raw)
	}
	text := strings.ReplaceAll(javaString(raw), `"`, `\"`)
	if _, err := ParseObject(`{"key":"` + text + `"}`); err != nil {
		return hex.EncodeToString(raw)
	}
	return text
}

// base58Check is StringUtil.encode58Check, which takes bytes of any length.
func base58Check(raw []byte) string {
	if a, err := wallet.AddressFromBytes(raw); err == nil {
		return a.String()
	}
	sum := doubleSHA(raw)
	return base58.Encode(append(append([]byte(nil), raw...), sum[:4]...))
}

// javaString is new String(bytes): what is no UTF-8 becomes U+FFFD.
func javaString(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// appendText is JsonFormat.escapeText.
func appendText(b []byte, s string) []byte {
	const lower = "0123456789abcdef"
	for _, r := range s {
		switch short := shortEscape(r); {
		case short != 0:
			b = append(b, '\\', short)
		case r < 0x20:
			b = appendUnicode(b, uint16(r), lower)
		case r > 0xffff:
			r -= 0x10000
			b = appendUnicode(b, uint16(0xd800+r>>10), lower)
			b = appendUnicode(b, uint16(0xdc00+r&0x3ff), lower)
		default:
			b = append(b, string(r)...)
		}
	}
	return b
}
