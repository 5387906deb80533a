package vm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
)

// TestGatedOpcodes: an opcode whose parameter is off is an undefined one.
func TestGatedOpcodes(t *testing.T) {
	cases := []struct {
		ops string
		off func(*vm.Params)
	}{
		{"CALLTOKEN TOKENBALANCE CALLTOKENVALUE CALLTOKENID", func(p *vm.Params) { p.TransferTrc10 = false }},
		{"SHL SHR SAR CREATE2 EXTCODEHASH", func(p *vm.Params) { p.Constantinople = false }},
		{"ISCONTRACT", func(p *vm.Params) { p.Solidity059 = false }},
		{"CHAINID SELFBALANCE", func(p *vm.Params) { p.Istanbul = false }},
		{"VOTEWITNESS WITHDRAWREWARD", func(p *vm.Params) { p.Vote = false }},
		{"BASEFEE", func(p *vm.Params) { p.London = false }},
		{
			"FREEZEBALANCEV2 UNFREEZEBALANCEV2 CANCELALLUNFREEZEV2 WITHDRAWEXPIREUNFREEZE DELEGATERESOURCE UNDELEGATERESOURCE",
			func(p *vm.Params) { p.UnfreezeDelayDays = 0 },
		},
		{"PUSH0", func(p *vm.Params) { p.Shanghai = false }},
		{"TLOAD TSTORE MCOPY", func(p *vm.Params) { p.Cancun = false }},
		{"BLOBHASH BLOBBASEFEE", func(p *vm.Params) { p.Blob = false }},
		{"CLZ", func(p *vm.Params) { p.Osaka = false }},
	}
	operands := strings.Repeat("33 ", 8)
	for _, c := range cases {
		for op := range strings.FieldsSeq(c.ops) {
			p := vm.Mainnet()
			if r := newWorld(t, p).try(operands, op); r.Outcome == vm.IllegalOperation {
				t.Errorf("%s is undefined on mainnet", op)
			}
			c.off(&p)
			r := newWorld(t, p).try(operands, op)
			want(t, op, r.Outcome, vm.IllegalOperation)
			want(t, op, r.EnergyUsed, 1_000_000)
		}
	}
}

func TestUndefinedOpcodes(t *testing.T) {
	undefined := []byte{0x0c, 0x0f, 0x1f, 0x21, 0x2f, 0x4b, 0x4f, 0xa5, 0xcf, 0xd5, 0xd6, 0xd7, 0xe0, 0xef, 0xf6, 0xf9, 0xfb, 0xfc, 0xfe}
	for _, op := range undefined {
		r := newWorld(t, vm.Mainnet()).try(raw([]byte{op}))
		want(t, "outcome", r.Outcome, vm.IllegalOperation)
		want(t, "text", r.RuntimeError, fmt.Sprintf("Invalid operation code: opCode[%02x];", op))
	}
}

// TestOrderOfChecks: undefined, stack too small, too large, memory, energy, in this order.
func TestOrderOfChecks(t *testing.T) {
	full := strings.Repeat("PUSH0 ", 1024)
	cases := []struct {
		name, code string
		energy     int64
		outcome    vm.Outcome
		text       string
	}{
		{"undefined before stack", "INVALID", 0, vm.IllegalOperation, "Invalid operation code: opCode[fe];"},
		{"too small before energy", "ADD", 0, vm.StackTooSmall, "Expected stack size 2 but actual 0;"},
		{"too large before energy", full + "PUSH0", 2048, vm.StackTooLarge, "Expected: overflow 1024 elements stack limit"},
		{"memory before energy", "3145697 MLOAD", 3, vm.OutOfMemory, "Out of Memory when 'MLOAD' operation executing"},
		{"energy", "1 2 ADD", 8, vm.OutOfEnergy, "Not enough energy for 'ADD' operation executing: curInvokeEnergyLimit[8], curOpEnergy[3], usedEnergy[6]"},
		{"energy of CALL", "0 0 0 0 0 1 0 CALL", 22, vm.OutOfEnergy, "Not enough energy for 'CALL' operation executing: opEnergy[40], programEnergy[1]"},
		{"energy of LOG", "100 0 LOG0", 500, vm.OutOfEnergy, "Not enough energy for 'LOG0' operation executing: opEnergy[800], programEnergy[494]"},
		{"jump", "7 JUMP", 100, vm.BadJumpDestination, "Operation with pc isn't 'JUMPDEST': PC[7];"},
		{"jump to 2^31", "2147483648 JUMP", 100, vm.BadJumpDestination, "Operation with pc isn't 'JUMPDEST': PC[-2147483648];"},
		{"jump to 2^32", "4294967296 JUMP", 100, vm.BadJumpDestination, "Operation with pc isn't 'JUMPDEST': PC[-1];"},
		{"jump into data", "4 JUMP 0x615b5b", 100, vm.BadJumpDestination, "Operation with pc isn't 'JUMPDEST': PC[4];"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, vm.Mainnet())
			r := w.call(w.contract(addr(0x77), c.code), nil, energy(c.energy))
			want(t, "outcome", r.Outcome, c.outcome)
			want(t, "text", r.RuntimeError, c.text)
			want(t, "energy", r.EnergyUsed, c.energy)
		})
	}
}

