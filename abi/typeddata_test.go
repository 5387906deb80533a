package abi

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// The document and its hashes are the vector of tron-protocol.md §1.8, made with TronWeb.
const tip712Vector = `{
 "types": {"M": [{"name":"to","type":"address"},{"name":"id","type":"trcToken"},{"name":"n","type":"uint256"}]},
 "primaryType": "M",
 "domain": {"name":"T","version":"1","chainId":"0x2b6653dc","verifyingContract":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"},
 "message": {"to":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","id":1000001,"n":"5"}}`

func TestTIP712Vector(t *testing.T) {
	d, err := ParseTypedData([]byte(tip712Vector))
	if err != nil {
		t.Fatal(err)
	}
	separator, _ := d.Separator()
	digest, _ := d.Digest()
	if got := hex.EncodeToString(separator[:]); got != "41c128acbbd3b64bc92e546703a5a409a97c4657277ae64f6789a8885fcb79d4" {
		t.Errorf("separator %s", got)
	}
	if got := hex.EncodeToString(digest[:]); got != "9f9f7c6d3cf6057f914a6dfd6abfd0d34120523e5fdd18854640acaf6f8943b0" {
		t.Errorf("digest %s", got)
	}
	if got, _ := d.EncodeType(""); got != "M(address to,trcToken id,uint256 n)" {
		t.Errorf("type %s", got)
	}
	key, _ := wallet.KeyFromBytes(append(make([]byte, 31), 1))
	signature, err := d.Sign(t.Context(), key)
	if err != nil || signature.String()[:8] != "0526e2e0" || signature[64] != 28 {
		t.Errorf("signature %s, %v", signature, err)
	}
	if by, err := d.Verify(signature); err != nil || by != key.Address() {
		t.Errorf("verified as %s, %v", by, err)
	}
	if err := d.CheckChain(0x2b6653dc); err != nil {
		t.Error(err)
	}
	if err := d.CheckChain(0xcd8690dc); !errors.Is(err, ErrTypedData) {
		t.Error(err)
	}
}

func TestTypedDataFromGoValues(t *testing.T) {
	from, err := ParseTypedData([]byte(tip712Vector))
	if err != nil {
		t.Fatal(err)
	}
	usdt := wallet.MustParseAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
	d := &TypedData{
		Types:   map[string][]Field{"M": {{"to", "address"}, {"id", "trcToken"}, {"n", "uint256"}}},
		Domain:  map[string]any{"name": "T", "version": "1", "chainId": uint32(0x2b6653dc), "verifyingContract": usdt},
		Message: map[string]any{"to": usdt, "id": int64(1_000_001), "n": wallet.UnitsFromUint64(5)},
	}
	want, _ := from.Digest()
	if got, err := d.Digest(); err != nil || got != want {
		t.Errorf("%x %v, want %x", got, err, want)
	}
	text, err := d.Text()
	if want := `domain
  name (string) "T"
  version (string) "1"
  chainId (uint256) 728126428
  verifyingContract (address) TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
message M
  to (address) TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
  id (trcToken) 1000001
  n (uint256) 5`; err != nil || text != want {
		t.Errorf("%v\n%s", err, text)
	}
	written, err := json.Marshal(d)
	if want := `{"types":{"M":[{"name":"to","type":"address"},{"name":"id","type":"trcToken"},{"name":"n","type":"uint256"}]},"primaryType":"M",` +
		`"domain":{"chainId":"728126428","name":"T","verifyingContract":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","version":"1"},` +
		`"message":{"id":"1000001","n":"5","to":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}}`; err != nil || string(written) != want {
		t.Errorf("%v\n%s", err, written)
	}
}

func TestTypedDataText(t *testing.T) {
	d, err := ParseTypedData([]byte(`{"types":{"A":[{"name":"b","type":"B[2][]"},{"name":"s","type":"string[]"},{"name":"t","type":"bool"}],"B":[{"name":"c","type":"bytes"}]},
		"domain":{},"message":{"b":[[{"c":"0x"},{"c":"0x01"}]],"s":[],"t":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := d.Text()
	if want := `domain
message A
  b (B[2][])
    [0]
      [0]
        c (bytes) 0x
      [1]
        c (bytes) 0x01
  s (string[]) []
  t (bool) true`; err != nil || text != want {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := (&TypedData{}).Text(); !errors.Is(err, ErrTypedData) {
		t.Error(err)
	}
}

func TestCheckChain(t *testing.T) {
	for id, ok := range map[string]bool{
		`728126428`: true, `"0x2b6653dc"`: true, `"0x1ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"`: true, `1`: false, `0`: false, `"0xcd8690dc"`: false,
	} {
		d, err := ParseTypedData([]byte(`{"types":{"A":[]},"domain":{"chainId":` + id + `},"message":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.CheckChain(0x2b6653dc); (err == nil) != ok {
			t.Errorf("%s: %v", id, err)
		}
	}
	d := &TypedData{Domain: map[string]any{"chainId": "x"}}
	if err := d.CheckChain(0); !errors.Is(err, ErrTypedData) {
		t.Error(err)
	}
	if err := (&TypedData{}).CheckChain(5); err != nil {
		t.Error(err)
	}
}

// A chain of types that is too deep is refused whatever the order of the map is that they are in.
func TestDeepTypesAreAlwaysRefused(t *testing.T) {
	types := map[string][]Field{}
	name := func(i int) string { return "T" + string(rune('A'+i)) }
	for i := range MaxDepth + 1 {
		types[name(i)] = []Field{{"x", name(i+1) + "[]"}}
	}
	types[name(MaxDepth+1)] = nil
	for range 50 {
		d := &TypedData{Types: types, Primary: name(0), Message: map[string]any{"x": []any{}}}
		if _, err := d.Digest(); !errors.Is(err, ErrTypedData) {
			t.Fatal(err)
		}
		d.Primary = name(2)
		delete(types, name(0))
		if _, err := d.Digest(); !errors.Is(err, ErrTypedData) {
			t.Fatal(err)
		}
		delete(types, name(1))
		if _, err := d.Digest(); err != nil {
			t.Fatal(err)
		}
		types[name(0)], types[name(1)] = []Field{{"x", name(1)}}, []Field{{"x", name(2)}}
	}
}
