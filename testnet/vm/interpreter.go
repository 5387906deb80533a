package vm

import (
	"math"

	"github.com/holiman/uint256"
)

// jumpsPerLook is how many jumps pass between two looks at the clock. Code without jumps ends soon.
const jumpsPerLook = 1024

// run executes the frame's code until it stops, and says why if that is an exception. What it answers is in f.output.
//
// The loop is one long function on purpose: the program counter, the stack pointer and the energy stay in registers, and the opcodes that
// make up nearly all of what contracts execute are done in place. The cases end at SWAP16 so that the compiler makes a jump table of them: a
// case far away from the others would turn it into a search. Whatever touches the ledger, other frames or much memory is in slow.
func (f *frame) run() *fault {
	var (
		code   = f.code.padded
		stack  = &f.stack
		table  = &f.m.table
		pc     = 0
		sp     = f.sp
		energy = f.energy
	)
	if f.watched() {
		table = &watchAll
	}
	for {
		op := code[pc]
		info := &table[op]
		if uint(sp-int(info.pops)) > uint(info.width) {
			f.pc, f.sp, f.energy = pc, sp, energy
			if err := f.watch(op); err != nil {
				return f.fail(op, err)
			}
			info, energy = &f.m.table[op], f.energy
		}
		energy -= int64(info.cost)
		if energy < 0 {
			energy += int64(info.cost)
			f.pc, f.sp, f.energy = pc, sp, energy
			return f.fail(op, f.tooLittle(opName(op), int64(info.cost), 0))
		}

		switch op {
		case opSTOP:
			f.sp, f.energy = sp, energy
			return nil
		case opADD:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Add(x, y)
			sp--
		case opMUL:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Mul(x, y)
			sp--
		case opSUB:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Sub(x, y)
			sp--
		case opDIV:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Div(x, y)
			sp--
		case opSDIV:
			x, y := &stack[sp-1], &stack[sp-2]
			y.SDiv(x, y)
			sp--
		case opMOD:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Mod(x, y)
			sp--
		case opSMOD:
			x, y := &stack[sp-1], &stack[sp-2]
			y.SMod(x, y)
			sp--
		case opADDMOD:
			x, y, z := &stack[sp-1], &stack[sp-2], &stack[sp-3]
			z.AddMod(x, y, z)
			sp -= 2
		case opMULMOD:
			x, y, z := &stack[sp-1], &stack[sp-2], &stack[sp-3]
			z.MulMod(x, y, z)
			sp -= 2
		case opSIGNEXTEND:
			x, y := &stack[sp-1], &stack[sp-2]
			y.ExtendSign(y, x)
			sp--
		case opLT:
			x, y := &stack[sp-1], &stack[sp-2]
			truth(y, x.Lt(y))
			sp--
		case opGT:
			x, y := &stack[sp-1], &stack[sp-2]
			truth(y, x.Gt(y))
			sp--
		case opSLT:
			x, y := &stack[sp-1], &stack[sp-2]
			truth(y, x.Slt(y))
			sp--
		case opSGT:
			x, y := &stack[sp-1], &stack[sp-2]
			truth(y, x.Sgt(y))
			sp--
		case opEQ:
			x, y := &stack[sp-1], &stack[sp-2]
			truth(y, *x == *y)
			sp--
		case opISZERO:
			x := &stack[sp-1]
			truth(x, x.IsZero())
		case opAND:
			x, y := &stack[sp-1], &stack[sp-2]
			y.And(x, y)
			sp--
		case opOR:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Or(x, y)
			sp--
		case opXOR:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Xor(x, y)
			sp--
		case opNOT:
			x := &stack[sp-1]
			x.Not(x)
		case opBYTE:
			x, y := &stack[sp-1], &stack[sp-2]
			y.Byte(x)
			sp--
		case opSHL:
			x, y := &stack[sp-1], &stack[sp-2]
			if x.LtUint64(256) {
				y.Lsh(y, uint(x[0]))
			} else {
				y.Clear()
			}
			sp--
		case opSHR:
			x, y := &stack[sp-1], &stack[sp-2]
			if x.LtUint64(256) {
				y.Rsh(y, uint(x[0]))
			} else {
				y.Clear()
			}
			sp--
		case opSAR:
			x, y := &stack[sp-1], &stack[sp-2]
			shift := uint(256)
			if x.LtUint64(256) {
				shift = uint(x[0])
			}
			y.SRsh(y, shift)
			sp--
		case opCLZ:
			x := &stack[sp-1]
			x.SetUint64(uint64(256 - x.BitLen()))
		case opADDRESS:
			stack[sp].SetBytes20(f.self[1:])
			sp++
		case opCALLER:
			stack[sp].SetBytes20(f.caller[1:])
			sp++
		case opCALLVALUE:
			stack[sp].SetUint64(uint64(f.value))
			sp++
		case opCALLDATASIZE:
			stack[sp].SetUint64(uint64(len(f.input)))
			sp++
		case opCALLDATALOAD:
			loadInput(&stack[sp-1], f.input)
		case opRETURNDATASIZE:
			stack[sp].SetUint64(uint64(len(f.returned)))
			sp++
		case opPOP:
			sp--
		case opMLOAD:
			x := &stack[sp-1]
			if at, ok := f.inMemory(x); ok && table != &watchAll && energy >= costMemoryOp {
				energy -= f.m.memoryOp
				x.SetBytes32(f.mem[at : at+32])
				break
			}
			f.pc, f.sp, f.energy = pc, sp, energy
			if err := f.mload(); err != nil {
				return f.fail(op, err)
			}
			energy = f.energy
		case opMSTORE:
			x := &stack[sp-1]
			if at, ok := f.inMemory(x); ok && table != &watchAll && energy >= costMemoryOp {
				energy -= f.m.memoryOp
				stack[sp-2].PutUint256(f.mem[at : at+32])
				sp -= 2
				break
			}
			f.pc, f.sp, f.energy = pc, sp, energy
			if err := f.mstore(); err != nil {
				return f.fail(op, err)
			}
			sp, energy = f.sp, f.energy
		case opJUMP, opJUMPI:
			x := &stack[sp-1]
			sp--
			if op == opJUMPI {
				sp--
				if stack[sp].IsZero() {
					break
				}
			}
			if !x.IsUint64() || x[0] >= uint64(len(code)-codePadding) || !f.destination(x[0]) {
				f.pc, f.sp, f.energy = pc, sp, energy
				return f.fail(op, faultJump(jumpTarget(x)))
			}
			if f.m.timed && f.overdue() {
				return f.fail(op, late(op))
			}
			pc = int(x[0])
			continue
		case opPC:
			stack[sp].SetUint64(uint64(pc))
			sp++
		case opMSIZE:
			stack[sp].SetUint64(uint64(len(f.mem)))
			sp++
		case opGAS:
			stack[sp].SetUint64(uint64(energy))
			sp++
		case opJUMPDEST:
		case opPUSH0:
			stack[sp].Clear()
			sp++
		case opPUSH1:
			stack[sp].SetUint64(uint64(code[pc+1]))
			sp++
			pc += 2
			continue
		case opPUSH2:
			stack[sp].SetUint64(uint64(code[pc+1])<<8 | uint64(code[pc+2]))
			sp++
			pc += 3
			continue
		case opPUSH3, opPUSH4, opPUSH5, opPUSH6, opPUSH7, opPUSH8, opPUSH9, opPUSH10, opPUSH11, opPUSH12, opPUSH13, opPUSH14, opPUSH15, opPUSH16,
			opPUSH17, opPUSH18, opPUSH19, opPUSH20, opPUSH21, opPUSH22, opPUSH23, opPUSH24, opPUSH25, opPUSH26, opPUSH27, opPUSH28, opPUSH29,
			opPUSH30, opPUSH31, opPUSH32:
			next := pc + int(op-opPUSH1) + 2
			stack[sp].SetBytes(code[pc+1 : next])
			sp++
			pc = next
			continue
		case opDUP1, opDUP2, opDUP3, opDUP4, opDUP5, opDUP6, opDUP7, opDUP8, opDUP9, opDUP10, opDUP11, opDUP12, opDUP13, opDUP14, opDUP15, opDUP16:
			stack[sp] = stack[sp-int(op-opDUP1)-1]
			sp++
		case opSWAP1, opSWAP2, opSWAP3, opSWAP4, opSWAP5, opSWAP6, opSWAP7, opSWAP8, opSWAP9, opSWAP10, opSWAP11, opSWAP12, opSWAP13, opSWAP14,
			opSWAP15, opSWAP16:
			x, y := &stack[sp-1], &stack[sp-int(op-opSWAP1)-2]
			*x, *y = *y, *x
		default:
			f.pc, f.sp, f.energy = pc, sp, energy
			stop, err := f.slow(op)
			if err != nil {
				return f.fail(op, err)
			}
			if stop {
				return nil
			}
			sp, energy = f.sp, f.energy
		}
		pc++
	}
}

