package vm_test

import (
	"fmt"
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// both runs a test under the rule of parameter 94 and under the one before.
func both(t *testing.T, test func(t *testing.T, w *world, restricted bool)) {
	t.Run("with 94", func(t *testing.T) { test(t, newWorld(t, vm.Mainnet()), true) })
	t.Run("before", func(t *testing.T) { test(t, newWorld(t, vm.Mainnet480()), false) })
}

func TestSuicideOfAnOldContract(t *testing.T) {
	both(t, func(t *testing.T, w *world, restricted bool) {
		a := w.contract(addr(0x90), 0x91, "SELFDESTRUCT")
		w.ledger.AddBalance(a, 7)
		w.ledger.Issue(1_000_001, a, 9)
		r := w.call(a, nil)
		want(t, "outcome", r.Outcome, vm.Success)
		want(t, "heir's TRX", w.ledger.Balance(addr(0x91)), 7)
		want(t, "heir's tokens", w.ledger.TokenBalance(addr(0x91), 1_000_001), 9)
		want(t, "the contract is gone", w.ledger.Exists(a), restricted)
		want(t, "its code", w.ledger.Code(a).Len() > 0, restricted)
		want(t, "destroyed", len(r.Destroyed), map[bool]int{true: 0, false: 1}[restricted])
		i := r.Internal[0]
		want(t, "note", i.Note, "suicide")
		want(t, "values", len(i.Values), 2)
		want(t, "TRX", i.Values[0], vm.CallValue{Amount: 7})
		want(t, "token", i.Values[1], vm.CallValue{Amount: 9, Token: 1_000_001})
		want(t, "price", r.EnergyUsed, 3+25000+map[bool]int64{true: 5000, false: 0}[restricted])
	})
}

// TestTokensOfASuicide: the record has the tokens in the order of java-tron's map of them, which is not that of their numbers.
func TestTokensOfASuicide(t *testing.T) {
	w := newWorld(t, vm.Mainnet480())
	a := w.contract(addr(0x90), 0x91, "SELFDESTRUCT")
	for _, id := range []vm.TokenID{1_000_001, 1_000_008, 1_000_015} {
		w.ledger.Issue(id, a, 9)
	}
	var order []vm.TokenID
	for _, v := range w.call(a, nil).Internal[0].Values {
		order = append(order, v.Token)
	}
	want(t, "order", fmt.Sprint(order), "[0 1000015 1000008 1000001]")
}

// TestTokensSpentBeforeASuicide: what the contract held when the transaction began and then gave away is in the record with 0: java-tron keeps spent
// tokens in the account's map until it is stored (AccountCapsule.java:804, MUtil.java:28, Program.java:470).
func TestTokensSpentBeforeASuicide(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ bool) {
		a := w.contract(addr(0x90), "0 0 0 0", 1_000_001, 9, bob, "GAS CALLTOKEN POP", 0x91, "SELFDESTRUCT")
		w.ledger.Issue(1_000_001, a, 9)
		r := w.call(a, nil)
		want(t, "outcome", r.Outcome, vm.Success)
		record := r.Internal[1]
		want(t, "note", record.Note, "suicide")
		want(t, "values", len(record.Values), 2)
		want(t, "token", record.Values[1], vm.CallValue{Token: 1_000_001})
		again := w.contract(addr(0x92), raw(callTo(a, "CALL", 0)), raw(callTo(a, "CALL", 0)))
		a = w.contract(a, 0x91, "SELFDESTRUCT")
		w.ledger.Issue(1_000_001, a, 9)
		r = w.call(again, nil)
		want(t, "first", fmt.Sprint(r.Internal[1].Values), "[{0 0} {9 1000001}]")
		want(t, "second", fmt.Sprint(r.Internal[3].Values), "[{0 0} {0 1000001}]")
		reverts := w.contract(addr(0x93), "0 0 0 0", 1_000_001, 9, bob, "GAS CALLTOKEN 0 0 REVERT")
		heir := w.contract(addr(0x94), raw(callTo(reverts, "DELEGATECALL", 0)), 0x91, "SELFDESTRUCT")
		w.ledger.Issue(1_000_001, heir, 9)
		r = w.call(heir, nil)
		want(t, "not after it was undone", fmt.Sprint(r.Internal[len(r.Internal)-1].Values), "[{0 0} {9 1000001}]")
	})
}

func TestSuicideToItself(t *testing.T) {
	both(t, func(t *testing.T, w *world, restricted bool) {
		a := w.contract(addr(0x90), "ADDRESS SELFDESTRUCT")
		w.ledger.AddBalance(a, 7)
		w.ledger.Issue(1_000_001, a, 9)
		r := w.call(a, nil)
		want(t, "recorded", r.Internal[0].To, a)
		if restricted {
			want(t, "nothing else", w.ledger.Balance(a), 7)
			return
		}
		want(t, "burnt", w.ledger.Balance(w.ledger.Blackhole()), 7)
		want(t, "tokens burnt", w.ledger.TokenBalance(w.ledger.Blackhole(), 1_000_001), 9)
		want(t, "gone", w.ledger.Exists(a), false)
	})
}

