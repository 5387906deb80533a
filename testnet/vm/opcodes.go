package vm

import "encoding/hex"

// The opcodes, by the names that java-tron's messages use.
const (
	opSTOP       byte = 0x00
	opADD        byte = 0x01
	opMUL        byte = 0x02
	opSUB        byte = 0x03
	opDIV        byte = 0x04
	opSDIV       byte = 0x05
	opMOD        byte = 0x06
	opSMOD       byte = 0x07
	opADDMOD     byte = 0x08
	opMULMOD     byte = 0x09
	opEXP        byte = 0x0a
	opSIGNEXTEND byte = 0x0b

	opLT     byte = 0x10
	opGT     byte = 0x11
	opSLT    byte = 0x12
	opSGT    byte = 0x13
	opEQ     byte = 0x14
	opISZERO byte = 0x15
	opAND    byte = 0x16
	opOR     byte = 0x17
	opXOR    byte = 0x18
	opNOT    byte = 0x19
	opBYTE   byte = 0x1a
	opSHL    byte = 0x1b
	opSHR    byte = 0x1c
	opSAR    byte = 0x1d
	opCLZ    byte = 0x1e

	opSHA3 byte = 0x20

	opADDRESS        byte = 0x30
	opBALANCE        byte = 0x31
	opORIGIN         byte = 0x32
	opCALLER         byte = 0x33
	opCALLVALUE      byte = 0x34
	opCALLDATALOAD   byte = 0x35
	opCALLDATASIZE   byte = 0x36
	opCALLDATACOPY   byte = 0x37
	opCODESIZE       byte = 0x38
	opCODECOPY       byte = 0x39
	opGASPRICE       byte = 0x3a
	opEXTCODESIZE    byte = 0x3b
	opEXTCODECOPY    byte = 0x3c
	opRETURNDATASIZE byte = 0x3d
	opRETURNDATACOPY byte = 0x3e
	opEXTCODEHASH    byte = 0x3f

	opBLOCKHASH   byte = 0x40
	opCOINBASE    byte = 0x41
	opTIMESTAMP   byte = 0x42
	opNUMBER      byte = 0x43
	opDIFFICULTY  byte = 0x44
	opGASLIMIT    byte = 0x45
	opCHAINID     byte = 0x46
	opSELFBALANCE byte = 0x47
	opBASEFEE     byte = 0x48
	opBLOBHASH    byte = 0x49
	opBLOBBASEFEE byte = 0x4a

	opPOP      byte = 0x50
	opMLOAD    byte = 0x51
	opMSTORE   byte = 0x52
	opMSTORE8  byte = 0x53
	opSLOAD    byte = 0x54
	opSSTORE   byte = 0x55
	opJUMP     byte = 0x56
	opJUMPI    byte = 0x57
	opPC       byte = 0x58
	opMSIZE    byte = 0x59
	opGAS      byte = 0x5a
	opJUMPDEST byte = 0x5b
	opTLOAD    byte = 0x5c
	opTSTORE   byte = 0x5d
	opMCOPY    byte = 0x5e
	opPUSH0    byte = 0x5f

	opPUSH1  byte = 0x60
	opPUSH2  byte = 0x61
	opPUSH3  byte = 0x62
	opPUSH4  byte = 0x63
	opPUSH5  byte = 0x64
	opPUSH6  byte = 0x65
	opPUSH7  byte = 0x66
	opPUSH8  byte = 0x67
	opPUSH9  byte = 0x68
	opPUSH10 byte = 0x69
	opPUSH11 byte = 0x6a
	opPUSH12 byte = 0x6b
	opPUSH13 byte = 0x6c
	opPUSH14 byte = 0x6d
	opPUSH15 byte = 0x6e
	opPUSH16 byte = 0x6f

	opPUSH17 byte = 0x70
	opPUSH18 byte = 0x71
	opPUSH19 byte = 0x72
	opPUSH20 byte = 0x73
	opPUSH21 byte = 0x74
	opPUSH22 byte = 0x75
	opPUSH23 byte = 0x76
	opPUSH24 byte = 0x77
	opPUSH25 byte = 0x78
	opPUSH26 byte = 0x79
	opPUSH27 byte = 0x7a
	opPUSH28 byte = 0x7b
	opPUSH29 byte = 0x7c
	opPUSH30 byte = 0x7d
	opPUSH31 byte = 0x7e
	opPUSH32 byte = 0x7f

	opDUP1  byte = 0x80
	opDUP2  byte = 0x81
	opDUP3  byte = 0x82
	opDUP4  byte = 0x83
	opDUP5  byte = 0x84
	opDUP6  byte = 0x85
	opDUP7  byte = 0x86
	opDUP8  byte = 0x87
	opDUP9  byte = 0x88
	opDUP10 byte = 0x89
	opDUP11 byte = 0x8a
	opDUP12 byte = 0x8b
	opDUP13 byte = 0x8c
	opDUP14 byte = 0x8d
	opDUP15 byte = 0x8e
	opDUP16 byte = 0x8f

	opSWAP1  byte = 0x90
	opSWAP2  byte = 0x91
	opSWAP3  byte = 0x92
	opSWAP4  byte = 0x93
	opSWAP5  byte = 0x94
	opSWAP6  byte = 0x95
	opSWAP7  byte = 0x96
	opSWAP8  byte = 0x97
	opSWAP9  byte = 0x98
	opSWAP10 byte = 0x99
	opSWAP11 byte = 0x9a
	opSWAP12 byte = 0x9b
	opSWAP13 byte = 0x9c
	opSWAP14 byte = 0x9d
	opSWAP15 byte = 0x9e
	opSWAP16 byte = 0x9f

	opLOG0 byte = 0xa0
	opLOG1 byte = 0xa1
	opLOG2 byte = 0xa2
	opLOG3 byte = 0xa3
	opLOG4 byte = 0xa4

	opCALLTOKEN              byte = 0xd0
	opTOKENBALANCE           byte = 0xd1
	opCALLTOKENVALUE         byte = 0xd2
	opCALLTOKENID            byte = 0xd3
	opISCONTRACT             byte = 0xd4
	opFREEZE                 byte = 0xd5
	opUNFREEZE               byte = 0xd6
	opFREEZEEXPIRETIME       byte = 0xd7
	opVOTEWITNESS            byte = 0xd8
	opWITHDRAWREWARD         byte = 0xd9
	opFREEZEBALANCEV2        byte = 0xda
	opUNFREEZEBALANCEV2      byte = 0xdb
	opCANCELALLUNFREEZEV2    byte = 0xdc
	opWITHDRAWEXPIREUNFREEZE byte = 0xdd
	opDELEGATERESOURCE       byte = 0xde
	opUNDELEGATERESOURCE     byte = 0xdf

	opCREATE       byte = 0xf0
	opCALL         byte = 0xf1
	opCALLCODE     byte = 0xf2
	opRETURN       byte = 0xf3
	opDELEGATECALL byte = 0xf4
	opCREATE2      byte = 0xf5
	opSTATICCALL   byte = 0xfa
	opREVERT       byte = 0xfd
	opSUICIDE      byte = 0xff
)

