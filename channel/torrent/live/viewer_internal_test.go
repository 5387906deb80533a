package live

import (
	"sync"
	"testing"
)

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

// TestAStreamThatBeginsAgainAsItEnds: a publisher says that the stream has ended, and lists another chunk at once. The viewer, which waits for what is not paid yet, is not upset by it.
func TestAStreamThatBeginsAgainAsItEnds(t *testing.T) {
	v := &Viewer{pieces: map[int64]*piece{}}
	for number := range int64(100) {
		v.pieces[number] = &piece{lost: true}
	}
	var both sync.WaitGroup
	both.Go(func() {
		for number := range int64(20_000) {
			v.mu.Lock()
			v.pieces[100+number] = &piece{lost: true}
			delete(v.pieces, number)
			v.mu.Unlock()
		}
	})
	both.Go(func() {
		for range 1000 {
			if err := v.settle(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	both.Wait()
}

// TestAViewerThatHasEndedBeginsNothing: the board's last answer may come when the viewer has ended, and its downloader with it.
func TestAViewerThatHasEndedBeginsNothing(t *testing.T) {
	v := &Viewer{config: ViewerConfig{Keep: defaultViewerKeep}, changed: make(chan struct{}), pieces: map[int64]*piece{}, next: -1}
	v.finish()
	v.told(t.Context(), news{list: &List{Chunks: []Chunk{{Bytes: 1}}}})
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.pieces) != 0 {
		t.Error("a chunk is fetched")
	}
}
