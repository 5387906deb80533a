package events

import (
	"slices"

	"github.com/piecework/piecework/wallet/tx"
)

// maxTrail bounds the memory of a trail when nothing becomes solid for long: two days of blocks.
const maxTrail = 1 << 16

// trail is the ids of the blocks that were told and that a fork can still undo, and of one that it cannot. Numbers follow each other.
type trail struct {
	links []link
	floor int64 // what is known to be solid of what was told
}

type link struct {
	number int64
	id     tx.BlockID
}

func (t *trail) push(number int64, id tx.BlockID) {
	if n := len(t.links); n > 0 && t.links[n-1].number >= number {
		t.cut(number - 1)
	}
	t.links = append(t.links, link{number, id})
	if len(t.links) > maxTrail {
		t.links = slices.Delete(t.links, 0, 1)
	}
}

// settle forgets what no fork can undo, except for its newest block, on which the others stand.
func (t *trail) settle(solid int64) {
	if len(t.links) == 0 {
		return
	}
	newest := t.links[len(t.links)-1].number
	t.floor = max(t.floor, min(solid, newest))
	drop := 0
	for drop+1 < len(t.links) && t.links[drop+1].number <= t.floor {
		drop++
	}
	t.links = slices.Delete(t.links, 0, drop)
}

// cut forgets what is above a number.
func (t *trail) cut(number int64) {
	t.links = slices.DeleteFunc(t.links, func(l link) bool { return l.number > number })
}

func (t *trail) id(number int64) (tx.BlockID, bool) {
	for i := len(t.links) - 1; i >= 0; i-- {
		if t.links[i].number == number {
			return t.links[i].id, true
		}
	}
	return tx.BlockID{}, false
}

func (t *trail) newestFirst() []link {
	links := slices.Clone(t.links)
	slices.Reverse(links)
	return links
}

// lowest is the number of the oldest block that it has, -1 for none.
func (t *trail) lowest() int64 {
	if len(t.links) == 0 {
		return -1
	}
	return t.links[0].number
}
