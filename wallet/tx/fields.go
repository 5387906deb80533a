package tx

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
)

// fields visits the fields of a message. Every message names its fields once, in the order of their numbers, and
// that one list encodes it (encoder), decodes it (decoder) and shows it (viewer).
type fields interface {
	address(n protowire.Number, name string, v *wallet.Address)
	addresses(n protowire.Number, name string, v *[]wallet.Address)
	sun(n protowire.Number, name string, v *wallet.Sun)
	units(n protowire.Number, name string, v *wallet.Units)
	int64(n protowire.Number, name string, v *int64)
	int32(n protowire.Number, name string, v *int32)
	millis(n protowire.Number, name string, v *time.Time) // milliseconds since 1970, 0 is the zero Time
	bool(n protowire.Number, name string, v *bool)
	enum(n protowire.Number, name string, v *int32, values []string)
	bytes(n protowire.Number, name string, v *[]byte)
	text(n protowire.Number, name string, v *string)   // a proto bytes that holds text
	string(n protowire.Number, name string, v *string) // a proto string
	entry(key, value *int64)                           // a map entry: key 1, value 2, zeros are written
	list(n protowire.Number, name string, l list)
}

// list is a repeated or an optional message.
type list struct {
	length   int
	repeated bool
	resize   func(length int)
	walk     func(i int, f fields)
}

func repeated[T any](f fields, n protowire.Number, name string, v *[]T, walk func(*T, fields)) {
	f.list(n, name, list{
		length: len(*v), repeated: true,
		resize: func(length int) {
			if length > 0 {
				*v = make([]T, length)
			}
		},
		walk: func(i int, f fields) { walk(&(*v)[i], f) },
	})
}

func optional[T any](f fields, n protowire.Number, name string, v **T, walk func(*T, fields)) {
	length := 0
	if *v != nil {
		length = 1
	}
	f.list(n, name, list{
		length: length,
		resize: func(length int) {
			if length > 0 {
				*v = new(T)
			}
		},
		walk: func(_ int, f fields) { walk(*v, f) },
	})
}

// enumOf lets a typed enum share the visitor's method.
func enumOf[E ~int32](f fields, n protowire.Number, name string, v *E, values []string) {
	plain := int32(*v)
	f.enum(n, name, &plain, values)
	*v = E(plain)
}

func enumName(v int32, values []string) string {
	if v >= 0 && int(v) < len(values) {
		return values[v]
	}
	return strconv.Itoa(int(v))
}

// toMillis is a time on the wire.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is a time from the wire, in UTC.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
