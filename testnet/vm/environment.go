package vm

import "github.com/holiman/uint256"

// blockHashReach is how many blocks back BLOCKHASH sees.
const blockHashReach = 256

// environment executes the opcodes that ask about the chain and about accounts.
func (f *frame) environment(op byte) {
	switch op {
	case opORIGIN:
		f.replace(0, &f.m.origin)
	case opCALLTOKENVALUE:
		f.number(0, f.tokenValue)
	case opCALLTOKENID:
		f.number(0, int64(f.tokenID))
	case opCODESIZE:
		f.number(0, int64(f.code.Len()))
	case opGASPRICE:
		f.number(0, f.gasPrice())
	case opCOINBASE:
		w := prefixedWord(f.m.env.Block.Witness)
		f.replace(0, &w)
	case opTIMESTAMP:
		f.number(0, f.m.seconds())
	case opNUMBER:
		f.number(0, f.m.env.Block.Number)
	case opCHAINID:
		f.replace(0, &f.m.chainID)
	case opBASEFEE:
		f.number(0, f.m.params.EnergyFee)
	case opDIFFICULTY, opGASLIMIT, opBLOBBASEFEE:
		f.number(0, 0)
	case opBLOBHASH:
		f.number(1, 0)
	case opBLOCKHASH:
		f.blockHash()
	default:
		f.account(op)
	}
}

// account executes the opcodes that look at an account.
func (f *frame) account(op byte) {
	switch op {
	case opSELFBALANCE:
		f.number(0, int64(f.m.state.Balance(f.self)))
	case opBALANCE:
		f.number(1, int64(f.m.state.Balance(wordAddress(f.top(0)))))
	case opISCONTRACT:
		_, is := f.m.state.Contract(wordAddress(f.top(0)))
		f.answer(1, is)
	case opEXTCODESIZE:
		f.number(1, int64(f.m.state.Code(wordAddress(f.top(0))).Len()))
	case opEXTCODEHASH:
		f.codeHash()
	}
}

// gasPrice is 0 except for contracts of version 1.
func (f *frame) gasPrice() int64 {
	if f.m.params.CompatibleEVM && f.version == 1 {
		return f.m.params.EnergyFee
	}
	return 0
}

// blockHash answers the id of one of the last 256 blocks, which on Tron begins with the block's height.
func (f *frame) blockHash() {
	n, now := int64(saturate31(f.top(0))), f.m.env.Block.Number
	var w uint256.Int
	if n < now && n >= max(blockHashReach, now)-blockHashReach {
		if id, ok := f.m.state.BlockID(n); ok {
			w.SetBytes32(id[:])
		}
	}
	f.replace(1, &w)
}

// codeHash is 0 for a missing account and the hash of nothing for one that is no contract.
func (f *frame) codeHash() {
	a := wordAddress(f.top(0))
	var w uint256.Int
	if f.m.state.Exists(a) {
		hash := emptyHash
		if c, is := f.m.state.Contract(a); is {
			code := f.m.state.Code(a)
			hash = code.Hash()
			if code == nil && c.CodeHash != ([32]byte{}) {
				hash = c.CodeHash
			}
		}
		w.SetBytes32(hash[:])
	}
	f.replace(1, &w)
}
