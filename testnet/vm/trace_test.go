package vm_test

import (
	"testing"

	"github.com/piecework/piecework/testnet/vm"
)

func TestCallTracer(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	inner := w.contract(addr(0x101), "1 0 MSTORE 32 0 REVERT")
	a := w.contract(addr(0x102), raw(asm("0 0 4 28 3", inner, "50000 CALL POP 0 0 32 0 0 4 GAS CALL POP 0 0 0 CREATE POP")), bob, "SELFDESTRUCT")
	w.ledger.AddBalance(a, 10)
	tracer := new(vm.CallTracer)
	w.env.Tracer = tracer
	r := w.call(a, []byte{1, 2}, value(1))
	root := tracer.Root()
	want(t, "kind", root.Kind, "CALL")
	want(t, "to", root.To, a)
	want(t, "value", root.Value, 1)
	want(t, "input", string(root.Input), "\x01\x02")
	want(t, "energy", root.EnergyUsed, r.EnergyUsed)
	want(t, "calls", len(root.Calls), 4)
	first := root.Calls[0]
	want(t, "inner", first.To, inner)
	want(t, "inner value", first.Value, 3)
	want(t, "inner energy", first.Energy, 52300)
	want(t, "inner output", len(first.Output), 32)
	want(t, "inner error", first.Err.Error(), "REVERT opcode executed")
	want(t, "precompile", root.Calls[1].To, addr(4))
	want(t, "precompile energy", root.Calls[1].EnergyUsed, 18)
	want(t, "create", root.Calls[2].Kind, "CREATE")
	want(t, "suicide", root.Calls[3].Kind, "SUICIDE")
	want(t, "suicide's value", root.Calls[3].Value, 11)
}

func TestStepTracer(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	inner := w.contract(addr(0x101), "INVALID")
	a := w.contract(addr(0x102), "7 1 SSTORE 1 SLOAD POP 5 0 MSTORE 0 0 0 0 0", inner, "1000 CALL ADD")
	tracer := new(vm.StepTracer)
	w.env.Tracer = tracer
	w.call(a, nil)
	logs := tracer.Logs()
	find := func(op string) *vm.StructLog {
		for i := range logs {
			if logs[i].Op == op {
				return &logs[i]
			}
		}
		t.Fatalf("no %s", op)
		return nil
	}
	store := find("SSTORE")
	want(t, "cost", store.Cost, 20000)
	want(t, "storage written", store.Storage[[32]byte{31: 1}], [32]byte{31: 7})
	want(t, "stack", len(store.Stack), 2)
	want(t, "storage read", find("SLOAD").Storage[[32]byte{31: 1}], [32]byte{31: 7})
	want(t, "cost of a CALL has what goes along", find("CALL").Cost, 1040)
	want(t, "memory", len(find("CALL").Memory), 32)
	bad := find("fe")
	want(t, "depth", bad.Depth, 2)
	want(t, "error", bad.Err.Error(), "Invalid operation code: opCode[fe];")
	last := logs[len(logs)-1]
	want(t, "the last one failed", last.Op, "ADD")
	want(t, "why", last.Err.Error(), "Expected stack size 2 but actual 1;")
	want(t, "energy goes down", logs[0].Energy > last.Energy, true)
	few := &vm.StepTracer{Most: 2, NoStack: true, NoMemory: true, NoStorage: true}
	w.env.Tracer = few
	w.call(a, nil)
	want(t, "no more than asked for", len(few.Logs()), 2)
	want(t, "truncated", few.Truncated(), true)
	want(t, "no stack", few.Logs()[1].Stack == nil, true)
}
