package explorer_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet"
	"github.com/piecework/piecework/testnet/browser"
	"github.com/piecework/piecework/testnet/explorer"
	"github.com/piecework/piecework/testnet/testnettest"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// story is a network with something to look at: a token whose name is an attack on the page, TRC-10 tokens, transfers, a transaction that failed.
type story struct {
	*testing.T
	network *testnet.Network
	node    *node.Node
	url     string
	alice   *wallet.Key
	bob     *wallet.Key
	token   wallet.Address
	sent    tx.ID // alice's transfer of 12.5 tokens to bob
	failed  tx.ID // bob's transfer of more than he has
}

const attack = `<img src=x onerror=alert(1)>`

func tell(t *testing.T) *story {
	t.Helper()
	network := testnettest.Start(t, testnet.Config{})
	s := &story{T: t, network: network, node: testnettest.Dial(t, network), url: network.URL(), alice: network.Accounts()[0], bob: network.Accounts()[1]}
	s.happen()
	return s
}

func (s *story) happen() {
	s.Helper()
	deploy, err := trc20.Deployment{
		Owner: s.alice.Address(), Name: attack, Symbol: "ACM", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000_000_000), Options: contract.Options{Permit: true},
	}.Contract()
	_, receipt := s.do(s.alice, deploy, err)
	s.token = receipt.Contract
	token, err := trc20.Open(s.Context(), s.node, s.token)
	if err != nil {
		s.Fatal(err)
	}
	transfer, err := token.Transfer(s.alice.Address(), s.bob.Address(), wallet.UnitsFromUint64(12_500_000))
	s.sent, _ = s.do(s.alice, transfer, err)
	var failed struct{ ID tx.ID }
	s.post("write", s.call("transfer(address,uint256)", s.alice.Address().String()+" 999000000", s.bob.Address().String()), &failed)
	s.failed = failed.ID
	s.do(s.bob, &tx.Transfer{Owner: s.bob.Address(), To: s.alice.Address(), Amount: 7 * wallet.TRX}, nil)
	s.do(s.bob, &tx.AssetIssue{
		Owner: s.bob.Address(), Name: "Seeds", Abbr: "SEED", TotalSupply: wallet.UnitsFromUint64(1000), Num: 1, TRXNum: 1, Precision: 2,
		Start: s.network.Node().Now().Add(time.Hour), End: s.network.Node().Now().Add(2 * time.Hour), URL: "https://example.org",
	}, nil)
}

// do sends a contract and waits for its block.
func (s *story) do(key *wallet.Key, c tx.Contract, err error) (tx.ID, *node.Receipt) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	transaction, _, err := s.node.Build(s.Context(), c, tx.Options{})
	if err != nil {
		s.Fatal(err)
	}
	if err := transaction.Sign(s.Context(), key); err != nil {
		s.Fatal(err)
	}
	id, err := s.node.Broadcast(s.Context(), transaction.Bytes())
	if err != nil {
		s.Fatal(err)
	}
	receipt, err := s.node.Wait(s.Context(), id, transaction.Body().Expiration, node.InBlock)
	if err != nil {
		s.Fatal(err)
	}
	return id, receipt
}

// get reads an answer of the page's API into a value, and says the status.
func (s *story) get(path string, into any) int {
	s.Helper()
	ctx, stop := context.WithTimeout(s.Context(), time.Minute)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+explorer.Path+"api/"+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	return s.ask(r, into)
}

func (s *story) ask(r *http.Request, into any) int {
	s.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		s.Fatalf("%s: %v: %s", r.URL, err, body)
	}
	return resp.StatusCode
}

// post asks the page's API to call a contract.
func (s *story) post(path, body string, into any) int {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+explorer.Path+"api/"+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	return s.ask(r, into)
}

