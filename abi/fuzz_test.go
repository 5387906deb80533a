package abi

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What parses as a function or event must print as something that parses to the same.
func FuzzSignature(f *testing.F) {
	for _, s := range []string{
		"transfer(address,uint256)(bool)", "function f(tuple(uint a, bytes32[2][] b)[] x, string memory y) external view returns (int8, trcToken);",
		"event E(address indexed a, (string,bool) b) anonymous;", "f(", "f((((", "f(uint[99999999999999999999])", "f(uint8[1]", "f(a b c)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := ParseMethod(text); err == nil {
			again, err := ParseMethod(m.String())
			if err != nil || again.String() != m.String() || again.Selector() != m.Selector() {
				t.Fatalf("%q prints as %q: %v", text, m, err)
			}
		}
		if e, err := ParseEvent(text); err == nil {
			again, err := ParseEvent(e.String())
			if err != nil || again.String() != e.String() || again.Topic() != e.Topic() || again.Anonymous != e.Anonymous {
				t.Fatalf("%q prints as %q: %v", text, e, err)
			}
		}
		if e, err := ParseError(text); err == nil {
			if again, err := ParseError(e.String()); err != nil || again.Selector() != e.Selector() {
				t.Fatalf("%q prints as %q: %v", text, e, err)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`[{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple[2]","components":[{"name":"b","type":"uint8"}]}],"stateMutability":"view"}]`,
		`{"entrys":[{"type":"Event","name":"E","inputs":[{"indexed":true,"name":"a","type":"address"}]}]}`, `{"abi":{"entrys":[]}}`, `[{}]`, `null`,
		`[{"type":"constructor","payable":true},{"type":"fallback"},{"type":"receive"},{"type":"error","name":"X"}]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseJSON(data)
		if err != nil {
			return
		}
		for _, m := range c.Methods {
			if again, err := ParseMethod(m.String()); err != nil || again.Selector() != m.Selector() {
				t.Fatalf("%s: %v", m, err)
			}
		}
		for _, e := range c.Events {
			if again, err := ParseEvent(e.String()); err != nil || again.Topic() != e.Topic() {
				t.Fatalf("%s: %v", e, err)
			}
		}
		if c.DecodeRevert(data).Reason == "" {
			t.Fatal("no reason")
		}
	})
}

// What decodes must encode to something that decodes to the same, and be no larger than the data allows.
func FuzzDecode(f *testing.F) {
	word := func(n byte) []byte { return append(make([]byte, 31), n) }
	f.Add("uint256[]", bytes.Join([][]byte{word(32), word(1), word(7)}, nil))
	f.Add("(bytes,string)[],address", bytes.Join([][]byte{word(64), word(1), word(0)}, nil))
	f.Add("uint8[][][][]", bytes.Repeat(word(32), 20))
	f.Add("string[2],bytes4,bool,int16", bytes.Repeat(word(1), 9))
	f.Fuzz(func(t *testing.T, types string, data []byte) {
		params, err := ParseParams(types)
		if err != nil {
			return
		}
		values, err := params.Decode(data)
		if err != nil {
			return
		}
		text := params.Format(values)
		if most := 1000 + 100*len(types) + 400*(len(data)+32); len(text) > most && len(types) < 100 {
			t.Fatalf("%d bytes decode to %d characters", len(data), len(text))
		}
		encoded, err := params.Encode(values...)
		if err != nil {
			t.Fatalf("%s: encoding what was decoded: %v", params, err)
		}
		again, err := params.Decode(encoded)
		if err != nil || params.Format(again) != text {
			t.Fatalf("%s: %s became %v, %v", params, text, again, err)
		}
		if _, err := params.JSON(values); err != nil {
			t.Fatal(err)
		}
	})
}

// What parses as an argument must print as something that parses to the same.
func FuzzArgument(f *testing.F) {
	for _, s := range [][2]string{
		{"uint256", "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
		{"int8", "-0x80"},
		{"(string a,bytes b)[]", `[(a: "x, \"y\"", b: 0xff),('z',)]`},
		{"address[2]", "[T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb, 0x0000000000000000000000000000000000000000]"},
		{"string[]", `[ a b , "\xff\u202e" ]`},
		{"bool", "true"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, typ, text string) {
		parsed, err := ParseType(typ)
		if err != nil {
			return
		}
		v, err := ParseValue(parsed, text)
		if err != nil || parsed.kind == KindString {
			return
		}
		printed := FormatValue(parsed, v)
		again, err := ParseValue(parsed, printed)
		if err != nil || FormatValue(parsed, again) != printed {
			t.Fatalf("%s %q prints as %s: %v", parsed, text, printed, err)
		}
		if _, err := (Params{{Type: parsed}}).Encode(v); err != nil {
			t.Fatalf("%s %q: %v", parsed, text, err)
		}
	})
}

// A document that is taken must survive a JSON round trip with the same digest.
func FuzzTypedData(f *testing.F) {
	f.Add([]byte(tip712Vector))
	f.Add([]byte(`{"types":{"A":[{"name":"b","type":"B[2][]"}],"B":[{"name":"c","type":"bytes"}]},"domain":{},"message":{"b":[[{"c":"0x"},{"c":"0x01"}]]}}`))
	f.Add([]byte(`{"types":{"EIP712Domain":[{"name":"name","type":"string"}],"A":[]},"primaryType":"A","domain":{"name":"x"},"message":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ParseTypedData(data)
		if err != nil {
			return
		}
		want, err := d.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Text(); err != nil {
			t.Fatal(err)
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseTypedData(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if got, err := again.Digest(); err != nil || got != want {
			t.Fatalf("%s: %x %v, want %x", written, got, err, want)
		}
	})
}
