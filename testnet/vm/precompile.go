package vm

import (
	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// precompile is a contract that the node itself computes.
type precompile struct {
	// price is what it costs for an input.
	price func(p *Params, input []byte) int64
	// run answers output and success. A fault kills the frame that called.
	run func(c *precompileCall) (output []byte, ok bool, err *fault)
}

// precompileCall is one call of a precompile.
type precompileCall struct {
	m     *machine
	input []byte
	// caller is the contract that asks; under DELEGATECALL, who called it.
	caller wallet.Address
}

// The numbers of Tron's own precompiles.
const (
	precompileP256      = 0x100
	precompileShielded  = 0x01000001
	precompileVotes     = 0x01000005
	precompileStakes    = 0x0100000b
	precompileRipemd160 = 0x020003
	precompileBlake2F   = 0x020009
)

// precompile finds a precompile. All 32 bytes of the word count: a word with anything above the number names an account.
func (p *Params) precompile(target *uint256.Int) *precompile {
	if !target.IsUint64() || target[0] > 0x0100_00ff {
		return nil
	}
	switch n := target[0]; {
	case n == 0:
		return nil
	case n <= 8:
		return &ethereumPrecompiles[n-1]
	case n == 9 && p.Solidity059:
		return &batchValidateSign
	case n == 10 && p.Solidity059:
		return &validateMultiSign
	case n == precompileP256 && p.Osaka:
		return &p256Verify
	case n >= precompileShielded && n < precompileVotes && p.ShieldedTRC20:
		return &shieldedPrecompiles[n-precompileShielded]
	case n >= precompileVotes && n < precompileStakes && p.Vote:
		return &votePrecompiles[n-precompileVotes]
	case n >= precompileStakes && n < precompileStakes+uint64(len(stakePrecompiles)) && p.UnfreezeDelayDays > 0:
		return &stakePrecompiles[n-precompileStakes]
	case n == precompileRipemd160 && p.CompatibleEVM:
		return &ripemd160Hash
	case n == precompileBlake2F && p.CompatibleEVM:
		return &blake2F
	}
	return nil
}

// callPrecompile runs a precompile: no internal transaction, no frame. Value goes to an account of its address, which must be there.
func (f *frame) callPrecompile(a *callArgs, p *precompile) *fault {
	if f.depth == depthLimit {
		return f.declined(a)
	}
	amount, ok := exact63(&a.value)
	if !ok {
		return faultRange()
	}
	token, err := f.tokenOf(a)
	if err != nil {
		return err
	}
	if f.holds(token) < amount {
		return f.declined(a)
	}
	input := f.chunk(&a.in.offset, &a.in.size)
	back := f.m.snapshot()
	if amount > 0 && !a.borrows() {
		if err := f.payPrecompile(a.address, token, amount); err != nil {
			return err
		}
	}
	f.enterTrace(a, a.address, input, amount, token)
	price := max(0, p.price(f.m.params, input))
	if price > a.energy {
		f.m.revert(back)
		f.exitTrace(nil, a.energy, errPrecompileEnergy)
		f.number(0, 0)
		return nil
	}
	c := precompileCall{m: f.m, input: input, caller: f.self}
	if a.op == opDELEGATECALL {
		c.caller = f.caller
	}
	output, ok, err := p.run(&c)
	if err != nil {
		f.exitTrace(nil, a.energy, err)
		return err
	}
	if !ok {
		f.m.revert(back)
		f.exitTrace(nil, a.energy, errPrecompileFailed)
		f.number(0, 0)
		return f.save(a, output)
	}
	f.m.state.Keep(back.state)
	f.exitTrace(output, price, nil)
	f.giveBack(a.energy - price)
	f.number(0, 1)
	f.returned = append(f.returned[:0], output...)
	return f.save(a, output)
}

// payPrecompile moves value to a precompile's address. Its failure is not the cheap one of ordinary calls.
func (f *frame) payPrecompile(to wallet.Address, token TokenID, amount int64) *fault {
	if token == 0 {
		if transfer(f.m.state, f.self, to, amount) != "" {
			return faultExecution("transfer failure")
		}
		return nil
	}
	if reason := transferToken(f.m.state, f.self, to, token, amount); reason != "" {
		return faultExecution("validateForSmartContract failure:%s", reason)
	}
	f.noteSpent(token)
	return nil
}

// save writes a precompile's answer to memory: since parameter 94 as much as was asked for, before it all of it, and the memory it took
// was free. An offset that was not looked at before, because no byte was asked for, counts by its low 32 bits.
func (f *frame) save(a *callArgs, output []byte) *fault {
	if f.m.params.SelfdestructRestriction {
		f.give(&a.out, output)
		return nil
	}
	if len(output) == 0 {
		return nil
	}
	at := int32(uint32(a.out.offset[0]))
	if at < 0 {
		return faultBelowMemory(at, max(len(f.mem), int(at)+len(output)))
	}
	offset, size := uint256.NewInt(uint64(at)), uint256.NewInt(uint64(len(output)))
	if _, ok := memoryEnd(offset, size); !ok {
		return faultOutOfMemory(a.op) // Java would try to find the memory
	}
	copy(f.chunk(offset, size), output)
	return nil
}

// longWord is a number that is not negative as a word.
func longWord(n int64) []byte {
	w := uint256.NewInt(uint64(n)).Bytes32()
	return w[:]
}

// boolWord is a truth value as a word.
func boolWord(yes bool) []byte { return longWord(b2i(yes)) }

// flat is a price that depends on nothing.
func flat(price int64) func(*Params, []byte) int64 {
	return func(*Params, []byte) int64 { return price }
}

// perWord is a price for a call and for every started word of input.
func perWord(base, word int64) func(*Params, []byte) int64 {
	return func(_ *Params, input []byte) int64 { return base + word*words(int64(len(input))) }
}

// inputWord is the n-th word of an input that is long enough.
func inputWord(input []byte, n int) *uint256.Int {
	return new(uint256.Int).SetBytes32(input[32*n : 32*n+32])
}
