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
	for first, d := range s.wallets {
		for name := range d.paths {
			paths = append(paths, "/"+first+"/"+name)
		}
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

// FuzzJSONRPC sends hostile bodies to the doors that read JSON-RPC, /tre with its cheats included: each has to be answered without a fault.
func FuzzJSONRPC(f *testing.F) {
	n, err := chain.New(chain.Config{})
	if err != nil {
		f.Fatal(err)
	}
	s := New(n, Config{})
	for _, body := range []string{
		`[]`, `[[],1]`, `{"id":{},"method":"web3_sha3","params":["0x"]}`, `{"jsonrpc":"2.0","id":1,"method":"eth_newFilter","params":[{"topics":[[null]]}]}`,
		`{"jsonrpc":"2.0","id":"a","method":"eth_getLogs","params":[{"fromBlock":"0x0","toBlock":"latest","address":[]}]}`,
		`[{"jsonrpc":"2.0","id":1,"method":"tre_setAccountBalance","params":["0x11",1e9]},{"method":"testnet_reorg","params":[1,[]]}]`,
		`{"jsonrpc":"2.0","id":1,"method":"buildTransaction","params":[{"from":"0x0","value":"0x1"}]}`,
	} {
		f.Add(false, body)
		f.Add(true, body)
	}
	f.Fuzz(func(t *testing.T, cheats bool, body string) {
		path := "/jsonrpc"
		if cheats {
			path = "/tre"
			for _, slow := range []string{"etLatency", "ailRequests"} { // what they do to the next input is no fault
				if strings.Contains(body, slow) {
					return
				}
			}
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s: a fault", path)
		}
	})
}

// FuzzGrid asks for hostile paths and queries below /v1/.
func FuzzGrid(f *testing.F) {
	n, err := chain.New(chain.Config{})
	if err != nil {
		f.Fatal(err)
	}
	s := New(n, Config{})
	f.Add("accounts/TJRabPrwbZy45sbavfcjinPJC18kjpRTv8/transactions", "limit=3&fingerprint=0-0-0&order_by=block_timestamp,asc")
	f.Add("blocks/latest/events", "only_confirmed=true&min_timestamp=2020-01-01T00:00:00Z")
	f.Add("assets//list", "limit=-1")
	f.Fuzz(func(t *testing.T, path, query string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/v1/", http.NoBody)
		r.URL.Path, r.URL.RawQuery = "/v1/"+path, query
		s.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%q?%q: a fault", path, query)
		}
	})
}
