package javajson

import (
	"testing"
)

// The texts are recorded: a short number is read by Long.parseLong, a long one by BigInteger, group by group.
func TestNotANumber(t *testing.T) {
	for text, want := range map[string]string{
		`"5"`:                    `For input string: ""5""`,
		`08`:                     `For input string: "08" under radix 8`,
		`"41ababababababababab"`: `For input string: ""41a"`,
		`"-123456789012345678x"`: `Illegal embedded sign character`,
		`"1234567890123x5678"`:   `For input string: ""1"`,
		`0123456789012345678`:    `For input string: "12345678" under radix 8`,
		`01234567012345678`:      `For input string: "7012345678" under radix 8`,
		`"é234567890123456"`:     `For input string: ""é2345678"`,
		`"0000000000000000"`:     `For input string: ""00000000"`,
		`12345678901234567890`:   `Number out of range for 64-bit signed integer: 12345678901234567890`,
	} {
		if _, problem := parseInteger(text, 64); problem != want {
			t.Errorf("%s: %s, want %s", text, problem, want)
		}
	}
}
