package cmd_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/live"
)

// TestLiveKilled publishes a file that grows with `piecework live`, lets two viewers follow it with `piecework get`, and kills the publisher and a viewer with
// SIGKILL meanwhile: both go on, and everybody is paid.
func TestLiveKilled(t *testing.T) {
	r := newRig(t)
	r.start(r.serveArgs("127.0.0.1:0")...)
	address := r.wait("ready")
	r.grow("stream")
	publish := []string{
		"live", "--server", address, "--contract", r.contract, "--from", "bob", "--price", "1 TRX/MiB", "--chunk", "1s", "--link-file", r.path("link"), r.path("stream"),
	}
	publisher := r.start(append(publish, "--board", "127.0.0.1:0", "--peers", "127.0.0.1:0")...)
	text := r.wait("link")
	link, err := live.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	_, carol := r.watch("carol", text)
	_, dave := r.watch("dave", text)
	first, last := r.see("carol", 20)
	if first == 0 {
		t.Error("the viewer began with the beginning, and not with now")
	}
	kill(t, publisher)
	r.start(append(publish, "--board", strings.TrimPrefix(link.Board, "http://"), "--peers", link.Peers[0])...)
	if _, after := r.see("carol", 40); after <= last {
		t.Errorf("after the publisher was killed the stream shows line %d, before it showed %d", after, last)
	}
	kill(t, dave)
	if err := os.Remove(r.path("player-dave")); err != nil {
		t.Fatal(err)
	}
	r.watch("dave", text)
	r.see("dave", 20)
	if err := carol.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := carol.Wait(); err != nil {
		t.Errorf("the viewer's end: %v\n%s", err, carol.Stderr)
	}
	paid := channel.Amount{}
	records := r.records(address)
	for i := range records {
		paid = paid.Add(records[i].Paid())
	}
	if len(records) != 2 || paid.Less(channel.NewAmount(1_000_000)) {
		t.Errorf("the publisher holds %s on %d channels, of two viewers", paid, len(records))
	}
}

func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
}

// lineBytes is how long a line of a growing file is: it holds its number.
const lineBytes = 16 << 10

// grow writes ten lines a second to a file, until the test ends.
func (r *rig) grow(name string) {
	file, err := os.Create(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range 20 {
		fmt.Fprintf(file, "%0*d\n", lineBytes-1, line)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for line := 20; ; line++ {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				fmt.Fprintf(file, "%0*d\n", lineBytes-1, line)
			}
		}
	}()
	r.t.Cleanup(func() { close(done); <-ended; _ = file.Close() })
}

// watch starts a viewer that pays, and is paid for what it passes on.
func (r *rig) watch(who, link string) (string, *exec.Cmd) {
	c := r.start("get", "--contract", r.contract, "--from", who, "--data-dir", r.path("data-"+who), "--deposit", "50", "--max-price", "1 TRX/MiB", "--budget", "100",
		"--earn", "0.5 TRX/MiB", "--peers", "127.0.0.1:0", "--player-file", r.path("player-"+who), "--stream", link)
	return r.wait("player-" + who), c
}

// see plays a viewer's stream for some lines, and says which came first and last. Within a chunk they follow each other.
func (r *rig) see(who string, lines int) (first, last int) {
	r.t.Helper()
	answer, err := http.Get(r.wait("player-"+who) + "live") //nolint:noctx // ends with the body
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: the player gets status %d", who, answer.StatusCode)
	}
	in := bufio.NewScanner(answer.Body)
	in.Buffer(nil, 2*lineBytes)
	first = -1
	for n := 0; n < lines && in.Scan(); n++ {
		number, err := strconv.Atoi(strings.TrimLeft(in.Text(), "0"))
		if err != nil || first >= 0 && number <= last {
			continue // a chunk begins within a line when the publisher was killed in it
		}
		if last = number; first < 0 {
			first = number
		}
	}
	if first < 0 || last-first < lines/2 {
		r.t.Fatalf("%s sees lines %d to %d (%v)", who, first, last, in.Err())
	}
	return first, last
}
