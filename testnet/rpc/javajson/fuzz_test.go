package javajson

import (
	"testing"

	"github.com/piecework/piecework/wallet/tronpb"
)

// FuzzMerge reads hostile JSON both ways: nothing may crash or hang, and what was read must print and read again the same.
func FuzzMerge(f *testing.F) {
	for _, seed := range []string{
		`{"owner_address":"41","amount":1}`, `{"a":[1,{"b":null}]}`, "{'x':1}", `{"amount":010}`, `{"1":"0a00"}`, "[", `"`, `{"x":"\`, "# c\n{}", `{"parameters":[{"key":1,"value":2}]}`,
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, visible bool) {
		_, _ = Parse(text)
		m := &tronpb.Transaction{}
		if Merge(text, m, visible) != nil {
			return
		}
		printed := Print(m, false)
		again := &tronpb.Transaction{}
		if err := Merge(printed, again, false); err != nil {
			t.Fatalf("%q was read, %q is not: %v", text, printed, err)
		}
		if Print(again, false) != printed || ObjectOf(m, false).String() != ObjectOf(again, false).String() {
			t.Fatalf("%q prints as %q, then as %q", text, printed, Print(again, false))
		}
	})
}
