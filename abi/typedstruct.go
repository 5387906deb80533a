package abi

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// structs are the checked struct types of a document.
type structs map[string][]member

// anyLength is the length of T[].
const anyLength = -1

// member is a field with its type taken apart: base is elementary or a struct's name, arrays are the lengths around it, inner first.
type member struct {
	name, spelling string
	base           string
	elementary     *Type // nil: base is a struct
	arrays         []int
}

// structs checks the types: every name is known, none contains itself, nothing is too deep.
func (d *TypedData) structs() (structs, error) {
	if len(d.Types) > MaxStructTypes {
		return nil, fmt.Errorf("%w: more than %d types", ErrTypedData, MaxStructTypes)
	}
	types := maps.Clone(d.Types)
	if types == nil {
		types = map[string][]Field{}
	}
	if _, given := types[domainName]; !given {
		types[domainName] = presentDomain(d.Domain)
	}
	s := make(structs, len(types))
	for name, fields := range types {
		members, err := membersOf(types, name, fields)
		if err != nil {
			return nil, fmt.Errorf("type %s: %w", clip(name), err)
		}
		s[name] = members
	}
	done := map[string]bool{}
	for name := range s {
		if err := s.checkDepth(name, nil, done); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// presentDomain are the fields of TIP-712 that a domain has a value for.
func presentDomain(domain map[string]any) []Field {
	var fields []Field
	for _, f := range domainFields {
		if _, ok := domain[f.Name]; ok {
			fields = append(fields, f)
		}
	}
	return fields
}

func membersOf(types map[string][]Field, name string, fields []Field) ([]member, error) {
	if checkName(name) != nil || len(fields) > MaxParams {
		return nil, fmt.Errorf("%w: a bad name, or more than %d fields", ErrTypedData, MaxParams)
	}
	if t, err := elementary(name); err == nil {
		return nil, fmt.Errorf("%w: a struct cannot be called %s", ErrTypedData, t)
	}
	seen := map[string]bool{}
	var members []member
	for _, f := range fields {
		m, err := memberOf(types, f)
		if err != nil {
			return nil, err
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("%w: field %q occurs twice", ErrTypedData, clip(f.Name))
		}
		seen[f.Name] = true
		members = append(members, m)
	}
	return members, nil
}

func memberOf(types map[string][]Field, f Field) (member, error) {
	if checkName(f.Name) != nil {
		return member{}, fmt.Errorf("%w: a field named %q", ErrTypedData, clip(f.Name))
	}
	unknown := fmt.Errorf("%w: field %s has the unknown type %q", ErrTypedData, clip(f.Name), clip(f.Type))
	m := member{name: f.Name, spelling: f.Type, base: baseName(f.Type)}
	if _, isStruct := types[m.base]; !isStruct {
		t, err := elementary(m.base)
		if err != nil || t.kind == KindFunction || m.base != t.String() { // "uint" would be hashed as another word than uint256
			return member{}, unknown
		}
		m.elementary = &t
	}
	for rest := f.Type[len(m.base):]; rest != ""; {
		inside, behind, closed := strings.Cut(rest, "]")
		digits, opened := strings.CutPrefix(inside, "[")
		n, err := strconv.Atoi(digits)
		switch {
		case !opened || !closed || len(m.arrays) == MaxDepth:
			return member{}, unknown
		case digits == "":
			n = anyLength
		case err != nil || n < 1 || strconv.Itoa(n) != digits:
			return member{}, unknown
		}
		m.arrays, rest = append(m.arrays, n), behind
	}
	return m, nil
}

// checkDepth walks the structs that a struct has as parts.
func (s structs) checkDepth(name string, above []string, done map[string]bool) error {
	if slices.Contains(above, name) {
		return fmt.Errorf("%w: type %s contains itself", ErrTypedData, clip(name))
	}
	if len(above) >= MaxDepth {
		return fmt.Errorf("%w: types nested deeper than %d", ErrTypedData, MaxDepth)
	}
	if done[name] && len(above) > 0 {
		return nil
	}
	for _, m := range s[name] {
		if m.elementary == nil {
			if err := s.checkDepth(m.base, append(above, name), done); err != nil {
				return err
			}
		}
	}
	done[name] = true
	return nil
}

// encodeType is the struct itself and, sorted by name, every struct that it needs.
func (s structs) encodeType(name string) (string, error) {
	if _, ok := s[name]; !ok {
		return "", fmt.Errorf("%w: there is no type %q", ErrTypedData, clip(name))
	}
	needed := map[string]bool{}
	s.collect(name, needed)
	delete(needed, name)
	var b strings.Builder
	for _, n := range append([]string{name}, slices.Sorted(maps.Keys(needed))...) {
		b.WriteString(n + "(")
		for i, m := range s[n] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(m.spelling + " " + m.name)
		}
		b.WriteByte(')')
	}
	return b.String(), nil
}

func (s structs) collect(name string, needed map[string]bool) {
	if needed[name] {
		return
	}
	needed[name] = true
	for _, m := range s[name] {
		if m.elementary == nil {
			s.collect(m.base, needed)
		}
	}
}

// hash is keccak256(typeHash ‖ encoded members).
func (s structs) hash(name string, value any, depth int) ([32]byte, error) {
	spelling, err := s.encodeType(name)
	if err != nil {
		return [32]byte{}, err
	}
	values, ok := value.(map[string]any)
	if !ok {
		return [32]byte{}, fmt.Errorf("%w: %T is no %s", ErrTypedData, value, name)
	}
	typeHash := wallet.Keccak256([]byte(spelling))
	data := append(make([]byte, 0, wordSize*(1+len(s[name]))), typeHash[:]...)
	for _, m := range s[name] {
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
	if len(values) != len(s[name]) {
		return [32]byte{}, fmt.Errorf("%w: %s has more in it than its type says: %s", ErrTypedData, name, surplus(values, s[name]))
	}
	return wallet.Keccak256(data), nil
}

func (s structs) separator(domain map[string]any) ([32]byte, error) {
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
			return clip(name)
		}
	}
	return ""
}

// word encodes a member around which that many arrays are left.
func (s structs) word(m *member, arrays int, value any, depth int) (word [32]byte, err error) {
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
func (s structs) list(m *member, arrays int, value any, depth int) (word [32]byte, err error) {
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
			return nil, fmt.Errorf("%w: %q: bytes are hex after 0x", ErrValue, clip(v))
		}
		if t.kind == KindBool {
			return nil, fmt.Errorf("%w: %q is text, not true or false", ErrValue, clip(v))
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
