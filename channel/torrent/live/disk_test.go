package live_test

import (
	"context"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/live"
)

// until waits for something that the viewer does beside the test.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatalf("waiting in vain until %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestChunksOfAnotherFormatAreRemoved: a publisher may say that the chunks are something else from now on, and so are called something else; those from before are found, and removed, all the same.
func TestChunksOfAnotherFormatAreRemoved(t *testing.T) {
	s := newSource(t, 0)
	v := s.watchers(1, 0)[0]
	for at := int64(-1); at < 19; {
		s.publish(noise(40*kib), 200*time.Millisecond, live.Format((at+1)/10))
		p, err := v.Next(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if at = p.Number; count(t, p.Path, "") != 1 {
			t.Errorf("chunk %d is not at %s", p.Number, p.Path)
		}
	}
	if files := count(t, v.dir, "*"); files > 9 {
		t.Errorf("the viewer keeps %d files", files)
	}
}

// TestPartsOfAChunkThatCameTooLateAreRemoved: of a chunk that a viewer has to leave out nothing stays on its disk.
func TestPartsOfAChunkThatCameTooLateAreRemoved(t *testing.T) {
	s := newSource(t, 16*kib)
	v := s.watchers(1, 0)[0]
	s.publish(noise(2000*kib), time.Second, live.Bytes)
	until(t, "a part of the chunk is there", func() bool { return count(t, v.dir, "00000000.bin*") > 0 })
	for range 4 {
		s.publish(noise(40*kib), time.Second, live.Bytes)
	}
	until(t, "the chunk is left out", func() bool { return v.Status().Lost > 0 })
	for range 8 { // a block that was on its way to the disk is removed with the chunk's place in the list
		s.publish(noise(kib), time.Second, live.Bytes)
	}
	until(t, "nothing of it is on the disk", func() bool { return count(t, v.dir, "00000000.bin*") == 0 })
}

// TestChunksFromBeforeAnotherFormatStay: a publisher that was started again, and says that the chunks are something else from now on, is started once more. What it lists is seeded still, and a
// viewer that was behind takes it; what it lists no more is removed.
func TestChunksFromBeforeAnotherFormatStay(t *testing.T) {
	s := newSource(t, 0)
	for range 2 {
		s.publish(noise(40*kib), time.Second, live.MPEGTS)
	}
	v := s.watchers(1, 0)[0]
	if _, err := v.Next(t.Context(), -1); err != nil {
		t.Fatal(err)
	}
	board := s.board
	s.board = nil // the viewer hears of nothing for a while
	s.open()
	s.publish(noise(40*kib), time.Second, live.MPEGTS)
	s.publish(noise(40*kib), time.Second, live.Bytes)
	if err := s.seeder.Close(); err != nil {
		t.Fatal(err)
	}
	s.seeder = s.Seeder(nil, "", torrent.SeederConfig{Net: torrent.NetConfig{Listen: s.link.Peers[0]}})
	s.board = board
	s.open()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for at, want := int64(1), int64(2); want < 4; at, want = want, want+1 {
		if p, err := v.Next(ctx, at); err != nil || p.Number != want || count(t, p.Path, "") != 1 {
			t.Fatalf("chunk %d at %s (%v), want chunk %d", p.Number, p.Path, err, want)
		}
	}
	for range live.DefaultKeep {
		s.publish(noise(40*kib), time.Second, live.Bytes)
	}
	if old := count(t, s.dir, "*.ts"); old != 0 {
		t.Errorf("%d chunks from before stay", old)
	}
}
