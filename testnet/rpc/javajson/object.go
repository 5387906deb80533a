package javajson

import (
	"slices"
	"strconv"

	"github.com/piecework/piecework/testnet/javahash"
)

// Object is fastjson's JSONObject: it forgets the order in which keys came and shows them in the order of Java's HashMap.
// Values are nil, bool, string, Number, int64, *Object, Array.
type Object struct {
	keys   []string
	values map[string]any
}

// Array is fastjson's JSONArray.
type Array []any

// Number is a number as Java would print it.
type Number string

// NewObject makes an empty object.
func NewObject() *Object { return &Object{values: map[string]any{}} }

// Put sets a value; a key that is there keeps its place.
func (o *Object) Put(key string, value any) *Object {
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
	return o
}

// Get is a value, nil when there is none.
func (o *Object) Get(key string) any { return o.values[key] }

// Has says whether a key is there, be it null.
func (o *Object) Has(key string) bool {
	_, ok := o.values[key]
	return ok
}

// Keys is the keys in the order in which they came.
func (o *Object) Keys() []string { return slices.Clone(o.keys) }

// String is the object as JSON.
func (o *Object) String() string { return string(o.append(nil)) }

// String is the array as JSON.
func (a Array) String() string { return string(a.append(nil)) }

// order is the keys as a HashMap walks over them.
func (o *Object) order() []string {
	sorted := slices.Clone(o.keys)
	javahash.Sort(sorted, javahash.Grown(len(sorted)), javahash.String)
	return sorted
}

func (o *Object) append(b []byte) []byte {
	b = append(b, '{')
	first := true
	for _, key := range o.order() {
		value := o.values[key]
		if value == nil {
			continue // fastjson leaves out null
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, key)
		b = append(b, ':')
		b = appendValue(b, value)
	}
	return append(b, '}')
}

func (a Array) append(b []byte) []byte {
	b = append(b, '[')
	for i, value := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, value)
	}
	return append(b, ']')
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, nullText...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v)
	case Number:
		return append(b, v...)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case *Object:
		return v.append(b)
	case Array:
		return v.append(b)
	}
	return append(b, nullText...)
}

// appendString quotes a string as fastjson does.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch short := shortEscape(r); {
		case short != 0:
			b = append(b, '\\', short)
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029:
			b = appendUnicode(b, uint16(r), "0123456789ABCDEF")
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// shortEscape is the letter behind the backslash where java-tron's two printers escape by one, 0 where they do not.
func shortEscape(r rune) byte {
	switch r {
	case '"', '\\':
		return byte(r)
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}

func appendUnicode(b []byte, unit uint16, digits string) []byte {
	return append(b, '\\', 'u', digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