var opNames = [256]string{
	opSTOP:                   "STOP",
	opADD:                    "ADD",
	opMUL:                    "MUL",
	opSUB:                    "SUB",
	opDIV:                    "DIV",
	opSDIV:                   "SDIV",
	opMOD:                    "MOD",
	opSMOD:                   "SMOD",
	opADDMOD:                 "ADDMOD",
	opMULMOD:                 "MULMOD",
	opEXP:                    "EXP",
	opSIGNEXTEND:             "SIGNEXTEND",
	opLT:                     "LT",
	opGT:                     "GT",
	opSLT:                    "SLT",
	opSGT:                    "SGT",
	opEQ:                     "EQ",
	opISZERO:                 "ISZERO",
	opAND:                    "AND",
	opOR:                     "OR",
	opXOR:                    "XOR",
	opNOT:                    "NOT",
	opBYTE:                   "BYTE",
	opSHL:                    "SHL",
	opSHR:                    "SHR",
	opSAR:                    "SAR",
	opCLZ:                    "CLZ",
	opSHA3:                   "SHA3",
	opADDRESS:                "ADDRESS",
	opBALANCE:                "BALANCE",
	opORIGIN:                 "ORIGIN",
	opCALLER:                 "CALLER",
	opCALLVALUE:              "CALLVALUE",
	opCALLDATALOAD:           "CALLDATALOAD",
	opCALLDATASIZE:           "CALLDATASIZE",
	opCALLDATACOPY:           "CALLDATACOPY",
	opCODESIZE:               "CODESIZE",
	opCODECOPY:               "CODECOPY",
	opGASPRICE:               "GASPRICE",
	opEXTCODESIZE:            "EXTCODESIZE",
	opEXTCODECOPY:            "EXTCODECOPY",
	opRETURNDATASIZE:         "RETURNDATASIZE",
	opRETURNDATACOPY:         "RETURNDATACOPY",
	opEXTCODEHASH:            "EXTCODEHASH",
	opBLOCKHASH:              "BLOCKHASH",
	opCOINBASE:               "COINBASE",
	opTIMESTAMP:              "TIMESTAMP",
	opNUMBER:                 "NUMBER",
	opDIFFICULTY:             "DIFFICULTY",
	opGASLIMIT:               "GASLIMIT",
	opCHAINID:                "CHAINID",
	opSELFBALANCE:            "SELFBALANCE",
	opBASEFEE:                "BASEFEE",
	opBLOBHASH:               "BLOBHASH",
	opBLOBBASEFEE:            "BLOBBASEFEE",
	opPOP:                    "POP",
	opMLOAD:                  "MLOAD",
	opMSTORE:                 "MSTORE",
	opMSTORE8:                "MSTORE8",
	opSLOAD:                  "SLOAD",
	opSSTORE:                 "SSTORE",
	opJUMP:                   "JUMP",
	opJUMPI:                  "JUMPI",
	opPC:                     "PC",
	opMSIZE:                  "MSIZE",
	opGAS:                    "GAS",
	opJUMPDEST:               "JUMPDEST",
	opTLOAD:                  "TLOAD",
	opTSTORE:                 "TSTORE",
	opMCOPY:                  "MCOPY",
	opPUSH0:                  "PUSH0",
	opPUSH1:                  "PUSH1",
	opPUSH2:                  "PUSH2",
	opPUSH3:                  "PUSH3",
	opPUSH4:                  "PUSH4",
	opPUSH5:                  "PUSH5",
	opPUSH6:                  "PUSH6",
	opPUSH7:                  "PUSH7",
	opPUSH8:                  "PUSH8",
	opPUSH9:                  "PUSH9",
	opPUSH10:                 "PUSH10",
	opPUSH11:                 "PUSH11",
	opPUSH12:                 "PUSH12",
	opPUSH13:                 "PUSH13",
	opPUSH14:                 "PUSH14",
	opPUSH15:                 "PUSH15",
	opPUSH16:                 "PUSH16",
	opPUSH17:                 "PUSH17",
	opPUSH18:                 "PUSH18",
	opPUSH19:                 "PUSH19",
	opPUSH20:                 "PUSH20",
	opPUSH21:                 "PUSH21",
	opPUSH22:                 "PUSH22",
	opPUSH23:                 "PUSH23",
	opPUSH24:                 "PUSH24",
	opPUSH25:                 "PUSH25",
	opPUSH26:                 "PUSH26",
	opPUSH27:                 "PUSH27",
	opPUSH28:                 "PUSH28",
	opPUSH29:                 "PUSH29",
	opPUSH30:                 "PUSH30",
	opPUSH31:                 "PUSH31",
	opPUSH32:                 "PUSH32",
	opDUP1:                   "DUP1",
	opDUP2:                   "DUP2",
	opDUP3:                   "DUP3",
	opDUP4:                   "DUP4",
	opDUP5:                   "DUP5",
	opDUP6:                   "DUP6",
	opDUP7:                   "DUP7",
	opDUP8:                   "DUP8",
	opDUP9:                   "DUP9",
	opDUP10:                  "DUP10",
	opDUP11:                  "DUP11",
	opDUP12:                  "DUP12",
	opDUP13:                  "DUP13",
	opDUP14:                  "DUP14",
	opDUP15:                  "DUP15",
	opDUP16:                  "DUP16",
	opSWAP1:                  "SWAP1",
	opSWAP2:                  "SWAP2",
	opSWAP3:                  "SWAP3",
	opSWAP4:                  "SWAP4",
	opSWAP5:                  "SWAP5",
	opSWAP6:                  "SWAP6",
	opSWAP7:                  "SWAP7",
	opSWAP8:                  "SWAP8",
	opSWAP9:                  "SWAP9",
	opSWAP10:                 "SWAP10",
	opSWAP11:                 "SWAP11",
	opSWAP12:                 "SWAP12",
	opSWAP13:                 "SWAP13",
	opSWAP14:                 "SWAP14",
	opSWAP15:                 "SWAP15",
	opSWAP16:                 "SWAP16",
	opLOG0:                   "LOG0",
	opLOG1:                   "LOG1",
	opLOG2:                   "LOG2",
	opLOG3:                   "LOG3",
	opLOG4:                   "LOG4",
	opCALLTOKEN:              "CALLTOKEN",
	opTOKENBALANCE:           "TOKENBALANCE",
	opCALLTOKENVALUE:         "CALLTOKENVALUE",
	opCALLTOKENID:            "CALLTOKENID",
	opISCONTRACT:             "ISCONTRACT",
	opFREEZE:                 "FREEZE",
	opUNFREEZE:               "UNFREEZE",
	opFREEZEEXPIRETIME:       "FREEZEEXPIRETIME",
	opVOTEWITNESS:            "VOTEWITNESS",
	opWITHDRAWREWARD:         "WITHDRAWREWARD",
	opFREEZEBALANCEV2:        "FREEZEBALANCEV2",
	opUNFREEZEBALANCEV2:      "UNFREEZEBALANCEV2",
	opCANCELALLUNFREEZEV2:    "CANCELALLUNFREEZEV2",
	opWITHDRAWEXPIREUNFREEZE: "WITHDRAWEXPIREUNFREEZE",
	opDELEGATERESOURCE:       "DELEGATERESOURCE",
	opUNDELEGATERESOURCE:     "UNDELEGATERESOURCE",
	opCREATE:                 "CREATE",
	opCALL:                   "CALL",
	opCALLCODE:               "CALLCODE",
	opRETURN:                 "RETURN",
	opDELEGATECALL:           "DELEGATECALL",
	opCREATE2:                "CREATE2",
	opSTATICCALL:             "STATICCALL",
	opREVERT:                 "REVERT",
	opSUICIDE:                "SUICIDE",
}

func opName(op byte) string {
	if name := opNames[op]; name != "" {
		return name
	}
	return hex.EncodeToString([]byte{op})
}
