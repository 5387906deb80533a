package abi

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// words puts 32-byte words together: numbers, or hex with spaces.
func words(parts ...any) []byte {
	var data []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			data = append(data, new(big.Int).SetInt64(int64(p)).FillBytes(make([]byte, 32))...)
		case string:
			b, err := hex.DecodeString(strings.ReplaceAll(p, " ", ""))
			if err != nil {
				panic(err)
			}
			data = append(data, b...)
		}
	}
	return data
}

var (
	ones  = strings.Repeat("ff", 32)
	zeros = func(n int) string { return strings.Repeat("00", n) }
)

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct {
		types string
		data  []byte
	}{
		{"uint256", nil},
		{"uint256", make([]byte, 31)},
		{"uint8", words(256)},
		{"uint128", words(ones)},
		{"int8", words(128)},
		{"int8", words("ff" + zeros(30) + "80")},
		{"bool", words(2)},
		{"bool", words("01" + zeros(31))},
		{"address", words("01" + zeros(31))},
		{"address", words(zeros(11) + "42" + zeros(20))},
		{"bytes4", words("aabbccddee" + zeros(27))},
		{"function", words(ones)},
		{"string", words(64)},
		{"string", words(32)},
		{"string", words(32, 1)},
		{"string", words(ones)},
		{"bytes", words(32, ones)},
		{"bytes", words(32, 33, 0)},
		{"uint8[]", words(32, 2, 1)},
		{"uint8[]", words(32, "00000000000000000000000000000000000000000000000080"+zeros(7))},
		{"uint8[2]", words(1)},
		{"string[2]", words(32, 64, 0)},
		{"(uint8,string)", words(32, 1)},
		{"(uint8,string)[]", words(32, 1, 32, 1, ones)},
	} {
		if values, err := MustParams(c.types).Decode(c.data); !errors.Is(err, ErrData) {
			t.Errorf("%s from %x: %v, %v", c.types, c.data, values, err)
		}
	}
}

// Old wallets wrote 21 bytes into the word, and TVM's ecrecover leaves 0x41 there.
func TestAddressWithPrefix(t *testing.T) {
	for _, prefix := range []string{"00", "41"} {
		values, err := MustParams("address").Decode(words(zeros(11) + prefix + strings.Repeat("ab", 20)))
		if err != nil || values[0] != wallet.AddressFromEVM([20]byte(bytes.Repeat([]byte{0xab}, 20))) {
			t.Errorf("%v %v", values, err)
		}
	}
}

// What Solidity allows stays allowed: bytes behind the last value, offsets out of order, missing padding.
func TestDecodeAllows(t *testing.T) {
	for _, c := range []struct {
		types, want string
		data        []byte
	}{
		{"uint8", "(7)", words(7, 9)},
		{"string,string", `("b", "a")`, words(128, 64, 1, "61"+zeros(31), 1, "62"+zeros(31))},
		{"string", `("a")`, words(32, 1, "61")},
		{"bytes", "(0x61)", words(32, 1, "61"+strings.Repeat("ff", 31))},
		{"uint8[],uint8[]", "([], [])", words(64, 64, 0)},
		{"(string)", `("a")`, words(32, 1, "61")},
	} {
		p := MustParams(c.types)
		if values, err := p.Decode(c.data); err != nil || p.Format(values) != c.want {
			t.Errorf("%s: %v, %v", c.types, values, err)
		}
	}
}

// Offsets that point to the same place again and again must not make much of little: these 20 kB would be 4^7 and more lists.
func TestDecodeBombs(t *testing.T) {
	nested := words(32)
	for range 7 { // each level is a list of four lists that are all the next one
		nested = append(nested, words(4, 128, 128, 128, 128)...)
	}
	nested = append(nested, make([]byte, 1<<14)...)
	if _, err := MustParams("uint8[][][][][][][][]").Decode(nested); !errors.Is(err, ErrData) {
		t.Errorf("nested lists: %v", err)
	}
	const n = 500
	shared := words(32, n)
	for range n { // n times the same 16 kB
		shared = append(shared, words(n*32)...)
	}
	shared = append(append(shared, words(1<<14)...), make([]byte, 1<<14)...)
	if _, err := MustParams("bytes[]").Decode(shared); !errors.Is(err, ErrData) {
		t.Errorf("shared bytes: %v", err)
	}
	self := words(32, 1, 0, 0) // the first element is the list itself
	if _, err := MustParams("uint8[][][][][][][][]").Decode(self); err != nil && !errors.Is(err, ErrData) {
		t.Errorf("itself: %v", err)
	}
}

