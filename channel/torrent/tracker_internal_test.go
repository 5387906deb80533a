package torrent

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/anacrolix/torrent/tracker"
)

// TestTrackerThatRepeatsItself: a UDP tracker, or who can send in its name, that answers everything many times is left when it was heard. The library's client waits in itself for ever over a third
// answer, and with it would whoever waits for the seeder to end.
func TestTrackerThatRepeatsItself(t *testing.T) {
	t.Parallel()
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		for b := make([]byte, 1500); ; {
			n, from, err := socket.ReadFrom(b)
			if err != nil {
				return
			}
			if n < 16 {
				continue
			}
			answer := append(append([]byte(nil), b[8:16]...), make([]byte, 8)...) // action, transaction, connection
			if binary.BigEndian.Uint32(answer) == 1 {
				answer = append(append(answer[:8], 0, 0, 0, 77), make([]byte, 8)...)
			}
			for range 64 {
				_, _ = socket.WriteTo(answer, from)
			}
		}
	}()
	one := newTracked("udp://"+socket.LocalAddr().String()+"/announce", "udp4", tracker.AnnounceRequest{Port: 1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 8 {
			if r, err := one.tell(context.Background(), announceTime); err != nil || r.Interval != 77 {
				t.Errorf("the tracker wants to be told every %d s: %v", r.Interval, err)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(2 * announceTime):
		t.Error("telling the tracker does not end")
	}
}

// TestTrackerErrorsTellNoPasskey, and are short however much the tracker says.
func TestTrackerErrorsTellNoPasskey(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Error(rw, "nobody is known as "+r.URL.RequestURI()+strings.Repeat(" é", 4*maxNote), http.StatusForbidden)
	}))
	t.Cleanup(s.Close)
	one := newTracked(s.URL+"/secret/announce?passkey=secret", "", tracker.AnnounceRequest{Port: 1})
	_, err := one.tell(context.Background(), announceTime)
	if note := trackerError(&one.Announce, err); err == nil || strings.Contains(note, "secret") || len(note) > maxNote+8 || !utf8.ValidString(note) {
		t.Errorf("%q of %v", note, err)
	}
	s.Close()
	if _, err = one.tell(context.Background(), announceTime); err == nil || strings.Contains(trackerError(&one.Announce, err), "secret") {
		t.Errorf("%q of %v", trackerError(&one.Announce, err), err)
	}
}

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
