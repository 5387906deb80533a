package javajson

import (
	"cmp"
	"slices"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// shape is what there is to know of a message type for printing it.
type shape struct {
	fields []field // by number, the order in which JsonFormat prints
	always bool    // zero values too
}

type field struct {
	protoreflect.FieldDescriptor
	quoted string // "name": with quotes, colon and blank
	name   string
	kind   kind
}

// shapes holds a *shape for each message type that was seen; it only ever grows to the number of types.
var shapes sync.Map

func shapeOf(d protoreflect.MessageDescriptor) *shape {
	if s, ok := shapes.Load(d); ok {
		return s.(*shape)
	}
	s := &shape{always: alwaysPrinted[d.FullName()]}
	for i := range d.Fields().Len() {
		fd := d.Fields().Get(i)
		name := string(fd.Name())
		f := field{FieldDescriptor: fd, quoted: `"` + name + `": `, name: name}
		switch {
		case slices.Contains(addressFields[d.FullName()], fd.Name()):
			f.kind = addressKind
		case slices.Contains(nameFields[d.FullName()], fd.Name()):
			f.kind = nameKind
		}
		s.fields = append(s.fields, f)
	}
	slices.SortFunc(s.fields, func(a, b field) int { return cmp.Compare(a.Number(), b.Number()) })
	shapes.Store(d, s)
	return s
}

// field finds a field by the name that a client wrote.
func (s *shape) field(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

// fieldByDigit finds a field by its number, which JsonFormat takes for a name of one digit.
func (s *shape) fieldByDigit(name string) *field {
	if len(name) != 1 || name[0] < '0' || name[0] > '9' {
		return nil
	}
	for i := range s.fields {
		if s.fields[i].Number() == protoreflect.FieldNumber(name[0]-'0') {
			return &s.fields[i]
		}
	}
	return nil
}

// sortedKeys is the keys of a map in a fixed order: Java keeps the order of insertion, which a Go map has lost.
func sortedKeys(m protoreflect.Map) []protoreflect.MapKey {
	keys := make([]protoreflect.MapKey, 0, m.Len())
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		switch x := a.Interface().(type) {
		case int64:
			return cmp.Compare(x, b.Int())
		case string:
			y := b.String()
			if i, j := unstakeOrder[x], unstakeOrder[y]; i != j {
				return cmp.Compare(i, j)
			}
			return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) // token ids grow in length
		}
		return 0
	})
	return keys
}

// unstakeOrder is the order that java-tron was seen to print cancel_unfreezeV2_amount in.
var unstakeOrder = map[string]int{"ENERGY": 1, "TRON_POWER": 2, "BANDWIDTH": 3}
