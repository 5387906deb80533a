package vm_test

import (
	"errors"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/testnet/vm/bare"
	"github.com/piecework/piecework/wallet"
)

// TestVersion1 are the rules of parameter 60, which mainnet never switched on.
func TestVersion1(t *testing.T) {
	p := vm.Mainnet()
	p.CompatibleEVM = true
	w := newWorld(t, p)
	r := w.create(initCode(asm("7 5 SSTORE GASPRICE", returnWord)))
	c, _ := w.ledger.Contract(r.Contract)
	want(t, "version", c.Version, 1)
	called := w.call(r.Contract, nil)
	want(t, "GASPRICE", called.Return[31], 100)
	five := num(5).Bytes32()
	hashed := wallet.Keccak256(five[:])
	row, there := w.ledger.Row(r.Contract, [16]byte(hashed[16:]))
	want(t, "the key is hashed", there, true)
	want(t, "value", row[31], 7)
	maker := w.create(initCode(asm(raw(makes(asm("0 0 RETURN"), "CREATE", 0)), returnWord)))
	made := w.call(maker.Contract, nil)
	c, _ = w.ledger.Contract(made.Created[0])
	want(t, "version is inherited", c.Version, 1)
	all := w.create(initCode(asm("GAS 0 0 0 0 0", bob, "GAS CALL POP GAS SWAP1 SUB", returnWord)))
	want(t, "a call to nobody gives all back", w.call(all.Contract, nil).Return[30] < 2, true)
	old := w.contract(addr(0x110), "GASPRICE", returnWord)
	want(t, "an older contract", w.call(old, nil).Return[31], 0)
}

// oldLedger has Stake 1.0 too: one frozen amount a receiver.
type oldLedger struct {
	*bare.Ledger
	frozen map[wallet.Address]wallet.Sun
	moved  wallet.Address
}

var errNothing = errors.New("nothing is frozen")

func (l *oldLedger) FreezeLegacy(owner, receiver wallet.Address, _ vm.Resource, amount wallet.Sun) error {
	if amount > l.Balance(owner) {
		return errNothing
	}
	l.AddBalance(owner, -amount)
	l.frozen[receiver] += amount
	return nil
}

func (l *oldLedger) UnfreezeLegacy(owner, receiver wallet.Address, _ vm.Resource) (wallet.Sun, error) {
	amount := l.frozen[receiver]
	if amount == 0 {
		return 0, errNothing
	}
	l.AddBalance(owner, amount)
	delete(l.frozen, receiver)
	return amount, nil
}

func (l *oldLedger) LegacyExpiry(_, receiver wallet.Address, r vm.Resource) int64 {
	if l.frozen[receiver] == 0 || r != vm.Energy {
		return 0
	}
	return 3_000_999
}

func (l *oldLedger) MoveLegacy(_, heir wallet.Address) { l.moved = heir }

func TestStake1(t *testing.T) {
	p := vm.Mainnet()
	p.Freeze, p.UnfreezeDelayDays = true, 0
	w := newWorld(t, p)
	old := &oldLedger{Ledger: w.ledger, frozen: map[wallet.Address]wallet.Sun{}}
	a := addr(0x111)
	run := func(code ...any) *vm.Result {
		t.Helper()
		if !old.Exists(a) {
			w.contract(a, "STOP")
			old.AddBalance(a, 100*wallet.TRX)
		}
		old.SetCode(a, vm.NewCode(asm(append(code, returnWord)...)))
		r, err := vm.Call(w.env, old, &vm.Message{TxID: [32]byte{1}, From: alice, To: a, EnergyLimit: 1_000_000})
		must(t, err)
		return r
	}
	r := run(alice, "5000000 1 FREEZE")
	want(t, "frozen", r.Return[31], 1)
	want(t, "note", r.Internal[0].Note, "freezeForEnergy")
	want(t, "value", r.Internal[0].Values[0].Amount, 5_000_000)
	want(t, "expiry in seconds", run(alice, "1 FREEZEEXPIRETIME").Return[30:32][0], byte(3000>>8))
	want(t, "no such resource", run(alice, "2 FREEZEEXPIRETIME").Return[31], 0)
	r = run(alice, "5000000 2 FREEZE")
	want(t, "Tron power", r.Return[31], 0)
	want(t, "Tron power", r.Internal[0].Note, "freezeForTronPower")
	want(t, "rejected", r.Internal[0].Rejected, true)
	r = run(alice, "1 UNFREEZE")
	want(t, "released", r.Return[31], 1)
	want(t, "its value", r.Internal[0].Values[0].Amount, 5_000_000)
	want(t, "note", r.Internal[0].Note, "unfreezeForEnergy")
	r = run(alice, "1 UNFREEZE")
	want(t, "nothing there", r.Return[31], 0)
	run(alice, "SELFDESTRUCT")
	want(t, "moved with the contract", old.moved, alice)
}

