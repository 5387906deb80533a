package javajson

import (
	"errors"
	"testing"
)

// What fastjson 1.2.83 made of odd JSON (DefaultJSONParser.parseArray, JSONLexerBase.scanString): its text again, or the class of its exception.
var oddJSON = []struct{ text, want string }{
	{`["a" "b"{}5[1]]`, `["a","b",{},5,[1]]`},
	{`[1,,2,]`, `[1,2]`},
	{`{"a":1 "b":2}`, JSONException},
	{`[false[1]]`, JSONException},
	{`{a:NULL,b:[Null]}`, `{"b":[null]}`},
	{`{$a:1}`, `{"$a":1}`},
	{`{a$:1}`, JSONException},
	{`{"a":"\u+041"}`, `{"a":"A"}`},
	{`{"a\uess":1}`, NumberFormat},
	{`{"a":"\u00`, NumberFormat},
	{`{"a":"\xzz"}`, JSONException},
	{`[1e3,1.50,1e0,5.,12e-1,1e-7,-0.0,123e5,.5e1]`, JSONException},
	{`[1e3,1.50,1e0,5.,12e-1,1e-7,-0.0,123e5,1L,1.5D]`, `[1E+3,1.50,1,5,1.2,1E-7,0.0,1.23E+7,1,1.5]`},
	{`1e9999999999`, JSONException},
	{`1E5L`, JSONException},
	{`/* nothing */`, JSONException},
}

func TestOddJSON(t *testing.T) {
	for _, c := range oddJSON {
		value, err := Parse(c.text)
		got, thrown := Array{value}.String(), (*Exception)(nil)
		if got = got[1 : len(got)-1]; errors.As(err, &thrown) {
			got = thrown.Class
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}
