package abi

import (
	"fmt"
	"math/big"
	"reflect"
	"strings"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

var unitsType = reflect.TypeFor[wallet.Units]()

// fieldMap finds the Go fields of tuples. It remembers the last answer: a list of structs asks the same every time.
type fieldMap struct {
	tuple *Type
	goes  reflect.Type
	index []int
}

// components gives access to the values of a tuple: a struct's fields or a list's elements.
func (m *fieldMap) components(t *Type, v reflect.Value) (func(int) reflect.Value, error) {
	switch v.Kind() {
	case reflect.Struct:
		fields, err := m.fields(t, v.Type())
		if err != nil {
			return nil, err
		}
		return func(i int) reflect.Value { return v.Field(fields[i]) }, nil
	case reflect.Slice:
		if v.Len() != len(t.fields) {
			return nil, fmt.Errorf("%w: %d values for the %d components of %s", ErrValue, v.Len(), len(t.fields), t)
		}
		return v.Index, nil
	default:
		return nil, mismatch(t, v)
	}
}

// fields gives the index of the Go field for each component.
func (m *fieldMap) fields(t *Type, s reflect.Type) ([]int, error) {
	if m.tuple == t && m.goes == s {
		return m.index, nil
	}
	var found []int
	for i := range s.NumField() {
		f := s.Field(i)
		name, tagged := f.Tag.Lookup("abi")
		if !f.IsExported() || name == "-" {
			continue
		}
		if !tagged {
			name = f.Name
		}
		if n := len(found); n < len(t.fields) && t.fields[n].Name != "" && !sameName(name, t.fields[n].Name) {
			return nil, fmt.Errorf("%w: field %s of %s stands where %s has %s", ErrValue, f.Name, s, t, t.fields[n].Name)
		}
		found = append(found, i)
	}
	if len(found) != len(t.fields) {
		return nil, fmt.Errorf("%w: %s has %d fields, %s has %d components", ErrValue, s, len(found), t, len(t.fields))
	}
	m.tuple, m.goes, m.index = t, s, found
	return found, nil
}

// sameName compares names without what Go and Solidity style do differently: letter case and underscores.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", ""), strings.ReplaceAll(b, "_", ""))
}

// assign fills the targets with decoded values.
func (p Params) assign(values, targets []any) error {
	if len(targets) != len(p) {
		return fmt.Errorf("%w: %d targets for %d values %s", ErrValue, len(targets), len(p), p)
	}
	var a assigner
	for i, target := range targets {
		if target == nil {
			continue
		}
		dst := reflect.ValueOf(target)
		if dst.Kind() != reflect.Pointer || dst.IsNil() {
			return fmt.Errorf("%w: target %s is %T, not a pointer", ErrValue, p.label(i), target)
		}
		if err := a.assign(&p[i].Type, dst.Elem(), values[i]); err != nil {
			return fmt.Errorf("%s %s: %w", p[i].Type, p.label(i), err)
		}
	}
	return nil
}

// assigner puts decoded values into Go variables.
type assigner struct{ known fieldMap }

func (a *assigner) assign(t *Type, dst reflect.Value, value any) error {
	src := reflect.ValueOf(value)
	switch {
	case dst.Kind() == reflect.Interface && src.Type().AssignableTo(dst.Type()):
		dst.Set(src)
		return nil
	case dst.Kind() == reflect.Pointer && dst.Type().Elem() != bigType:
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		return a.assign(t, dst.Elem(), value)
	case t.integer():
		return assignInteger(t, dst, value.(*big.Int))
	}
	switch t.kind {
	case KindArray, KindSlice:
		return a.list(t, dst, value.([]any))
	case KindTuple:
		return a.tuple(t, dst, value.([]any))
	case KindFixedBytes, KindFunction:
		if dst.Kind() == reflect.Slice && dst.Type().Elem() == byteType {
			dst.Set(reflect.MakeSlice(dst.Type(), src.Len(), src.Len()))
			reflect.Copy(dst, src)
			return nil
		}
	case KindAddress:
		if dst.Kind() == reflect.Array && dst.Len() == 20 && dst.Type().Elem() == byteType {
			evm := value.(wallet.Address).EVM()
			reflect.Copy(dst, reflect.ValueOf(evm))
			return nil
		}
	}
	if dst.Kind() != src.Kind() || !src.CanConvert(dst.Type()) {
		return mismatch(t, dst)
	}
	dst.Set(src.Convert(dst.Type()))
	return nil
}

func assignInteger(t *Type, dst reflect.Value, n *big.Int) error {
	tooBig := func() error { return fmt.Errorf("%w: %s does not fit into %s", ErrValue, n, dst.Type()) }
	switch {
	case dst.Type() == durationType:
		return mismatch(t, dst)
	case dst.Type() == reflect.PointerTo(bigType):
		dst.Set(reflect.ValueOf(n))
	case dst.Type() == bigType:
		dst.Addr().Interface().(*big.Int).Set(n)
	case dst.Type() == unitsType:
		u, err := wallet.UnitsFromBig(n)
		if err != nil {
			return tooBig()
		}
		dst.Set(reflect.ValueOf(u))
	case dst.Type() == uint256Type:
		u, overflow := uint256.FromBig(n)
		if overflow || n.Sign() < 0 {
			return tooBig()
		}
		dst.Set(reflect.ValueOf(*u))
	case dst.CanInt():
		if !n.IsInt64() || dst.OverflowInt(n.Int64()) {
			return tooBig()
		}
		dst.SetInt(n.Int64())
	case dst.CanUint():
		if !n.IsUint64() || dst.OverflowUint(n.Uint64()) {
			return tooBig()
		}
		dst.SetUint(n.Uint64())
	default:
		return mismatch(t, dst)
	}
	return nil
}

func (a *assigner) list(t *Type, dst reflect.Value, values []any) error {
	switch {
	case dst.Kind() == reflect.Slice:
		dst.Set(reflect.MakeSlice(dst.Type(), len(values), len(values)))
	case dst.Kind() != reflect.Array:
		return mismatch(t, dst)
	case dst.Len() != len(values):
		return fmt.Errorf("%w: %d elements do not fit into %s", ErrValue, len(values), dst.Type())
	}
	for i, v := range values {
		if err := a.assign(t.elem, dst.Index(i), v); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func (a *assigner) tuple(t *Type, dst reflect.Value, values []any) error {
	if dst.Kind() == reflect.Slice && dst.Type() == reflect.TypeFor[[]any]() {
		dst.Set(reflect.ValueOf(values))
		return nil
	}
	if dst.Kind() != reflect.Struct {
		return mismatch(t, dst)
	}
	fields, err := a.known.fields(t, dst.Type())
	if err != nil {
		return err
	}
	for i, v := range values {
		if err := a.assign(&t.fields[i].Type, dst.Field(fields[i]), v); err != nil {
			return fmt.Errorf(".%s: %w", t.fields.label(i), err)
		}
	}
	return nil
}