// TestBeforeParameters: what happened under rules that mainnet left behind.
func TestBeforeParameters(t *testing.T) {
	p := vm.Mainnet()
	p.MultiSign = false
	w := newWorld(t, p)
	w.ledger.Fund(addr(0x113), 0)
	a := w.contract(addr(0x112), "0 0 0 0 4 0", addr(0x113), "GAS CALLTOKEN")
	r := w.call(a, nil)
	want(t, "before 20 any token id goes", r.Outcome, vm.Success)
	want(t, "its id", r.Internal[0].Values[1].Token, 4)
	p = vm.Mainnet()
	p.Istanbul = false
	w = newWorld(t, p)
	init := asm("0 0 RETURN")
	factory := w.contract(addr(0x114), raw(makes(init, "CREATE2", 0)), returnWord)
	code := wallet.Keccak256(init)
	salt := [32]byte{31: 7}
	sum := wallet.Keccak256(alice[:], salt[:], code[:])
	want(t, "before 41 the caller makes CREATE2 addresses", [20]byte(w.call(factory, nil).Return[12:]), [20]byte(sum[12:]))
	p = vm.Mainnet480()
	p.Constantinople = false
	w = newWorld(t, p)
	b := w.contract(addr(0x115), "0 0 0 0", pow2(63, 0), 5000, "GAS CALL")
	want(t, "before 26 a value beyond 63 bits", w.call(b, nil).RuntimeError, "BigInteger out of long range")
	c := w.contract(addr(0x116), "0 0 0 0 5 0 33 GAS CALLTOKEN")
	r = w.call(c, nil)
	want(t, "before 26 a bad token id", r.Outcome, vm.Unknown)
	want(t, "costs all", r.EnergyUsed, 1_000_000)
	d := w.contract(addr(0x117), "33", pow2(63, 0), "TOKENBALANCE")
	want(t, "before 26 TOKENBALANCE", w.call(d, nil).RuntimeError, "BigInteger out of long range")
}

func TestTokenToPrecompile(t *testing.T) {
	w, _ := tokenWorld(t)
	a := w.contract(addr(0x118), "0 0 32 0 1000001 1 4 GAS CALLTOKEN")
	w.ledger.Issue(tok, a, 5)
	r := w.call(a, nil)
	want(t, "no account there", r.RuntimeError,
		"validateForSmartContract failure:Validate InternalTransfer error, no ToAccount. And not allowed to create account in smart contract.")
	w.ledger.Fund(addr(4), 1)
	want(t, "with an account", w.call(a, nil).Outcome, vm.Success)
	want(t, "it arrived", w.ledger.TokenBalance(addr(4), tok), 1)
}

// TestDeepCreates: without any limit on CREATE2 the machine has one of its own.
func TestDeepCreates(t *testing.T) {
	w := newWorld(t, vm.Mainnet480())
	// init code that creates itself again: it copies all of its code
	a := w.contract(addr(0x119), "CODESIZE 0 0 CODECOPY 7 CODESIZE 0 0 CREATE2")
	r := w.call(a, nil, energy(100_000_000))
	want(t, "outcome", r.Outcome, vm.JVMStackOverflow)
	want(t, "name", r.Outcome.String(), "JVM_STACK_OVER_FLOW")
	want(t, "text", r.RuntimeError, "StackOverflowError:  exceed default JVM stack size!")
}
