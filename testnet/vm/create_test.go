package vm_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

func TestDeployment(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	runtime := asm("CALLVALUE", returnWord)
	r := w.create(initCode(runtime), value(7), func(m *vm.Message) {
		m.Contract = vm.Contract{Name: "box", UserPercent: 30, OriginEnergyLimit: 5}
	})
	want(t, "outcome", r.Outcome, vm.Success)
	want(t, "address", r.Contract, vm.AddressOf([32]byte{1, 0x77}, alice))
	want(t, "answer is the code", string(r.Return), string(runtime))
	c, ok := w.ledger.Contract(r.Contract)
	want(t, "record", ok, true)
	want(t, "record", c, vm.Contract{Name: "box", Origin: alice, UserPercent: 30, OriginEnergyLimit: 5})
	want(t, "account name", w.ledger.AccountName(r.Contract), "box")
	want(t, "balance", w.ledger.Balance(r.Contract), 7)
	want(t, "created", len(r.Created), 1)
	want(t, "runs", w.call(r.Contract, nil).Outcome, vm.Success)
}

func TestDeploymentPrice(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	empty := w.create(asm("0 0 RETURN"))
	ten := w.create(asm("10 0 RETURN"))
	want(t, "200 a byte and the memory", ten.EnergyUsed-empty.EnergyUsed, 2000+3)
	r := w.create(nil)
	want(t, "no init code", r.Outcome, vm.Success)
	want(t, "costs nothing", r.EnergyUsed, 0)
	want(t, "and makes a contract", func() bool { _, ok := w.ledger.Contract(r.Contract); return ok }(), true)
}

// TestDeploymentsThatFail: the code that the constructor answered still shows where only its deposit failed.
func TestDeploymentsThatFail(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	r := w.create(initCode([]byte{0xef, 1}))
	want(t, "0xEF", r.Outcome, vm.InvalidCode)
	want(t, "0xEF", r.RuntimeError, "invalid code: must not begin with 0xef")
	want(t, "0xEF", string(r.Return), "\xef\x01")
	want(t, "all energy", r.EnergyUsed, 1_000_000)
	want(t, "nothing is left", w.ledger.Exists(r.Contract), false)
	r = w.create(asm("100 0 RETURN"), energy(20_005))
	want(t, "deposit", r.Outcome, vm.OutOfEnergy)
	want(t, "deposit", r.RuntimeError, "Not enough energy for 'save just created contract code' executing: needEnergy[20000], leftEnergy[19987];")
	want(t, "deposit", len(r.Return), 100)
	r = w.create(asm("32 0 REVERT"))
	want(t, "revert", r.Outcome, vm.Reverted)
	want(t, "revert", r.EnergyUsed, 9)
	w.env.Params.London = false
	want(t, "0xEF before parameter 63", w.create(initCode([]byte{0xef})).Outcome, vm.Success)
}

func TestValidation(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	c := w.contract(addr(0x80), "STOP")
	w.ledger.CreateContract(addr(0x81), vm.Contract{}, "")
	cases := []struct {
		text   string
		create bool
		change func(*vm.Message)
	}{
		{"No contract or not a smart contract", false, func(m *vm.Message) { m.To = alice }},
		{"callValue must be >= 0", false, func(m *vm.Message) { m.Value = -1 }},
		{"tokenValue must be >= 0", false, func(m *vm.Message) { m.TokenValue = -1 }},
		{"tokenId must be > 1000000", false, func(m *vm.Message) { m.TokenID = 1_000_000 }},
		{"invalid arguments with tokenValue = 5, tokenId = 0", false, func(m *vm.Message) { m.TokenValue = 5 }},
		{"Validate InternalTransfer error, balance is not sufficient.", false, func(m *vm.Message) { m.Value = 1 << 60 }},
		{"Validate InternalTransfer error, no OwnerAccount.", false, func(m *vm.Message) { m.Value, m.From = 1, bob }},
		{"No asset !", false, func(m *vm.Message) { m.TokenValue, m.TokenID = 1, 1_000_009 }},
		{"", false, func(m *vm.Message) { m.To = addr(0x81) }},
		{"contractName's length cannot be greater than 32", true, func(m *vm.Message) { m.Contract.Name = "123456789012345678901234567890123" }},
		{"percent must be >= 0 and <= 100", true, func(m *vm.Message) { m.Contract.UserPercent = 101 }},
		{"percent must be >= 0 and <= 100", true, func(m *vm.Message) { m.Contract.UserPercent = -1 }},
		{"The originEnergyLimit must be > 0", true, func(m *vm.Message) { m.Contract.OriginEnergyLimit = 0 }},
		{"callValue must be >= 0", true, func(m *vm.Message) { m.Value = -1 }},
		{"tokenId must be > 1000000", true, func(m *vm.Message) { m.TokenID = 1 }},
	}
	for _, k := range cases {
		m := w.message([]func(*vm.Message){func(m *vm.Message) { m.To = c }, k.change})
		before := w.ledger.Sum()
		err := w.check(m, k.create)
		var invalid *vm.ValidationError
		if !errors.As(err, &invalid) || err.Error() != k.text || invalid.NullCode != (k.text == "") {
			t.Errorf("%v, want %q", err, k.text)
		}
		want(t, "nothing moved", w.ledger.Sum(), before)
	}
	m := w.message(nil)
	w.ledger.Fund(vm.AddressOf(m.TxID, alice), 1)
	if err := w.check(m, true); err == nil || err.Error() != "Trying to create a contract with existing contract address: "+vm.AddressOf(m.TxID, alice).String() {
		t.Error(err)
	}
}

