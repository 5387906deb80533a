package javajson

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ObjectOf is JSONObject.parseObject(JsonFormat.printToString(m, visible)) without the detour over text.
func ObjectOf(m proto.Message, visible bool) *Object {
	return printer{visible}.object(m.ProtoReflect())
}

func (p printer) object(m protoreflect.Message) *Object {
	o, s := NewObject(), shapeOf(m.Descriptor())
	for i := range s.fields {
		f := &s.fields[i]
		if m.Has(f.FieldDescriptor) || s.always && (f.IsList() || f.Kind() != protoreflect.MessageKind) {
			o.Put(f.name, p.objectField(f, m.Get(f.FieldDescriptor)))
		}
	}
	return o
}

func (p printer) objectField(f *field, v protoreflect.Value) any {
	switch {
	case f.IsMap():
		key, value := &field{FieldDescriptor: f.MapKey()}, &field{FieldDescriptor: f.MapValue()}
		list := Array{}
		for _, k := range sortedKeys(v.Map()) {
			list = append(list, NewObject().Put("key", p.objectValue(key, k.Value())).Put("value", p.objectValue(value, v.Map().Get(k))))
		}
		return list
	case f.IsList():
		list := Array{}
		for i := range v.List().Len() {
			list = append(list, p.objectValue(f, v.List().Get(i)))
		}
		return list
	}
	return p.objectValue(f, v)
}

func (p printer) objectValue(f *field, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return v.Bool()
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return Number(Double(v.Float()))
	case protoreflect.StringKind:
		return v.String()
	case protoreflect.BytesKind:
		text := p.bytes(f, v.Bytes())
		if p.visible && f.kind == nameKind && strings.ContainsRune(text, '\\') {
			if o, err := ParseObject(`{"key":"` + text + `"}`); err == nil {
				return o.Get("key")
			}
		}
		return text
	case protoreflect.EnumKind:
		return enumName(f.Enum(), v.Enum())
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return p.object(v.Message())
	}
	return v.Int()
}

// Double is Double.toString of Java for the numbers that a node shows.
func Double(f float64) string {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.ContainsAny(text, ".NI") {
		text += ".0"
	}
	return text
}

func doubleSHA(raw []byte) [32]byte {
	first := sha256.Sum256(raw)
	return sha256.Sum256(first[:])
}
