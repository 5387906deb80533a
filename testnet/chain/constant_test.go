package chain

import (
	"sync"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// counterCode deploys a contract that adds one to its only word and gives the sum.
const counterCode = "601280600b6000396000f3" + "600054600101806000556000526020" + "6000f3"

// TestConstantCallsSideBySide calls a contract that writes from many goroutines while transactions change it: no call sees another's write, and none
// leaves one behind.
func TestConstantCallsSideBySide(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	contract := deploy(t, n, alice, counterCode)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				c, err := n.Constant(Head, &tronpb.TriggerSmartContract{OwnerAddress: contract, ContractAddress: contract}, nil)
				if err != nil || len(c.Return) != 32 || c.Return[31] != 1 {
					t.Errorf("%v %v", c, err)
					return
				}
			}
		})
	}
	for range 10 {
		pay(t, n, alice, bob.Address(), 1)
	}
	wg.Wait()
	if row := n.StorageAt(Head, wallet.Address(contract), [32]byte{}); row != [32]byte{} {
		t.Errorf("a constant call left %x", row)
	}
}

// TestFrozenHead freezes the head: transactions wait, and are mined when it thaws.
func TestFrozenHead(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	n.FreezeHead(true)
	head := n.HeadNumber()
	id := pay(t, n, alice, bob.Address(), wallet.TRX)
	if n.HeadNumber() != head || n.TransactionInfo(Head, id[:]) != nil {
		t.Error("the head moves though it is frozen")
	}
	n.FreezeHead(false)
	if n.HeadNumber() != head+1 || n.TransactionInfo(Head, id[:]) == nil || n.MiningMode() != Instant {
		t.Error("the transaction was not mined when the head thawed")
	}
}

// TestLostAndLate drops one transaction and delays another.
func TestLostAndLate(t *testing.T) {
	n, alice, bob := newTestNode(t, Config{})
	n.DropNext(1)
	lost := pay(t, n, alice, bob.Address(), wallet.TRX)
	n.DelayNext(1, 2)
	late := pay(t, n, alice, bob.Address(), wallet.TRX)
	n.Mine(2)
	if n.TransactionInfo(Head, late[:]) != nil {
		t.Error("the late one came early")
	}
	n.Mine(1)
	if n.TransactionInfo(Head, late[:]) == nil || n.TransactionInfo(Head, lost[:]) != nil {
		t.Error("the late one must be there, the lost one not")
	}
}

// TestTimeOfInstantBlocks makes blocks at once: each has the present time, and is after its parent.
func TestTimeOfInstantBlocks(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_000)
	n, _, _ := newTestNode(t, Config{Now: func() time.Time { return now }})
	before := n.NowBlock(Head).Time()
	for i := range 5 {
		n.Mine(1)
		if at := n.NowBlock(Head).Time(); at != max(now.UnixMilli(), before+int64(i+1)) {
			t.Errorf("block %d is %d ms after the first", i+1, at-before)
		}
	}
	now = now.Add(time.Hour)
	n.Mine(1)
	if n.NowBlock(Head).Time() != now.UnixMilli() {
		t.Error("the next block is not of the present")
	}
}

// TestValueFromNoAddress: a constant call may come from anywhere, but value only from an address (VMUtils.java:147 and 193); its last 20 bytes are
// not enough.
func TestValueFromNoAddress(t *testing.T) {
	n, alice, _ := newTestNode(t, Config{})
	contract := deploy(t, n, alice, answerCode)
	owner := alice.Address()
	for _, by := range [][]byte{owner[1:], nil} {
		call := &tronpb.TriggerSmartContract{OwnerAddress: by, ContractAddress: contract}
		if _, err := n.Constant(Head, call, nil); err != nil {
			t.Errorf("without value: %v", err)
		}
		call.CallValue = 1
		if _, err := n.Constant(Head, call, nil); err == nil || err.Error() != "Invalid ownerAddress!" {
			t.Errorf("TRX from %x: %v", by, err)
		}
		call.CallValue, call.CallTokenValue, call.TokenId = 0, 1, 1_000_001
		if _, err := n.Constant(Head, call, nil); err == nil || err.Error() != "Invalid ownerAddress" {
			t.Errorf("a token from %x: %v", by, err)
		}
		deployment := &tronpb.TriggerSmartContract{OwnerAddress: by, CallValue: 1, Data: []byte{0}}
		if _, err := n.Constant(Head, deployment, nil); err == nil || err.Error() != "Invalid ownerAddress!" {
			t.Errorf("a deployment by %x: %v", by, err)
		}
	}
}
