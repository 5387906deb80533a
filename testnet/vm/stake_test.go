package vm_test

import (
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

// staker is a contract with 100 TRX that runs code.
func (w *world) staker(items ...any) (wallet.Address, *vm.Result) {
	w.t.Helper()
	a := addr(0xbb00)
	if !w.ledger.Exists(a) {
		w.contract(a, items...)
		w.ledger.AddBalance(a, 100*wallet.TRX)
	}
	w.ledger.SetCode(a, vm.NewCode(asm(items...)))
	r := w.call(a, nil)
	if r.Failed() {
		w.t.Fatalf("%v: %s", items, r.RuntimeError)
	}
	return a, r
}

func TestFreezeOpcodes(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	a, r := w.staker("20000000 1 FREEZEBALANCEV2", returnWord)
	want(t, "pushed", r.Return[31], 1)
	want(t, "price", r.EnergyUsed, 10000+6+13)
	want(t, "frozen", w.ledger.Frozen(a, vm.Energy), 20*wallet.TRX)
	i := r.Internal[0]
	want(t, "note", i.Note, "freezeBalanceV2ForEnergy")
	want(t, "value", i.Values[0].Amount, 20_000_000)
	want(t, "to itself", i.To, a)
	want(t, "featured", i.Featured(), true)
	for _, c := range []struct{ code, note string }{
		{"1 0 FREEZEBALANCEV2", "freezeBalanceV2ForBandwidth"},
		{"1000000 2 FREEZEBALANCEV2", "freezeBalanceV2ForTronPower"},
		{"1000000 256 FREEZEBALANCEV2", "freezeBalanceV2ForUnknownType"},
		{"999000000 1 UNFREEZEBALANCEV2", "unfreezeBalanceV2ForEnergy"},
	} {
		_, r := w.staker(c.code, returnWord)
		want(t, c.code, r.Return[31], 0)
		want(t, c.code, r.Internal[0].Note, c.note)
		want(t, c.code, r.Internal[0].Rejected, true)
	}
	_, r = w.staker(pow2(256, -1), "1 FREEZEBALANCEV2", returnWord)
	want(t, "−1", r.Return[31], 0)
	_, r = w.staker("5000000 1 UNFREEZEBALANCEV2", returnWord)
	want(t, "unfreeze", r.Return[31], 1)
	want(t, "under way", len(w.ledger.Unfreezing(a)), 1)
	_, r = w.staker("WITHDRAWEXPIREUNFREEZE", returnWord)
	want(t, "nothing yet", r.Return[31], 0)
	want(t, "not rejected", r.Internal[0].Rejected, false)
	_, r = w.staker("CANCELALLUNFREEZEV2", returnWord)
	want(t, "cancelled", r.Return[31], 1)
	want(t, "extra", r.Internal[0].Extra, `{"BANDWIDTH":0,"ENERGY":5000000,"TRON_POWER":0}`)
	want(t, "staked again", w.ledger.Frozen(a, vm.Energy), 20*wallet.TRX)
	_, r = w.staker("CANCELALLUNFREEZEV2", returnWord)
	want(t, "nothing to cancel", r.Return[31], 1)
	want(t, "nothing to cancel", r.Internal[0].Rejected, false)
}

func TestWithdrawals(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	a, _ := w.staker("20000000 1 FREEZEBALANCEV2 5000000 1 UNFREEZEBALANCEV2")
	w.ledger.Now += 15 * 24 * 3600 * 1000
	w.env.Block.Time = w.ledger.Now
	_, r := w.staker("1000000 1 UNFREEZEBALANCEV2", returnWord)
	want(t, "second record", r.Internal[1].Note, "withdrawExpireUnfreezeWhileUnfreezing")
	want(t, "its value", r.Internal[1].Values[0].Amount, 5_000_000)
	w.ledger.Now += 15 * 24 * 3600 * 1000
	_, r = w.staker("WITHDRAWEXPIREUNFREEZE", returnWord)
	want(t, "paid", new(uint256.Int).SetBytes(r.Return).Uint64(), 1_000_000)
	want(t, "value", r.Internal[0].Values[0].Amount, 1_000_000)
	w.staker("1000000 1 UNFREEZEBALANCEV2")
	w.ledger.Now += 15 * 24 * 3600 * 1000
	_, r = w.staker("CANCELALLUNFREEZEV2", returnWord)
	want(t, "while cancelling", r.Internal[1].Note, "withdrawExpireUnfreezeWhileCanceling")
	w.ledger.AddReward(a, 77)
	_, r = w.staker("WITHDRAWREWARD", returnWord)
	want(t, "reward", r.Return[31], 77)
	want(t, "note", r.Internal[0].Note, "withdrawReward")
	want(t, "price", r.EnergyUsed, 20000+13)
}

func TestDelegation(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.ledger.Fund(bob, 1)
	a, r := w.staker("20000000 1 FREEZEBALANCEV2", bob, "5000000 1 DELEGATERESOURCE", returnWord)
	want(t, "pushed", r.Return[31], 1)
	want(t, "note", r.Internal[1].Note, "delegateResourceOfEnergy")
	want(t, "to", r.Internal[1].To, bob)
	want(t, "lent", w.ledger.DelegatedTo(a, bob, vm.Energy), 5*wallet.TRX)
	_, r = w.staker(bob, "2000000 1 UNDELEGATERESOURCE", returnWord)
	want(t, "taken back", r.Return[31], 1)
	want(t, "note", r.Internal[0].Note, "unDelegateResourceOfEnergy")
	want(t, "lent", w.ledger.DelegatedTo(a, bob, vm.Energy), 3*wallet.TRX)
	c := w.contract(addr(0xb1), "STOP")
	for _, to := range []wallet.Address{a, c, addr(0xb2)} {
		_, r = w.staker(to, "1000000 1 DELEGATERESOURCE", returnWord)
		want(t, "refused", r.Return[31], 0)
		want(t, "rejected", r.Internal[0].Rejected, true)
	}
}

// voting writes two arrays to memory and votes with them.
func voting(witnesses []wallet.Address, counts []*uint256.Int) string {
	at := 0
	code := asm()
	store := func(item any) {
		code = append(code, asm(item, at, "MSTORE")...)
		at += 32
	}
	store(len(witnesses))
	for _, a := range witnesses {
		store(a)
	}
	second := at
	store(len(counts))
	for _, n := range counts {
		store(n)
	}
	return raw(append(code, asm(0, len(witnesses), second, len(counts), "VOTEWITNESS")...))
}

func TestVoteWitness(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	sr, other := addr(0xc1), addr(0xc2)
	for _, a := range []wallet.Address{sr, other} {
		w.ledger.Fund(a, 1)
		w.ledger.MakeWitness(a)
	}
	vote := func(what string, result byte, witnesses []wallet.Address, counts ...*uint256.Int) *vm.Result {
		t.Helper()
		_, r := w.staker(voting(witnesses, counts), returnWord)
		want(t, what, r.Return[31], result)
		return r
	}
	a, _ := w.staker("50000000 1 FREEZEBALANCEV2")
	r := vote("two", 1, []wallet.Address{sr, other}, num(30), num(5))
	want(t, "cast", len(w.ledger.VotesOf(a)), 2)
	i := r.Internal[0]
	want(t, "note", i.Note, "voteWitness")
	want(t, "to nobody", i.To.IsZero(), true)
	first := w.ledger.VotesOf(a)[0]
	vote("the other way round", 1, []wallet.Address{other, sr}, num(5), num(30))
	want(t, "the order is that of the map of them", w.ledger.VotesOf(a)[0], first)
	want(t, "extra", i.Extra, `{"votes":[{"vote_address":"`+sr.String()+`","vote_count":30},{"vote_address":"`+other.String()+`","vote_count":5}]}`)
	vote("merged", 1, []wallet.Address{sr, sr}, num(3), num(4))
	want(t, "merged", w.ledger.VotesOf(a)[0], vm.Vote{Witness: sr, Count: 7})
	vote("zero is dropped", 1, []wallet.Address{sr, other}, num(3), num(0))
	want(t, "zero is dropped", len(w.ledger.VotesOf(a)), 1)
	vote("too many", 0, []wallet.Address{sr}, num(51))
	vote("not a witness", 0, []wallet.Address{bob}, num(0))
	vote("negative", 0, []wallet.Address{sr}, pow2(256, -1))
	vote("beyond 63 bits", 0, []wallet.Address{sr}, pow2(64, 0))
	r = vote("unequal", 0, []wallet.Address{sr, other}, num(1))
	want(t, "unequal is not rejected", r.Internal[0].Rejected, false)
	vote("none", 1, nil)
	want(t, "none takes the votes back", len(w.ledger.VotesOf(a)), 0)
	many := make([]wallet.Address, 31)
	counts := make([]*uint256.Int, 31)
	for i := range many {
		many[i], counts[i] = sr, num(0)
	}
	vote("31", 0, many, counts...)
	w.contract(addr(0xb3), "1 0 MSTORE 0 2 0 1 VOTEWITNESS")
	r = w.call(addr(0xb3), nil)
	want(t, "lengths that do not match", r.RuntimeError, "TVM VoteWitness: memory array length do not match length parameter!")
	want(t, "all energy", r.EnergyUsed, 1_000_000)
}

func TestVoteWitnessPrice(t *testing.T) {
	price := func(change func(*vm.Params), code ...any) (int64, vm.Outcome) {
		p := vm.Mainnet()
		if change != nil {
			change(&p)
		}
		r := newWorld(t, p).try(code...)
		return r.EnergyUsed, r.Outcome
	}
	got, _ := price(nil, "0 0 0 0 VOTEWITNESS")
	want(t, "the word of the length is paid for", got, 30000+12+3)
	huge := pow2(251, 0) // times 32 wraps around to 0
	_, outcome := price(nil, 0, huge, 0, huge, "VOTEWITNESS")
	want(t, "exact since 96", outcome, vm.OutOfMemory)
	_, outcome = price(func(p *vm.Params) { p.Osaka = false }, 0, huge, 0, huge, "VOTEWITNESS")
	want(t, "wrapped before", outcome, vm.Unknown)
}

// TestLegacyStake: with Stake 2.0 on, FREEZE does nothing, and a ledger without Stake 1.0 answers 0 to the others.
func TestLegacyStake(t *testing.T) {
	p := vm.Mainnet()
	p.Freeze = true
	w := newWorld(t, p)
	for _, code := range []string{"33 1000000 1 FREEZE", "33 1 UNFREEZE", "33 1 FREEZEEXPIRETIME"} {
		_, r := w.staker(code, returnWord)
		want(t, code, r.Return[31], 0)
	}
	want(t, "price", w.run(alice, "1 1 FREEZE").EnergyUsed, 20000+9)
	want(t, "price for nobody", w.run(addr(0xb7), "1 1 FREEZE").EnergyUsed, 45000+9)
}
