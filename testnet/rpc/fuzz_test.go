package rpc

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet/tronpb"
)

// FuzzHTTP sends hostile bodies to every path: each has to be answered, and none may reach the recovery of a fault.
func FuzzHTTP(f *testing.F) {
	n, err := chain.New(chain.Config{})
	if err != nil {
		f.Fatal(err)
	}
	s := New(n, Config{})
	paths := []string{"/jsonrpc", "/v1/accounts/x/transactions", "/v1/blocks/latest/events", "/admin/accounts"}
	for name := range s.full {
		paths = append(paths, "/wallet/"+name)
	}
	slices.Sort(paths)
	for i, body := range []string{`{}`, `{"value":"41"}`, `null`, `[]`, `{"visible":true}`, `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{},"latest"]}`, "a=b&c"} {
		f.Add(uint16(i*7), body)
	}
	f.Fuzz(func(t *testing.T, which uint16, body string) {
		r := httptest.NewRequest(http.MethodPost, paths[int(which)%len(paths)], strings.NewReader(body))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s: a fault", r.URL.Path)
		}
	})
}

// FuzzTransaction gives hostile transactions to what gRPC clients reach.
func FuzzTransaction(f *testing.F) {
	n, err := chain.New(chain.Config{})
	if err != nil {
		f.Fatal(err)
	}
	s := New(n, Config{})
	f.Add([]byte{0x0a, 0x02, 0x5a, 0x00})
	f.Fuzz(func(_ *testing.T, raw []byte) {
		t := &tronpb.Transaction{}
		if proto.Unmarshal(raw, t) != nil {
			return
		}
		s.broadcast(t)
		s.signWeight(t)
		s.approvedList(t)
		_ = txObject(t, true).String()
	})
}
