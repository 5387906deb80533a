package testnet_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc"
	"github.com/piecework/piecework/wallet/tronpb"
)

// BenchmarkNew starts networks and reports the median.
func BenchmarkNew(b *testing.B) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := testnet.New(testnet.Config{}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	reportMedian(b, took, "p50-ms(≤5)")
}

func reportMedian(b *testing.B, took []time.Duration, unit string) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, unit)
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

// listening is a network with a port.
func listening(b *testing.B) *testnet.Network {
	b.Helper()
	n, err := testnet.New(testnet.Config{})
	if err != nil {
		b.Fatal(err)
	}
	if err := n.Listen("127.0.0.1:0", "127.0.0.1:0", rpc.Config{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Close() })
	return n
}

// ask posts a body and gives the answer and the time it took.
func ask(b *testing.B, url string, body []byte) ([]byte, time.Duration) {
	b.Helper()
	start := time.Now()
	answer, err := http.Post(url, "application/json", bytes.NewReader(body)) //nolint:noctx // a benchmark of the round trip
	if err != nil {
		b.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	return text, time.Since(start)
}

// BenchmarkReads asks for an account over HTTP, and an echo server the same, in turns, and reports our throughput in parts of the echo's.
func BenchmarkReads(b *testing.B) {
	n, raw := listening(b), echo(b)
	body := []byte(`{"address":"` + n.Accounts()[0].Address().Hex() + `"}`)
	var ours, theirs time.Duration
	for b.Loop() {
		_, took := ask(b, n.URL()+"/wallet/getaccount", body)
		ours += took
		_, took = ask(b, raw, body)
		theirs += took
	}
	b.ReportMetric(float64(theirs)/float64(ours), "ratio(echo≥0.65)")
}

// BenchmarkSendAndReceipt sends signed transfers over HTTP and asks for their receipts, which are there at once.
func BenchmarkSendAndReceipt(b *testing.B) {
	n := listening(b)
	key := n.Accounts()[0]
	from, to := key.Address(), n.Accounts()[1].Address()
	var both []time.Duration
	for b.Loop() {
		built, err := n.Build(tronpb.Transaction_Contract_TransferContract, &tronpb.TransferContract{OwnerAddress: from[:], ToAddress: to[:], Amount: 1})
		if err != nil {
			b.Fatal(err)
		}
		id := chain.TxID(built)
		signature := key.Sign(id)
		built.Signature = [][]byte{signature[:]}
		encoded, err := proto.Marshal(built)
		if err != nil {
			b.Fatal(err)
		}
		_, sent := ask(b, n.URL()+"/wallet/broadcasthex", []byte(`{"transaction":"`+hex.EncodeToString(encoded)+`"}`))
		answer, got := ask(b, n.URL()+"/wallet/gettransactioninfobyid", []byte(`{"value":"`+hex.EncodeToString(id[:])+`"}`))
		if !bytes.Contains(answer, []byte(`"blockNumber"`)) {
			b.Fatalf("no receipt: %s", answer)
		}
		both = append(both, sent+got)
	}
	reportMedian(b, both, "p50-ms(≤1)")
}
