package chain

import (
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet/tronpb"
)

func TestTrace(t *testing.T) {
	n, alice, _ := newTestNode(t, Config{})
	contract := deploy(t, n, alice, answerCode)
	n.Mine(3)
	id := n.BlockByNumber(Head, 2).IDs[0]
	before := dumpOf(t, n)
	var seen counting
	info, err := n.Trace(id, &seen)
	if err != nil || string(info.GetContractAddress()) != string(contract) {
		t.Fatalf("trace: %v, %v", info, err)
	}
	if seen.frames != 1 || seen.ops == 0 {
		t.Errorf("%d frames, %d opcodes", seen.frames, seen.ops)
	}
	if string(before) != string(dumpOf(t, n)) {
		t.Error("tracing changed the state")
	}
	owner := alice.Address()
	if _, err := n.ConstantTraced(Head, &tronpb.TriggerSmartContract{OwnerAddress: owner[:], ContractAddress: contract}, nil, &seen); err != nil || seen.frames != 2 {
		t.Errorf("%v, %d frames", err, seen.frames)
	}
}

// counting counts what a tracer is told.
type counting struct{ frames, ops int }

func (c *counting) Enter(int, vm.FrameInfo)        { c.frames++ }
func (c *counting) Exit(int, []byte, int64, error) {}
func (c *counting) Steps() bool                    { return true }
func (c *counting) Step(*vm.Step)                  { c.ops++ }