// check does all that precedes an execution, and the execution.
func (w *world) check(m *vm.Message, create bool) error {
	if create {
		if err := vm.CheckCreate(w.ledger, m); err != nil {
			return err
		}
		if err := vm.CheckCreateValues(w.env, m); err != nil {
			return err
		}
		_, err := vm.Create(w.env, w.ledger, m)
		return err
	}
	if err := vm.CheckCall(w.env, w.ledger, m); err != nil {
		return err
	}
	_, err := vm.Call(w.env, w.ledger, m)
	return err
}

// makes is code that creates a contract out of init code.
func makes(init []byte, kind string, value int) []byte {
	if len(init) > 32 {
		panic("too long for one word")
	}
	word := make([]byte, 32)
	copy(word, init)
	salt := ""
	if kind == "CREATE2" {
		salt = "7"
	}
	return asm(word, "0 MSTORE", salt, len(init), 0, value, kind)
}

func TestCreate(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	init := asm("CALLDATASIZE CODESIZE ADD", returnWord) // answers its own size: 12 bytes of code follow
	r := w.run(raw(makes(init, "CREATE", 0)), returnWord)
	var nonce [8]byte
	sum := wallet.Keccak256([]byte{1, 0x77}, make([]byte, 30), nonce[:])
	made := wallet.AddressFromEVM([20]byte(sum[12:]))
	want(t, "the word carries 0x41", [21]byte(r.Return[11:]), [21]byte(made))
	c, _ := w.ledger.Contract(made)
	want(t, "its origin is the creating contract", c, vm.Contract{Origin: addr(0x5000), UserPercent: 100})
	want(t, "account name", w.ledger.AccountName(made), "CreatedByContract")
	want(t, "size of init code", w.ledger.Code(made).Bytes()[31], byte(len(init)))
	want(t, "record", r.Internal[0].Note, "create")
	want(t, "record", r.Internal[0].To, made)
}

func TestCreate2(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	init := asm("0 0 RETURN")
	factory := w.contract(addr(0x82), raw(makes(init, "CREATE2", 0)), returnWord)
	code := wallet.Keccak256(init)
	salt := [32]byte{31: 7}
	sum := wallet.Keccak256(factory[:], salt[:], code[:])
	target := wallet.AddressFromEVM([20]byte(sum[12:]))
	w.ledger.Fund(target, 5)
	r := w.call(factory, nil)
	want(t, "address", [21]byte(r.Return[11:]), [21]byte(target))
	want(t, "it keeps its balance", w.ledger.Balance(target), 5)
	want(t, "and gets no name", w.ledger.AccountName(target), "")
	c, _ := w.ledger.Contract(target)
	want(t, "the record names the transaction", c.TxHash, [32]byte{1, 0x77})
	r = w.call(factory, nil)
	want(t, "taken: all energy is lost", r.Outcome, vm.OutOfEnergy)
	want(t, "recorded", len(r.Internal), 1)
	want(t, "and rejected", r.Internal[0].Rejected, true)
}

