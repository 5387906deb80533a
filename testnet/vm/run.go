package vm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/piecework/piecework/wallet"
)

// What a contract's record may hold.
const (
	nameLimit    = 32
	percentLimit = 100
)

// revertText is the runtime error of a REVERT; the reason is in the returned data.
const revertText = "REVERT opcode executed"

// timeOutText is how a transaction in a block says that its time was up.
const timeOutText = "Already Time Out"

var (
	errReverted         = errors.New(revertText)
	errPrecompileEnergy = errors.New("not enough energy for the precompiled contract")
	errPrecompileFailed = errors.New("the precompiled contract failed")
)

// CheckCall is what java-tron checks of a call before it looks at the fee limit: the contract exists, the values make sense. Call does not repeat it.
func CheckCall(env *Env, state State, m *Message) error {
	if _, is := state.Contract(m.To); !is {
		return invalid("No contract or not a smart contract")
	}
	if err := checkValues(m); err != nil {
		return err
	}
	return checkToken(&env.Params, m)
}

// CheckCreate is what java-tron checks of a deployment before it looks at the fee limit. The checks that come after it, CheckCreateValues.
func CheckCreate(state State, m *Message) error {
	switch {
	case len(m.Contract.Name) > nameLimit:
		return invalid("contractName's length cannot be greater than 32")
	case m.Contract.UserPercent < 0 || m.Contract.UserPercent > percentLimit:
		return invalid("percent must be >= 0 and <= 100")
	case state.Exists(AddressOf(m.TxID, m.From)):
		return invalid("Trying to create a contract with existing contract address: %s", AddressOf(m.TxID, m.From))
	}
	return nil
}

// CheckCreateValues is what java-tron checks of a deployment after the fee limit. A constant deployment skips all but the token id.
func CheckCreateValues(env *Env, m *Message) error {
	if !m.Constant {
		if err := checkValues(m); err != nil {
			return err
		}
		if m.Contract.OriginEnergyLimit <= 0 {
			return invalid("The originEnergyLimit must be > 0")
		}
	}
	return checkToken(&env.Params, m)
}

func checkValues(m *Message) error {
	switch {
	case m.Value < 0:
		return invalid("callValue must be >= 0")
	case m.TokenValue < 0:
		return invalid("tokenValue must be >= 0")
	}
	return nil
}

