package chain

import (
	"github.com/piecework/piecework/channel"
)

// window is the chain of blocks above the cursor, lowest first, each the parent of the next, with what our contract said in them.
type window struct {
	cursor channel.Block // the newest block whose facts are durable
	blocks []entry
}

type entry struct {
	header    channel.Block
	events    []channel.Event
	confirmed bool // the second node has the same block with the same events
}

// tip is the newest block of the window, or the cursor.
func (w *window) tip() channel.Block {
	if len(w.blocks) == 0 {
		return w.cursor
	}
	return w.blocks[len(w.blocks)-1].header
}

// push appends a block that must follow the tip; it says whether it did.
func (w *window) push(e entry) bool {
	tip := w.tip()
	if e.header.Number != tip.Number+1 || e.header.Parent != tip.Hash {
		return false
	}
	w.blocks = append(w.blocks, e)
	return true
}

// pop forgets the tip after a fork. It says false when only the cursor is left, which is solid and must not be undone.
func (w *window) pop() bool {
	if len(w.blocks) == 0 {
		return false
	}
	w.blocks = w.blocks[:len(w.blocks)-1]
	return true
}

// truncate forgets every block above that number.
func (w *window) truncate(number int64) {
	for len(w.blocks) > 0 && w.tip().Number > number {
		w.pop()
	}
}

// split separates what is solid (numbers up to solid) from what may still be undone.
func (w *window) split(solid int64) (facts, pending []channel.Event, count int) {
	for _, e := range w.blocks {
		if e.header.Number <= solid {
			facts = append(facts, e.events...)
			count++
		} else {
			pending = append(pending, e.events...)
		}
	}
	return facts, pending, count
}

// headers lists the blocks above the first count.
func (w *window) headers(count int) []channel.Block {
	var list []channel.Block
	for _, e := range w.blocks[count:] {
		list = append(list, e.header)
	}
	return list
}

// settle drops the first count blocks: their facts are durable now.
func (w *window) settle(count int) {
	if count == 0 {
		return
	}
	w.cursor = w.blocks[count-1].header
	w.blocks = append([]entry(nil), w.blocks[count:]...)
}