func TestCreateFailures(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	r := w.run("0 0 1 CREATE", returnWord)
	want(t, "no balance: 0", r.Return[31], 0)
	want(t, "no record", len(r.Internal), 0)
	want(t, "only the opcode", r.EnergyUsed < 32_050, true)
	r = w.try("0 0", pow2(63, 0), "CREATE")
	want(t, "value beyond 63 bits", r.RuntimeError, "BigInteger out of long range")
	want(t, "value beyond 63 bits", r.Outcome, vm.Unknown)
	want(t, "value beyond 63 bits", r.EnergyUsed, 1_000_000)
	r = w.run(raw(makes(asm("77 0 MSTORE 32 0 REVERT"), "CREATE", 0)), "POP RETURNDATASIZE", returnWord)
	want(t, "revert data", r.Return[31], 32)
	for _, init := range [][]byte{asm("INVALID"), asm("239 0 MSTORE8 1 0 RETURN"), asm("239 0 MSTORE8 1 0 REVERT"), asm("9999 0 RETURN")} {
		r = w.try(raw(makes(init, "CREATE", 0)), "1 1 SSTORE")
		want(t, "a failing constructor takes all", r.Outcome, vm.OutOfEnergy)
	}
}

func TestReturnDataOfCreate(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	answers := w.contract(addr(0x83), "64 0 RETURN")
	before := raw(asm("0 0 0 0 0", answers, "50000 CALL POP"))
	want(t, "CREATE clears", w.word(before, "0 0 0 CREATE POP RETURNDATASIZE").Uint64(), 0)
	want(t, "CREATE2 clears since 96", w.word(before, "7 0 0 0 CREATE2 POP RETURNDATASIZE").Uint64(), 0)
	old := newWorld(t, vm.Mainnet480())
	old.contract(addr(0x83), "64 0 RETURN")
	want(t, "CREATE2 did not", old.word(before, "7 0 0 0 CREATE2 POP RETURNDATASIZE").Uint64(), 64)
}

// TestNonces: every internal transaction advances the nonce, those of failed frames too, and CREATE addresses come from it.
func TestNonces(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	fails := w.contract(addr(0x84), raw(callTo(bob, "CALL", 0)), "0 0 REVERT")
	a := w.contract(addr(0x85), raw(asm("0 0 0 0 0", fails, "50000 CALL POP")), "0 0 0 CREATE", returnWord)
	r := w.call(a, nil)
	var nonce [8]byte
	binary.BigEndian.PutUint64(nonce[:], 2)
	sum := wallet.Keccak256([]byte{1, 0x77}, make([]byte, 30), nonce[:])
	want(t, "address", [20]byte(r.Return[12:]), [20]byte(sum[12:]))
	want(t, "records", len(r.Internal), 3)
	want(t, "rejected", r.Internal[0].Rejected && r.Internal[1].Rejected && !r.Internal[2].Rejected, true)
}

// TestInternalHash: keccak(parent ‖ receiver ‖ data ‖ value ‖ nonce); the parent of the first level is the transaction.
func TestInternalHash(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	inner := w.contract(addr(0x86), raw(callTo(bob, "CALL", 0)))
	a := w.contract(addr(0x87), "0 0 4 28 5", inner, "GAS CALL")
	w.ledger.AddBalance(a, 5)
	r := w.call(a, nil)
	hash := func(parent [32]byte, to wallet.Address, data []byte, value, nonce uint64) [32]byte {
		var tail [16]byte
		binary.BigEndian.PutUint64(tail[:8], value)
		binary.BigEndian.PutUint64(tail[8:], nonce)
		return wallet.Keccak256(parent[:], to[:], data, tail[:])
	}
	first := hash([32]byte{1, 0x77}, inner, make([]byte, 4), 5, 1)
	want(t, "first", r.Internal[0].Hash, first)
	want(t, "second", r.Internal[1].Hash, hash(first, bob, nil, 0, 2))
	want(t, "depth", r.Internal[1].Depth, 1)
}

// TestClaimedCodeHash: while a constructor runs, EXTCODEHASH answers the hash that the deployment's message named (VMActuator.java:326 clears the version
// alone, Program.java:1195 believes it); the code that is stored afterwards has its own.
func TestClaimedCodeHash(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	claimed := [32]byte{1, 31: 2}
	init := asm("ADDRESS EXTCODEHASH 1 SSTORE 0 0 RETURN")
	for _, hash := range [][32]byte{claimed, {}} {
		r := w.create(init, func(m *vm.Message) { m.Contract.CodeHash = hash })
		row, _ := w.ledger.Row(r.Contract, [16]byte{15: 1})
		if hash == ([32]byte{}) {
			hash = wallet.Keccak256()
		}
		want(t, "within", row, hash)
		want(t, "afterwards", w.word(r.Contract, "EXTCODEHASH").Bytes32(), wallet.Keccak256())
	}
}
