package abi

import (
	"errors"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
)

func TestParseMethod(t *testing.T) {
	for _, c := range []struct{ text, signature, printed string }{
		{"transfer(address,uint256)(bool)", "transfer(address,uint256)", "function transfer(address, uint256) returns (bool)"},
		{"transfer(address to, uint amount) returns (bool ok)", "transfer(address,uint256)", "function transfer(address to, uint256 amount) returns (bool ok)"},
		{"function f() external view returns (int)", "f()", "function f() view returns (int256)"},
		{"function f ( ) public payable virtual override;", "f()", "function f() payable"},
		{"f() constant", "f()", "function f() view"},
		{"f(address payable to, string calldata s, byte b)", "f(address,string,bytes1)", "function f(address to, string s, bytes1 b)"},
		{"f(tuple(uint a, (bool b)[2] c)[] d)", "f((uint256,(bool)[2])[])", "function f((uint256 a, (bool b)[2] c)[] d)"},
		{"send(address,trcToken,uint256)", "send(address,trcToken,uint256)", "function send(address, trcToken, uint256)"},
		{"f(function g)", "f(function)", "function f(function g)"},
		{"f(uint8[2][][3])", "f(uint8[2][][3])", "function f(uint8[2][][3])"},
		{"_$9(uint)", "_$9(uint256)", "function _$9(uint256)"},
	} {
		m, err := ParseMethod(c.text)
		if err != nil || m.Signature() != c.signature || m.String() != c.printed {
			t.Errorf("%q: %s, %s, %v", c.text, m.Signature(), m, err)
		}
	}
	deep := strings.Repeat("(", MaxDepth+1) + "bool" + strings.Repeat(")", MaxDepth+1)
	for _, text := range []string{
		"", "f", "f(", "f)", "(uint)", "f(uint", "f(uint,)", "f(,uint)", "f(uint7)", "f(uint0)", "f(uint08)", "f(uint264)", "f(bytes0)", "f(bytes33)", "f(int3)", "f(foo)", "f(Uint)",
		"f(fixed128x18)", "f(uint[0])", "f(uint[-1])", "f(uint[)", "f(uint[2)", "f(uint[1e3])", "f(uint[99999999999999999999])", "f(uint[65537])", "f(uint[300][300])", "f(())",
		"f(uint a b)", "f() g", "f()()()", "f() returns", "9f()", "f(uint) returns (", "f" + deep, "f(" + strings.Repeat("bool,", MaxParams) + "bool)", strings.Repeat("x", MaxSignatureText) + "(bool)",
		"f(uint8" + strings.Repeat("[]", MaxDepth) + ")",
	} {
		if m, err := ParseMethod(text); !errors.Is(err, ErrType) {
			t.Errorf("%q: %v, %v", wallet.Clip(text), m, err)
		}
	}
}

func TestParseParams(t *testing.T) {
	for text, want := range map[string]string{
		"": "()", "()": "()", "uint": "(uint256)", "(uint)": "(uint256)", "((uint))": "((uint256))", "(uint), bool": "((uint256),bool)", " ( uint8 a , bool b ) ": "(uint8,bool)",
		"(uint),(bool)": "((uint256),(bool))", "(uint)[]": "((uint256)[])",
	} {
		if p, err := ParseParams(text); err != nil || p.String() != want {
			t.Errorf("%q: %s, %v", text, p, err)
		}
	}
	for _, text := range []string{",", "uint,", "(uint", "uint)", "(uint))", "uint bool string"} {
		if p, err := ParseParams(text); !errors.Is(err, ErrType) {
			t.Errorf("%q: %s, %v", text, p, err)
		}
	}
}

func TestTypeAccessors(t *testing.T) {
	typ, err := ParseType("(address to, uint8[3] n)[]")
	if err != nil || typ.Kind() != KindSlice || !typ.Dynamic() || typ.Size() != 0 {
		t.Fatalf("%v %v", typ, err)
	}
	fields := typ.Elem().Fields()
	if len(fields) != 2 || fields[0].Name != "to" || fields[1].Type.Size() != 3 || fields[1].Type.Elem().Size() != 8 || fields[1].Type.Dynamic() {
		t.Errorf("%v", fields)
	}
	if none := fields[0].Type.Elem(); none.Kind() != 0 {
		t.Errorf("%v", none)
	}
}
