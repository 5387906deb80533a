package vm

import (
	"sync"

	"github.com/holiman/uint256"

	"github.com/piecework/piecework/wallet"
)

// frame is one call: a contract's code running on its own stack, memory and energy.
type frame struct {
	m     *machine
	depth int
	code  *Code
	// self is the contract whose storage and balance it works on, caller who called it.
	self, caller wallet.Address
	value        int64
	tokenID      TokenID
	tokenValue   int64
	input        []byte
	static       bool
	// version is the contract's: 1 under parameter 60, else 0.
	version int32
	// id is the hash of the internal transaction that opened it, or the transaction's id.
	id [32]byte

	// limit is what it was given, energy what is left.
	limit, energy int64
	// factor is the price of one energy in 1/10,000.
	factor int64
	// penalty is what its factor has cost, foreign what went to other frames and precompiles: neither counts as use of the contract.
	penalty, foreign int64

	pc    int
	sp    int
	mem   []byte
	store *store
	jumps bitmap
	// ticks counts jumps where there is a deadline.
	ticks int
	// returned is the return-data buffer.
	returned []byte
	// output is what it answers: a part of its memory, valid until the frame is released.
	output   []byte
	reverted bool

	stack [stackLimit]uint256.Int
}

var frames = sync.Pool{New: func() any { return new(frame) }}

// keptMemory is how much memory a pooled frame may keep.
const keptMemory = 64 << 10

func newFrame(m *machine, depth int) *frame {
	f := frames.Get().(*frame)
	f.m, f.depth = m, depth
	f.factor = factorUnit
	return f
}

// release gives the frame back. The stack keeps its old words: none is read before it is written.
func (f *frame) release() {
	if cap(f.mem) > keptMemory {
		f.mem = nil
	}
	f.m, f.code, f.input, f.store, f.jumps, f.output = nil, nil, nil, nil, nil, nil
	f.self, f.caller = wallet.Address{}, wallet.Address{}
	f.value, f.tokenID, f.tokenValue = 0, 0, 0
	f.static, f.reverted, f.version = false, false, 0
	f.penalty, f.foreign, f.pc, f.sp, f.ticks = 0, 0, 0, 0, 0
	f.mem, f.returned = f.mem[:0], f.returned[:0]
	frames.Put(f)
}

// used is the energy gone so far.
func (f *frame) used() int64 { return f.limit - f.energy }

// rows is the storage of the contract.
func (f *frame) rows() *store {
	if f.store == nil {
		f.store = f.m.store(f.self)
	}
	return f.store
}

// grow makes memory reach to end; new memory is zero. The price was paid and the limit checked.
func (f *frame) grow(end int64) {
	old := len(f.mem)
	if end <= int64(old) {
		return
	}
	size := int(words(end) * 32)
	if size > cap(f.mem) {
		bigger := make([]byte, size, min(max(size, 2*cap(f.mem)), max(size, memoryLimit)))
		copy(bigger, f.mem)
		f.mem = bigger
		return
	}
	f.mem = f.mem[:size]
	clear(f.mem[old:])
}

// chunk is size bytes of memory at offset, which it makes reach there. It is the memory itself, not a copy.
func (f *frame) chunk(offset, size *uint256.Int) []byte {
	if size.IsZero() {
		return nil
	}
	from, n := int64(offset.Uint64()), int64(size.Uint64())
	f.grow(from + n)
	return f.mem[from : from+n]
}

// copyTo writes data[from:] to memory, zeros where data has ended; size bytes in all.
func (f *frame) copyTo(offset, size *uint256.Int, data []byte, from int) {
	out := f.chunk(offset, size)
	n := 0
	if from < len(data) {
		n = copy(out, data[from:])
	}
	clear(out[n:])
}

// top is a word of the stack: 0 is the topmost.
func (f *frame) top(n int) *uint256.Int { return &f.stack[f.sp-1-n] }

// pop takes n words off.
func (f *frame) pop(n int) { f.sp -= n }

// replace takes n words off and puts one on.
func (f *frame) replace(n int, w *uint256.Int) {
	f.stack[f.sp-n] = *w
	f.sp -= n - 1
}

// answer takes n words off and puts a truth value on.
func (f *frame) answer(n int, yes bool) { f.number(n, b2i(yes)) }

// number takes n words off and puts a number that is not negative on.
func (f *frame) number(n int, value int64) {
	f.stack[f.sp-n].SetUint64(uint64(value))
	f.sp -= n - 1
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
