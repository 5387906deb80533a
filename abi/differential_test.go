package abi

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	ethabi "github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	"github.com/piecework/piecework/wallet"
)

// differentialCases is how many generated parameter lists are held against go-ethereum.
const differentialCases = 10_000

// Both encoders must give the same bytes for generated values of generated types, and both decoders the same values for those bytes. The case's number is the seed.
func TestAgainstGoEthereum(t *testing.T) {
	for seed := range uint64(differentialCases) {
		g := generator{rand.New(rand.NewPCG(seed, 0x7a))}
		params := g.params(4)
		ours, theirs := g.values(params)
		arguments := ethArgumentsOf(params)
		want, err := arguments.Pack(theirs...)
		if err != nil {
			t.Fatalf("case %d: go-ethereum packing %s: %v", seed, params, err)
		}
		got, err := params.Encode(ours...)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("case %d: %s: %v\n got %x\nwant %x", seed, params, err, got, want)
		}
		back, err := params.Decode(want)
		if err != nil || params.Format(back) != params.Format(ours) {
			t.Fatalf("case %d: %s decodes to %v, %v\nwant %v", seed, params, back, err, ours)
		}
		ethBack, err := arguments.Unpack(got)
		if err != nil || params.Format(back) != params.Format(plainAll(params, ethBack)) {
			t.Fatalf("case %d: %s: go-ethereum decodes to %v, %v", seed, params, ethBack, err)
		}
		g.damage(t, seed, params, arguments, want)
	}
}

// damage changes some bytes. What is still accepted must mean the same to both; we may refuse what go-ethereum takes, which checks less.
func (g generator) damage(t *testing.T, seed uint64, params Params, arguments ethabi.Arguments, data []byte) {
	for range 4 {
		bad := bytes.Clone(data)
		for range 1 + g.IntN(2) {
			bad[g.IntN(len(bad))] = byte(g.IntN(256))
		}
		bad = bad[:len(bad)-g.IntN(2)*g.IntN(len(bad))]
		values, err := params.Decode(bad)
		if err != nil {
			continue
		}
		ethValues, err := arguments.Unpack(bad)
		if err != nil {
			continue // go-ethereum wants the padding of bytes to be there in some places
		}
		if params.Format(values) != params.Format(plainAll(params, ethValues)) {
			t.Fatalf("case %d: %s: %x\n ours %v\ntheirs %v", seed, params, bad, values, ethValues)
		}
	}
}

// generator makes types and values of a seed.
type generator struct{ *rand.Rand }

func (g generator) params(most int) Params {
	p := make(Params, 1+g.IntN(most))
	for i := range p {
		p[i] = Param{Name: fmt.Sprintf("field%d", i), Type: g.typ(3)}
	}
	return p
}

func (g generator) typ(depth int) Type {
	must := func(t Type, err error) Type {
		if err != nil {
			panic(err)
		}
		return t
	}
	if depth > 0 && g.IntN(3) == 0 {
		switch elem := g.typ(depth - 1); g.IntN(3) {
		case 0:
			return must(sliceOf(elem))
		case 1:
			return must(arrayOf(elem, 1+g.IntN(3)))
		default:
			return must(tupleOf(g.tupleFields(depth - 1)))
		}
	}
	switch g.IntN(7) {
	case 0:
		return must(elementary(fmt.Sprintf("uint%d", 8*(1+g.IntN(32)))))
	case 1:
		return must(elementary(fmt.Sprintf("int%d", 8*(1+g.IntN(32)))))
	case 2:
		return must(elementary(fmt.Sprintf("bytes%d", 1+g.IntN(32))))
	default:
		return must(elementary([]string{"address", "bool", "string", "bytes"}[g.IntN(4)]))
	}
}

func (g generator) tupleFields(depth int) Params {
	p := make(Params, 1+g.IntN(3))
	for i := range p {
		p[i] = Param{Name: fmt.Sprintf("field%d", i), Type: g.typ(depth)}
	}
	return p
}

// values gives the same values in our form and in go-ethereum's.
func (g generator) values(p Params) (ours, theirs []any) {
	for i := range p {
		v := g.value(&p[i].Type)
		ours = append(ours, v)
		theirs = append(theirs, ethValue(p[i].Type, v).Interface())
	}
	return ours, theirs
}

func (g generator) value(t *Type) any {
	switch t.kind {
	case KindUint:
		return g.integer(t.size)
	case KindInt:
		n := g.integer(t.size)
		return n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(t.size-1)))
	case KindAddress:
		return wallet.AddressFromEVM([20]byte(g.bytes(20)))
	case KindBool:
		return g.IntN(2) == 1
	case KindString:
		return string(g.bytes(g.IntN(70)))
	case KindBytes:
		return g.bytes(g.IntN(70))
	case KindFixedBytes:
		return byteArray(g.bytes(t.size))
	case KindTuple:
		values := make([]any, len(t.fields))
		for i := range values {
			values[i] = g.value(&t.fields[i].Type)
		}
		return values
	}
	n := t.size
	if t.kind == KindSlice {
		n = g.IntN(4)
	}
	values := make([]any, n)
	for i := range values {
		values[i] = g.value(t.elem)
	}
	return values
}

