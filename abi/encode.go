package abi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
)

// ErrValue is wrapped by errors about a Go value that does not fit its ABI type.
var ErrValue = errors.New("value does not fit its ABI type")

// errNoType is a Param that was made by hand without a Type.
var errNoType = fmt.Errorf("%w: a parameter without a type", ErrType)

// encoder appends to out. A tuple is a head (static values, and offsets of dynamic ones from the start of the head) and the dynamic values behind it.
type encoder struct {
	out   []byte
	known fieldMap
}

// params encodes the arguments of a call.
func (e *encoder) params(p Params, values []any) error {
	start := e.reserve(headWords(p))
	at := start
	for i := range p {
		var err error
		if at, err = e.place(&p[i].Type, reflect.ValueOf(values[i]), start, at); err != nil {
			return fmt.Errorf("%s %s: %w", p[i].Type, p.label(i), err)
		}
	}
	return nil
}

// place puts a value into the head at position at, or behind everything with an offset there. It returns the next position of the head.
func (e *encoder) place(t *Type, v reflect.Value, start, at int) (int, error) {
	if t.kind == 0 {
		return at, errNoType
	}
	if t.dynamic {
		e.putUint(at, len(e.out)-start)
		return at + wordSize, e.tail(t, v)
	}
	return at + t.words*wordSize, e.static(t, v, at)
}

// static writes a value of known size at its place.
func (e *encoder) static(t *Type, v reflect.Value, at int) error {
	switch t.kind {
	case KindArray:
		return e.elements(t.elem, v, t.size, at, at)
	case KindTuple:
		return e.tuple(t, v, at)
	default:
		return putWord(e.out[at:at+wordSize], t, v)
	}
}

// tail appends a dynamic value.
func (e *encoder) tail(t *Type, v reflect.Value) error {
	v = indirect(v)
	switch t.kind {
	case KindString:
		if v.Kind() != reflect.String {
			return mismatch(t, v)
		}
		e.blob([]byte(v.String()))
	case KindBytes:
		if v.Kind() != reflect.Slice || v.Type().Elem() != byteType {
			return mismatch(t, v)
		}
		e.blob(v.Bytes())
	case KindSlice:
		n, err := length(t, v)
		if err != nil {
			return err
		}
		e.putUint(e.reserve(1), n)
		start := e.reserve(n * t.elem.words)
		return e.elements(t.elem, v, n, start, start)
	case KindArray:
		start := e.reserve(t.size * t.elem.words)
		return e.elements(t.elem, v, t.size, start, start)
	case KindTuple:
		return e.tuple(t, v, e.reserve(headWords(t.fields)))
	}
	return nil
}

func (e *encoder) elements(elem *Type, v reflect.Value, want, start, at int) error {
	v = indirect(v)
	if n, err := length(elem, v); err != nil {
		return err
	} else if n != want {
		return fmt.Errorf("%w: %d elements, want %d", ErrValue, n, want)
	}
	for i := range want {
		var err error
		if at, err = e.place(elem, v.Index(i), start, at); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

// tuple writes a struct or a list of components whose head begins at start.
func (e *encoder) tuple(t *Type, v reflect.Value, start int) error {
	component, err := e.known.components(t, indirect(v))
	if err != nil {
		return err
	}
	at := start
	for i := range t.fields {
		if at, err = e.place(&t.fields[i].Type, component(i), start, at); err != nil {
			return fmt.Errorf(".%s: %w", t.fields.label(i), err)
		}
	}
	return nil
}

// blob appends a length and bytes, padded to whole words.
func (e *encoder) blob(b []byte) {
	e.putUint(e.reserve(1), len(b))
	at := e.reserve((len(b) + wordSize - 1) / wordSize)
	copy(e.out[at:], b)
}

// reserve appends zero words and says where they begin.
func (e *encoder) reserve(words int) int {
	at := len(e.out)
	e.out = append(e.out, make([]byte, words*wordSize)...)
	return at
}

func (e *encoder) putUint(at, n int) {
	binary.BigEndian.PutUint64(e.out[at+wordSize-8:], uint64(n))
}

func headWords(p Params) int {
	n := 0
	for i := range p {
		n += p[i].Type.words
	}
	return n
}

// indirect steps through interfaces and pointers to the value that Encode was meant to get.
func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}

func length(t *Type, v reflect.Value) (int, error) {
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return 0, fmt.Errorf("%w: %s is no list of %s", ErrValue, goType(v), t)
	}
	return v.Len(), nil
}

func mismatch(t *Type, v reflect.Value) error {
	return fmt.Errorf("%w: Go's %s cannot stand for %s", ErrValue, goType(v), t)
}

func goType(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	return v.Type().String()
}
