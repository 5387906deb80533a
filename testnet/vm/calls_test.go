package vm_test

import (
	"testing"
	"time"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

func TestCallPrices(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.ledger.Fund(addr(0x70), 1)
	cases := []struct {
		name, code string
		want       int64
	}{
		{"no value", "0 0 0 0 0 112 0 CALL", 40},
		{"no value to nobody", "0 0 0 0 0 113 0 CALL", 40},
		{"value", "0 0 0 0 1 112 0 CALL", 9040 - 2300},
		{"value to nobody", "0 0 0 0 1 114 0 CALL", 34040 - 2300},
		{"CALLCODE with value to nobody", "0 0 0 0 1 115 0 CALLCODE", 9040 - 2300},
		{"memory once, to the larger end", "64 0 32 0 0 112 0 CALL", 40 + 6},
		{"DELEGATECALL", "0 0 0 0 112 0 DELEGATECALL", 40},
		{"STATICCALL", "0 0 0 0 112 0 STATICCALL", 40},
	}
	for i, c := range cases {
		a := w.contract(addr(uint16(0x200+i)), c.code)
		w.ledger.AddBalance(a, 100)
		pushes := int64(7 * 3)
		if i >= 6 {
			pushes = 6 * 3
		}
		want(t, c.name, w.call(a, nil).EnergyUsed-pushes, c.want)
	}
}

// TestAllEnergyGoes: no 64th is kept, so a child that dies takes its caller along unless it got a limit.
func TestAllEnergyGoes(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	dies := w.contract(addr(0x71), "INVALID")
	r := w.try(raw(callTo(dies, "CALL", 0)), "1 1 SSTORE")
	want(t, "caller", r.Outcome, vm.OutOfEnergy)
	want(t, "energy", r.EnergyUsed, 1_000_000)
	r = w.run("0 0 0 0 0", dies, "5000 CALL", returnWord)
	want(t, "with a limit", r.Return[31], 0)
	want(t, "cost", r.EnergyUsed < 6000, true)
	w.env.Params.CompatibleEVM = true
	a := addr(0x72)
	w.ledger.CreateContract(a, vm.Contract{Version: 1}, "")
	w.ledger.SetCode(a, vm.NewCode(asm(raw(callTo(dies, "CALL", 0)), "1 POP")))
	want(t, "version 1 keeps a 64th", w.call(a, nil).Outcome, vm.Success)
}

// TestCost of endings: REVERT gives the rest back, a failed transfer costs only what was used and still gives nothing back.
func TestEndingsOfChildren(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	children := []struct {
		name, code string
		low, high  uint64 // of what the call takes away from its caller
	}{
		{"stop", "STOP", 40, 100},
		{"revert", "0 0 REVERT", 40, 120},
		{"dies", "INVALID", 50_000, 50_200},
		{"transfer to itself", "0 0 0 0 1 ADDRESS GAS CALL", 50_000, 50_200},
		{"value beyond 63 bits", "0 0 0 0 0x6780000000000000 00 ADDRESS GAS CALL", 50_000, 50_200},
	}
	for i, c := range children {
		code := c.code
		if c.name == "value beyond 63 bits" {
			code = raw(asm("0 0 0 0", pow2(63, 0), "ADDRESS GAS CALL"))
		}
		a := w.contract(addr(uint16(0x300+i)), code)
		w.ledger.AddBalance(a, 10)
		got := w.word("GAS 0 0 0 0 0", a, "50000 CALL POP GAS SWAP1 SUB").Uint64()
		if got < c.low || got > c.high {
			t.Errorf("%s: %d, want %d to %d", c.name, got, c.low, c.high)
		}
	}
}

func TestTransferFailures(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	cases := []struct {
		name, text string
		code       []any
	}{
		{"to itself", "transfer trx failed: Cannot transfer TRX to yourself.", []any{"0 0 0 0 1 ADDRESS GAS CALL"}},
		{"2^63", "endowment out of long range", []any{"0 0 0 0", pow2(63, 0), 5000, "GAS CALL"}},
		{"2^63 by CALLCODE", "endowment out of long range", []any{"0 0 0 0", pow2(63, 0), 5000, "GAS CALLCODE"}},
		{"token of id 0", "validateForSmartContract failure:not valid token id", []any{"0 0 0 0 0 0 33 GAS CALLTOKEN"}},
		{"token of id 1000000", "validateForSmartContract failure:not valid token id", []any{"0 0 0 0 1000000 0 33 GAS CALLTOKEN"}},
		{"token of id 2^63", "validateForSmartContract failure:not valid token id", []any{"0 0 0 0", pow2(63, 0), "0 33 GAS CALLTOKEN"}},
		{"TOKENBALANCE of 2^63", "validateForSmartContract failure:not valid token id", []any{"33", pow2(63, 0), "TOKENBALANCE"}},
	}
	for i, c := range cases {
		a := w.contract(addr(uint16(0x400+i)), append(c.code, "STOP")...)
		w.ledger.AddBalance(a, 100)
		r := w.call(a, nil)
		want(t, c.name, r.Outcome, vm.TransferFailed)
		want(t, c.name, r.RuntimeError, c.text)
		want(t, c.name+": only what was used", r.EnergyUsed < 40_000, true)
		want(t, c.name, r.Exception, "org.tron.core.vm.program.Program$TransferException")
	}
	r := w.try("33 1000000 TOKENBALANCE")
	want(t, "TOKENBALANCE of a small id", r.Outcome, vm.Unknown)
	want(t, "all energy", r.EnergyUsed, 1_000_000)
	r = w.try("33", pow2(256, -1), "TOKENBALANCE")
	want(t, "TOKENBALANCE of −1", r.Outcome, vm.Unknown)
}

// TestBalanceTooSmall: 0 on the stack, everything back, no record.
func TestBalanceTooSmall(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.ledger.Fund(addr(0x70), 1)
	r := w.run("GAS 0 0 0 0 1 112 50000 CALL 0 MSTORE GAS SWAP1 SUB 32 MSTORE 64 0 RETURN")
	want(t, "pushed", r.Return[31], 0)
	want(t, "records", len(r.Internal), 0)
	want(t, "the stipend comes back too", r.Return[62] < 0x20, true)
}

func TestNewAccountByCall(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	a := w.contract(addr(0x73), raw(callTo(addr(0x74), "CALL", 7)))
	w.ledger.AddBalance(a, 10)
	w.call(a, nil)
	want(t, "balance", w.ledger.Balance(addr(0x74)), 7)
	p := vm.Mainnet()
	p.Solidity059 = false
	w = newWorld(t, p)
	a = w.contract(addr(0x73), raw(callTo(addr(0x74), "CALL", 7)))
	w.ledger.AddBalance(a, 10)
	r := w.call(a, nil)
	want(t, "before parameter 32", r.RuntimeError,
		"transfer trx failed: Validate InternalTransfer error, no ToAccount. And not allowed to create an account in a smartContract.")
}

// seen answers CALLER, CALLVALUE, ADDRESS, CALLTOKENID, CALLTOKENVALUE.
const seen = "CALLER 0 MSTORE CALLVALUE 32 MSTORE ADDRESS 64 MSTORE CALLTOKENID 96 MSTORE CALLTOKENVALUE 128 MSTORE 160 0 RETURN"

func TestWhatTheCalleeSees(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.ledger.Issue(1_000_005, alice, 100)
	callee := w.contract(addr(0x75), seen)
	outer := addr(0x76)
	forward := "RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN"
	cases := []struct {
		kind                       string
		caller, self               wallet.Address
		value, tokenID, tokenValue byte
	}{
		{"CALL", outer, callee, 3, 0, 0},
		{"CALLCODE", outer, outer, 3, 0, 0},
		{"DELEGATECALL", alice, outer, 9, 0, 0},
		{"STATICCALL", outer, callee, 0, 0, 0},
		{"CALLTOKEN", outer, callee, 0, 0x45, 2},
	}
	for _, c := range cases {
		code := raw(callTo(callee, c.kind, 3))
		if c.kind == "CALLTOKEN" {
			code = raw(asm("0 0 0 0 1000005 2", callee, "GAS CALLTOKEN"))
		}
		w.contract(outer, code, "POP", forward)
		r := w.call(outer, nil, value(9), token(1_000_005, 5))
		if r.Failed() {
			t.Fatal(c.kind, r.RuntimeError)
		}
		want(t, c.kind+" CALLER", [20]byte(r.Return[12:32]), c.caller.EVM())
		want(t, c.kind+" CALLVALUE", r.Return[63], c.value)
		want(t, c.kind+" ADDRESS", [20]byte(r.Return[76:96]), c.self.EVM())
		want(t, c.kind+" CALLTOKENID", r.Return[127], c.tokenID)
		want(t, c.kind+" CALLTOKENVALUE", r.Return[159], c.tokenValue)
	}
}

// TestDepth: 65 frames at most; a call at depth 64 answers 0 and gives the energy back.
func TestDepth(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	// calls itself until that fails and counts the frames below it
	a := w.contract(addr(0x77), "32 0 0 0 0 ADDRESS GAS CALL 0 MLOAD ADD", returnWord)
	r := w.call(a, nil)
	want(t, "calls", r.Return[31], vm.DepthLimit)
	want(t, "records", len(r.Internal), vm.DepthLimit)
	b := addr(0x78)
	for _, create := range []string{"0 0 0 CREATE", "7 0 0 0 CREATE2"} {
		w.contract(b, atDepthLimit(create))
		r := w.call(b, nil, energy(10_000_000))
		want(t, create+" at the limit", [32]byte(r.Return), [32]byte{})
		want(t, create+" at the limit", r.Outcome, vm.Success)
	}
}

// atDepthLimit is code that calls itself with ever more data until it is at depth 64, does something there and answers its result.
func atDepthLimit(code string) string {
	return branch("CALLDATASIZE 64 EQ", "32 0 CALLDATASIZE 1 ADD 0 0 ADDRESS GAS CALL POP 0 MLOAD 0 MSTORE 32 0 RETURN", code+" "+returnWord)
}

// TestDeepCreate2: before parameter 96 CREATE2 forgot the limit of depth.
func TestDeepCreate2(t *testing.T) {
	p := vm.Mainnet480()
	w := newWorld(t, p)
	b := w.contract(addr(0x78), atDepthLimit("7 0 0 0 CREATE2"))
	r := w.call(b, nil, energy(10_000_000))
	want(t, "4.8.0", r.Return[11], 0x41)
	w.env.Params.Release4811 = true
	r = w.call(b, nil, energy(10_000_000), constant())
	want(t, "4.8.1.1", r.Outcome, vm.OutOfTime)
	want(t, "4.8.1.1", r.RuntimeError, "CPU timeout for create2 executing")
	want(t, "4.8.1.1", r.EnergyUsed, 10_000_000)
	r = w.call(b, nil, energy(10_000_000))
	want(t, "in a block", r.RuntimeError, "Already Time Out")
}

func TestReturnData(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	answers := w.contract(addr(0x79), "77 0 MSTORE 64 0 RETURN")
	reverts := w.contract(addr(0x7a), "78 0 MSTORE 40 0 REVERT")
	dies := w.contract(addr(0x7b), "INVALID")
	size := func(a wallet.Address) uint64 {
		return w.word("0 0 0 0 0", a, "50000 CALL POP RETURNDATASIZE").Uint64()
	}
	want(t, "answer", size(answers), 64)
	want(t, "revert", size(reverts), 40)
	want(t, "death", size(dies), 0)
	want(t, "no code", size(alice), 0)
	want(t, "cleared by a call", w.word("0 0 0 0 0", answers, "50000 CALL POP 0 0 0 0 0", alice, "0 CALL POP RETURNDATASIZE").Uint64(), 0)
	r := w.try("0 0 0 0 0", answers, "50000 CALL POP 65 0 0 RETURNDATACOPY")
	want(t, "past the end", r.Outcome, vm.Unknown)
	want(t, "past the end", r.Exception, "org.tron.core.vm.program.Program$ReturnDataCopyIllegalBoundsException")
	want(t, "cut to the size asked for", w.word("5 0 0 0 0", answers, "50000 CALL POP 32 MLOAD MSIZE").Uint64(), 64)
}

// TestPrecompileCalls: what differs from calls of accounts.
func TestPrecompileCalls(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	high := pow2(160, 4)
	want(t, "a high bit names an account", w.word("0 0 32 0 0", high, "GAS CALL POP RETURNDATASIZE").Uint64(), 0)
	want(t, "no record", len(w.run("0 0 32 0 0 4 GAS CALL").Internal), 0)
	r := w.try("0 0 32 0 1 4 GAS CALL")
	want(t, "value that is not there", r.Outcome, vm.Success)
	a := w.contract(addr(0x7c), "0 0 32 0 1 4 GAS CALL")
	w.ledger.AddBalance(a, 5)
	r = w.call(a, nil)
	want(t, "value without account", r.RuntimeError, "transfer failure")
	want(t, "value without account", r.EnergyUsed, 1_000_000)
	w.ledger.Fund(addr(4), 1)
	want(t, "value with account", w.call(a, nil).Outcome, vm.Success)
	want(t, "it arrived", w.ledger.Balance(addr(4)), 2)
	got := w.word("GAS 0 0 32 0 4 17 STATICCALL 0 MSTORE GAS SWAP1 SUB", "0 MLOAD ADD").Uint64()
	want(t, "too little energy is gone", got < 120 && got > 80, true)
}

// TestPrecompileOutput: since parameter 94 cut to the size asked for, before it written in full, with memory for free.
func TestPrecompileOutput(t *testing.T) {
	code := []any{pow2(256, -1), "0 MSTORE 0 320 32 0 0 4 GAS CALL POP MSIZE"}
	w := newWorld(t, vm.Mainnet())
	want(t, "with 94", w.word(code...).Uint64(), 32)
	old := newWorld(t, vm.Mainnet480())
	want(t, "before", old.word(code...).Uint64(), 352)
	want(t, "at the same price", old.run(code...).EnergyUsed, w.run(code...).EnergyUsed)
	r := old.try("0", pow2(31, -1), "32 0 0 4 GAS CALL")
	want(t, "far away", r.Outcome, vm.OutOfMemory)
	want(t, "its low 32 bits", old.word("0", pow2(40, 0), "32 0 0 4 GAS CALL POP MSIZE").Uint64(), 32)
	for offset, text := range map[*uint256.Int]string{
		pow2(256, -1):    "arraycopy: destination index -1 out of bounds for byte[1024]",
		pow2(32, -5000):  "Index: -4, Size: 1",
		pow2(256, -2048): "Index: -2, Size: 1",
	} {
		want(t, "below zero", old.try("0", offset, "32 0 0 4 GAS CALL").RuntimeError, text)
	}
}

// TestWorkWithoutPrice: what costs no energy has bounds of its own, so that no transaction runs for hours.
func TestWorkWithoutPrice(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of work")
	}
	w := newWorld(t, vm.Mainnet())
	loop := func(code string) string { return raw(asm("JUMPDEST", code, "0 JUMP")) }
	many := w.contract(addr(0x7d), loop(raw(append(callTo(bob, "CALL", 0), 0x50))))
	r := w.call(many, nil, energy(100_000_000), constant())
	want(t, "records", r.Outcome, vm.OutOfTime)
	want(t, "records", len(r.Internal), 200_000)
	hashing := w.contract(addr(0x7e), loop(raw(append(asm("0 0 3145728 0 0", bob, "1000 CALL"), 0x50))))
	r = w.call(hashing, nil, energy(100_000_000))
	want(t, "hashing", r.Outcome, vm.OutOfTime)
	want(t, "hashing", r.RuntimeError, "Already Time Out")
	want(t, "in a block nothing of it is told", len(r.Internal), 0)
}

