package torrent_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/gate"
)

// TestTrackerBringsThemTogether: the seeder tells the tracker where it is, that nothing is missing, and at the end that it goes; the downloader learns of it there. Of the other trackers
// of the torrent one says what panics inside the library, one never ends, one is silent, and one is of a kind that nobody here speaks.
func TestTrackerBringsThemTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := func(answer func(http.ResponseWriter, *http.Request)) string {
		s := httptest.NewServer(http.HandlerFunc(answer))
		t.Cleanup(s.Close)
		return s.URL + "/announce"
	}
	var address string
	good, _ := tracker(t, func() string { return address })
	told := make(chan string, 100)
	inner := strings.TrimSuffix(good, "/announce")
	front := answers(func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		told <- q.Get("port") + " " + q.Get("left") + " " + q.Get("event")
		http.Redirect(rw, r, inner+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	mi, sum := w.file(1*mib, 256<<10)
	torrent.AddTrackers(mi, front,
		answers(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("d5:peersld2:ipi5eeee")) }),
		answers(func(rw http.ResponseWriter, _ *http.Request) {
			for chunk := make([]byte, 64<<10); ; {
				if _, err := rw.Write(chunk); err != nil {
					return
				}
			}
		}),
		answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		"wss://127.0.0.1:9/announce",
	)
	s := w.seed(mi, torrent.SeederConfig{House: torrent.TollhouseConfig{Uplink: gate.UplinkConfig{FreeFloor: 16 * mib}}})
	address = s.Addr()
	_, port, _ := net.SplitHostPort(address)
	if got := <-told; got != port+" 0 started" {
		t.Errorf("the seeder said %q", got)
	}
	d := w.downloader(nil, nil)
	_, own, _ := net.SplitHostPort(d.Addr())
	if r := get(t, d, mi); fetched(t, d, r.Name) != sum {
		t.Error("the file differs")
	}
	if got := <-told; got != own+" "+strconv.Itoa(1*mib)+" started" {
		t.Errorf("the downloader said %q", got)
	}
	if err := s.Close(); err != nil { // the silent tracker does not keep it
		t.Error(err)
	}
	for got := range told {
		if got == port+" 0 stopped" {
			break
		}
	}
}
