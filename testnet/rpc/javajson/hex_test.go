package javajson

import (
	"encoding/hex"
	"testing"
)

// What ByteArray.fromHexString made of odd text, with Bouncy Castle on Java 17 (ByteArray.java:36-45, HexEncoder.decode).
var oddHex = []struct{ text, want string }{
	{"0x1", "01"},
	{"0 0 0", "0000"},
	{"  ", ""},
	{" ", "invalid characters encountered in Hex string"},
	{"ab ", "invalid characters encountered in Hex string"},
	{"00 0", "String index out of range: 4"},
	{"a\nb", "String index out of range: 4"},
	{"é", "Index 233 out of bounds for length 128"},
	{"ĀĀ", "Index 256 out of bounds for length 128"},
	{"xé", "Index 233 out of bounds for length 128"},
	{"xyé0", "invalid characters encountered in Hex string"},
	{"😀", "Index 55357 out of bounds for length 128"},
	{"\x10\x11", "invalid characters encountered in Hex string"},
}

func TestOddHex(t *testing.T) {
	for _, c := range oddHex {
		raw, err := HexBytes(c.text, true)
		got := hex.EncodeToString(raw)
		if err != nil {
			got = err.Error()
			c.want = DecoderException + " : exception decoding Hex string: " + c.want
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}