// TestSuicideOfANewContract: made and ended in one transaction it really ends, also with 94; its code is callable until then.
func TestSuicideOfANewContract(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ bool) {
		child := initCode(asm(bob, "SELFDESTRUCT"))
		a := w.contract(addr(0x92), len(child), 100, "0 CODECOPY", len(child), "0 5 CREATE DUP1 32 MSTORE",
			"0 0 0 0 0 6 MLOAD GAS CALL POP", "0 0 0 0 0 32 MLOAD GAS CALL POP 0 0 0 0 0 32 MLOAD GAS CALL POP 32 MLOAD EXTCODESIZE 0 MSTORE 64 0 RETURN")
		code := append(make([]byte, 0), w.ledger.Code(a).Bytes()...)
		for len(code) < 100 {
			code = append(code, 0)
		}
		w.ledger.SetCode(a, vm.NewCode(append(code, child...)))
		w.ledger.AddBalance(a, 5)
		r := w.call(a, nil, energy(5_000_000))
		want(t, "outcome", r.Outcome, vm.Success)
		want(t, "still callable", r.Return[31] > 0, true)
		want(t, "heir", w.ledger.Balance(bob), 5)
		want(t, "destroyed once", len(r.Destroyed), 1)
		want(t, "gone", w.ledger.Exists(r.Created[0]), false)
		r = w.create(asm(bob, "SELFDESTRUCT"))
		want(t, "in the constructor", len(r.Destroyed), 1)
	})
}

func TestSuicideUndone(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ bool) {
		a := w.contract(addr(0x90), bob, "SELFDESTRUCT")
		w.ledger.AddBalance(a, 7)
		outer := w.contract(addr(0x93), raw(callTo(a, "CALL", 0)), "0 0 REVERT")
		r := w.call(outer, nil)
		want(t, "outcome", r.Outcome, vm.Reverted)
		want(t, "nothing destroyed", len(r.Destroyed), 0)
		want(t, "balance", w.ledger.Balance(a), 7)
		want(t, "rejected", r.Internal[1].Rejected, true)
	})
}

// TestSuicideRefused: lent stake or a release under way ends the frame as a revert without data.
func TestSuicideRefused(t *testing.T) {
	both(t, func(t *testing.T, w *world, _ bool) {
		a := w.contract(addr(0x90), bob, "SELFDESTRUCT")
		w.ledger.AddBalance(a, 10*wallet.TRX)
		w.ledger.Fund(bob, 1)
		must(t, w.ledger.Freeze(a, vm.Energy, 4*wallet.TRX))
		must(t, w.ledger.Delegate(a, bob, vm.Energy, wallet.TRX))
		r := w.call(a, nil)
		want(t, "lent", r.Outcome, vm.Reverted)
		want(t, "unused energy comes back", r.EnergyUsed < 31_000, true)
		must(t, w.ledger.Undelegate(a, bob, vm.Energy, wallet.TRX))
		_, err := w.ledger.Unfreeze(a, vm.Energy, wallet.TRX)
		must(t, err)
		want(t, "under way", w.call(a, nil).Outcome, vm.Reverted)
		w.ledger.Now += 15 * 24 * 3600 * 1000
		r = w.call(a, nil)
		want(t, "expired", r.Outcome, vm.Success)
		want(t, "stake moved", w.ledger.Frozen(bob, vm.Energy), 3*wallet.TRX)
		want(t, "all TRX", w.ledger.Balance(bob), 7*wallet.TRX+1)
		want(t, "record", r.Internal[0].Values[0].Amount, int64(7*wallet.TRX))
		want(t, "second record", r.Internal[1].Note, "withdrawExpireUnfreezeWhileSuiciding")
		want(t, "its value", r.Internal[1].Values[0].Amount, int64(wallet.TRX))
	})
}

func TestSuicideSettlesRewards(t *testing.T) {
	both(t, func(t *testing.T, w *world, restricted bool) {
		a := w.contract(addr(0x90), bob, "SELFDESTRUCT")
		w.ledger.AddReward(a, 30)
		r := w.call(a, nil)
		want(t, "heir", w.ledger.Balance(bob), 30)
		want(t, "record", r.Internal[0].Values[0].Amount, 30)
		want(t, "votes", len(w.ledger.VotesOf(a)), 0)
		if restricted {
			want(t, "when", w.ledger.Withdrawn(a), w.env.Block.Time/1000*1000)
		}
	})
}

func TestSuicidePrices(t *testing.T) {
	p := vm.Mainnet480()
	p.EnergyAdjustment = false
	want(t, "before 81", newWorld(t, p).run("0x61beef SELFDESTRUCT").EnergyUsed, 3)
	want(t, "81", newWorld(t, vm.Mainnet480()).run("0x61beef SELFDESTRUCT").EnergyUsed, 25003)
	want(t, "94", newWorld(t, vm.Mainnet()).run("0x61beef SELFDESTRUCT").EnergyUsed, 30003)
	want(t, "94, heir is there", newWorld(t, vm.Mainnet()).run(alice, "SELFDESTRUCT").EnergyUsed, 5003)
}

// TestSuicideForTheDead: money left to a contract that has ended in the same transaction would vanish with it.
func TestSuicideForTheDead(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	first := asm(bob, "SELFDESTRUCT")
	second := w.contract(addr(0x95), "0 CALLDATALOAD SELFDESTRUCT")
	w.ledger.AddBalance(second, 3)
	both := w.contract(addr(0x96), raw(makes(first, "CREATE", 0)), "32 MSTORE 0 0 32 32 0", second, "GAS CALL")
	r := w.call(both, nil)
	want(t, "outcome", r.Outcome, vm.OutOfTime)
	want(t, "the money is still there", w.ledger.Balance(second), 3)
	w.env.Params.Release4822 = false
	want(t, "without the release", w.call(both, nil).Outcome, vm.Success)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
