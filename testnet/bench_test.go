package testnet_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/rpc"
)

// BenchmarkNew starts a network; the target is 5 ms.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := testnet.New(testnet.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

// echo is the least that an HTTP server of JSON does: it reads a body and answers with it.
func echo(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if json.NewDecoder(r.Body).Decode(&body) == nil {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(body)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// BenchmarkReads asks for an account over HTTP, and an echo server the same, in turns; the target is 0.65 of the echo's throughput.
func BenchmarkReads(b *testing.B) {
	n, err := testnet.New(testnet.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := n.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Close() })
	body := []byte(`{"address":"` + n.Accounts()[0].Address().Hex() + `"}`)
	client := &http.Client{}
	ask := func(url string) time.Duration {
		start := time.Now()
		answer, err := client.Post(url, "application/json", bytes.NewReader(body)) //nolint:noctx // a benchmark of the round trip
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		return time.Since(start)
	}
	raw := echo(b)
	var ours, theirs time.Duration
	for b.Loop() {
		ours += ask(n.URL() + "/wallet/getaccount")
		theirs += ask(raw)
	}
	b.ReportMetric(float64(theirs)/float64(ours), "ratio(echo)")
}
