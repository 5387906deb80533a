package vm

import (
	"encoding/binary"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// javaStackLimit is the depth at which creating ever deeper ends, where no rule forbids it (see deepCreate2).
const javaStackLimit = 1024

// accountOfContract is the name that java-tron gives the account of a contract made by a contract.
const accountOfContract = "CreatedByContract"

// create is CREATE and CREATE2.
func (f *frame) create(op byte) *fault {
	if err := f.chargeCreate(op); err != nil {
		return err
	}
	if f.static {
		return faultStatic()
	}
	value, offset, size := *f.top(0), *f.top(1), *f.top(2)
	var address wallet.Address
	var init []byte
	if op == opCREATE {
		f.pop(3)
		f.returned = f.returned[:0]
		if f.depth == depthLimit {
			f.number(0, 0)
			return nil
		}
		init = f.chunk(&offset, &size)
		address = f.m.createAddress()
	} else {
		salt := f.top(3).Bytes32()
		f.pop(4)
		if done, err := f.deepCreate2(); done || err != nil {
			return err
		}
		init = f.chunk(&offset, &size)
		address = f.m.create2Address(f.creator(), salt, init)
	}
	return f.deploy(address, &value, init, op)
}

func (f *frame) chargeCreate(op byte) *fault {
	end, ok := memoryEnd(f.top(1), f.top(2))
	if !ok {
		return faultOutOfMemory(op)
	}
	cost := costCreate + f.growth(end)
	if op == opCREATE2 {
		cost += costSha3Word * words(int64(f.top(2).Uint64()))
	}
	if err := f.charge(op, cost); err != nil {
		return err
	}
	if f.m.exhausted() {
		return late(op)
	}
	return nil
}

// deepCreate2 is what CREATE2 does at the depth limit, where java-tron forgot it: it went on until parameter 96 (or 60) or the release that
// ended such transactions. Done says that 0 was pushed.
func (f *frame) deepCreate2() (done bool, err *fault) {
	p := f.m.params
	if p.Osaka {
		f.returned = f.returned[:0]
	}
	switch {
	case f.depth < depthLimit:
		return false, nil
	case p.CompatibleEVM || p.Osaka:
		f.number(0, 0)
		return true, nil
	case p.Release4811:
		return false, faultOutOfTime("CPU timeout for create2 executing")
	case f.depth >= javaStackLimit:
		return false, faultJavaStack()
	}
	return false, nil
}

// creator is whose address goes into that of a CREATE2.
func (f *frame) creator() wallet.Address {
	if f.m.params.Istanbul {
		return f.self
	}
	return f.caller
}

// deploy makes a contract out of init code.
func (f *frame) deploy(address wallet.Address, value *uint256.Int, init []byte, op byte) *fault {
	amount, ok := exact63(value)
	if !ok {
		return faultRange()
	}
	if int64(f.m.state.Balance(f.self)) < amount {
		f.number(0, 0)
		return nil
	}
	_, taken := f.m.state.Contract(address)
	if !f.m.params.Constantinople {
		taken = taken || f.m.state.Exists(address)
	}
	back := f.m.snapshot()
	if !taken {
		f.m.makeContract(address, f.newContract(op), accountOfContract)
	}
	if amount > 0 && !taken {
		if reason := transfer(f.m.state, f.self, address, amount); reason != "" {
			f.m.revert(back)
			return faultExecution("validateForSmartContract failure:%s", reason)
		}
	}
	given := f.spendable(f.energy)
	f.energy -= given
	f.foreign += given
	index := f.m.record(f, noteCreate, address, amount, init)
	child := newFrame(f.m, f.depth+1)
	defer child.release()
	child.code, child.self, child.caller, child.value = newInitCode(init), address, f.self, amount
	child.id, child.version = f.m.internal[index].Hash, f.version
	child.limit, child.energy = given, given
	f.createTrace(op, address, init, given, amount)
	failure := f.construct(child, address, taken)
	f.exitTrace(child.output, child.used(), child.why(failure))
	return f.finishCreate(child, failure, back, index)
}

// construct runs the init code and stores what it answers.
func (f *frame) construct(child *frame, address wallet.Address, taken bool) *fault {
	if taken {
		return faultExecution("Trying to create a contract with existing contract address: 0x%s", address.Hex())
	}
	if child.code.Len() > 0 {
		if err := child.play(); err != nil {
			return err
		}
	}
	code := child.output
	if len(code) > 0 && f.m.params.London && code[0] == 0xef {
		return faultInvalidCode() // also for what REVERT answers
	}
	if child.reverted {
		return nil
	}
	price := costCodeByte * int64(len(code))
	if child.energy < price {
		return faultOutOfEnergy("Not enough energy for '%s' executing: needEnergy[%d], leftEnergy[%d];",
			"No energy to save just created contract code", price, child.energy)
	}
	child.energy -= price
	f.m.state.SetCode(address, NewCode(code))
	return nil
}

// finishCreate pushes the new address in its 21-byte form, or 0. A constructor that failed gives none of its energy back.
func (f *frame) finishCreate(child *frame, failure *fault, back mark, index int) *fault {
	kept, fatal := f.outcome(child, failure, back, index)
	if failure != nil {
		return fatal
	}
	if kept {
		w := prefixedWord(child.self)
		f.replace(0, &w)
	} else {
		f.returned = append(f.returned[:0], child.output...)
	}
	f.giveBack(child.energy)
	return nil
}

// newContract is the record of a contract that a contract makes: it is its own origin's caller, pays nothing for its users and has no name.
func (f *frame) newContract(op byte) Contract {
	c := Contract{Origin: f.self, UserPercent: 100}
	if f.m.params.CompatibleEVM {
		c.Version = f.version
	}
	if op == opCREATE2 {
		c.TxHash = f.m.msg.TxID
	}
	return c
}

// makeContract writes a contract's record and remembers that it is new.
func (m *machine) makeContract(a wallet.Address, c Contract, name string) {
	m.state.CreateContract(a, c, name)
	m.created = append(m.created, a)
}

func (f *frame) createTrace(op byte, address wallet.Address, init []byte, given, amount int64) {
	if f.m.env.Tracer != nil {
		f.m.env.Tracer.Enter(f.depth+1, FrameInfo{
			Kind: opName(op), From: f.self, To: address, Input: init, Energy: given, Value: wallet.Sun(amount),
		})
	}
}

// createAddress is where CREATE puts the next contract: it depends on the transaction and on how many internal transactions it has opened.
func (m *machine) createAddress() wallet.Address {
	var nonce [8]byte
	binary.BigEndian.PutUint64(nonce[:], uint64(m.nonce))
	sum := m.hash(m.msg.TxID[:], nonce[:])
	return wallet.AddressFromEVM([20]byte(sum[12:]))
}

// create2Address is Ethereum's, with the creator's 0x41 where Ethereum has 0xff.
func (m *machine) create2Address(creator wallet.Address, salt [32]byte, init []byte) wallet.Address {
	code := m.hash(init)
	sum := m.hash(creator[:], salt[:], code[:])
	return wallet.AddressFromEVM([20]byte(sum[12:]))
}

// AddressOf is where a CreateSmartContract transaction of owner puts its contract.
func AddressOf(txID [32]byte, owner wallet.Address) wallet.Address {
	sum := wallet.Keccak256(txID[:], owner[:])
	return wallet.AddressFromEVM([20]byte(sum[12:]))
}
