package vm

import (
	"bytes"
	"slices"
)

// CallNode is one frame in the tree of a transaction, as debug_traceTransaction's callTracer shows it.
type CallNode struct {
	FrameInfo
	Output     []byte
	EnergyUsed int64
	// Err is why it failed, nil otherwise; a revert is an error too.
	Err   error
	Calls []*CallNode
}

// CallTracer builds the tree of calls of a transaction. The zero value is ready; it serves one transaction.
type CallTracer struct {
	root  *CallNode
	stack []*CallNode
	nodes int
	bytes int
}

// What a tree remembers: frames beyond it are run but not kept, nor are inputs and outputs once there are too many bytes.
const (
	maxCallNodes = 50_000
	maxCallBytes = 64 << 20
)

// Root is the outermost frame, nil before the transaction ran.
func (c *CallTracer) Root() *CallNode { return c.root }

// Enter implements Tracer.
func (c *CallTracer) Enter(_ int, f FrameInfo) {
	f.Input = c.keep(f.Input)
	node := &CallNode{FrameInfo: f}
	if c.nodes++; c.nodes <= maxCallNodes {
		if n := len(c.stack); n > 0 {
			c.stack[n-1].Calls = append(c.stack[n-1].Calls, node)
		} else {
			c.root = node
		}
	}
	c.stack = append(c.stack, node)
}

// keep copies bytes while there is room for them.
func (c *CallTracer) keep(b []byte) []byte {
	if c.bytes += len(b); c.bytes > maxCallBytes {
		return nil
	}
	return bytes.Clone(b)
}

// Exit implements Tracer.
func (c *CallTracer) Exit(_ int, output []byte, used int64, err error) {
	n := len(c.stack) - 1
	node := c.stack[n]
	node.Output, node.EnergyUsed, node.Err = c.keep(output), used, err
	c.stack = slices.Delete(c.stack, n, n+1)
}

// Steps implements Tracer: opcodes are of no interest.
func (*CallTracer) Steps() bool { return false }

// Step implements Tracer.
func (*CallTracer) Step(*Step) {}