// integer is 0 … 2^bits−1, often at an end.
func (g generator) integer(bits int) *big.Int {
	n := new(big.Int).SetBytes(g.bytes(bits / 8))
	switch g.IntN(6) {
	case 0:
		return new(big.Int).SetBytes(nil)
	case 1:
		n.Lsh(n.SetInt64(1), uint(bits))
		return n.Sub(n, big.NewInt(1))
	}
	return n
}

func (g generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.IntN(256))
	}
	return b
}

func ethArgumentsOf(p Params) ethabi.Arguments {
	var arguments ethabi.Arguments
	for _, param := range p {
		name, components := ethType(param.Type)
		typ, err := ethabi.NewType(name, "", components)
		if err != nil {
			panic(err)
		}
		arguments = append(arguments, ethabi.Argument{Name: param.Name, Type: typ})
	}
	return arguments
}

// ethType is the type's name in a JSON ABI, with the components of the tuple at its core.
func ethType(t Type) (string, []ethabi.ArgumentMarshaling) {
	suffix := ""
	for t.kind == KindSlice || t.kind == KindArray {
		dims := "[]"
		if t.kind == KindArray {
			dims = fmt.Sprintf("[%d]", t.size)
		}
		suffix, t = dims+suffix, *t.elem
	}
	if t.kind != KindTuple {
		return t.String() + suffix, nil
	}
	var components []ethabi.ArgumentMarshaling
	for _, f := range t.fields {
		name, inner := ethType(f.Type)
		components = append(components, ethabi.ArgumentMarshaling{Name: f.Name, Type: name, Components: inner})
	}
	return "tuple" + suffix, components
}

// ethGoType is the Go type that go-ethereum uses.
func ethGoType(t Type) reflect.Type {
	name, components := ethType(t)
	typ, err := ethabi.NewType(name, "", components)
	if err != nil {
		panic(err)
	}
	return typ.GetType()
}

func ethValue(t Type, v any) reflect.Value {
	dst := reflect.New(ethGoType(t)).Elem()
	switch t.kind {
	case KindUint, KindInt:
		n := v.(*big.Int)
		switch {
		case dst.CanInt():
			dst.SetInt(n.Int64())
		case dst.CanUint():
			dst.SetUint(n.Uint64())
		default:
			dst.Set(reflect.ValueOf(n))
		}
	case KindAddress:
		dst.Set(reflect.ValueOf(common.Address(v.(wallet.Address).EVM())))
	case KindTuple:
		for i, f := range t.fields {
			dst.Field(i).Set(ethValue(f.Type, v.([]any)[i]))
		}
	case KindSlice, KindArray:
		if t.kind == KindSlice {
			dst.Set(reflect.MakeSlice(dst.Type(), len(v.([]any)), len(v.([]any))))
		}
		for i, element := range v.([]any) {
			dst.Index(i).Set(ethValue(*t.elem, element))
		}
	default:
		dst.Set(reflect.ValueOf(v))
	}
	return dst
}

// plainAll turns go-ethereum's values into ours.
func plainAll(p Params, values []any) []any {
	out := make([]any, len(values))
	for i := range values {
		out[i] = plain(p[i].Type, reflect.ValueOf(values[i]))
	}
	return out
}

func plain(t Type, v reflect.Value) any {
	switch t.kind {
	case KindUint, KindInt:
		switch {
		case v.CanInt():
			return new(big.Int).Set(big.NewInt(v.Int()))
		case v.CanUint():
			return new(big.Int).SetUint64(v.Uint())
		}
		return v.Interface()
	case KindAddress:
		return wallet.AddressFromEVM(v.Interface().(common.Address))
	case KindTuple:
		values := make([]any, v.NumField())
		for i := range values {
			values[i] = plain(t.fields[i].Type, v.Field(i))
		}
		return values
	case KindSlice, KindArray:
		values := make([]any, v.Len())
		for i := range values {
			values[i] = plain(*t.elem, v.Index(i))
		}
		return values
	}
	return v.Interface()
}

// Selectors and topics of overloaded and nested signatures must be go-ethereum's.
func TestSelectorsAgainstGoEthereum(t *testing.T) {
	for seed := range uint64(1000) {
		g := generator{rand.New(rand.NewPCG(seed, 0x5e1))}
		params := g.params(5)
		method := ethabi.NewMethod("f", "f", ethabi.Function, "view", false, false, ethArgumentsOf(params), nil)
		ours, err := ParseMethod("function f" + params.Declaration() + " external view returns (uint)")
		if id := ours.Selector(); err != nil || !bytes.Equal(id[:], method.ID) {
			t.Fatalf("%s: %x %v, want %x of %s", params, id, err, method.ID, method.Sig)
		}
		event := ethabi.NewEvent("E", "E", false, ethArgumentsOf(params))
		if got, err := ParseEvent("E" + strings.ReplaceAll(params.Declaration(), "(", "( ")); err != nil || got.Topic() != event.ID {
			t.Fatalf("%s: %x %v, want %x", params, got.Topic(), err, event.ID)
		}
	}
}
