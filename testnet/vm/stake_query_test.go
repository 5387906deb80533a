package vm_test

import (
	"encoding/hex"
	"testing"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

func unhexWord(s string) *uint256.Int {
	b, _ := hex.DecodeString(s)
	return new(uint256.Int).SetBytes(b)
}

// TestStakeQueries asks every precompile about an account with stake, loans, releases and votes.
func TestStakeQueries(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	sr, a, b := addr(0xf1), addr(0xf2), addr(0xf3)
	for _, x := range []wallet.Address{sr, a, b} {
		w.ledger.Fund(x, 1000*wallet.TRX)
	}
	w.ledger.MakeWitness(sr)
	must(t, w.ledger.Freeze(a, vm.Energy, 600*wallet.TRX))
	must(t, w.ledger.Freeze(a, vm.Bandwidth, 200*wallet.TRX))
	must(t, w.ledger.Vote(a, []vm.Vote{{Witness: sr, Count: 30}, {Witness: b, Count: 4}}))
	_, err := w.ledger.Unfreeze(a, vm.Energy, 100*wallet.TRX)
	must(t, err)
	must(t, w.ledger.Delegate(a, b, vm.Energy, 50*wallet.TRX))
	w.ledger.Sums = vm.Totals{NetLimit: 11, NetWeight: 12, EnergyLimit: 13, EnergyWeight: 14}
	w.ledger.Fund(addr(0xe000), 0)
	w.ledger.AddReward(addr(0xe000), 77) // the contract that asks

	id := addressWordHex
	expires := uint64(w.ledger.Now/1000) + 14*24*3600
	cases := []struct {
		name   string
		number int
		input  string
		want   string
	}{
		{"rewardBalance", 5, "", wordHex(77)},
		{"isSrCandidate", 6, id(sr), wordHex(1)},
		{"isSrCandidate of others", 6, id(a), wordHex(0)},
		{"isSrCandidate, too short", 6, "00", wordHex(0)},
		{"isSrCandidate, too long", 6, id(sr) + wordHex(0), wordHex(0)},
		{"voteCount", 7, id(a) + id(sr), wordHex(30)},
		{"usedVoteCount", 8, id(a), wordHex(34)},
		{"receivedVoteCount", 9, id(sr), wordHex(30)},
		{"totalVoteCount", 10, id(a), wordHex(700)},
		{"chain parameter 1", 11, wordHex(1), wordHex(11)},
		{"chain parameter 2", 11, wordHex(2), wordHex(12)},
		{"chain parameter 3", 11, wordHex(3), wordHex(13)},
		{"chain parameter 4", 11, wordHex(4), wordHex(14)},
		{"chain parameter 5", 11, wordHex(5), wordHex(14)},
		{"chain parameter 6", 11, wordHex(6), wordHex(0)},
		{"availableUnfreezeV2Size", 12, id(a), wordHex(31)},
		{"availableUnfreezeV2Size of nobody", 12, id(addr(0xf9)), wordHex(0)},
		{"unfreezableBalanceV2", 13, id(a) + wordHex(1), wordHex(450_000_000)},
		{"unfreezableBalanceV2 of type 3", 13, id(a) + wordHex(3), wordHex(0)},
		{"expireUnfreezeBalanceV2", 14, id(a) + wordHex(expires), wordHex(0)}, // the milliseconds do not fit into seconds
		{"expireUnfreezeBalanceV2 later", 14, id(a) + wordHex(expires+1), wordHex(100_000_000)},
		{"expireUnfreezeBalanceV2 at the end of time", 14, id(a) + "ff" + wordHex(0)[2:], wordHex(100_000_000)},
		{"delegatableResource", 15, id(a) + wordHex(0), wordHex(200_000_000)},
		{"resourceV2 lent", 16, id(b) + id(a) + wordHex(1), wordHex(50_000_000)},
		{"resourceV2 own", 16, id(a) + id(a) + wordHex(1), wordHex(450_000_000)},
		{"checkUnDelegateResource", 17, id(b) + wordHex(10_000_000) + wordHex(1), wordHex(10_000_000) + wordHex(0) + wordHex(0)},
		{"checkUnDelegateResource of more", 17, id(b) + wordHex(60_000_000) + wordHex(1), wordHex(50_000_000) + wordHex(0) + wordHex(0)},
		{"checkUnDelegateResource of nothing", 17, id(b) + wordHex(0) + wordHex(1), wordHex(0) + wordHex(0) + wordHex(0)},
		{"checkUnDelegateResource, short", 17, id(b), wordHex(0) + wordHex(0) + wordHex(0)},
		{"resourceUsage", 18, id(b) + wordHex(1), wordHex(0) + wordHex(0)},
		{"resourceUsage, short", 18, id(b), wordHex(0) + wordHex(0)},
		{"totalResource", 19, id(b) + wordHex(1), wordHex(50_000_000)},
		{"delegatedResource", 20, id(a) + wordHex(1), wordHex(50_000_000)},
		{"acquiredResource", 21, id(b) + wordHex(1), wordHex(50_000_000)},
		{"acquiredResource of type 2", 21, id(b) + wordHex(2), wordHex(0)},
	}
	for _, c := range cases {
		want(t, c.name, w.output(0x01000000+c.number, unhex(t, c.input)), c.want)
	}
	prices := map[int]int64{5: 500, 6: 20, 7: 500, 8: 20, 9: 20, 10: 20, 11: 50, 12: 50, 16: 50, 21: 50}
	_, _, base := w.precompile(4, nil)
	for n, price := range prices {
		_, _, cost := w.precompile(0x01000000+n, nil)
		want(t, "price", cost-base+15, price)
	}
}

// TestRewardOfCaller: under DELEGATECALL the precompile answers for the caller of the contract.
func TestRewardOfCaller(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.ledger.AddReward(alice, 5)
	a := w.contract(addr(0xe100), "32 0 0 0 0x6301000005 GAS DELEGATECALL POP 32 0 RETURN")
	want(t, "caller's", w.call(a, nil).Return[31], 5)
	b := w.contract(addr(0xe101), "32 0 0 0 0x6301000005 GAS STATICCALL POP 32 0 RETURN")
	w.ledger.AddReward(b, 9)
	want(t, "its own", w.call(b, nil).Return[31], 9)
}
