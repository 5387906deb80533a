package live

import "testing"

// TestAListThatJumpsTakesNoMemory: a publisher may name the number 2^40 next. What was never listed is left out, without a look at each.
func TestAListThatJumpsTakesNoMemory(t *testing.T) {
	v := &Viewer{config: ViewerConfig{Keep: defaultViewerKeep}, pieces: map[int64]*piece{}, next: 5, list: &List{First: 5 + 1<<16}}
	if n := testing.AllocsPerRun(1, func() { v.next = 5; v.advance(t.Context()) }); n > 100 {
		t.Errorf("a jump over 65,536 chunks takes %.0f allocations", n)
	}
	if v.next != v.list.First || v.status.Lost != 2<<16 {
		t.Errorf("next is %d, %d were left out", v.next, v.status.Lost)
	}
}
