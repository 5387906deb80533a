package rpc

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// gridPage is a list as TronGrid gives it.
type gridPage struct {
	Success bool
	Error   string
	Data    []map[string]any
	Meta    struct {
		PageSize    int `json:"page_size"`
		Fingerprint string
		Links       struct{ Next string }
	}
}

func (f *fixture) grid(t *testing.T, path string) (p gridPage, status int) {
	t.Helper()
	status, _, text := f.ask(http.MethodGet, path, "")
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%s: %v: %s", path, err, text)
	}
	return p, status
}

func TestGridLists(t *testing.T) {
	f := newFixture(t, Config{})
	token := f.token(t)
	for i := range 5 {
		f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: token, Data: transferData(f.bob.Address(), byte(i+1))})
	}
	f.send(t, f.bob, &tx.Transfer{Owner: f.bob.Address(), To: f.alice.Address(), Amount: wallet.TRX})
	bob, contract := f.bob.Address().String(), token.String()
	for path, want := range map[string]int{
		"/v1/contracts/" + contract + "/events":                                         6, // the supply's minting too
		"/v1/contracts/" + contract + "/events?event_name=Transfer&only_confirmed=true": 6,
		"/v1/contracts/" + contract + "/events?event_name=Approval":                     0,
		"/v1/contracts/" + contract + "/events?only_unconfirmed=true":                   0,
		"/v1/contracts/" + contract + "/events?max_block_timestamp=1":                   0,
		"/v1/contracts/" + contract + "/transactions":                                   5,
		"/v1/contracts/" + contract + "/tokens":                                         2,
		"/v1/accounts/" + bob:                                                           1,
		"/v1/accounts/" + f.bob.Address().Hex():                                         1,
		"/v1/accounts/" + bob + "/transactions":                                         1,
		"/v1/accounts/" + bob + "/transactions?only_to=true":                            0,
		"/v1/accounts/" + bob + "/transactions/trc20":                                   5,
		"/v1/accounts/" + bob + "/transactions/trc20?contract_address=" + contract:      5,
		"/v1/accounts/" + bob + "/transactions/trc20?contract_address=" + bob:           0,
		"/v1/accounts/" + bob + "/internal-transactions":                                0,
		"/v1/accounts/TJRabPrwbZy45sbavfcjinPJC18kjpRTv8":                               0,
		"/v1/blocks/latest/events":                                                      0,
		"/v1/blocks/3/events":                                                           1,
		"/v1/assets":                                                                    0,
		"/v1/transactions/" + strings.Repeat("00", 32) + "/events":                      0,
	} {
		if p, status := f.grid(t, path); status != http.StatusOK || !p.Success || len(p.Data) != want || p.Meta.PageSize != want {
			t.Errorf("%s: %d %s, %d entries (page_size %d), want %d", path, status, p.Error, len(p.Data), p.Meta.PageSize, want)
		}
	}
	p, _ := f.grid(t, "/v1/contracts/"+contract+"/events")
	first := p.Data[0]
	if result, _ := first["result"].(map[string]any); first["event_name"] != "Transfer" || result["value"] != "5" || first["contract_address"] != contract {
		t.Errorf("the newest event is %v", first)
	}
	if account, _ := f.grid(t, "/v1/accounts/"+bob); len(account.Data) == 1 {
		if held, _ := account.Data[0]["trc20"].([]any); len(held) != 1 {
			t.Errorf("bob's tokens are %v", account.Data[0]["trc20"])
		}
	}
}

// TestGridPages walks a list by its fingerprints, both ways, and by the link that a page gives: every entry once.
func TestGridPages(t *testing.T) {
	f := newFixture(t, Config{})
	token := f.token(t)
	for i := range 7 {
		f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: token, Data: transferData(f.bob.Address(), byte(i+1))})
	}
	for _, order := range []string{"block_timestamp,desc", "block_timestamp,asc"} {
		var values []string
		path := "/v1/contracts/" + token.String() + "/events?limit=3&order_by=" + order
		for pages := 0; path != "" && pages < 10; pages++ {
			p, _ := f.grid(t, path)
			for _, e := range p.Data {
				result, _ := e["result"].(map[string]any)
				text, _ := result["value"].(string)
				values = append(values, text)
			}
			if path = ""; p.Meta.Links.Next != "" {
				_, path, _ = strings.Cut(p.Meta.Links.Next, "example.com")
			}
		}
		want := "7 6 5 4 3 2 1 1000000000"
		if strings.HasSuffix(order, "asc") {
			want = "1000000000 1 2 3 4 5 6 7"
		}
		if got := strings.Join(values, " "); got != want {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
	}
}

func TestGridRefuses(t *testing.T) {
	f := newFixture(t, Config{})
	for _, path := range []string{
		"/v1/accounts/nobody", "/v1/contracts/nobody/events", "/v1/blocks/x/events", "/v1/transactions/zz/events",
		"/v1/accounts/" + f.bob.Address().String() + "/transactions?limit=0", "/v1/accounts/" + f.bob.Address().String() + "/transactions?limit=x",
		"/v1/accounts/" + f.bob.Address().String() + "/transactions?fingerprint=1", "/v1/accounts/" + f.bob.Address().String() + "/transactions?min_timestamp=soon",
	} {
		if p, status := f.grid(t, path); status != http.StatusBadRequest || p.Success || p.Error == "" {
			t.Errorf("%s: %d %+v", path, status, p)
		}
	}
	if status, _, _ := f.ask(http.MethodPost, "/v1/accounts/x", ""); status != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered %d", status)
	}
}

func TestAdmin(t *testing.T) {
	f := newFixture(t, Config{Keys: []*wallet.Key{key(t, 1)}, Mnemonic: "words", HDPath: "m/44'/195'/0'/0/"})
	var known struct {
		PrivateKeys []string `json:"privateKeys"`
		More        []struct {
			PrivateKeys []string `json:"privateKeys"`
		}
	}
	read := func() {
		_, _, text := f.ask(http.MethodGet, "/admin/accounts-json", "")
		if err := json.Unmarshal([]byte(text), &known); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if len(known.PrivateKeys) != 1 || known.PrivateKeys[0] != keyHex(f.alice) {
		t.Errorf("known are %v", known.PrivateKeys)
	}
	if _, _, text := f.ask(http.MethodGet, "/admin/temporary-accounts-generation?accounts=3&defaultBalance=7", ""); strings.Count(text, "(7 TRX)") != 3 {
		t.Errorf("three accounts of 7 TRX are %s", text)
	}
	read()
	if len(known.More) != 1 || len(known.More[0].PrivateKeys) != 3 {
		t.Errorf("after the generation there are %+v", known.More)
	}
	for _, query := range []string{"accounts=0", "accounts=101", "accounts=x", "defaultBalance=-1", "defaultBalance=99999999999999999999"} {
		if status, _, _ := f.ask(http.MethodGet, "/admin/temporary-accounts-generation?"+query, ""); status != http.StatusBadRequest {
			t.Errorf("%s is answered %d", query, status)
		}
	}
	if _, _, text := f.ask(http.MethodGet, "/admin/accounts?format=all", ""); !strings.Contains(text, f.alice.Address().Hex()) || !strings.Contains(text, "words") {
		t.Errorf("the list for people is %s", text)
	}
}
