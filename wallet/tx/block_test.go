package tx_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// The genesis block of mainnet, from java-tron's config.conf; its id is the one that every node shows.
func TestMainnetGenesis(t *testing.T) {
	genesis := tx.Header{
		TransactionRoot: unhex("8ef446bf3f395af929c218014f6101ec86576c5f61b2ae3236bf3a2ab5e2fecd"),
		Parent:          unhex("e58f33f9baf9305dc6f82b9f1934ea8f0ade2defb951258d50167028c780351f"),
		Witness:         []byte("A new system must allow existing systems to be linked together without requiring any central control or coordination"),
	}
	const want = "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"
	if got := genesis.ID().String(); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	if genesis.ID().Number() != 0 {
		t.Errorf("number %d", genesis.ID().Number())
	}
}

func TestHeadersReadBack(t *testing.T) {
	key := keyOne(t)
	address := key.Address()
	h := tx.Header{
		Time: time.UnixMilli(1700000000000).UTC(), TransactionRoot: make([]byte, 32), Parent: make([]byte, 32), Number: 70_000,
		Witness: address[:], Version: 32,
	}
	signature := key.Sign(h.Digest())
	message := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), h.Raw())
	message = protowire.AppendBytes(protowire.AppendTag(message, 2, protowire.BytesType), signature[:])
	read, err := tx.DecodeHeader(message)
	if err != nil {
		t.Fatal(err)
	}
	if read.ID() != h.ID() || read.ID().Number() != 70_000 || !read.Time.Equal(h.Time) || read.Version != 32 {
		t.Errorf("reads as %+v", read)
	}
	if by, err := read.Producer(); err != nil || by != address {
		t.Errorf("made by %s, %v", by, err)
	}
	for name, bad := range map[string][]byte{
		"cut":                message[:len(message)-1],
		"a header of wires":  protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), []byte{0xff}),
		"a short signature":  protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), []byte{1}),
		"a number as a text": protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), []byte{0x3a, 0}),
	} {
		if _, err := tx.DecodeHeader(bad); err == nil {
			t.Errorf("%s: reads", name)
		}
	}
}

func TestMerkleRoot(t *testing.T) {
	leaf := func(b byte) [32]byte { return [32]byte{b} }
	pair := func(a, b [32]byte) [32]byte { return sha256.Sum256(append(a[:], b[:]...)) }
	for name, test := range map[string]struct {
		leaves [][32]byte
		want   [32]byte
	}{
		"none":  {nil, [32]byte{}},
		"one":   {[][32]byte{leaf(1)}, leaf(1)},
		"two":   {[][32]byte{leaf(1), leaf(2)}, pair(leaf(1), leaf(2))},
		"three": {[][32]byte{leaf(1), leaf(2), leaf(3)}, pair(pair(leaf(1), leaf(2)), leaf(3))},
		"five":  {[][32]byte{leaf(1), leaf(2), leaf(3), leaf(4), leaf(5)}, pair(pair(pair(leaf(1), leaf(2)), pair(leaf(3), leaf(4))), leaf(5))},
	} {
		before := append([][32]byte(nil), test.leaves...)
		if got := tx.MerkleRoot(test.leaves); got != test.want {
			t.Errorf("%s: %x, want %x", name, got, test.want)
		}
		for i := range before {
			if before[i] != test.leaves[i] {
				t.Errorf("%s: the leaves were changed", name)
			}
		}
	}
}

// TronWeb's genContractAddress says where the golden deployment goes; the two others follow WalletUtil and TransactionUtil of java-tron.
func TestContractAddresses(t *testing.T) {
	id, err := tx.ParseID("97b5886273b5560b0fe21c70530d3177fb566ffa2a040ecf0ead5c8ed8309e16")
	if err != nil {
		t.Fatal(err)
	}
	sum := wallet.Keccak256(id[:], me[:])
	if got := tx.DeployAddress(id, me); got.Hex() != "41"+hex.EncodeToString(sum[12:]) {
		t.Errorf("deploys to %s", got)
	}
	if tx.CreateAddress(id, 0) == tx.CreateAddress(id, 1) || tx.Create2Address(me, [32]byte{}, nil) == tx.Create2Address(me, [32]byte{1}, nil) {
		t.Error("nonce or salt does not matter")
	}
	built, err := tx.Build(deployment(true, "Acme", 100), reference(), tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := built.ContractAddress(); !ok || at != tx.DeployAddress(built.ID(), me) {
		t.Errorf("%s, %v", at, ok)
	}
	if _, ok := vector(t).ContractAddress(); ok {
		t.Error("a transfer deploys a contract")
	}
}