func TestMemoryLimit(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	large := energy(100_000_000)
	r := w.call(w.contract(addr(1), "3145696 MLOAD"), nil, large)
	want(t, "exactly 3 MiB", r.Outcome, vm.Success)
	want(t, "price", r.EnergyUsed, 3+1+3*98304+98304*98304/512)
	want(t, "one more", w.call(w.contract(addr(2), "3145697 MLOAD"), nil, large).Outcome, vm.OutOfMemory)
	max := pow2(255, 0)
	for i, code := range [][]any{{0, max, 1, "CALLDATACOPY"}, {0, 0, max, "RETURN"}, {0, 0, 0, max, 0, 0, 1, "0 CALL"}, {max, 0, 0, 0, 0, 1, "0 STATICCALL"}} {
		r := w.call(w.contract(addr(uint16(10+i)), code...), nil, large)
		if r.Outcome == vm.Unknown {
			t.Errorf("%v: %s", code, r.RuntimeError)
		}
	}
	want(t, "nothing at the end of the world", w.run(0, 0, max, "CALLDATACOPY", 0, max, "RETURN").Outcome, vm.Success)
}

func TestMemoryOpcodesBeforeParameter65(t *testing.T) {
	p := vm.Mainnet()
	p.HigherCPULimit = false
	code := "1 0 MSTORE 0 MLOAD POP 1 0 MSTORE8"
	with, without := newWorld(t, vm.Mainnet()).run(code), newWorld(t, p).run(code)
	want(t, "difference", with.EnergyUsed-without.EnergyUsed, 3)
}

// TestEnds: running off the end is STOP, and PUSH past the end pads with zeros.
func TestEnds(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	for _, code := range []string{"1 2", "0x60", "0x7f01", "0x7f", "JUMPDEST"} {
		r := w.run(code)
		want(t, code, len(r.Return), 0)
	}
	stack, _, err := vm.RunCode(w.env, w.ledger, &vm.Message{EnergyLimit: 100}, []byte{0x62, 0xab}, false)
	if err != nil || len(stack) != 1 || stack[0].Uint64() != 0xab0000 {
		t.Errorf("PUSH3 of one byte: %v %v", stack, err)
	}
}

func TestEnvironment(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.env.GenesisID = [32]byte{0: 0xff, 28: 0x2b, 29: 0x66, 30: 0x53, 31: 0xdc}
	w.ledger.SetBlockID(999, [32]byte{7: 1, 31: 9})
	w.ledger.SetBlockID(744, [32]byte{31: 7})
	w.ledger.SetBlockID(743, [32]byte{31: 6})
	cases := map[string]uint64{
		"CHAINID": 0x2b6653dc, "NUMBER": 1000, "TIMESTAMP": 1_700_000_000, "DIFFICULTY": 0, "GASLIMIT": 0, "GASPRICE": 0, "BASEFEE": 100,
		"BLOBBASEFEE": 0, "5 BLOBHASH": 0, "743 BLOCKHASH": 0, "744 BLOCKHASH": 7, "1000 BLOCKHASH": 0, "1001 BLOCKHASH": 0,
		"CALLTOKENID": 0, "CALLTOKENVALUE": 0, "CALLVALUE": 0, "CALLDATASIZE": 0, "RETURNDATASIZE": 0, "MSIZE": 0, "PC": 0,
	}
	for code, n := range cases {
		want(t, code, w.word(code).Uint64(), n)
	}
	if got := w.word(pow2(64, 0), "BLOCKHASH"); !got.IsZero() {
		t.Errorf("BLOCKHASH of 2^64: %s", got)
	}
	coinbase := w.word("COINBASE").Bytes32()
	want(t, "COINBASE carries 0x41", coinbase, [32]byte{11: 0x41, 31: 0xee})
	for _, code := range []string{"ORIGIN", "CALLER"} {
		want(t, code, w.word(code).Bytes32(), [32]byte{31: 0xa1})
	}
	w.env.Params.OptimizedChainID = false
	want(t, "all of the genesis id", w.word("CHAINID").Bytes32(), w.env.GenesisID)
}

func TestClz(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	for _, c := range []struct {
		x *uint256.Int
		n uint64
	}{{new(uint256.Int), 256}, {uint256.NewInt(1), 255}, {pow2(255, 0), 0}, {pow2(128, 0), 127}, {pow2(64, -1), 192}} {
		want(t, c.x.Hex(), w.word(c.x, "CLZ").Uint64(), c.n)
	}
	want(t, "price", w.run("1 CLZ").EnergyUsed, 8)
}

func TestCodeOfAccounts(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	c := w.contract(addr(0x99), "1 2 ADD")
	w.ledger.Fund(addr(0x98), 1)
	empty := new(uint256.Int).SetBytes(unhex(t, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"))
	want(t, "hash of nobody", w.word(addr(0x97), "EXTCODEHASH").IsZero(), true)
	want(t, "hash of an account", *w.word(addr(0x98), "EXTCODEHASH"), *empty)
	hash := vm.NewCode(asm("1 2 ADD")).Hash()
	want(t, "hash of a contract", w.word(c, "EXTCODEHASH").Bytes32(), hash)
	want(t, "size of a contract", w.word(c, "EXTCODESIZE").Uint64(), 5)
	want(t, "size of an account", w.word(addr(0x98), "EXTCODESIZE").Uint64(), 0)
	want(t, "is a contract", w.word(c, "ISCONTRACT").Uint64(), 1)
	want(t, "is none", w.word(addr(0x98), "ISCONTRACT").Uint64(), 0)
	r := w.run("8 0 0", c, "EXTCODECOPY 32 0 RETURN")
	want(t, "copy", [5]byte(r.Return), [5]byte(asm("1 2 ADD")))
	inConstructor := w.create(asm("ADDRESS ISCONTRACT ADDRESS EXTCODESIZE 0 MSTORE 32 MSTORE 64 0 RETURN"))
	want(t, "size in the constructor", inConstructor.Return[31], 0)
	want(t, "is a contract in the constructor", inConstructor.Return[63], 1)
}
