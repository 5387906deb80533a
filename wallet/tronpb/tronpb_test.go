package tronpb

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// The transaction is the one that TronWeb 6 builds for the private key 1; its id was taken from there.
func TestTransferBytes(t *testing.T) {
	owner, _ := hex.DecodeString("417e5f4552091a69125d5dfcb7b8c2659029395bdf")
	to, _ := hex.DecodeString("411111111111111111111111111111111111111111")
	transfer, err := proto.Marshal(&TransferContract{OwnerAddress: owner, ToAddress: to, Amount: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := proto.Marshal(&TransactionRaw{
		RefBlockBytes: []byte{0x12, 0x34},
		RefBlockHash:  []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef},
		Expiration:    1700000060000,
		Timestamp:     1700000000000,
		Contract: []*Transaction_Contract{{
			Type:      Transaction_Contract_TransferContract,
			Parameter: &anypb.Any{TypeUrl: "type.googleapis.com/protocol.TransferContract", Value: transfer},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256(raw)
	if got, want := hex.EncodeToString(id[:]), "97b5886273b5560b0fe21c70530d3177fb566ffa2a040ecf0ead5c8ed8309e16"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}
