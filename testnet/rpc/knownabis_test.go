package rpc

import (
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

func TestKnownABIs(t *testing.T) {
	var known knownABIs
	at := func(i int) wallet.Address { return wallet.Address{0x41, byte(i >> 8), byte(i)} }
	for i := range maxABIs + 10 {
		record := withABI()
		parsed := known.read(at(i), record)
		if parsed == nil || known.read(at(i), record) != parsed {
			t.Fatalf("contract %d is read again", i)
		}
	}
	if len(known.all) != maxABIs {
		t.Errorf("%d are kept, want %d", len(known.all), maxABIs)
	}
	old := known.all[at(maxABIs+9)].parsed
	if known.read(at(maxABIs+9), withABI()) == old {
		t.Error("another record is not read again")
	}
}

// withABI is a contract with one function.
func withABI() *tronpb.SmartContract {
	return &tronpb.SmartContract{Abi: &tronpb.SmartContract_ABI{Entrys: []*tronpb.SmartContract_ABI_Entry{{Name: "run", Type: tronpb.SmartContract_ABI_Entry_Function}}}}
}
