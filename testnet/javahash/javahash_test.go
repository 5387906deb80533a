package javahash_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/piecework/piecework/testnet/javahash"
)

func TestHashes(t *testing.T) {
	for s, want := range map[string]uint32{"": 0, "1000001": 1958013298, "é日": 33308} {
		if got := javahash.String(s); got != want {
			t.Errorf("%q: %d, Java has %d", s, got, want)
		}
	}
	if got := javahash.Bytes([]byte{0x41, 0xff}); got != (2*31+0x41)*31-1 {
		t.Errorf("bytes: %d", got)
	}
	if got := javahash.Array([]byte{0x41, 0xff}); got != (31+0x41)*31-1 {
		t.Errorf("array: %d", got)
	}
}

// TestOrder compares with what Java 17 prints for maps of 1000001, 1000008, 1000015, …
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		keys          int
		copied, grown string
	}{
		{2, "[1000008 1000001]", "[1000001 1000008]"},
		{3, "[1000015 1000008 1000001]", "[1000015 1000001 1000008]"},
		{7, "[1000036 1000015 1000043 1000022 1000001 1000029 1000008]", "[1000036 1000015 1000043 1000022 1000001 1000029 1000008]"},
		{
			13,
			"[1000036 1000015 1000043 1000022 1000001 1000078 1000057 1000029 1000008 1000050 1000085 1000064 1000071]",
			"[1000036 1000015 1000043 1000022 1000001 1000078 1000057 1000029 1000008 1000050 1000085 1000064 1000071]",
		},
	} {
		var keys []string
		for i := range c.keys {
			keys = append(keys, strconv.Itoa(1_000_001+7*i))
		}
		copied, grown := slices.Clone(keys), keys
		javahash.Sort(copied, javahash.Copied(c.keys), javahash.String)
		javahash.Sort(grown, javahash.Grown(c.keys), javahash.String)
		if fmt.Sprint(copied) != c.copied || fmt.Sprint(grown) != c.grown {
			t.Errorf("%d keys: copied %v, grown %v", c.keys, copied, grown)
		}
	}
}
