package abi

import (
	"encoding/hex"
	"errors"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
)

// The vectors come from Solidity's "Contract ABI Specification", sections "Examples" and "Use of Dynamic Types".
func TestSolidityExamples(t *testing.T) {
	for _, c := range []struct {
		signature string
		args      []any
		want      string
	}{
		{"baz(uint32,bool)", []any{69, true}, "cdcd77c0" +
			"0000000000000000000000000000000000000000000000000000000000000045" +
			"0000000000000000000000000000000000000000000000000000000000000001"},
		{"bar(bytes3[2])", []any{[][3]byte{{'a', 'b', 'c'}, {'d', 'e', 'f'}}}, "fce353f6" +
			"6162630000000000000000000000000000000000000000000000000000000000" +
			"6465660000000000000000000000000000000000000000000000000000000000"},
		{"sam(bytes,bool,uint256[])", []any{[]byte("dave"), true, []int{1, 2, 3}}, "a5643bf2" +
			"0000000000000000000000000000000000000000000000000000000000000060" +
			"0000000000000000000000000000000000000000000000000000000000000001" +
			"00000000000000000000000000000000000000000000000000000000000000a0" +
			"0000000000000000000000000000000000000000000000000000000000000004" +
			"6461766500000000000000000000000000000000000000000000000000000000" +
			"0000000000000000000000000000000000000000000000000000000000000003" +
			"0000000000000000000000000000000000000000000000000000000000000001" +
			"0000000000000000000000000000000000000000000000000000000000000002" +
			"0000000000000000000000000000000000000000000000000000000000000003"},
		{"g(uint256[][],string[])", []any{[][]uint64{{1, 2}, {3}}, []string{"one", "two", "three"}}, "2289b18c" +
			"0000000000000000000000000000000000000000000000000000000000000040" +
			"0000000000000000000000000000000000000000000000000000000000000140" +
			"0000000000000000000000000000000000000000000000000000000000000002" +
			"0000000000000000000000000000000000000000000000000000000000000040" +
			"00000000000000000000000000000000000000000000000000000000000000a0" +
			"0000000000000000000000000000000000000000000000000000000000000002" +
			"0000000000000000000000000000000000000000000000000000000000000001" +
			"0000000000000000000000000000000000000000000000000000000000000002" +
			"0000000000000000000000000000000000000000000000000000000000000001" +
			"0000000000000000000000000000000000000000000000000000000000000003" +
			"0000000000000000000000000000000000000000000000000000000000000003" +
			"0000000000000000000000000000000000000000000000000000000000000060" +
			"00000000000000000000000000000000000000000000000000000000000000a0" +
			"00000000000000000000000000000000000000000000000000000000000000e0" +
			"0000000000000000000000000000000000000000000000000000000000000003" +
			"6f6e650000000000000000000000000000000000000000000000000000000000" +
			"0000000000000000000000000000000000000000000000000000000000000003" +
			"74776f0000000000000000000000000000000000000000000000000000000000" +
			"0000000000000000000000000000000000000000000000000000000000000005" +
			"7468726565000000000000000000000000000000000000000000000000000000"},
	} {
		m := MustMethod(c.signature)
		data, err := m.Encode(c.args...)
		if err != nil || hex.EncodeToString(data) != c.want {
			t.Errorf("%s: %x, %v\nwant %s", c.signature, data, err, c.want)
			continue
		}
		values, err := m.DecodeInput(data)
		if err != nil {
			t.Errorf("%s: %v", c.signature, err)
			continue
		}
		again, err := m.Encode(values...)
		if err != nil || hex.EncodeToString(again) != c.want {
			t.Errorf("%s: decoded and encoded again: %x, %v", c.signature, again, err)
		}
	}
}

func TestDecodeIntoFillsGoTypes(t *testing.T) {
	type tail struct {
		Anchor [32]byte
		Unit   *big.Int
		Length uint16
		Expiry int64
	}
	type voucher struct {
		Channel    [32]byte
		Cumulative wallet.Units
		Tails      []tail
		Note       string
	}
	p := MustParams("(bytes32 channel, uint256 cumulative, (bytes32 anchor, uint256 unit, uint256 length, uint256 expiry)[] tails, string note) voucher, address payer")
	in := voucher{Channel: [32]byte{1}, Cumulative: wallet.UnitsFromUint64(7), Tails: []tail{{[32]byte{2}, big.NewInt(3), 4, 5}}, Note: "héllo"}
	payer := wallet.AddressFromEVM([20]byte{9})
	data, err := p.Encode(in, payer)
	if err != nil {
		t.Fatal(err)
	}
	var out voucher
	var gotPayer wallet.Address
	if err := p.DecodeInto(data, &out, &gotPayer); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) || payer != gotPayer {
		t.Fatalf("%+v %s, want %+v", out, gotPayer, in)
	}
}

func TestEncodeRefuses(t *testing.T) {
	var none *big.Int
	for _, c := range []struct {
		typ   string
		value any
	}{
		{"uint8", 256},
		{"uint8", -1},
		{"int8", 128},
		{"int8", -129},
		{"uint256", none},
		{"uint256", nil},
		{"uint256", "5"},
		{"uint256", 1.5},
		{"uint256", time.Second},
		{"uint256", new(big.Int).Lsh(big.NewInt(1), 256)},
		{"address", "T"},
		{"address", [21]byte{}},
		{"address", nil},
		{"bool", 1},
		{"string", []byte("x")},
		{"bytes", "x"},
		{"bytes4", []byte{1}},
		{"bytes4", [5]byte{}},
		{"uint8[2]", []int{1}},
		{"uint8[]", 1},
		{"uint8[]", nil},
		{"((uint8 a,uint8 b))", struct{ B, A int }{}},
		{"((uint8 a))", struct{ A, B int }{}},
		{"((uint8,uint8))", []any{1}},
		{"((uint8))", 1},
		{"((uint8))", nil},
	} {
		if _, err := MustParams(c.typ).Encode(c.value); !errors.Is(err, ErrValue) {
			t.Errorf("%s from %#v: %v", c.typ, c.value, err)
		}
	}
}

func TestParseArgsByNames(t *testing.T) {
	alice := wallet.MustParseAddress("TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6")
	names := func(text string) (wallet.Address, error) {
		if text == "alice" {
			return alice, nil
		}
		return wallet.ParseAddress(text)
	}
	params := MustMethod("f((address to, uint256 n)[], address, string)").Inputs
	values, err := params.ParseArgsBy([]string{"[(alice,1),(to: alice, n: 2)]", "alice", "alice"}, names)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := params.Format(values), "([(to: "+alice.String()+", n: 1), (to: "+alice.String()+", n: 2)], "+alice.String()+`, "alice")`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := params.ParseArgsBy([]string{"[]", "bob", ""}, names); !errors.Is(err, ErrValue) {
		t.Errorf("an unknown name: %v", err)
	}
}
