package tx_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// keyOne is the private key 1, whose address every Tron library prints as TMVQGm1q….
func keyOne(t testing.TB) *wallet.Key {
	k, err := wallet.KeyFromBytes(append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The vector was made with TronWeb.
func vector(t testing.TB) *tx.Transaction {
	var to wallet.Address
	to[0] = wallet.AddressPrefix
	for i := range to[1:] {
		to[i+1] = 0x11
	}
	at := time.UnixMilli(1700000000000)
	var block tx.BlockID
	copy(block[6:], []byte{0x12, 0x34, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef})
	built, err := tx.Build(&tx.Transfer{Owner: keyOne(t).Address(), To: to, Amount: wallet.TRX},
		tx.Reference{Block: block, Time: at}, tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func TestVector(t *testing.T) {
	const (
		raw       = "0a02123422080123456789abcdef40e0a499ffbc315a67080112630a2d747970652e676f6f676c65617069732e636f6d2f70726f746f636f6c2e5472616e73666572436f6e747261637412320a15417e5f4552091a69125d5dfcb7b8c2659029395bdf121541111111111111111111111111111111111111111118c0843d7080d095ffbc31"
		id        = "97b5886273b5560b0fe21c70530d3177fb566ffa2a040ecf0ead5c8ed8309e16"
		signature = "c3006eafe473b140ca0f2240edf9b7f634e82f5ecf7ae5619315e97f930e244f706438ee232ef877759b90b4106f97a3ca84634ac430ddb43e6aa09d696a94a91c"
	)
	built := vector(t)
	if got := hex.EncodeToString(built.Raw()); got != raw {
		t.Fatalf("raw\n%s, want\n%s", got, raw)
	}
	if got := built.ID().String(); got != id {
		t.Fatalf("id %s, want %s", got, id)
	}
	size := built.Size(1)
	if err := built.Sign(t.Context(), keyOne(t)); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(built.Signatures()[0]); got != signature {
		t.Fatalf("signature %s, want %s", got, signature)
	}
	if len(built.Bytes()) != size {
		t.Fatalf("%d bytes, foretold %d", len(built.Bytes()), size)
	}
	received, err := tx.Decode(built.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	signers, err := received.Signers()
	if err != nil || len(signers) != 1 || signers[0] != keyOne(t).Address() {
		t.Fatalf("signers %v, %v", signers, err)
	}
	if !received.Canonical() {
		t.Fatal("not canonical")
	}
	for _, f := range received.Show() {
		t.Log(f.Name, f.Value)
	}
}
