package abi

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// schema are the checked struct types of a document.
type schema struct {
	members map[string][]member
	hashes  map[string][32]byte // of types, as they are needed: a list of a thousand structs has one
}

// anyLength is the length of T[].
const anyLength = -1

// member is a field with its type taken apart: base is elementary or a struct's name, arrays are the lengths around it, inner first.
type member struct {
	name, spelling string
	base           string
	elementary     *Type // nil: base is a struct
	arrays         []int
}

// schema checks the types: every name is known, none contains itself, nothing is too deep.
func (d *TypedData) schema() (*schema, error) {
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
	s := &schema{members: make(map[string][]member, len(types)), hashes: map[string][32]byte{}}
	for name, fields := range types {
		members, err := membersOf(types, name, fields)
		if err != nil {
			return nil, fmt.Errorf("type %s: %w", wallet.Clip(name), err)
		}
		s.members[name] = members
	}
	heights := map[string]int{}
	for name := range s.members {
		if _, err := s.height(name, heights); err != nil {
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
			return nil, fmt.Errorf("%w: field %q occurs twice", ErrTypedData, wallet.Clip(f.Name))
		}
		seen[f.Name] = true
		members = append(members, m)
	}
	return members, nil
}

func memberOf(types map[string][]Field, f Field) (member, error) {
	if checkName(f.Name) != nil {
		return member{}, fmt.Errorf("%w: a field named %q", ErrTypedData, wallet.Clip(f.Name))
	}
	unknown := fmt.Errorf("%w: field %s has the unknown type %q", ErrTypedData, wallet.Clip(f.Name), wallet.Clip(f.Type))
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

// underWay marks a struct whose height is being found: to meet it again is a circle.
const underWay = -1

// height is how many structs deep a struct is, itself counted.
func (s *schema) height(name string, known map[string]int) (int, error) {
	switch h := known[name]; h {
	case 0:
	case underWay:
		return 0, fmt.Errorf("%w: type %s contains itself", ErrTypedData, wallet.Clip(name))
	default:
		return h, nil
	}
	known[name] = underWay
	height := 1
	for _, m := range s.members[name] {
		if m.elementary != nil {
			continue
		}
		part, err := s.height(m.base, known)
		if err != nil {
			return 0, err
		}
		height = max(height, part+1)
	}
	if height > MaxDepth {
		return 0, fmt.Errorf("%w: types nested deeper than %d", ErrTypedData, MaxDepth)
	}
	known[name] = height
	return height, nil
}

// typeHash is the Keccak-256 of encodeType.
func (s *schema) typeHash(name string) ([32]byte, error) {
	if h, ok := s.hashes[name]; ok {
		return h, nil
	}
	spelling, err := s.encodeType(name)
	if err != nil {
		return [32]byte{}, err
	}
	s.hashes[name] = wallet.Keccak256([]byte(spelling))
	return s.hashes[name], nil
}

// encodeType is the struct itself and, sorted by name, every struct that it needs.
func (s *schema) encodeType(name string) (string, error) {
	if _, ok := s.members[name]; !ok {
		return "", fmt.Errorf("%w: there is no type %q", ErrTypedData, wallet.Clip(name))
	}
	needed := map[string]bool{}
	s.collect(name, needed)
	delete(needed, name)
	var b strings.Builder
	for _, n := range append([]string{name}, slices.Sorted(maps.Keys(needed))...) {
		b.WriteString(n + "(")
		for i, m := range s.members[n] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(m.spelling + " " + m.name)
		}
		b.WriteByte(')')
	}
	return b.String(), nil
}

func (s *schema) collect(name string, needed map[string]bool) {
	if needed[name] {
		return
	}
	needed[name] = true
	for _, m := range s.members[name] {
		if m.elementary == nil {
			s.collect(m.base, needed)
		}
	}
}
