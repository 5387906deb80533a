package vm_test

import (
	"testing"

	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
)

const tok = 1_000_001

// tokenWorld has a contract with 1,000 of a token that passes CALLTOKEN the operands it is given: to, amount, token.
func tokenWorld(t *testing.T) (*world, wallet.Address) {
	w := newWorld(t, vm.Mainnet())
	a := w.contract(addr(0xa0), "0 0 0 0 64 CALLDATALOAD 32 CALLDATALOAD 0 CALLDATALOAD 50000 CALLTOKEN", returnWord)
	w.ledger.Issue(tok, a, 1000)
	return w, a
}

func operands(to wallet.Address, amount, id uint64) []byte {
	data := make([]byte, 12, 96)
	data = append(data, to[1:]...)
	return append(data, words(num(amount), num(id))...)
}

func TestCallToken(t *testing.T) {
	w, a := tokenWorld(t)
	sink := w.contract(addr(0xa1), "CALLTOKENID 1 SSTORE CALLTOKENVALUE 2 SSTORE CALLVALUE 3 SSTORE")
	r := w.call(a, operands(sink, 10, tok))
	want(t, "success", r.Return[31], 1)
	want(t, "moved", w.ledger.TokenBalance(sink, tok), 10)
	want(t, "left", w.ledger.TokenBalance(a, tok), 990)
	i := r.Internal[0]
	want(t, "TRX", i.Values[0], vm.CallValue{})
	want(t, "token", i.Values[1], vm.CallValue{Amount: 10, Token: tok})
	row := func(key byte) byte {
		v, _ := w.ledger.Row(sink, [16]byte{15: key})
		return v[31]
	}
	want(t, "id seen", row(1), 0x41)
	want(t, "value seen", row(2), 10)
	want(t, "no TRX seen", row(3), 0)
	r = w.call(a, operands(sink, 0, tok))
	want(t, "nothing", r.Return[31], 1)
	want(t, "is recorded", r.Internal[0].Values[1], vm.CallValue{Token: tok})
	want(t, "id is seen even so", row(1), 0x41)
	want(t, "new account", w.call(a, operands(bob, 5, tok)).Return[31], 1)
	want(t, "it holds", w.ledger.TokenBalance(bob, tok), 5)
}

func TestCallTokenRefused(t *testing.T) {
	w, a := tokenWorld(t)
	want(t, "too much", w.call(a, operands(bob, 10_000, tok)).Return[31], 0)
	want(t, "unknown token", w.call(a, operands(bob, 1, tok+5)).Return[31], 0)
	r := w.call(a, operands(a, 1, tok))
	want(t, "to itself", r.RuntimeError, "transfer trc10 failed: Cannot transfer asset to yourself.")
	want(t, "to itself", r.Outcome, vm.TransferFailed)
	r = w.call(a, append(operands(bob, 0, 0)[:32], words(pow2(63, 0), num(tok))...))
	want(t, "2^63 of it", r.RuntimeError, "endowment out of long range")
	reverts := w.contract(addr(0xa2), "0 0 REVERT")
	r = w.call(a, operands(reverts, 5, tok))
	want(t, "callee reverts", r.Return[31], 0)
	want(t, "tokens stay", w.ledger.TokenBalance(a, tok), 1000)
	want(t, "rejected", r.Internal[0].Rejected, true)
}

func TestTokenBalance(t *testing.T) {
	w, a := tokenWorld(t)
	want(t, "holder", w.word(a, tok, "TOKENBALANCE").Uint64(), 1000)
	want(t, "nobody", w.word(bob, tok, "TOKENBALANCE").Uint64(), 0)
	want(t, "price", w.run(a, tok, "TOKENBALANCE").EnergyUsed, 26)
}

// TestTokenWithTransaction: TRX and a token may come together in a transaction, and both go back when it fails.
func TestTokenWithTransaction(t *testing.T) {
	w := newWorld(t, vm.Mainnet())
	w.ledger.Issue(tok, alice, 100)
	a := w.contract(addr(0xa3), seen)
	r := w.call(a, nil, value(3), token(tok, 5))
	want(t, "value", r.Return[63], 3)
	want(t, "token value", r.Return[159], 5)
	want(t, "tokens", w.ledger.TokenBalance(a, tok), 5)
	dies := w.contract(addr(0xa4), "INVALID")
	w.call(dies, nil, value(3), token(tok, 5))
	want(t, "tokens back", w.ledger.TokenBalance(alice, tok), 95)
	want(t, "TRX back", w.ledger.Balance(dies), 0)
	r = w.create(asm("CALLTOKENVALUE CALLTOKENID", returnWord), value(1), token(tok, 2))
	want(t, "in a constructor", r.Return[31], 0x41)
	want(t, "arrived", w.ledger.TokenBalance(r.Contract, tok), 2)
	w.env.Params.TransferTrc10 = false
	before := w.ledger.TokenBalance(alice, tok)
	w.call(w.contract(addr(0xa5), "STOP"), nil, token(tok, 5))
	want(t, "before parameter 18 tokens do not move", w.ledger.TokenBalance(alice, tok), before)
}
