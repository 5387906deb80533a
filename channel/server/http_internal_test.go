package server

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestSlowBody: who sends a byte now and then is cut off, and an answer that takes longer than a body may is not.
func TestSlowBody(t *testing.T) {
	const within = 200 * time.Millisecond
	heard := make(chan error, 1)
	server := httptest.NewServer(prompt(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		heard <- err
		if err == nil {
			time.Sleep(2 * within)
			err = r.Context().Err()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestTimeout)
		}
	}), within))
	t.Cleanup(server.Close)

	slow, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := io.WriteString(slow, "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusRequestTimeout || <-heard == nil {
		t.Errorf("a body that does not come: %s", answer.Status)
	}

	answer, err = http.Post(server.URL, "text/plain", strings.NewReader("all of it"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || <-heard != nil {
		t.Errorf("an answer that takes long: %s", answer.Status)
	}
}
