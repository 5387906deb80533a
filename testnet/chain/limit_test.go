package chain

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/wallet/tronpb"
)

// TestPendingIsBounded fills the room for waiting transactions with large memos.
func TestPendingIsBounded(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{Mining: Manual, Params: map[string]int64{"getMemoFee": 0, "getTransactionFee": 0}})
	a, to := alice.Address(), bob.Address()
	for i := range 1 + MaxPendingBytes/400_000 + 2 {
		tx, err := n.Build(tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: a[:], ToAddress: to[:], Amount: 1})
		if err != nil {
			t.Fatal(err)
		}
		tx.RawData.Data = make([]byte, 400_000)
		r := n.Broadcast(sign(tx, alice))
		if r.GetCode() == tronpb.Return_SERVER_BUSY {
			if i < MaxPendingBytes/400_000-2 {
				t.Errorf("busy after %d", i)
			}
			return
		}
		if !r.GetResult() {
			t.Fatalf("%s %s", r.GetCode(), r.GetMessage())
		}
	}
	t.Error("the node takes more than it has room for")
}

func TestSnapshotsAreBounded(t *testing.T) {
	n, _, _ := newTestNode(t, Config{})
	first := n.Snapshot()
	for range MaxSnapshots {
		n.Snapshot()
	}
	if err := n.Revert(first); !errors.Is(err, ErrSnapshot) {
		t.Errorf("going back to the oldest: %v", err)
	}
	if err := n.Revert(first + 1); err != nil {
		t.Error(err)
	}
}
