package abi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// hash is keccak256(typeHash ‖ encoded members).
func (s *schema) hash(name string, value any, depth int) ([32]byte, error) {
	typeHash, err := s.typeHash(name)
	if err != nil {
		return [32]byte{}, err
	}
	values, ok := value.(map[string]any)
	if !ok {
		return [32]byte{}, fmt.Errorf("%w: %T is no %s", ErrTypedData, value, name)
	}
	data := append(make([]byte, 0, wordSize*(1+len(s.members[name]))), typeHash[:]...)
	for _, m := range s.members[name] {
		v, ok := values[m.name]
		if !ok {
			return [32]byte{}, fmt.Errorf("%w: %s has no %s", ErrTypedData, name, m.name)
		}
		word, err := s.word(&m, len(m.arrays), v, depth)
		if err != nil {
			return [32]byte{}, fmt.Errorf("%s: %w", m.name, err)
		}
		data = append(data, word[:]...)
	}
	if len(values) != len(s.members[name]) {
		return [32]byte{}, fmt.Errorf("%w: %s has more in it than its type says: %s", ErrTypedData, name, surplus(values, s.members[name]))
	}
	return wallet.Keccak256(data), nil
}

func (s *schema) separator(domain map[string]any) ([32]byte, error) {
	if domain == nil {
		domain = map[string]any{}
	}
	h, err := s.hash(domainName, domain, 0)
	if err != nil {
		return h, fmt.Errorf("domain: %w", err)
	}
	return h, nil
}

// surplus is a name that is in the value only.
func surplus(values map[string]any, members []member) string {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(members, func(m member) bool { return m.name == name }) {
			return wallet.Clip(name)
		}
	}
	return ""
}

// word encodes a member around which that many arrays are left.
func (s *schema) word(m *member, arrays int, value any, depth int) (word [32]byte, err error) {
	switch {
	case depth > 2*MaxDepth:
		return word, fmt.Errorf("%w: nested deeper than %d", ErrTypedData, 2*MaxDepth)
	case arrays > 0:
		return s.list(m, arrays, value, depth)
	case m.elementary == nil:
		return s.hash(m.base, value, depth+1)
	}
	scalar, err := scalarOf(m.elementary, value)
	if err != nil {
		return word, fmt.Errorf("%w: %w", ErrTypedData, err)
	}
	v := indirect(reflect.ValueOf(scalar))
	switch m.elementary.kind {
	case KindString:
		if v.Kind() != reflect.String {
			return word, fmt.Errorf("%w: %w", ErrTypedData, mismatch(m.elementary, v))
		}
		return wallet.Keccak256([]byte(v.String())), nil
	case KindBytes:
		if v.Kind() != reflect.Slice || v.Type().Elem() != byteType {
			return word, fmt.Errorf("%w: %w", ErrTypedData, mismatch(m.elementary, v))
		}
		return wallet.Keccak256(v.Bytes()), nil
	}
	if err := putWord(word[:], m.elementary, reflect.ValueOf(scalar)); err != nil {
		return word, fmt.Errorf("%w: %w", ErrTypedData, err)
	}
	return word, nil
}

// list is the hash of the encoded elements, one after the other.
func (s *schema) list(m *member, arrays int, value any, depth int) (word [32]byte, err error) {
	v := indirect(reflect.ValueOf(value))
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return word, fmt.Errorf("%w: %T is no list", ErrTypedData, value)
	}
	if want := m.arrays[arrays-1]; want != anyLength && v.Len() != want {
		return word, fmt.Errorf("%w: %d elements, want %d", ErrTypedData, v.Len(), want)
	}
	var data []byte
	for i := range v.Len() {
		element, err := s.word(m, arrays-1, v.Index(i).Interface(), depth+1)
		if err != nil {
			return word, fmt.Errorf("[%d]: %w", i, err)
		}
		data = append(data, element[:]...)
	}
	return wallet.Keccak256(data), nil
}

// scalarOf turns a JSON value into the Go value of a type; Go values pass.
func scalarOf(t *Type, value any) (any, error) {
	switch v := value.(type) {
	case string:
		if (t.kind == KindBytes || t.kind == KindFixedBytes) && !strings.HasPrefix(v, "0x") {
			return nil, fmt.Errorf("%w: %q: bytes are hex after 0x", ErrValue, wallet.Clip(v))
		}
		if t.kind == KindBool {
			return nil, fmt.Errorf("%w: %q is text, not true or false", ErrValue, wallet.Clip(v))
		}
		return parseScalar(t, v)
	case json.Number:
		if !t.integer() {
			return nil, fmt.Errorf("%w: the number %s for %s", ErrValue, v, t)
		}
		return parseScalar(t, v.String())
	default:
		return value, nil
	}
}

func toBig(v any) (*big.Int, bool) {
	var word [32]byte
	if err := putWord(word[:], &Type{kind: KindUint, size: 256, words: 1}, reflect.ValueOf(v)); err != nil {
		return nil, false
	}
	return new(big.Int).SetBytes(word[:]), true
}

// baseName is a type without its arrays.
func baseName(spelling string) string {
	base, _, _ := strings.Cut(spelling, "[")
	return base
}
