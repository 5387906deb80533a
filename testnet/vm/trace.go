package vm

import (
	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// Tracer watches an execution. Its methods run in the VM's goroutine and must not keep the slices they are given.
type Tracer interface {
	// Enter is called when a frame opens, precompiles included. Depth is 0 for the outermost.
	Enter(depth int, f FrameInfo)
	// Exit is called when it ends; err is nil on success, and its text java-tron's.
	Exit(depth int, output []byte, energyUsed int64, err error)
	// Steps says whether Step is wanted, which makes everything slower.
	Steps() bool
	// Step is called before an opcode runs, with its price already known but not yet taken.
	Step(s *Step)
}

// FrameInfo is how a frame was opened.
type FrameInfo struct {
	// Kind is the opcode: CALL, CALLCODE, DELEGATECALL, STATICCALL, CALLTOKEN, CREATE, CREATE2 or SUICIDE.
	Kind string
	// From is the contract (or account) that opens it, To the address whose code runs or that is made.
	From, To   wallet.Address
	Input      []byte
	Energy     int64
	Value      wallet.Sun
	TokenID    TokenID
	TokenValue TokenAmount
}

// Step is one opcode about to run.
type Step struct {
	Depth  int
	PC     int
	Op     byte
	Energy int64
	Cost   int64
	// Stack has the top last. Memory and Stack are the VM's own: copy what is to be kept.
	Stack   []uint256.Int
	Memory  []byte
	Address wallet.Address
	// Err is why the opcode does not run; nil otherwise.
	Err error
}

// OpName is java-tron's name of an opcode (SHA3, SUICIDE, DIFFICULTY, …), or its two hex digits when there is none.
func OpName(op byte) string { return opName(op) }
