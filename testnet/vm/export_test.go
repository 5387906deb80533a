package vm

import "github.com/holiman/uint256"

// RunCode executes code in a frame of its own and gives what only the inside sees: the stack, the energy and why it failed.
func RunCode(env *Env, state State, msg *Message, code []byte, static bool) (stack []uint256.Int, used int64, err error) {
	m := newMachine(env, state, msg)
	f := newFrame(m, 0)
	m.outermost(f, msg.To, NewCode(code), false)
	f.static = static
	if fault := f.play(); fault != nil {
		err = fault
		f.energy = 0
	}
	return append(stack, f.stack[:f.sp]...), f.used(), err
}

// MemoryLimit and DepthLimit are the machine's bounds.
const (
	MemoryLimit = memoryLimit
	DepthLimit  = depthLimit
)
