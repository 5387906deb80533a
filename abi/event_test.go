package abi

import (
	"errors"
	"math/big"
	"testing"

	"github.com/piecework/piecework/wallet"
)

func TestEventDecode(t *testing.T) {
	e := MustEvent("event Paid(address indexed from, string note, string indexed tag, uint256[2] indexed pair, int64 n)")
	tag := wallet.Keccak256([]byte("tag"))
	topics := [][32]byte{e.Topic(), {31: 7}, tag, {1}}
	data, err := MustParams("string,int64").Encode("hello", -5)
	if err != nil {
		t.Fatal(err)
	}
	values, err := e.Decode(topics, data)
	if err != nil {
		t.Fatal(err)
	}
	from := wallet.AddressFromEVM([20]byte{19: 7})
	if values[0] != from || values[1] != "hello" || values[2] != TopicHash(tag) || values[3] != (TopicHash{1}) || values[4].(*big.Int).Int64() != -5 {
		t.Errorf("%v", values)
	}
	var (
		who  wallet.Address
		note string
		hash TopicHash
		n    int64
	)
	if err := e.DecodeInto(topics, data, &who, &note, &hash, nil, &n); err != nil || who != from || note != "hello" || hash != TopicHash(tag) || n != -5 {
		t.Errorf("%v %q %x %d %v", who, note, hash, n, err)
	}
	for name, c := range map[string]struct {
		topics [][32]byte
		data   []byte
	}{
		"no topics":      {nil, data},
		"another event":  {[][32]byte{{1}, {31: 7}, tag, {1}}, data},
		"a topic less":   {topics[:3], data},
		"a topic more":   {append(topics[:4:4], [32]byte{}), data},
		"cut data":       {topics, data[:40]},
		"a bad address":  {[][32]byte{e.Topic(), {1}, tag, {1}}, data},
		"somebody's int": {topics, append(words(64, ones), data[64:]...)},
	} {
		if name == "somebody's int" {
			c.data[32] = 0
		}
		if values, err := e.Decode(c.topics, c.data); !errors.Is(err, ErrData) {
			t.Errorf("%s: %v %v", name, values, err)
		}
	}
}

func TestAnonymousEvent(t *testing.T) {
	e := MustEvent("Raw(uint8 indexed a, uint8 indexed b, uint8 indexed c, uint8 indexed d) anonymous")
	values, err := e.Decode([][32]byte{{31: 1}, {31: 2}, {31: 3}, {31: 4}}, nil)
	if err != nil || e.Inputs.Format(values) != "(a: 1, b: 2, c: 3, d: 4)" {
		t.Errorf("%v %v", values, err)
	}
	for _, text := range []string{"", "E", "E(bool) x", "E(bool) anonymousx", "event(bool)", "E(bool indexed,bool indexed,bool indexed,bool indexed)", "E(bool) anonymous anonymous"} {
		if e, err := ParseEvent(text); !errors.Is(err, ErrType) {
			t.Errorf("%q: %v %v", text, e, err)
		}
	}
}

func TestDecodeRevert(t *testing.T) {
	stale := MustError("error Stale(uint256 settled, address by)")
	custom, err := stale.Inputs.Encode(5, wallet.AddressFromEVM([20]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	id := stale.Selector()
	for _, c := range []struct {
		data         string
		name, reason string
	}{
		{"", "", "no reason given"},
		{"08c379a0" + zeros(31) + "20" + zeros(31) + "05" + "68656c6c6f" + zeros(27), "Error", "hello"},
		{"08c379a0" + zeros(31) + "20" + zeros(31) + "00", "Error", "no reason given"},
		{"08c379a0" + zeros(31) + "20" + zeros(31) + "06" + "1b5b324a6f6b" + zeros(26), "Error", "[2Jok"},
		{"08c379a0" + zeros(31) + "20" + zeros(31) + "ff", "", "unknown error 0x08c379a0 with 64 bytes"},
		{"4e487b71" + zeros(31) + "12", "Panic", "division by zero (panic 0x12)"},
		{"4e487b71" + zeros(31) + "99", "Panic", "panic 0x99"},
		{"4e487b71" + ones, "Panic", "panic 0x" + ones},
		{"01020304", "", "unknown error 0x01020304"},
		{"0102", "", "unknown error 0x0102"},
	} {
		r := DecodeRevert(words(c.data), stale)
		if r.Name != c.name || r.Reason != c.reason || r.Error() != "reverted: "+c.reason {
			t.Errorf("%s: %q %q", c.data, r.Name, r.Reason)
		}
	}
	r := DecodeRevert(append(id[:], custom...), stale)
	if r.Name != "Stale" || r.Reason != "Stale(settled: 5, by: T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb)" || len(r.Values) != 2 {
		t.Errorf("%+v", r)
	}
	if r := DecodeRevert(append(id[:], custom...)); r.Name != "" {
		t.Errorf("%+v", r)
	}
	for _, text := range []string{"", "error", "error X", "X(", "X() y"} {
		if e, err := ParseError(text); !errors.Is(err, ErrType) {
			t.Errorf("%q: %v %v", text, e, err)
		}
	}
}
