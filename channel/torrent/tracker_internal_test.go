package torrent

import (
	"testing"

	"github.com/anacrolix/torrent/tracker"
)

// TestTrackersHearOnceThatATorrentIsComplete: of one that was incomplete, when it is not, and never instead of another event.
func TestTrackersHearOnceThatATorrentIsComplete(t *testing.T) {
	var r tracker.AnnounceRequest
	for i, c := range []struct {
		left      int64
		say, want tracker.AnnounceEvent
	}{
		{0, tracker.Started, tracker.Started},
		{0, tracker.None, tracker.None},
		{5, tracker.Started, tracker.Started},
		{3, tracker.None, tracker.None},
		{0, tracker.None, tracker.Completed},
		{0, tracker.Completed, tracker.Completed}, // it was not heard
		{0, tracker.None, tracker.None},
		{0, tracker.Stopped, tracker.Stopped},
	} {
		r.Event = c.say
		if stands(&r, c.left); r.Event != c.want || r.Left != c.left {
			t.Errorf("%d: %v, %d left", i, r.Event, r.Left)
		}
	}
}
