package vm

import (
	"sync/atomic"

	"github.com/piecework/piecework/wallet"
)

// codePadding is how many zero bytes follow the code, so that reading an opcode or the data of a PUSH never needs a check: a PUSH32 as the
// last opcode leaves the program counter 32 past the end, where STOP must stand.
const codePadding = 33

// Code is the code of a contract. It is immutable and safe for use by several goroutines; the ledger hands out the same pointer each time,
// so that jump destinations are searched once.
type Code struct {
	padded []byte
	size   int
	hash   [32]byte
	jumps  atomic.Pointer[bitmap]
}

// NewCode takes a copy of the code's bytes.
func NewCode(b []byte) *Code {
	c := newInitCode(b)
	c.hash = wallet.Keccak256(b)
	return c
}

// newInitCode is NewCode without the hash, which nobody asks of code that runs once.
func newInitCode(b []byte) *Code {
	padded := make([]byte, len(b)+codePadding)
	copy(padded, b)
	return &Code{padded: padded, size: len(b)}
}

// Bytes is the code itself; it must not be changed.
func (c *Code) Bytes() []byte {
	if c == nil {
		return nil
	}
	return c.padded[:c.size:c.size]
}

// Len is the number of bytes.
func (c *Code) Len() int {
	if c == nil {
		return 0
	}
	return c.size
}

// Hash is the Keccak-256 of the code.
func (c *Code) Hash() [32]byte {
	if c == nil {
		return emptyHash
	}
	return c.hash
}

// emptyHash is the Keccak-256 of nothing.
var emptyHash = wallet.Keccak256()

// bitmap has a bit for every byte of code.
type bitmap []uint64

func (m bitmap) has(pos uint64) bool { return m[pos/64]&(1<<(pos%64)) != 0 }

// jumpdests marks every JUMPDEST that is no data of a PUSH.
func (c *Code) jumpdests() bitmap {
	if m := c.jumps.Load(); m != nil {
		return *m
	}
	m := findJumpdests(c.padded[:c.size])
	c.jumps.Store(&m)
	return m
}

func findJumpdests(code []byte) bitmap {
	m := make(bitmap, len(code)/64+1)
	for i := 0; i < len(code); i++ {
		switch op := code[i]; {
		case op == opJUMPDEST:
			m[i/64] |= 1 << (i % 64)
		case op >= opPUSH1 && op <= opPUSH32:
			i += int(op-opPUSH1) + 1
		}
	}
	return m
}
