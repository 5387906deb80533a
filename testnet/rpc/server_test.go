package rpc

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/test/bufconn"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// fixture is a chain with two rich accounts behind its doors.
type fixture struct {
	*Server
	alice, bob *wallet.Key
	node       *node.Node
}

func newFixture(t *testing.T, c Config) *fixture {
	t.Helper()
	f := &fixture{alice: key(t, 1), bob: key(t, 2)}
	n, err := chain.New(chain.Config{Accounts: []chain.Funded{
		{Address: f.alice.Address(), Balance: 1_000_000 * wallet.TRX}, {Address: f.bob.Address(), Balance: 1_000_000 * wallet.TRX},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f.Server = New(n, c)
	listener := bufconn.Listen(1 << 20)
	go func() { _ = f.GRPC().Serve(listener) }()
	t.Cleanup(f.GRPC().Stop)
	f.node, err = node.Dial(t.Context(), node.Config{
		Address: "testnet", RequestsPerSecond: -1,
		Dialer: func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.node.Close() })
	return f
}

func key(t *testing.T, n byte) *wallet.Key {
	t.Helper()
	k, err := wallet.KeyFromBytes(append(make([]byte, 31), n))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ask does one HTTP request in process.
func (f *fixture) ask(method, path, body string, header ...string) (status int, contentType, text string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	raw, _ := io.ReadAll(w.Body)
	return w.Code, w.Header().Get("Content-Type"), string(raw)
}

// send builds, signs and broadcasts through our own client, and gives the receipt.
func (f *fixture) send(t *testing.T, from *wallet.Key, c tx.Contract) *node.Receipt {
	t.Helper()
	built, _, err := f.node.Build(t.Context(), c, tx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := built.Sign(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	id, err := f.node.Broadcast(t.Context(), built.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := f.node.Wait(t.Context(), id, built.Body().Expiration, node.Final)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func TestOurClientTransfers(t *testing.T) {
	f := newFixture(t, Config{})
	carol := wallet.MustParseAddress("412222222222222222222222222222222222222222")
	receipt := f.send(t, f.alice, &tx.Transfer{Owner: f.alice.Address(), To: carol, Amount: 5 * wallet.TRX})
	if receipt.Fee != 1_100_000 { // 1 TRX for the account, 0.1 instead of bandwidth
		t.Errorf("fee %s", receipt.Fee)
	}
	balance, exists, err := f.node.Balance(t.Context(), carol)
	if err != nil || !exists || balance != 5*wallet.TRX {
		t.Errorf("balance %s, %v, %v", balance, exists, err)
	}
	b, err := f.node.Block(t.Context(), node.Solid, receipt.Block)
	if err != nil || len(b.Transactions) != 1 || b.Transactions[0].ID != receipt.ID {
		t.Errorf("block %+v, %v", b, err)
	}
}

func TestMethodsAndPaths(t *testing.T) {
	f := newFixture(t, Config{})
	for _, c := range []struct {
		method, path, contentType, text string
		status                          int
	}{
		{"GET", "/wallet/createtransaction", jsonType, "", 200},
		{"GET", "/wallet/broadcasttransaction", htmlType, "<html>", 405},
		{"PUT", "/wallet/getaccount", "", "", 405},
		{"DELETE", "/wallet/getaccount", "", "", 405},
		{"PATCH", "/wallet/getaccount", "", "", 501},
		{"OPTIONS", "/wallet/getaccount", jsonType, "", 200},
		{"HEAD", "/wallet/getaccount", jsonType, "", 200},
		{"GET", "/wallet/nothing", htmlType, "<html>", 404},
		{"POST", "/wallet/nothing", htmlType, "<html>", 405},
		{"POST", "/wallet/getreward", htmlType, "<html>", 405},
		{"POST", "/wallet/getaccount/", htmlType, "<html>", 405},
		{"POST", "/walletsolidity/createtransaction", htmlType, "<html>", 405},
		{"POST", "/walletpbft/gettransactioninfobyblocknum", htmlType, "<html>", 405},
		{"GET", "/walletpbft/getpaginatednowwitnesslist", htmlType, "<html>", 404},
		{"GET", "/walletpbft/getaccount", jsonType, "{}\n", 200},
		{"PATCH", "/walletpbft/nothing", "", "", 501},
		{"GET", "/wallet/getaccount", jsonType, "{}\n", 200},
	} {
		status, contentType, text := f.ask(c.method, c.path, "")
		if strings.HasPrefix(text, "<html>") {
			text = "<html>"
		}
		if status != c.status || contentType != c.contentType || text != c.text {
			t.Errorf("%s %s: %d %q %q, want %d %q %q", c.method, c.path, status, contentType, text, c.status, c.contentType, c.text)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	f := newFixture(t, Config{})
	r := httptest.NewRequest(http.MethodOptions, "/wallet/getnowblock", http.NoBody)
	r.Header.Set("Origin", "https://example.org")
	r.Header.Set("Access-Control-Request-Method", "POST")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "TRON-PRO-API-KEY") {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
}

// TestViews looks at the newest block through the three doors: only the first is ahead of what is solid.
func TestViews(t *testing.T) {
	f := newFixture(t, Config{})
	f.must(t, "testnet_setSolidLag", 1)
	f.must(t, "tre_mine", 3)
	head := f.chain.HeadNumber()
	for door, want := range map[string]int64{"wallet": head, "walletsolidity": head - 1, "walletpbft": head - 1} {
		_, _, text := f.ask("POST", "/"+door+"/getnowblock", "{}")
		if !strings.Contains(text, fmt.Sprintf(`"number":%d,`, want)) {
			t.Errorf("%s: %.200s, want block %d", door, text, want)
		}
	}
}

// TestGenesisTransactions: block 0 shows them, and nobody finds them by their ids, as in java-tron.
func TestGenesisTransactions(t *testing.T) {
	f := newFixture(t, Config{})
	id := fmt.Sprintf("%x", f.chain.BlockByNumber(chain.Head, 0).IDs[1])
	if _, _, text := f.ask("POST", "/wallet/gettransactionbyid", `{"value":"`+id+`"}`); text != "{}\n" {
		t.Errorf("by its id: %.200s", text)
	}
	for method, params := range map[string]string{
		"eth_getTransactionByHash": `["0x` + id + `"]`, "eth_getTransactionReceipt": `["0x` + id + `"]`, "eth_getBlockReceipts": `["0x0"]`,
	} {
		_, _, text := f.ask("POST", "/jsonrpc", `{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":`+params+`}`)
		if !strings.Contains(text, `"result":null`) {
			t.Errorf("%s: %.200s", method, text)
		}
	}
}

// TestPageOfTokens: java-tron orders pages by name, the whole list by id.
func TestPageOfTokens(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue(t, f.alice, "Coin", 1000)
	f.issue(t, f.bob, "4aef", 1000)
	for body, want := range map[string]string{`{"offset":0,"limit":1,"visible":true}`: "4aef", `{"offset":1,"limit":1,"visible":true}`: "Coin"} {
		_, _, text := f.ask("POST", "/wallet/getpaginatedassetissuelist", body)
		if strings.Count(text, `"owner_address"`) != 1 || !strings.Contains(text, `"name": "`+want+`"`) {
			t.Errorf("%s: %s, want %s", body, text, want)
		}
	}
}
