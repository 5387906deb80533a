package abi

import (
	"encoding/hex"
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
