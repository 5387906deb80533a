package vm

import (
	"bytes"

	"github.com/holiman/uint256"
)

// thirtyTwo and one are the sizes of MLOAD, MSTORE and MSTORE8.
var (
	thirtyTwo = uint256.NewInt(32)
	one       = uint256.NewInt(1)
)

// touch prices and takes an access to memory with a base price; it is what nearly every memory opcode begins with.
func (f *frame) touch(op byte, offset, size *uint256.Int, base int64) *fault {
	end, ok := memoryEnd(offset, size)
	if !ok {
		return faultOutOfMemory(op)
	}
	return f.charge(op, base+f.growth(end))
}

func (f *frame) mload() *fault {
	x := f.top(0)
	if err := f.touch(opMLOAD, x, thirtyTwo, f.m.memoryOp); err != nil {
		return err
	}
	x.SetBytes32(f.chunk(x, thirtyTwo))
	return nil
}

func (f *frame) mstore() *fault {
	x := f.top(0)
	if err := f.touch(opMSTORE, x, thirtyTwo, f.m.memoryOp); err != nil {
		return err
	}
	f.top(1).PutUint256(f.chunk(x, thirtyTwo))
	f.pop(2)
	return nil
}

func (f *frame) mstore8() *fault {
	x := f.top(0)
	if err := f.touch(opMSTORE8, x, one, f.m.memoryOp); err != nil {
		return err
	}
	f.chunk(x, one)[0] = byte(f.top(1)[0])
	f.pop(2)
	return nil
}

// mcopy pays for memory up to the larger of the two ends.
func (f *frame) mcopy() *fault {
	to, from, size := f.top(0), f.top(1), f.top(2)
	far := to
	if from.Gt(to) {
		far = from
	}
	end, ok := memoryEnd(far, size)
	if !ok {
		return faultOutOfMemory(opMCOPY)
	}
	if err := f.charge(opMCOPY, costVeryLow+f.growth(end)+costCopyWord*words(int64(size.Uint64()))); err != nil {
		return err
	}
	if !size.IsZero() {
		f.grow(end)
		copy(f.chunk(to, size), f.chunk(from, size))
	}
	f.pop(3)
	return nil
}

func (f *frame) exp() *fault {
	base, exponent := f.top(0), f.top(1)
	if err := f.charge(opEXP, costExp+costExpByte*int64(exponent.ByteLen())); err != nil {
		return err
	}
	exponent.Exp(base, exponent)
	f.pop(1)
	return nil
}

func (f *frame) sha3() *fault {
	offset, size := f.top(0), f.top(1)
	end, ok := memoryEnd(offset, size)
	if !ok {
		return faultOutOfMemory(opSHA3)
	}
	if err := f.charge(opSHA3, costSha3+f.growth(end)+costSha3Word*words(int64(size.Uint64()))); err != nil {
		return err
	}
	sum := f.m.hash(f.chunk(offset, size))
	size.SetBytes32(sum[:])
	f.pop(1)
	return nil
}

// copyBytes is CALLDATACOPY and CODECOPY.
func (f *frame) copyBytes(op byte, data []byte) *fault {
	to, from, size := f.top(0), f.top(1), f.top(2)
	end, ok := memoryEnd(to, size)
	if !ok {
		return faultOutOfMemory(op)
	}
	if err := f.charge(op, f.growth(end)+costCopyWord*words(int64(size.Uint64()))); err != nil {
		return err
	}
	f.copyTo(to, size, data, saturate31(from))
	f.pop(3)
	return nil
}

func (f *frame) extCodeCopy() *fault {
	to, from, size := f.top(1), f.top(2), f.top(3)
	end, ok := memoryEnd(to, size)
	if !ok {
		return faultOutOfMemory(opEXTCODECOPY)
	}
	if err := f.charge(opEXTCODECOPY, costExtern+f.growth(end)+costCopyWord*words(int64(size.Uint64()))); err != nil {
		return err
	}
	f.copyTo(to, size, f.m.state.Code(wordAddress(f.top(0))).Bytes(), saturate31(from))
	f.pop(4)
	return nil
}

// returnDataCopy kills the frame when it reads past the end; the memory is paid for first.
func (f *frame) returnDataCopy() *fault {
	to, from, size := f.top(0), f.top(1), f.top(2)
	end, ok := memoryEnd(to, size)
	if !ok {
		return faultOutOfMemory(opRETURNDATACOPY)
	}
	if err := f.charge(opRETURNDATACOPY, f.growth(end)+costCopyWord*words(int64(size.Uint64()))); err != nil {
		return err
	}
	if at := saturate31(from); at+saturate31(size) > len(f.returned) {
		return faultReturnData("Illegal RETURNDATACOPY arguments: offset (%064x) + size (%064x) > RETURNDATASIZE (%d)",
			from.Bytes32(), size.Bytes32(), len(f.returned))
	}
	f.copyTo(to, size, f.returned, saturate31(from))
	f.pop(3)
	return nil
}

// end is RETURN and REVERT.
func (f *frame) end(op byte) *fault {
	offset, size := f.top(0), f.top(1)
	if err := f.touch(op, offset, size, costZero); err != nil {
		return err
	}
	f.output = f.chunk(offset, size)
	f.reverted = op == opREVERT
	f.pop(2)
	return nil
}

// sstore prices the slot as the transaction sees it: a row that is not there and becomes non-zero is dear, anything else is not.
func (f *frame) sstore() *fault {
	r, value := f.m.row(f.rows(), f.top(0)), f.top(1)
	cost := int64(costStoreElse)
	if !r.present && !value.IsZero() {
		cost = costStoreSet
	}
	if err := f.charge(opSSTORE, cost); err != nil {
		return err
	}
	if f.static {
		return faultStatic()
	}
	f.m.write(r, value)
	f.pop(2)
	return nil
}

func (f *frame) tstore() *fault {
	if f.static {
		return faultStatic()
	}
	f.m.write(f.m.transient(f.rows(), f.top(0)), f.top(1))
	f.pop(2)
	return nil
}

// log checks the price of the data alone before the ordinary price.
func (f *frame) log(op byte) *fault {
	offset, size, topics := f.top(0), f.top(1), int(op-opLOG0)
	if left := uint256.NewInt(uint64(f.energy)); !size.IsZero() && new(uint256.Int).Div(left, uint256.NewInt(costLogByte)).Lt(size) {
		data, ok := exact63(size)
		if !ok || data > (1<<63-1)/costLogByte {
			return faultRange()
		}
		return cannot(op, costLogByte*data, f.energy)
	}
	if err := f.touch(op, offset, size, costLog+costLogTopic*int64(topics)+costLogByte*int64(size.Uint64())); err != nil {
		return err
	}
	if f.static {
		return faultStatic()
	}
	entry := Log{Address: f.self, Data: bytes.Clone(f.chunk(offset, size)), Topics: make([][32]byte, topics)}
	for i := range entry.Topics {
		entry.Topics[i] = f.top(2 + i).Bytes32()
	}
	f.m.logs = append(f.m.logs, entry)
	f.pop(2 + topics)
	return nil
}
