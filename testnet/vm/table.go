package vm

// opInfo is what must be known of an opcode before it runs.
type opInfo struct {
	// pops is how many words it takes; unavailable marks an undefined opcode.
	pops uint16
	// width is how far the stack may exceed pops: 1024 − pushes, so that afterwards at most 1024 words are there.
	width uint16
	// cost is the fixed price. Opcodes whose price depends on operands have 0 here and are dynamic.
	cost    uint16
	dynamic bool
}

const (
	stackLimit  = 1024
	unavailable = 0xffff
)

// opTable has an entry for every byte.
type opTable [256]opInfo

// newOpTable is the opcodes that the parameters switch on.
func newOpTable(p *Params) opTable {
	t := allOps
	for _, rule := range gatedOps {
		if rule.on(p) {
			continue
		}
		for op := int(rule.first); op <= int(rule.last); op++ {
			t[op] = opInfo{pops: unavailable}
		}
	}
	return t
}

// gatedOps are the opcodes that a parameter switches on.
var gatedOps = []struct {
	first, last byte
	on          func(*Params) bool
}{
	{opCALLTOKEN, opCALLTOKENID, func(p *Params) bool { return p.TransferTrc10 }},
	{opSHL, opSAR, func(p *Params) bool { return p.Constantinople }},
	{opCREATE2, opCREATE2, func(p *Params) bool { return p.Constantinople }},
	{opEXTCODEHASH, opEXTCODEHASH, func(p *Params) bool { return p.Constantinople }},
	{opISCONTRACT, opISCONTRACT, func(p *Params) bool { return p.Solidity059 }},
	{opCHAINID, opSELFBALANCE, func(p *Params) bool { return p.Istanbul }},
	{opFREEZE, opFREEZEEXPIRETIME, func(p *Params) bool { return p.Freeze }},
	{opVOTEWITNESS, opWITHDRAWREWARD, func(p *Params) bool { return p.Vote }},
	{opBASEFEE, opBASEFEE, func(p *Params) bool { return p.London }},
	{opFREEZEBALANCEV2, opUNDELEGATERESOURCE, func(p *Params) bool { return p.UnfreezeDelayDays > 0 }},
	{opPUSH0, opPUSH0, func(p *Params) bool { return p.Shanghai }},
	{opTLOAD, opMCOPY, func(p *Params) bool { return p.Cancun }},
	{opBLOBHASH, opBLOBBASEFEE, func(p *Params) bool { return p.Blob }},
	{opCLZ, opCLZ, func(p *Params) bool { return p.Osaka }},
}

// allOps is every opcode with every rule on.
var allOps = buildOps()

func buildOps() (t opTable) {
	for i := range t {
		t[i].pops = unavailable
	}
	fixed := func(cost, pops, pushes int, ops ...byte) {
		for _, op := range ops {
			t[op] = opInfo{pops: uint16(pops), width: uint16(stackLimit - pushes), cost: uint16(cost)}
		}
	}
	dynamic := func(pops, pushes int, ops ...byte) {
		fixed(0, pops, pushes, ops...)
		for _, op := range ops {
			t[op].dynamic = true
		}
	}
	fixed(costZero, 0, 0, opSTOP)
	fixed(costJumpdest, 0, 0, opJUMPDEST)
	fixed(costBase, 0, 1, opADDRESS, opORIGIN, opCALLER, opCALLVALUE, opCALLDATASIZE, opCODESIZE, opGASPRICE, opRETURNDATASIZE, opCOINBASE,
		opTIMESTAMP, opNUMBER, opDIFFICULTY, opGASLIMIT, opCHAINID, opBASEFEE, opBLOBBASEFEE, opPC, opMSIZE, opGAS, opPUSH0, opCALLTOKENVALUE, opCALLTOKENID)
	fixed(costBase, 1, 0, opPOP)
	fixed(costVeryLow, 2, 1, opADD, opSUB, opLT, opGT, opSLT, opSGT, opEQ, opAND, opOR, opXOR, opBYTE, opSHL, opSHR, opSAR)
	fixed(costVeryLow, 1, 1, opNOT, opISZERO, opCALLDATALOAD, opBLOBHASH)
	fixed(costLow, 2, 1, opMUL, opDIV, opSDIV, opMOD, opSMOD, opSIGNEXTEND)
	fixed(costLow, 0, 1, opSELFBALANCE)
	fixed(costLow, 1, 1, opCLZ)
	fixed(costMid, 3, 1, opADDMOD, opMULMOD)
	fixed(costMid, 1, 0, opJUMP)
	fixed(costHigh, 2, 0, opJUMPI)
	fixed(costExtern, 1, 1, opBLOCKHASH, opBALANCE, opISCONTRACT, opEXTCODESIZE)
	fixed(costExtern, 2, 1, opTOKENBALANCE)
	fixed(costSload, 1, 1, opSLOAD)
	fixed(costTransient, 1, 1, opTLOAD)
	fixed(costTransient, 2, 0, opTSTORE)
	fixed(costExtCodeHash, 1, 1, opEXTCODEHASH)
	for i := range byte(32) {
		fixed(costVeryLow, 0, 1, opPUSH1+i)
	}
	for i := range byte(16) {
		fixed(costVeryLow, int(i)+1, int(i)+2, opDUP1+i)
		fixed(costVeryLow, int(i)+2, int(i)+2, opSWAP1+i)
	}
	stakeOps(fixed, dynamic)
	dynamic(2, 1, opEXP, opSHA3)
	dynamic(3, 0, opCALLDATACOPY, opCODECOPY, opRETURNDATACOPY, opMCOPY)
	dynamic(4, 0, opEXTCODECOPY)
	dynamic(1, 1, opMLOAD)
	dynamic(2, 0, opMSTORE, opMSTORE8, opSSTORE, opRETURN, opREVERT)
	for i := range byte(5) {
		dynamic(int(i)+2, 0, opLOG0+i)
	}
	dynamic(3, 1, opCREATE)
	dynamic(4, 1, opCREATE2)
	dynamic(7, 1, opCALL, opCALLCODE)
	dynamic(6, 1, opDELEGATECALL, opSTATICCALL)
	dynamic(8, 1, opCALLTOKEN)
	dynamic(1, 0, opSUICIDE)
	return t
}

func stakeOps(fixed func(cost, pops, pushes int, ops ...byte), dynamic func(pops, pushes int, ops ...byte)) {
	dynamic(3, 1, opFREEZE)
	fixed(costUnfreeze, 2, 1, opUNFREEZE)
	fixed(costFreezeExpire, 2, 1, opFREEZEEXPIRETIME)
	dynamic(4, 1, opVOTEWITNESS)
	fixed(costWithdrawReward, 0, 1, opWITHDRAWREWARD)
	fixed(costStakeV2, 2, 1, opFREEZEBALANCEV2, opUNFREEZEBALANCEV2)
	fixed(costStakeV2, 0, 1, opCANCELALLUNFREEZEV2, opWITHDRAWEXPIREUNFREEZE)
	fixed(costStakeV2, 3, 1, opDELEGATERESOURCE, opUNDELEGATERESOURCE)
}
