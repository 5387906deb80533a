package javajson

import (
	"errors"
	"testing"
)

// TestOddTokens: what JSON.parse of fastjson 1.2.83 (safe mode, as java-tron sets it) made of these texts, printed as a list of one, or the class of its
// exception.
func TestOddTokens(t *testing.T) {
	const refused = JSONException
	for text, want := range map[string]string{
		// control characters pass between tokens, not behind a text or a number of an object
		"\x00{\"a\":1}": `{"a":1}`, "{\"a\":\x011}": `{"a":1}`, "[1\x1f,2]": "[1,2]", "{\"a\":{}\x0b}": `{"a":{}}`, "[\x0b,1]": "[1]", "{\"a\":1}\x1f": `{"a":1}`,
		"\x7fnull": "null", "\x1a": "null", "{\"a\":1}\x1a": `{"a":1}`, "{\"a\":1\x01}": refused, "{\x01\"a\":1}": refused, "[\"a\"\x1a,1]": refused,
		"{\u0080:1}": refused, "{\u00e9:1}": refused, "{\u0100:1}": "{\"\u0100\":1}", "\ufeff": refused, "\ufeff1": "1",
		// numbers
		"+-1": "-1", "[+-1]": "[-1]", "+": "0", "[+]": "[0]", "{\"a\":+}": `{"a":0}`, "+1.5": "1.5", "--1": refused, "-": refused, "-+1": refused, "1+-1": refused,
		"1D": "1.0", "1F": "1.0", "1e10D": "1.0E10", "0.1F": "0.1", "1L": "1", "70000S": "4464", "200B": "-56", "1e": refused, "1.": "1",
		"{+1:2}": refused, "{1L:2}": `{"1":2}`, "{-:2}": refused, "{1 :2}": refused,
		// sets
		"Set[3,1,2]": "[1,2,3]", "Set[1,1]": "[1]", "Set [1]": "[1]", "{\"a\":Set[1,2]}": `{"a":[1,2]}`, "[TreeSet[3,1,2]1]": "[[1,2,3],1]", "TreeSet[\"b\",\"a\"]": `["a","b"]`,
		"TreeSet[]": "[]", "TreeSet[1,\"a\"]": refused, "Set[[1]]": "[[1]]", "Set": refused, "Set{}": refused, "Sets[1]": refused, "TreeSet[1": refused,
		// dates, of any class
		"new Date(5)": "5", "new  Dte (5)": "5", "{\"a\":new Date(-5),\"b\":1}": `{"a":-5,"b":1}`, "[new Date(5)1]": "[5,1]", "new Date(99999999999999999999)": "7766279631452241919",
		"new Date()": refused, "new Date(5": refused, "new Date(\"x\")": refused, "newDate(5)": refused, "new true(5)": refused, "new Date(1.5)": NumberFormat,
		"new Date(\"xa b\")": NumberFormat, "new Date(1e5)": refused,
		// words, bytes, keys
		"NULL": "null", "Null": "null", "True": refused, "x'0AFF'": `"Cv8="`, "x'0a'": refused, "x''": `""`, "{null:1}": `{"null":1}`, "{{}:1}": "{}", "{[1]:2,\"a\":3}": `{"a":3}`,
		"{\"@type\":1}": refused, "{\"@type\":\"x\"}": refused, "{\"@type\":\"5\",\"a\":1}": `{"a":1,"@type":"5"}`, "{\"@type\":\"java.util.HashMap\",\"a\":1}": `{"a":1}`,
		"{\"a\\xzz\":1}": "java.lang.ArrayIndexOutOfBoundsException", "[\"a\\xzz\"]": refused,
	} {
		value, err := Parse(text)
		got, thrown := Array{value}.String(), (*Exception)(nil)
		if got = got[1 : len(got)-1]; errors.As(err, &thrown) {
			got = thrown.Class
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestWords: what fastjson says of what it refuses, with its way to count places.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		`{"a"=1}`: "expect ':' at 0, name a", `{'a'=1}`: "expect ':' at 0", `{a=1}`: "expect ':' at 0, actual =",
		`{"a":1 2}`: "syntax error, position at 0, name a", `{"a":[]2}`: "syntax error", `{"a":{}2}`: "syntax error, int", `{"a":true 2}`: "syntax error, position at 10, name a",
		`{"a`: "unclosed.str", `{"a\8":1}`: "unclosed.str.lit", `["a`: "unclosed string : \x1a", `["\8"]`: "unclosed string : 8", `['a`: "unclosed single-quote string",
		`["\xzz"]`: `invalid escape character \xzz`, `nwe`: "error parse new", `nul`: "error parse null", `1e`: "No exponent digits., pos 2, line 1, column 31e",
		`Set 1`: "syntax error, expect [, actual int, pos 4, fieldName null", `{}5`: "not close json text, token : int", "\n[": "unclosed jsonArray",
	} {
		_, err := Parse(text)
		var thrown *Exception
		if !errors.As(err, &thrown) || thrown.Message != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
