package cmd

import (
	"bytes"
	"slices"
)

// Opcodes that tell a call's selector from a dispatcher's.
const (
	opSub    = 0x03
	opLess   = 0x10
	opMore   = 0x11
	opEqual  = 0x14
	opXor    = 0x18
	opPush1  = 0x60
	opPush32 = 0x7f
	opDup2   = 0x81
)

// transferSelector is that of transfer(address,uint256).
var transferSelector = []byte{0xa9, 0x05, 0x9c, 0xbb}

// sendsTokens says whether code calls transfer of some token: it pushes the selector and does not compare it, as the dispatcher of a token does. It errs towards
// no: code that computes the selector is not found.
func sendsTokens(code []byte) bool {
	for at := 0; at < len(code); at++ {
		if op := code[at]; op < opPush1 || op > opPush32 {
			continue
		}
		width := int(code[at]-opPush1) + 1
		pushed, rest := code[at+1:], []byte(nil)
		if len(pushed) > width {
			pushed, rest = pushed[:width], pushed[width:]
		}
		if bytes.HasPrefix(pushed, transferSelector) && (width > len(transferSelector) || !compares(rest)) {
			return true
		}
		at += width
	}
	return false
}

// compares says whether code begins by comparing what was pushed last.
func compares(code []byte) bool {
	if len(code) > 1 && code[0] == opDup2 {
		code = code[1:]
	}
	return len(code) > 0 && slices.Contains([]byte{opSub, opLess, opMore, opEqual, opXor}, code[0])
}