// call is a call of the token; the arguments stand between spaces.
func (s *story) call(method, arguments, from string) string {
	s.Helper()
	text, err := json.Marshal(map[string]any{"contract": s.token.String(), "method": method, "arguments": strings.Fields(arguments), "from": from})
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

func TestTransactionIsDecoded(t *testing.T) {
	s := tell(t)
	var sent struct {
		Type, Method, Result, To, Fee string
		Energy                        int64
		Call                          struct {
			Arguments []struct{ Name, Value string }
		}
		Events []struct{ Name string }
	}
	if status := s.get("tx/"+s.sent.String(), &sent); status != http.StatusOK {
		t.Fatal(status)
	}
	if sent.Method != "transfer" || sent.Result != "SUCCESS" || sent.To != s.token.String() || sent.Energy == 0 {
		t.Errorf("the transfer is shown as %+v", sent)
	}
	if len(sent.Call.Arguments) != 2 || sent.Call.Arguments[0].Value != s.bob.Address().String() || sent.Call.Arguments[1].Value != "12500000" {
		t.Errorf("its arguments as %+v", sent.Call)
	}
	if len(sent.Events) != 1 || sent.Events[0].Name != "Transfer" {
		t.Errorf("its events as %+v", sent.Events)
	}
	var failed struct{ Result, Revert string }
	if s.get("tx/"+s.failed.String(), &failed); failed.Result != "REVERT" || failed.Revert == "" {
		t.Errorf("the failed one as %+v", failed)
	}
}

func TestAccountHasItsTokens(t *testing.T) {
	s := tell(t)
	var bob struct {
		Balance string
		Tokens  []struct{ Standard, Symbol, Amount string }
	}
	s.get("account/"+s.bob.Address().String(), &bob)
	if len(bob.Tokens) != 2 || bob.Tokens[0].Amount != "10" || bob.Tokens[0].Symbol != "SEED" || bob.Tokens[1].Amount != "12.5" || bob.Tokens[1].Symbol != "ACM" {
		t.Errorf("bob's tokens are shown as %+v", bob.Tokens)
	}
	if want := s.network.Node().Balance(0, s.bob.Address()).String(); bob.Balance != want {
		t.Errorf("balance %s, want %s", bob.Balance, want)
	}
	var history struct{ List []struct{ Type string } }
	s.get("history/"+s.bob.Address().String()+"?limit=100", &history)
	if len(history.List) != 4 { // received tokens, failed, TRX, issue
		t.Errorf("bob's history is %+v", history.List)
	}
	var none struct {
		Exists  bool
		Balance string
	}
	if status := s.get("account/TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", &none); status != http.StatusOK || none.Exists || none.Balance != "0" {
		t.Errorf("an account that is not activated is shown as %+v (%d)", none, status)
	}
}

func TestSearch(t *testing.T) {
	s := tell(t)
	for q, want := range map[string]string{
		s.bob.Address().String(): "account/" + s.bob.Address().String(), s.bob.Address().Hex(): "account/" + s.bob.Address().String(),
		s.sent.String(): "tx/" + s.sent.String(), "2": "block/2", "SEED": "account/" + s.bob.Address().String(), "ACM": "contract/" + s.token.String(),
	} {
		var found struct{ Kind, ID string }
		if s.get("search?q="+q, &found); found.Kind+"/"+found.ID != want {
			t.Errorf("searching %q found %+v, want %s", q, found, want)
		}
	}
}

func TestWrongQuestions(t *testing.T) {
	s := tell(t)
	for path, want := range map[string]int{
		"block/999999": 404, "block/zz": 404, "block/" + strings.Repeat("9", 40): 404, "tx/00": 404, "tx/zz": 400, "tx/" + strings.Repeat("00", 32): 404,
		"account/nobody": 400, "contract/" + s.bob.Address().String(): 404, "history/" + s.bob.Address().String() + "?from=-1": 400,
		"blocks?limit=x": 400, "search?q=": 404, "search?q=%3Cscript%3E": 404,
	} {
		var problem struct{ Error string }
		if status := s.get(path, &problem); status != want || problem.Error == "" {
			t.Errorf("%s: %d %q, want %d and a reason", path, status, problem.Error, want)
		}
	}
}

func TestReadAndWrite(t *testing.T) {
	s := tell(t)
	var got struct {
		Values    []struct{ Value string }
		ID, Error string
	}
	s.post("read", s.call("balanceOf(address)(uint256)", s.bob.Address().String(), ""), &got)
	if len(got.Values) != 1 || got.Values[0].Value != "12500000" {
		t.Errorf("reading gave %+v", got)
	}
	status := s.post("write", s.call("transfer(address,uint256)", s.alice.Address().String()+" 500000", s.bob.Address().String()), &got)
	if status != http.StatusOK || got.ID == "" {
		t.Fatalf("writing gave %d %+v", status, got)
	}
	s.post("read", s.call("balanceOf(address)(uint256)", s.bob.Address().String(), ""), &got)
	if got.Values[0].Value != "12000000" {
		t.Errorf("after the transfer bob has %s units", got.Values[0].Value)
	}
	for name, body := range map[string]string{
		"no JSON": "x", "no contract": "{}", "huge": `{"contract":"` + strings.Repeat("x", explorer.MaxBody) + `"}`,
		"argument missing": s.call("balanceOf(address)(uint256)", "", ""), "bad signature": s.call("balanceOf((((", "", ""),
		"reverts": s.call("transfer(address,uint256)", s.alice.Address().String()+" 99999999999999", s.bob.Address().String()),
	} {
		got.Error = ""
		if status := s.post("read", body, &got); status != http.StatusBadRequest || got.Error == "" {
			t.Errorf("%s: %d %q, want 400 and a reason", name, status, got.Error)
		}
	}
	got.Error = ""
	if status := s.post("write", s.call("transfer(address,uint256)", s.alice.Address().String()+" 1", s.token.String()), &got); status != 400 || !strings.Contains(got.Error, "key") {
		t.Errorf("writing for somebody whose key is not known: %d %q", status, got.Error)
	}
}

func TestPageIsSafe(t *testing.T) {
	s := tell(t)
	resp, err := http.Get(s.url + "/") // leads to the page
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Request.URL.Path != explorer.Path || resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("%s answered %d with the policy %q", resp.Request.URL, resp.StatusCode, resp.Header.Get("Content-Security-Policy"))
	}
}

// TestBrowser walks through the page in Chromium: light and dark, wide and on a phone, with live updates, calls, and a token whose name is an attack.
func TestBrowser(t *testing.T) {
	s := tell(t)
	browser.Run(t, "testdata/explorer.mjs", s.url, s.token.String(), s.bob.Address().String(), s.sent.String(), s.failed.String(), attack)
}
