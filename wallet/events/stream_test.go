package events_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/wallet/events"
	"github.com/piecework/piecework/wallet/tx"
)

// listening is a stream behind a port.
func listening(t *testing.T, c events.StreamConfig) (*events.Stream, string) {
	t.Helper()
	stream := events.NewStream(c)
	server := httptest.NewServer(stream)
	t.Cleanup(server.Close)
	t.Cleanup(stream.Close)
	return stream, server.URL
}

// answered is what came back; the test closes its body at the end.
type answered struct {
	StatusCode int
	Status     string
	Header     http.Header
	Body       io.ReadCloser
}

// ask sends a request with one header, "Name: value" or nothing.
func ask(t *testing.T, method, url, header string) answered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answered{answer.StatusCode, answer.Status, answer.Header, answer.Body}
}

func batchAt(block int64) events.Batch {
	c := events.Cursor{Block: block, ID: tx.BlockID{7: byte(block)}, Seen: events.WholeBlock, Solid: block}
	return events.Batch{Cursor: c, Messages: []events.Message{{Cursor: c, Name: "event", Data: []byte("{}")}}}
}

// Web pages of this machine may read a stream, or those of the one origin that was named; others may not. It is read, and nothing else.
func TestStreamOrigins(t *testing.T) {
	_, local := listening(t, events.StreamConfig{})
	_, named := listening(t, events.StreamConfig{Origin: "https://shop.example"})
	for _, row := range []struct{ url, origin, want string }{
		{local, "http://localhost:3000", "http://localhost:3000"},
		{local, "http://127.0.0.1", "http://127.0.0.1"},
		{local, "http://[::1]:3000", "http://[::1]:3000"},
		{local, "https://evil.example", ""},
		{local, "https://localhost.evil.example", ""},
		{local, "null", ""},
		{named, "https://shop.example", "https://shop.example"},
		{named, "https://evil.example", "https://shop.example"}, // the browser compares
	} {
		answer := ask(t, http.MethodOptions, row.url, "Origin: "+row.origin)
		if got := answer.Header.Get("Access-Control-Allow-Origin"); got != row.want || answer.StatusCode != http.StatusNoContent || answer.Header.Get("Vary") != "Origin" {
			t.Errorf("%s: allows %q with status %d, want %q", row.origin, got, answer.StatusCode, row.want)
		}
	}
	if answer := ask(t, http.MethodPost, local, ""); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", answer.Status)
	}
}

// What is no cursor is refused; so is one that the stream does not reach back to, where nobody can replay. The id may stand in the address as well.
func TestStreamIDs(t *testing.T) {
	stream, url := listening(t, events.StreamConfig{Ring: 2})
	for block := range int64(4) {
		stream.Publish(batchAt(block))
	}
	for _, row := range []struct {
		path, header string
		want         int
	}{
		{"", "Last-Event-ID: nonsense", http.StatusBadRequest},
		{"?cursor=nonsense", "", http.StatusBadRequest},
		{"", "Last-Event-ID: " + batchAt(1).Cursor.String(), http.StatusGone},
		{"", "Last-Event-ID: " + batchAt(2).Cursor.String(), http.StatusOK},
		{"?cursor=" + batchAt(2).Cursor.String(), "", http.StatusOK},
	} {
		if answer := ask(t, http.MethodGet, url+row.path, row.header); answer.StatusCode != row.want {
			t.Errorf("%s %s: %s, want %d", row.path, row.header, answer.Status, row.want)
		}
	}
}

// There are so many places for readers, and fewer for those whom the node has to be asked for. A place that is left is free again.
func TestStreamLimits(t *testing.T) {
	replaying := make(chan struct{}, 1)
	stream, url := listening(t, events.StreamConfig{
		Subscribers: 2, CatchUps: 1,
		Replay: func(ctx context.Context, _ events.Cursor, _ func(events.Batch) error) error {
			replaying <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		},
	})
	stream.Publish(batchAt(9))
	old := "Last-Event-ID: " + batchAt(3).Cursor.String()
	first := ask(t, http.MethodGet, url, old)
	<-replaying
	if answer := ask(t, http.MethodGet, url, old); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a second one that catches up: %s, %v", answer.Status, answer.Header)
	}
	ask(t, http.MethodGet, url, "")
	if answer := ask(t, http.MethodGet, url, ""); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a third reader: %s, %v", answer.Status, answer.Header)
	}
	_ = first.Body.Close()
	for begun := time.Now(); ask(t, http.MethodGet, url, "").StatusCode != http.StatusOK; time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("the place of a reader who left stays taken")
		}
	}
}

// A silent stream says now and then that it lives; its end ends the answer.
func TestStreamHeartbeat(t *testing.T) {
	stream, url := listening(t, events.StreamConfig{Heartbeat: 5 * time.Millisecond})
	answer := ask(t, http.MethodGet, url, "")
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", answer.Header)
	}
	lines := bufio.NewReader(answer.Body)
	for beats := 0; beats < 3; {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ":\n" {
			beats++
		}
	}
	stream.Close()
	if _, err := io.Copy(io.Discard, lines); err != nil {
		t.Errorf("the end: %v", err)
	}
}
