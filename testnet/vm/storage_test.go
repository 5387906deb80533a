package vm_test

import (
	"fmt"
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
)

// cell: 64 bytes of data write key and value, fewer read the key.
var cell = branch("CALLDATASIZE 64 EQ", "0 CALLDATALOAD SLOAD 0 MSTORE 32 0 RETURN", "32 CALLDATALOAD 0 CALLDATALOAD SSTORE")

func words(list ...*uint256.Int) (data []byte) {
	for _, w := range list {
		b := w.Bytes32()
		data = append(data, b[:]...)
	}
	return data
}

func num(n uint64) *uint256.Int { return uint256.NewInt(n) }

// storeCost is what a piece of code costs beyond its other opcodes, measured by GAS around it: the SSTORE with its two pushes and one GAS.
func TestStorePrice(t *testing.T) {
	cases := []struct {
		name, code string
		want       uint64
	}{
		{"nothing to value", "", 20000},
		{"zero to nothing", "0 1 SSTORE", 20000 - 15000},
		{"value to another", "5 1 SSTORE", 5000},
		{"zero and back", "5 1 SSTORE 0 1 SSTORE", 5000},
	}
	for _, c := range cases {
		w := newWorld(t, vm.Mainnet())
		got := w.word(c.code, "GAS 7 1 SSTORE GAS SWAP1 SUB").Uint64()
		want(t, c.name, got, c.want+8)
	}
}

func TestPresenceAcrossTransactions(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	c := w.contract(addr(0x60), cell)
	base := w.call(c, words(num(9), num(1))).EnergyUsed - 20000
	steps := []struct{ value, price int64 }{{2, 5000}, {0, 5000}, {3, 20000}, {3, 5000}, {0, 5000}, {0, 5000}, {1, 20000}}
	for _, s := range steps {
		want(t, "price", w.call(c, words(num(9), num(uint64(s.value)))).EnergyUsed, base+s.price)
		want(t, "read", w.call(c, words(num(9))).Return[31], byte(s.value))
	}
}

// TestPresenceIsUndone: a child that reverts takes the presence of its rows with it.
func TestPresenceIsUndone(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	child := w.contract(addr(0x61), "5 1 SSTORE 0 0 REVERT")
	kept := w.contract(addr(0x62), "5 1 SSTORE")
	for _, c := range []struct {
		name  string
		child string
		price uint64
	}{{"undone", raw(callTo(child, "DELEGATECALL", 0)), 20000}, {"kept", raw(callTo(kept, "DELEGATECALL", 0)), 5000}} {
		got := w.word(c.child, "POP GAS 7 1 SSTORE GAS SWAP1 SUB").Uint64()
		want(t, c.name, got, c.price+8)
	}
}

// TestLowHalfOfKeys: across transactions 5 and 5 + 2^128 are one row, within the one that writes them they are two.
func TestLowHalfOfKeys(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	c := w.contract(addr(0x63), cell)
	high := pow2(128, 5)
	w.call(c, words(num(5), num(11)))
	want(t, "read by the other key", w.call(c, words(high)).Return[31], 11)
	want(t, "it is present", w.call(c, words(high, num(12))).EnergyUsed < 6000, true)
	want(t, "one row", w.call(c, words(num(5))).Return[31], 12)
	got := w.word("1 9 SSTORE 2", pow2(128, 9), "SSTORE 9 SLOAD")
	want(t, "two rows within a transaction", got.Uint64(), 1)
	got = w.word("1 9 SSTORE", pow2(128, 9), "SLOAD")
	want(t, "the other is not there", got.Uint64(), 0)
}

// TestWhichOfTwoKeysStays: of two keys that become one row when the transaction ends the one stays that Java's map of the rows (RepositoryImpl.java:981,
// Storage.java:98) comes to last; the orders are those that Java 17 prints.
func TestWhichOfTwoKeysStays(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	for low, stays := range map[uint64]byte{0: 1, 1: 1, 2: 2, 6: 2, 7: 1, 9: 1, 11: 2} {
		a := w.contract(addr(0x6000+uint16(low)), "2", pow2(128, int64(low)), "SSTORE 1", num(low), "SSTORE")
		w.call(a, nil)
		row, _ := w.ledger.Row(a, [16]byte{15: byte(low)})
		want(t, fmt.Sprint(low), row[31], stays)
	}
	a := w.contract(addr(0x6100), "0", pow2(128, 7), "SSTORE 1 7 SSTORE")
	w.ledger.SetRow(a, [16]byte{15: 7}, [32]byte{31: 9})
	w.call(a, nil)
	row, _ := w.ledger.Row(a, [16]byte{15: 7})
	want(t, "written after the other was deleted", row[31], 1)
}

