package vm

import (
	"bytes"
	"maps"
	"slices"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// StructLog is one opcode that ran, as debug_traceTransaction shows it.
type StructLog struct {
	PC     int
	Op     string
	Energy int64
	Cost   int64
	// Depth is 1 for the outermost frame.
	Depth int
	// Stack has the top last; nil when not wanted. Memory likewise.
	Stack  []uint256.Int
	Memory []byte
	// Storage is what the contract has read and written so far, at SLOAD and SSTORE only.
	Storage map[[32]byte][32]byte
	// Err is why the opcode did not run.
	Err error
}

// StepTracer remembers every opcode of a transaction. It serves one transaction.
type StepTracer struct {
	// NoStack, NoMemory and NoStorage leave these out.
	NoStack, NoMemory, NoStorage bool
	// Most is how many opcodes are remembered, DefaultSteps if 0.
	Most int

	logs     []StructLog
	bytes    int
	overfull bool
	storage  map[wallet.Address]map[[32]byte][32]byte
	// reading is the slot of an SLOAD whose value shows at the next step.
	reading *slotRead
}

// slotRead is an SLOAD under way.
type slotRead struct {
	address wallet.Address
	key     [32]byte
	log     int
}

// DefaultSteps is how many opcodes a StepTracer remembers, traceBytes how many bytes of stack and memory.
const (
	DefaultSteps = 1_000_000
	traceBytes   = 256 << 20
)

// Logs are the opcodes in order.
func (t *StepTracer) Logs() []StructLog { return t.logs }

// Truncated says whether there were more than could be remembered.
func (t *StepTracer) Truncated() bool { return t.overfull }

// Enter implements Tracer.
func (*StepTracer) Enter(int, FrameInfo) {}

// Exit implements Tracer.
func (t *StepTracer) Exit(int, []byte, int64, error) { t.reading = nil }

// Steps implements Tracer.
func (*StepTracer) Steps() bool { return true }

// Step implements Tracer.
func (t *StepTracer) Step(s *Step) {
	t.finishRead(s)
	if n := len(t.logs); s.Err != nil && n > 0 && t.logs[n-1].PC == s.PC && t.logs[n-1].Depth == s.Depth+1 {
		t.logs[n-1].Err = s.Err
		return
	}
	most := t.Most
	if most == 0 {
		most = DefaultSteps
	}
	if len(t.logs) >= most || t.bytes > traceBytes {
		t.overfull = true
		return
	}
	l := StructLog{PC: s.PC, Op: opName(s.Op), Energy: s.Energy, Cost: s.Cost, Depth: s.Depth + 1, Err: s.Err}
	if !t.NoStack {
		l.Stack = slices.Clone(s.Stack)
	}
	if !t.NoMemory {
		l.Memory = bytes.Clone(s.Memory)
	}
	t.bytes += 32*len(l.Stack) + len(l.Memory)
	t.logs = append(t.logs, l)
	t.touch(s)
}

// touch follows what the contract reads and writes.
func (t *StepTracer) touch(s *Step) {
	n := len(s.Stack)
	switch {
	case t.NoStorage || s.Err != nil:
	case s.Op == opSSTORE && n >= 2:
		t.show(len(t.logs)-1, s.Address, s.Stack[n-1].Bytes32(), s.Stack[n-2].Bytes32())
	case s.Op == opSLOAD && n >= 1:
		t.reading = &slotRead{s.Address, s.Stack[n-1].Bytes32(), len(t.logs) - 1}
	}
}

// finishRead learns the value of the last SLOAD, which is on the stack now.
func (t *StepTracer) finishRead(s *Step) {
	if r := t.reading; r != nil && len(s.Stack) > 0 && s.Address == r.address {
		t.show(r.log, r.address, r.key, s.Stack[len(s.Stack)-1].Bytes32())
	}
	t.reading = nil
}

// show adds a slot to what is known of a contract and puts all of that into a log.
func (t *StepTracer) show(log int, a wallet.Address, key, value [32]byte) {
	if t.storage == nil {
		t.storage = make(map[wallet.Address]map[[32]byte][32]byte)
	}
	if t.storage[a] == nil {
		t.storage[a] = make(map[[32]byte][32]byte)
	}
	t.storage[a][key] = value
	t.logs[log].Storage = maps.Clone(t.storage[a])
	t.bytes += 64 * len(t.storage[a])
}
