package abi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ErrType is wrapped by errors about a type, signature or JSON ABI that makes no sense.
var ErrType = errors.New("not an ABI definition")

// Kind is the family of a type.
type Kind uint8

// The kinds of types. Arrays have a fixed length (T[3]), slices do not (T[]).
const (
	KindUint Kind = iota + 1
	KindInt
	KindTrcToken
	KindAddress
	KindBool
	KindFixedBytes
	KindFunction
	KindBytes
	KindString
	KindArray
	KindSlice
	KindTuple
)

// wordSize is the unit of the encoding in bytes.
const wordSize = 32

// Type is an ABI type, made by ParseType or as part of a parsed definition. The zero Type is none.
type Type struct {
	kind    Kind
	size    int    // bits of an integer, bytes of bytesN and function, elements of T[N]
	elem    *Type  // of arrays and slices
	fields  Params // of tuples
	name    string // the struct's name, when a JSON ABI tells it
	dynamic bool   // encoded behind an offset
	words   int    // 32-byte words in the head of what holds it: 1 for dynamic types
	depth   int
}

// Kind is the family of the type.
func (t Type) Kind() Kind { return t.kind }

// Size is the number of bits of an integer type, of bytes of bytesN, of elements of T[N], and 0 for others.
func (t Type) Size() int { return t.size }

// Elem is the element type of an array or slice; the zero Type for others.
func (t Type) Elem() Type {
	if t.elem == nil {
		return Type{}
	}
	return *t.elem
}

// Fields are the components of a tuple. Do not change them.
func (t Type) Fields() Params { return t.fields }

// Name is the name of the struct behind a tuple, when a JSON ABI told it.
func (t Type) Name() string { return t.name }

// Dynamic says whether the encoding of the type has a length of its own and stands behind an offset.
func (t Type) Dynamic() bool { return t.dynamic }

// String is the canonical spelling, as selectors hash it: "uint256", "(address,trcToken)[]".
func (t Type) String() string {
	switch t.kind {
	case KindUint:
		return "uint" + strconv.Itoa(t.size)
	case KindInt:
		return "int" + strconv.Itoa(t.size)
	case KindFixedBytes:
		return "bytes" + strconv.Itoa(t.size)
	case KindArray:
		return t.elem.String() + "[" + strconv.Itoa(t.size) + "]"
	case KindSlice:
		return t.elem.String() + "[]"
	case KindTuple:
		return t.fields.String()
	default:
		return plainNames[t.kind]
	}
}

var plainNames = map[Kind]string{
	KindTrcToken: "trcToken", KindAddress: "address", KindBool: "bool", KindFunction: "function", KindBytes: "bytes", KindString: "string",
}

// integer says whether values of the type are numbers.
func (t *Type) integer() bool {
	return t.kind == KindUint || t.kind == KindInt || t.kind == KindTrcToken
}

// bits is the width of an integer type.
func (t *Type) bits() int {
	if t.kind == KindTrcToken {
		return 256
	}
	return t.size
}

// elementary gives the type of a single name such as "uint8"; arrays and tuples are built around it.
func elementary(name string) (Type, error) {
	t := Type{words: 1, depth: 1}
	switch name {
	case "address":
		t.kind = KindAddress
	case "bool":
		t.kind = KindBool
	case "trcToken":
		t.kind = KindTrcToken
	case "string":
		t.kind, t.dynamic = KindString, true
	case "bytes":
		t.kind, t.dynamic = KindBytes, true
	case "byte":
		t.kind, t.size = KindFixedBytes, 1
	case "function":
		t.kind, t.size = KindFunction, 24
	default:
		return sized(t, name)
	}
	return t, nil
}

// sized reads uintN, intN and bytesN.
func sized(t Type, name string) (Type, error) {
	digits := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz")
	family := strings.TrimSuffix(name, digits)
	n, err := strconv.Atoi(digits)
	if digits == "" {
		n, err = 256, nil
	} else if strings.HasPrefix(digits, "0") {
		err = strconv.ErrSyntax
	}
	switch {
	case family == "fixed", family == "ufixed":
		return Type{}, fmt.Errorf("%w: %s: fixed-point numbers exist in no compiler", ErrType, name)
	case err == nil && family == "uint" && n%8 == 0 && n >= 8 && n <= 256:
		t.kind = KindUint
	case err == nil && family == "int" && n%8 == 0 && n >= 8 && n <= 256:
		t.kind = KindInt
	case err == nil && family == "bytes" && n >= 1 && n <= 32:
		t.kind = KindFixedBytes
	default:
		return Type{}, fmt.Errorf("%w: there is no type %q", ErrType, wallet.Clip(name))
	}
	t.size = n
	return t, nil
}

func sliceOf(elem Type) (Type, error) {
	t := Type{kind: KindSlice, elem: &elem, dynamic: true, words: 1, depth: elem.depth + 1}
	return t, t.check()
}

func arrayOf(elem Type, n int) (Type, error) {
	if n < 1 || n > MaxHeadWords {
		return Type{}, fmt.Errorf("%w: %s[%d]: a fixed array has 1 … %d elements", ErrType, elem, n, MaxHeadWords)
	}
	t := Type{kind: KindArray, size: n, elem: &elem, dynamic: elem.dynamic, words: n * elem.words, depth: elem.depth + 1}
	if err := t.check(); err != nil {
		return Type{}, err
	}
	if t.dynamic {
		t.words = 1
	}
	return t, nil
}

func tupleOf(fields Params) (Type, error) {
	if len(fields) == 0 {
		return Type{}, fmt.Errorf("%w: a tuple has at least one component", ErrType)
	}
	if err := fields.check(); err != nil {
		return Type{}, err
	}
	t := Type{kind: KindTuple, fields: fields}
	for _, f := range fields {
		t.dynamic = t.dynamic || f.Type.dynamic
		t.words += f.Type.words
		t.depth = max(t.depth, f.Type.depth+1)
	}
	if err := t.check(); err != nil {
		return Type{}, err
	}
	if t.dynamic {
		t.words = 1
	}
	return t, nil
}

func (t *Type) check() error {
	switch {
	case t.depth > MaxDepth:
		return fmt.Errorf("%w: nested deeper than %d", ErrType, MaxDepth)
	case t.words > MaxHeadWords:
		return fmt.Errorf("%w: larger than %d words", ErrType, MaxHeadWords)
	}
	return nil
}
