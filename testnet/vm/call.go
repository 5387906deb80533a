package vm

import (
	"math"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// callArgs are the operands of a CALL opcode.
type callArgs struct {
	op       byte
	target   uint256.Int
	address  wallet.Address
	value    uint256.Int
	tokenID  uint256.Int
	in, out  span
	energy   int64 // what the callee gets, the stipend included
	operands int
}

// span is a piece of memory named by two words.
type span struct{ offset, size uint256.Int }

// args reads the operands without taking them off the stack.
func (f *frame) args(op byte) (a callArgs) {
	a.op, a.target, a.operands = op, *f.top(1), 2
	a.address = wordAddress(&a.target)
	if op == opCALL || op == opCALLCODE || op == opCALLTOKEN {
		a.value = *f.top(a.operands)
		a.operands++
	}
	if op == opCALLTOKEN {
		a.tokenID = *f.top(a.operands)
		a.operands++
	}
	a.in = span{*f.top(a.operands), *f.top(a.operands + 1)}
	a.out = span{*f.top(a.operands + 2), *f.top(a.operands + 3)}
	a.operands += 4
	return a
}

// borrows says whether the callee works on the caller's own storage and balance.
func (a *callArgs) borrows() bool { return a.op == opCALLCODE || a.op == opDELEGATECALL }

// call executes the five opcodes that run other code.
func (f *frame) call(op byte) *fault {
	a := f.args(op)
	if err := f.chargeCall(&a); err != nil {
		return err
	}
	if f.m.exhausted() {
		return late(op)
	}
	if f.static && (op == opCALL || op == opCALLTOKEN) && !a.value.IsZero() {
		return faultStatic()
	}
	if !a.value.IsZero() {
		a.energy += callStipend
	}
	f.pop(a.operands)
	f.chunk(&a.out.offset, &a.out.size)
	f.returned = f.returned[:0]
	if p := f.m.params.precompile(&a.target); p != nil {
		return f.callPrecompile(&a, p)
	}
	return f.callAccount(&a)
}

// chargeCall takes the call's own price and the energy that goes along: all that is left if the contract asks for it, for Tron keeps no 64th.
func (f *frame) chargeCall(a *callArgs) *fault {
	cost := int64(costCall)
	if !a.value.IsZero() {
		cost += costCallValue
		if a.op != opCALLCODE && !f.m.state.Exists(a.address) {
			cost += costNewAccount
		}
	}
	in, ok := memoryEnd(&a.in.offset, &a.in.size)
	out, fits := memoryEnd(&a.out.offset, &a.out.size)
	if !ok || !fits {
		return faultOutOfMemory(a.op)
	}
	cost += f.growth(max(in, out))
	penalty := f.surcharge(cost)
	if cost+penalty > f.energy {
		return cannot(a.op, cost+penalty, f.energy)
	}
	available := f.spendable(f.energy - cost - penalty)
	a.energy = available
	if asked := f.top(0); asked.IsUint64() && asked.Uint64() < uint64(available) {
		a.energy = int64(asked.Uint64())
	}
	if f.m.traced {
		f.trace(a.op, cost+penalty+a.energy, nil)
	}
	f.energy -= cost + penalty + a.energy
	f.foreign += a.energy
	f.penalty += penalty
	f.m.penalty += penalty
	return nil
}

// spendable is what may be handed to another frame: everything, except for contracts of version 1, which keep a 64th.
func (f *frame) spendable(left int64) int64 {
	if f.m.params.CompatibleEVM && f.version == 1 {
		return left - left/64
	}
	return left
}

// giveBack returns energy that went along with a call and was not used.
func (f *frame) giveBack(energy int64) {
	f.energy += energy
	f.foreign -= energy
}

// declined is a call that does not happen: 0 on the stack, all energy back, the stipend too.
func (f *frame) declined(a *callArgs) *fault {
	f.giveBack(a.energy)
	f.number(0, 0)
	return nil
}

// callAccount calls an account: the checks in java-tron's order, the transfer, the record, the code.
func (f *frame) callAccount(a *callArgs) *fault {
	if f.depth == depthLimit {
		return f.declined(a)
	}
	input := f.chunk(&a.in.offset, &a.in.size)
	amount, ok := exact63(&a.value)
	if !ok {
		if !f.m.params.Constantinople {
			return faultRange()
		}
		f.giveBack(a.energy)
		return faultTransfer("endowment out of long range")
	}
	token, err := f.tokenOf(a)
	if err != nil {
		return err
	}
	if f.holds(token) < amount {
		return f.declined(a)
	}
	back := f.m.snapshot()
	to := a.address
	if a.borrows() {
		to = f.self
	} else if amount > 0 {
		if err := f.pay(to, token, amount); err != nil {
			f.m.revert(back)
			f.giveBack(a.energy)
			return err
		}
	}
	return f.enter(a, back, to, token, amount, input)
}

// enter opens the internal transaction and runs the callee's code, if it has any.
func (f *frame) enter(a *callArgs, back mark, to wallet.Address, token TokenID, amount int64, input []byte) *fault {
	trx := amount
	if token != 0 {
		trx = 0
	}
	index := f.m.record(f, noteCall, to, trx, input)
	if token != 0 {
		r := &f.m.internal[index]
		r.Values = append(r.Values, CallValue{Amount: amount, Token: token})
	}
	code := f.m.state.Code(a.address)
	if code.Len() == 0 {
		f.m.state.Keep(back.state)
		f.enterTrace(a, to, input, amount, token)
		f.exitTrace(nil, 0, nil)
		f.giveBack(a.energy)
		f.number(0, 1)
		return nil
	}
	child := newFrame(f.m, f.depth+1)
	defer child.release()
	child.code, child.input, child.self, child.caller = code, input, to, f.self
	child.static = f.static || a.op == opSTATICCALL
	child.id = f.m.internal[index].Hash
	child.limit, child.energy = a.energy, a.energy
	if token != 0 {
		child.tokenID, child.tokenValue = token, amount
	} else {
		child.value = amount
	}
	if a.op == opDELEGATECALL {
		child.caller, child.value = f.caller, f.value
	}
	if f.m.params.CompatibleEVM {
		c, _ := f.m.state.Contract(a.address)
		child.version = c.Version
	}
	f.enterTrace(a, to, input, amount, token)
	failure := child.play()
	f.exitTrace(child.output, child.used(), child.why(failure))
	return f.finishCall(a, child, failure, back, index)
}

// outcome keeps what a child did, or undoes it and pushes 0. A failure that ends the whole transaction comes back as its own; any other one is over here.
func (f *frame) outcome(child *frame, failure *fault, back mark, index int) (kept bool, fatal *fault) {
	switch {
	case failure != nil && failure.fatal:
		f.m.forget(index+1, back.logs)
		return false, failure
	case failure != nil, child.reverted:
		f.m.revert(back)
		f.m.reject(index)
		f.number(0, 0)
		return false, nil //nolint:nilerr // the parent goes on
	}
	f.m.state.Keep(back.state)
	return true, nil
}

// finishCall keeps or undoes what the callee did and hands over its answer and its energy. A callee that failed gives nothing back, even where it had energy left.
func (f *frame) finishCall(a *callArgs, child *frame, failure *fault, back mark, index int) *fault {
	kept, fatal := f.outcome(child, failure, back, index)
	if failure != nil {
		return fatal
	}
	if kept {
		f.number(0, 1)
	}
	f.returned = append(f.returned, child.output...)
	f.give(&a.out, child.output)
	f.giveBack(child.energy)
	return nil
}

// give writes an answer to the memory that the caller set aside for it, and no further.
func (f *frame) give(out *span, answer []byte) {
	if !out.size.IsZero() {
		copy(f.chunk(&out.offset, &out.size), answer)
	}
}

// why is the error that a tracer sees.
func (f *frame) why(failure *fault) error {
	switch {
	case failure != nil:
		return failure
	case f.reverted:
		return errReverted
	}
	return nil
}

// play runs a frame with the bookkeeping of the dynamic energy model around it.
func (f *frame) play() *fault {
	if !f.m.params.DynamicEnergy {
		return f.run()
	}
	f.factor = factorUnit + f.m.catchUp(f.self)
	err := f.run()
	if err == nil {
		f.m.addUsage(f.self, f.used()-f.foreign-f.penalty)
	}
	return err
}

func (f *frame) enterTrace(a *callArgs, to wallet.Address, input []byte, amount int64, token TokenID) {
	if f.m.env.Tracer == nil {
		return
	}
	info := FrameInfo{Kind: opName(a.op), From: f.self, To: a.address, Input: input, Energy: a.energy}
	if token != 0 {
		info.TokenID, info.TokenValue = token, TokenAmount(amount)
	} else {
		info.Value = wallet.Sun(amount)
	}
	f.m.env.Tracer.Enter(f.depth+1, info)
}

func (f *frame) exitTrace(output []byte, used int64, err error) {
	if f.m.env.Tracer != nil {
		f.m.env.Tracer.Exit(f.depth+1, output, used, err)
	}
}

// tokenOf is the token that a call carries, 0 for TRX. A CALLTOKEN must name one over 1,000,000 even if it moves nothing.
func (f *frame) tokenOf(a *callArgs) (TokenID, *fault) {
	if a.op != opCALLTOKEN {
		return 0, nil
	}
	if !f.m.params.MultiSign {
		return TokenID(a.tokenID.Uint64()), nil
	}
	id, ok := signed63(&a.tokenID)
	if ok && id > MinTokenID {
		return TokenID(id), nil
	}
	switch {
	case f.m.params.Constantinople:
		f.giveBack(a.energy)
		return 0, faultTransfer("validateForSmartContract failure:not valid token id")
	case !ok:
		return 0, faultRange()
	}
	return 0, faultExecution("validateForSmartContract failure:not valid token id")
}

// holds is the contract's balance of a token, or of TRX for 0.
func (f *frame) holds(token TokenID) int64 {
	if token == 0 {
		return int64(f.m.state.Balance(f.self))
	}
	return int64(f.m.state.TokenBalance(f.self, token))
}

// pay moves TRX or tokens to an account, which it makes if it is missing.
func (f *frame) pay(to wallet.Address, token TokenID, amount int64) *fault {
	if f.m.params.Solidity059 && !f.m.state.Exists(to) {
		f.m.state.CreateAccount(to)
	}
	if token == 0 {
		return f.transferFault("transfer trx failed: %s", transfer(f.m.state, f.self, to, amount))
	}
	err := f.transferFault("transfer trc10 failed: %s", transferToken(f.m.state, f.self, to, token, amount))
	if err == nil {
		f.noteSpent(token)
	}
	return err
}

func (f *frame) transferFault(format, reason string) *fault {
	switch {
	case reason == "":
		return nil
	case f.m.params.Constantinople:
		return faultTransfer(format, reason)
	}
	return faultExecution("validateForSmartContract failure:%s", reason)
}

// MinTokenID is the number under and at which no TRC-10 token lies.
const MinTokenID = 1_000_000

// transfer moves TRX and answers why it cannot, in java-tron's words; empty when it did.
func transfer(s State, from, to wallet.Address, amount int64) string {
	switch {
	case from == to:
		return "Cannot transfer TRX to yourself."
	case !s.Exists(from):
		return "Validate InternalTransfer error, no OwnerAccount."
	case !s.Exists(to):
		return "Validate InternalTransfer error, no ToAccount. And not allowed to create an account in a smartContract."
	case int64(s.Balance(from)) < amount:
		return "Validate InternalTransfer error, balance is not sufficient."
	case int64(s.Balance(to)) > math.MaxInt64-amount:
		return "long overflow"
	}
	s.AddBalance(from, -wallet.Sun(amount))
	s.AddBalance(to, wallet.Sun(amount))
	return ""
}

// transferToken is transfer for a TRC-10 token.
func transferToken(s State, from, to wallet.Address, token TokenID, amount int64) string {
	have := int64(s.TokenBalance(from, token))
	switch {
	case from == to:
		return "Cannot transfer asset to yourself."
	case !s.Exists(from):
		return "No owner account!"
	case !s.TokenExists(token):
		return "No asset !"
	case have <= 0:
		return "assetBalance must greater than 0."
	case amount > have:
		return "assetBalance is not sufficient."
	case !s.Exists(to):
		return "Validate InternalTransfer error, no ToAccount. And not allowed to create account in smart contract."
	case int64(s.TokenBalance(to, token)) > math.MaxInt64-amount:
		return "long overflow"
	}
	s.AddTokenBalance(from, token, -TokenAmount(amount))
	s.AddTokenBalance(to, token, TokenAmount(amount))
	return ""
}