func checkToken(p *Params, m *Message) error {
	switch {
	case !p.TransferTrc10 || !p.MultiSign:
		return nil
	case m.TokenID <= MinTokenID && m.TokenID != 0:
		return invalid("tokenId must be > %d", MinTokenID)
	case m.TokenValue > 0 && m.TokenID == 0:
		return invalid("invalid arguments with tokenValue = %d, tokenId = %d", m.TokenValue, m.TokenID)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &ValidationError{Text: fmt.Sprintf(format, args...)}
}

// Call runs the contract m.To. The caller has asked CheckCall, computed m.EnergyLimit and charges Result.EnergyUsed afterwards.
// An error is a *ValidationError: the transaction gets into no block and nothing was changed.
func Call(env *Env, state State, m *Message) (*Result, error) {
	code := state.Code(m.To)
	if code.Len() == 0 {
		return nil, &ValidationError{NullCode: true}
	}
	return newMachine(env, state, m).execute(m.To, code, false)
}

// Create deploys m.Data at AddressOf(m.TxID, m.From), after CheckCreate and CheckCreateValues. Errors as in Call.
func Create(env *Env, state State, m *Message) (*Result, error) {
	return newMachine(env, state, m).execute(AddressOf(m.TxID, m.From), newInitCode(m.Data), true)
}

// execute runs the outermost frame with the transfers of the transaction around it.
func (m *machine) execute(self wallet.Address, code *Code, creates bool) (*Result, error) {
	defer m.release()
	back := m.snapshot()
	if creates {
		c := m.msg.Contract
		c.Origin, c.Version = m.msg.From, int32(b2i(m.params.CompatibleEVM))
		m.makeContract(self, c, c.Name)
	}
	if err := m.endow(self); err != nil {
		m.revert(back)
		return nil, err
	}
	f := newFrame(m, 0)
	defer f.release()
	m.outermost(f, self, code, creates)
	m.enterTrace(f, creates)
	failure := f.play()
	if failure == nil && m.params.EnergyAdjustment && m.expired() {
		failure = faultOutOfTime("CPU timeout for '%s(TX_LAST_OP)' operation executing", opName(f.code.padded[f.pc]))
	}
	spendsAll := true
	if failure == nil && creates && !f.reverted {
		failure = m.deposit(f, self)
		spendsAll = !m.msg.Constant
	}
	return m.finish(f, failure, back, spendsAll), nil
}

// endow moves what comes along with the transaction.
func (m *machine) endow(to wallet.Address) error {
	if m.msg.Value > 0 {
		if reason := transfer(m.state, m.msg.From, to, int64(m.msg.Value)); reason != "" {
			return invalid("%s", reason)
		}
	}
	if m.params.TransferTrc10 && m.msg.TokenValue > 0 {
		if reason := transferToken(m.state, m.msg.From, to, m.msg.TokenID, int64(m.msg.TokenValue)); reason != "" {
			return invalid("%s", reason)
		}
	}
	return nil
}

func (m *machine) outermost(f *frame, self wallet.Address, code *Code, creates bool) {
	f.code, f.self, f.caller = code, self, m.msg.From
	f.value = int64(m.msg.Value)
	if m.params.TransferTrc10 {
		f.tokenID, f.tokenValue = m.msg.TokenID, int64(m.msg.TokenValue)
	}
	if !creates {
		f.input = m.msg.Data
	}
	if m.params.CompatibleEVM {
		c, _ := m.state.Contract(self)
		f.version = c.Version
	}
	f.id = m.msg.TxID
	f.limit, f.energy = m.msg.EnergyLimit, m.msg.EnergyLimit
}

// deposit stores the code that a constructor answered.
func (m *machine) deposit(f *frame, self wallet.Address) *fault {
	code := f.output
	if len(code) > 0 && m.params.London && code[0] == 0xef {
		return faultInvalidCode()
	}
	price := costCodeByte * int64(len(code))
	if f.energy < price {
		return faultOutOfEnergy("Not enough energy for '%s' executing: needEnergy[%d], leftEnergy[%d];", "save just created contract code", price, f.energy)
	}
	f.energy -= price
	m.state.SetCode(self, NewCode(code))
	return nil
}

// finish keeps or undoes everything and writes the result.
func (m *machine) finish(f *frame, failure *fault, back mark, spendsAll bool) *Result {
	r := &Result{Outcome: Success, Return: bytes.Clone(f.output), Contract: f.self, EnergyPenalty: m.penalty}
	switch {
	case failure != nil:
		r.Outcome, r.RuntimeError, r.Exception = failure.outcome, failure.Error(), failure.javaClass()
		if failure.outcome == OutOfTime && !m.msg.Constant {
			r.RuntimeError = timeOutText
		}
		if spendsAll && !failure.refunds {
			f.energy = 0
		}
		if failure.fatal && !m.params.Osaka {
			r.Logs = slices.Clone(m.logs) // java-tron forgot to clear them
		}
	case f.reverted:
		r.Outcome, r.RuntimeError = Reverted, revertText
		r.RevertedLogs = slices.Clone(m.logs)
	}
	r.EnergyUsed = f.used()
	if m.env.Tracer != nil {
		m.env.Tracer.Exit(0, r.Return, r.EnergyUsed, f.why(failure))
	}
	if r.Failed() {
		m.revert(back)
		if failure != nil || !m.msg.Constant {
			m.reject(0)
		}
	} else {
		m.flush()
		m.state.Keep(back.state)
		r.Logs, r.Created, r.Destroyed = m.logs, m.created, m.destroyed
	}
	r.Internal = m.internal
	if r.Outcome == OutOfTime && !m.msg.Constant {
		r.Return, r.Logs, r.Internal, r.EnergyPenalty = nil, nil, nil, 0 // whoever makes the block does not run it again for the record
	}
	return r
}

func (m *machine) enterTrace(f *frame, creates bool) {
	if m.env.Tracer == nil {
		return
	}
	info := FrameInfo{
		Kind: opName(opCALL), From: m.msg.From, To: f.self, Input: m.msg.Data, Energy: f.limit,
		Value: m.msg.Value, TokenID: m.msg.TokenID, TokenValue: m.msg.TokenValue,
	}
	if creates {
		info.Kind = opName(opCREATE)
	}
	m.env.Tracer.Enter(0, info)
}
