package chain

import (
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Manager.generateBlock: after a transaction that updates permissions its owner has no other in the same block, and what came later is lost.
func TestOwnerOfPermissionUpdateWaits(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{Mining: Manual})
	owner := alice.Address()
	keep := n.Account(Head, owner[:])
	update, err := n.Build(tronpb.Transaction_Contract_AccountPermissionUpdateContract, &tronpb.AccountPermissionUpdateContract{
		OwnerAddress: owner[:], Owner: keep.GetOwnerPermission(), Actives: keep.GetActivePermission(),
	})
	if err != nil {
		t.Fatal(err)
	}
	before := pay(t, n, alice, bob.Address(), wallet.TRX)
	if r := n.Broadcast(sign(update, alice)); !r.GetResult() {
		t.Fatal(r)
	}
	after := pay(t, n, alice, bob.Address(), 2*wallet.TRX)
	other := pay(t, n, bob, alice.Address(), 4*wallet.TRX)
	n.Mine(1)
	for name, want := range map[[32]byte]bool{before: true, TxID(update): true, after: false, other: true} {
		if got := n.TransactionInfo(Head, name[:]) != nil; got != want {
			t.Errorf("%x is in the block: %t", name[:4], got)
		}
	}
	if waits := n.Pending(); len(waits) > 0 {
		t.Errorf("%d transactions wait", len(waits))
	}
	again := pay(t, n, alice, bob.Address(), 8*wallet.TRX)
	if n.Mine(1); n.TransactionInfo(Head, again[:]) == nil {
		t.Error("the next block does not take it either")
	}
}

// Manager.resetBlackholeAccountPermission.
func TestNobodyHasTheBlackhole(t *testing.T) {
	n, _, _ := newTestNode(t, Config{})
	a := n.Account(Head, Blackhole[:])
	zero := wallet.AddressFromEVM([20]byte{})
	if keys := a.GetOwnerPermission().GetKeys(); len(keys) != 1 || string(keys[0].GetAddress()) != string(zero[:]) || len(a.GetActivePermission()) != 0 {
		t.Errorf("permissions: %v, %v", a.GetOwnerPermission(), a.GetActivePermission())
	}
}

// DposSlot.getTime: after a maintenance two slots are nobody's turn, so nobody missed one in them.
func TestMaintenanceSkipsTwoTurns(t *testing.T) {
	n, _, _ := newTestNode(t, Config{}) // block 1 has ended the first period
	before := n.Witnesses(Head).GetWitnesses()[0].GetTotalMissed()
	n.Mine(3)
	if missed := n.Witnesses(Head).GetWitnesses()[0].GetTotalMissed() - before; missed != 0 {
		t.Errorf("%d turns missed", missed)
	}
}