func TestFailureWritesNothing(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	c := w.contract(addr(0x64), branch("CALLVALUE ISZERO", "7 1 SSTORE 0 0 REVERT", "1 SLOAD "+returnWord))
	want(t, "reverted", w.call(c, nil, value(1)).Outcome, vm.Reverted)
	want(t, "nothing there", w.call(c, nil).Return[31], 0)
}

func TestTransientStorage(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	want(t, "written", w.word("7 1 TSTORE 1 TLOAD").Uint64(), 7)
	want(t, "fresh", w.word("1 TLOAD").Uint64(), 0)
	undone := w.contract(addr(0x65), "9 1 TSTORE 0 0 REVERT")
	want(t, "undone", w.word("7 1 TSTORE", raw(callTo(undone, "DELEGATECALL", 0)), "POP 1 TLOAD").Uint64(), 7)
	kept := w.contract(addr(0x66), "9 1 TSTORE")
	want(t, "kept", w.word("7 1 TSTORE", raw(callTo(kept, "DELEGATECALL", 0)), "POP 1 TLOAD").Uint64(), 9)
	want(t, "another contract's", w.word("7 1 TSTORE", raw(callTo(kept, "CALL", 0)), "POP 1 TLOAD").Uint64(), 7)
	c := w.contract(addr(0x67), "1 TLOAD 8 1 TSTORE", returnWord)
	for range 2 {
		want(t, "ends with the transaction", w.call(c, nil).Return[31], 0)
	}
	want(t, "price", w.run("1 TLOAD POP 7 1 TSTORE").EnergyUsed, 3+100+2+6+100)
}

// TestStatic: a static frame changes nothing; the opcode's price is taken and then all the frame has.
func TestStatic(t *testing.T) {
	for _, code := range []string{
		"1 1 SSTORE", "1 1 TSTORE", "0 0 LOG0", "0 0 0 CREATE", "0 0 0 0 CREATE2", "0 SELFDESTRUCT", "0 0 0 0 1 33 GAS CALL",
		"0 0 0 0 1 1000001 33 GAS CALLTOKEN", "0 0 0 0 VOTEWITNESS", "WITHDRAWREWARD", "1 1 FREEZEBALANCEV2", "1 1 UNFREEZEBALANCEV2",
		"CANCELALLUNFREEZEV2", "WITHDRAWEXPIREUNFREEZE", "1 1 1 DELEGATERESOURCE", "1 1 1 UNDELEGATERESOURCE",
	} {
		w := newWorld(t, vm.Mainnet())
		_, used, err := vm.RunCode(w.env, w.ledger, &vm.Message{To: alice, EnergyLimit: 500_000}, asm(code), true)
		if err == nil || err.Error() != "Attempt to call a state modifying opcode inside STATICCALL" || used != 500_000 {
			t.Errorf("%s: %v, %d", code, err, used)
		}
	}
	w := newWorld(t, vm.Mainnet())
	inner := w.contract(addr(0x68), "1 1 SSTORE")
	outer := w.contract(addr(0x69), raw(callTo(inner, "CALL", 0)), returnWord)
	got := w.word("32 0 0 0", outer, 200000, "STATICCALL POP 0 MLOAD")
	want(t, "static is inherited", got.Uint64(), 0)
	want(t, "CALLCODE with value is not refused", func() vm.Outcome {
		_, _, err := vm.RunCode(w.env, w.ledger, &vm.Message{To: alice, EnergyLimit: 500_000}, asm("0 0 0 0 1 33 GAS CALLCODE"), true)
		if err != nil {
			t.Error(err)
		}
		return vm.Success
	}(), vm.Success)
}