// destination says whether there is a JUMPDEST; the position lies within the code.
func (f *frame) destination(pos uint64) bool {
	if f.jumps == nil {
		f.jumps = f.code.jumpdests()
	}
	return f.jumps.has(pos)
}

// overdue looks at the clock now and then.
func (f *frame) overdue() bool {
	f.ticks++
	return f.ticks%jumpsPerLook == 0 && f.m.expired()
}

// fail ends the frame with an exception and lets a tracer know. Energy and state are the caller's business.
func (f *frame) fail(op byte, err *fault) *fault {
	if f.m.traced {
		f.trace(op, 0, err)
	}
	return err
}

func truth(w *uint256.Int, yes bool) {
	if yes {
		w.SetOne()
	} else {
		w.Clear()
	}
}

// inMemory says whether the 32 bytes at a word's offset are in memory already.
func (f *frame) inMemory(offset *uint256.Int) (int, bool) {
	if !offset.IsUint64() || len(f.mem) < 32 || offset[0] > uint64(len(f.mem)-32) {
		return 0, false
	}
	return int(offset[0]), true
}

// loadInput replaces an offset by the 32 bytes of input there, zeros past its end.
func loadInput(w *uint256.Int, input []byte) {
	if !w.IsUint64() || w[0] >= uint64(len(input)) {
		w.Clear()
		return
	}
	at := int(w[0])
	if at+32 <= len(input) {
		w.SetBytes32(input[at : at+32])
		return
	}
	var padded [32]byte
	copy(padded[:], input[at:])
	w.SetBytes32(padded[:])
}

// jumpTarget is how Java shows a bad target.
func jumpTarget(w *uint256.Int) int32 {
	if !w.IsUint64() || w[0] > math.MaxUint32 {
		return -1
	}
	return int32(uint32(w[0]))
}
