package vm

// watchAll is a table that lets no opcode pass: with it in the loop, every one of them comes to watch first.
var watchAll = func() (t opTable) {
	for i := range t {
		t[i].pops = unavailable
	}
	return t
}()

// watched says whether opcodes need more than the loop does by itself: somebody traces, or the contract has a factor.
func (f *frame) watched() bool { return f.m.traced || f.factor > factorUnit }

// watch is why an opcode may not run, or what precedes it in a watched frame.
func (f *frame) watch(op byte) *fault {
	info := &f.m.table[op]
	switch {
	case uint(f.sp-int(info.pops)) > uint(info.width):
		return f.unfit(op)
	case info.dynamic:
		return nil // its price is taken, and shown, where it is computed
	}
	return f.before(op, int64(info.cost))
}

// slow executes the opcodes that are not in the loop. It says whether the frame has ended.
func (f *frame) slow(op byte) (stop bool, err *fault) {
	switch op {
	case opMSTORE8:
		return false, f.mstore8()
	case opMCOPY:
		return false, f.mcopy()
	case opEXP:
		return false, f.exp()
	case opSHA3:
		return false, f.sha3()
	case opCALLDATACOPY:
		return false, f.copyBytes(op, f.input)
	case opCODECOPY:
		return false, f.copyBytes(op, f.code.Bytes())
	case opEXTCODECOPY:
		return false, f.extCodeCopy()
	case opRETURNDATACOPY:
		return false, f.returnDataCopy()
	case opSLOAD:
		*f.top(0) = f.m.row(f.rows(), f.top(0)).value
	case opSSTORE:
		return false, f.sstore()
	case opTLOAD:
		*f.top(0) = f.m.transient(f.rows(), f.top(0)).value
	case opTSTORE:
		return false, f.tstore()
	case opLOG0, opLOG0 + 1, opLOG0 + 2, opLOG0 + 3, opLOG0 + 4:
		return false, f.log(op)
	case opCALL, opCALLCODE, opDELEGATECALL, opSTATICCALL, opCALLTOKEN:
		return false, f.call(op)
	case opCREATE, opCREATE2:
		return false, f.create(op)
	case opRETURN, opREVERT:
		return true, f.end(op)
	case opSUICIDE:
		return true, f.suicide()
	case opTOKENBALANCE:
		return false, f.tokenBalance()
	case opFREEZE, opUNFREEZE, opFREEZEEXPIRETIME, opVOTEWITNESS, opWITHDRAWREWARD, opFREEZEBALANCEV2, opUNFREEZEBALANCEV2,
		opCANCELALLUNFREEZEV2, opWITHDRAWEXPIREUNFREEZE, opDELEGATERESOURCE, opUNDELEGATERESOURCE:
		return false, f.stake(op)
	default:
		f.environment(op)
	}
	return false, nil
}