// TestDeadline: an endless loop ends when its time is up, with all its energy.
func TestDeadline(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	a := w.contract(addr(0x7f), "JUMPDEST 0 JUMP")
	w.env.Deadline = time.Unix(1, 0)
	r := w.call(a, nil, energy(100_000_000), constant())
	want(t, "outcome", r.Outcome, vm.OutOfTime)
	want(t, "text", r.RuntimeError, "CPU timeout for 'JUMP' operation executing")
	want(t, "energy", r.EnergyUsed, 100_000_000)
	b := w.contract(addr(0x80), raw(callTo(bob, "CALL", 0)))
	want(t, "a call", w.call(b, nil, constant()).RuntimeError, "CPU timeout for 'CALL' operation executing")
	c := w.contract(addr(0x81), "STOP")
	want(t, "after the last opcode", w.call(c, nil, constant()).RuntimeError, "CPU timeout for 'STOP(TX_LAST_OP)' operation executing")
}

// TestLogsOfAFatalEnd: before parameter 96 a transaction that no frame catches keeps the logs of the outermost frame and of calls that had ended well
// (VMActuator.java:265-293); logs of frames under way are not handed over (Program.java:1041).
func TestLogsOfAFatalEnd(t *testing.T) {
	for _, osaka := range []bool{false, true} {
		w := newWorld(t, vm.Mainnet480())
		w.env.Params.Osaka = osaka
		deep := "128 96 MSTORE 0x637fffffff 128 MSTORE 0 0 160 0 10 GAS STATICCALL"
		ends := w.contract(addr(0x71), "0 0 LOG0")
		dies := w.contract(addr(0x72), "0 0 LOG0", deep)
		outer := w.contract(addr(0x73), "0 0 LOG0", raw(callTo(ends, "CALL", 0)), raw(callTo(dies, "CALL", 0)))
		r := w.call(outer, nil)
		if osaka { // 0x0a refuses such an input then
			want(t, "outcome", r.Outcome, vm.Success)
			continue
		}
		want(t, "text", r.RuntimeError, "Unknown Throwable")
		want(t, "outcome", r.Outcome, vm.Unknown)
		want(t, "logs", len(r.Logs), 2)
		want(t, "the call's", r.Logs[1].Address, ends)
	}
}