func TestIntegersOfEveryGoKind(t *testing.T) {
	for _, v := range []any{int8(7), int64(7), uint16(7), uint64(7), wallet.Sun(7), wallet.UnitsFromUint64(7), big.NewInt(7), *big.NewInt(7), uint256.NewInt(7), *uint256.NewInt(7)} {
		data, err := MustParams("uint256").Encode(v)
		if err != nil || !bytes.Equal(data, words(7)) {
			t.Errorf("%T: %x %v", v, data, err)
		}
	}
	var units *wallet.Units
	if _, err := MustParams("uint256").Encode(units); !errors.Is(err, ErrValue) {
		t.Error(err)
	}
	data, err := MustParams("int16,int256").Encode(-2, int64(-1))
	if err != nil || !bytes.Equal(data, words(strings.Repeat("ff", 31)+"fe", ones)) {
		t.Errorf("%x %v", data, err)
	}
}

func TestDecodeIntoRefuses(t *testing.T) {
	p := MustParams("uint256 a")
	var (
		small  uint8
		signed int64
		units  wallet.Units
		word   uint256.Int
		text   string
		any0   any
		note   struct{ A uint8 }
		length [2]uint8
	)
	for name, c := range map[string]struct {
		types  string
		data   []byte
		target any
	}{
		"uint8 from 256":      {"uint256", words(256), &small},
		"int64 from 2^256-1":  {"uint256", words(ones), &signed},
		"units from -1":       {"int256", words(ones), &units},
		"uint256 from -1":     {"int256", words(ones), &word},
		"a string":            {"uint256", words(1), &text},
		"no pointer":          {"uint256", words(1), small},
		"nil pointer":         {"uint256", words(1), (*uint8)(nil)},
		"a struct":            {"(uint8 b) t", words(1), &note},
		"an array of another": {"uint8[3]", words(1, 2, 3), &length},
	} {
		if err := MustParams(c.types).DecodeInto(c.data, c.target); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.DecodeInto(words(1)); !errors.Is(err, ErrValue) {
		t.Error(err)
	}
	if err := p.DecodeInto(words(1), nil); err != nil {
		t.Error(err)
	}
	if err := p.DecodeInto(words(5), &any0); err != nil || any0.(*big.Int).Int64() != 5 {
		t.Error(err)
	}
}

func TestDecodeIntoShapes(t *testing.T) {
	type id [4]byte
	type pair struct {
		ID    id     `abi:"key"`
		Notes string `abi:"-"`
		On    *bool
	}
	var (
		pairs []pair
		evm   [20]byte
		hash  []byte
		big0  *big.Int
		deep  [2][]uint8
	)
	p := MustParams("(bytes4 key, bool on)[] pairs, address a, bytes32 h, uint256 n, uint8[][2] d")
	yes := true
	in := []pair{{ID: id{1, 2, 3, 4}, On: &yes}}
	data, err := p.Encode(in, [20]byte{5}, make([]byte, 32), 6, [][]int{{1}, {2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.DecodeInto(data, &pairs, &evm, &hash, &big0, &deep); err != nil {
		t.Fatal(err)
	}
	if len(pairs) != 1 || pairs[0].ID != in[0].ID || !*pairs[0].On || evm != [20]byte{5} || len(hash) != 32 || big0.Int64() != 6 || deep[1][1] != 3 {
		t.Errorf("%+v %v %v %v %v", pairs, evm, hash, big0, deep)
	}
}

func TestTrcTokenIsAUint256WithItsOwnName(t *testing.T) {
	m := MustMethod("send(address to, trcToken id)")
	data, err := m.Encode(wallet.AddressFromEVM([20]byte{1}), 1_000_001)
	if err != nil || !bytes.Equal(data[36:], words(1_000_001)) {
		t.Errorf("%x %v", data, err)
	}
	sum := wallet.Keccak256([]byte("send(address,trcToken)"))
	if m.Selector() != [4]byte(sum[:]) {
		t.Errorf("%x", m.Selector())
	}
}

func TestParamWithoutType(t *testing.T) {
	p := Params{{Name: "x"}}
	if _, err := p.Encode(1); !errors.Is(err, ErrType) {
		t.Error(err)
	}
	if _, err := p.Decode(words(1)); !errors.Is(err, ErrType) {
		t.Error(err)
	}
	if _, err := ParseParams(strings.Repeat("uint[65536],", 2) + "bool"); !errors.Is(err, ErrType) {
		t.Error(err)
	}
}
