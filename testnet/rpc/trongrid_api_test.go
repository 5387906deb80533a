package rpc

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// What TronGrid documents, and what wallets that are built on it (seen in their sources and recorded answers) look at.

// approveData is a call of approve(spender, units).
func approveData(spender wallet.Address, units byte) []byte {
	data := transferData(spender, units)
	copy(data, []byte{0x09, 0x5e, 0xa7, 0xb3})
	return data
}

func TestGridTokenTransfers(t *testing.T) {
	f := newFixture(t, Config{})
	token := f.token(t)
	bob := f.bob.Address()
	f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: token, Data: transferData(bob, 5)})
	f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: token, Data: approveData(bob, 9)})
	evm := token[1:]
	for _, form := range []string{token.String(), token.Hex(), "0x" + hex.EncodeToString(evm)} {
		for _, key := range []string{"contract_address", "contractAddress"} {
			if p, _ := f.grid(t, "/v1/accounts/"+bob.String()+"/transactions/trc20?"+key+"="+form); len(p.Data) != 2 {
				t.Errorf("%s=%s finds %d entries, want 2", key, form, len(p.Data))
			}
		}
	}
	p, _ := f.grid(t, "/v1/accounts/"+bob.String()+"/transactions/trc20?get_detail=true")
	if len(p.Data) != 2 {
		t.Fatalf("%+v", p)
	}
	approval, transfer := p.Data[0], p.Data[1]
	if approval["type"] != "Approval" || approval["value"] != "9" || approval["from"] != f.alice.Address().String() || approval["to"] != bob.String() {
		t.Errorf("the approval is %v", approval)
	}
	if detail, _ := transfer["detail"].(map[string]any); transfer["type"] != "Transfer" || detail["txID"] != transfer["transaction_id"] {
		t.Errorf("the transfer is %v", transfer)
	}
	if p, status := f.grid(t, "/v1/accounts/"+bob.String()+"/transactions/trc20?contract_address=nobody"); status != http.StatusBadRequest || p.Error == "" {
		t.Errorf("a contract that is none: %d %+v", status, p)
	}
	if p, _ := f.grid(t, "/v1/accounts/"+bob.String()+"/trc20/balance"); len(p.Data) != 1 || p.Data[0][token.String()] != "5" {
		t.Errorf("bob's balances are %v", p.Data)
	}
}

// TestGridInternal deploys a contract that sends on what it is sent, to bob.
func TestGridInternal(t *testing.T) {
	f := newFixture(t, Config{})
	bob := f.bob.Address()
	forward, _ := hex.DecodeString("600080808034" + "73" + hex.EncodeToString(bob[1:]) + "5af100")
	init := append([]byte{0x60, byte(len(forward)), 0x80, 0x60, 0x0b, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3}, forward...)
	alice := f.alice.Address()
	made := f.send(t, f.alice, &tx.CreateSmartContract{Owner: alice, New: &tx.SmartContract{
		Origin: alice, Bytecode: init, CallerEnergyPercent: 100, Name: "forward", OriginEnergyLimit: 1_000_000,
	}}).Contract
	built, _, err := f.node.Build(t.Context(), &tx.TriggerSmartContract{Owner: alice, Contract: made, CallValue: 7}, tx.Options{FeeLimit: 100 * wallet.TRX})
	if err == nil {
		err = built.Sign(t.Context(), f.alice)
	}
	if err == nil {
		_, err = f.node.Broadcast(t.Context(), built.Bytes())
	}
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"": 1, "?search_internal=true": 1, "?searchInternal=true": 1, "?search_internal=false": 0, "?only_to=true": 1, "?only_from=true": 0,
	} {
		p, _ := f.grid(t, "/v1/accounts/"+bob.String()+"/transactions"+query)
		if len(p.Data) != want {
			t.Errorf("%q finds %d entries, want %d: %v", query, len(p.Data), want, p.Data)
			continue
		}
		if want == 1 && (p.Data[0]["internal_tx_id"] == nil || p.Data[0]["to_address"] != bob.Hex()) {
			t.Errorf("%q finds %v", query, p.Data[0])
		}
	}
}

func TestGridFilters(t *testing.T) {
	f := newFixture(t, Config{})
	alice, bob := f.alice.Address(), f.bob.Address()
	f.send(t, f.alice, &tx.Transfer{Owner: alice, To: bob, Amount: 1})
	f.send(t, f.bob, &tx.Transfer{Owner: bob, To: alice, Amount: 2})
	list := "/v1/accounts/" + bob.String() + "/transactions"
	amounts := func(path string) string {
		var all []string
		p, _ := f.grid(t, path)
		for _, e := range p.Data {
			raw, _ := e["raw_data"].(map[string]any)
			contracts, _ := raw["contract"].([]any)
			first, _ := contracts[0].(map[string]any)
			parameter, _ := first["parameter"].(map[string]any)
			value, _ := parameter["value"].(map[string]any)
			all = append(all, fmt.Sprint(value["amount"]))
		}
		return strings.Join(all, " ")
	}
	for query, want := range map[string]string{
		"": "2 1", "?only_to=true&only_from=true": "2 1", "?onlyTo=true": "1", "?only_from=true": "2",
		"?order_by=block_timestamp,asc": "1 2", "?orderBy=block_number,asc": "1 2", "?order_by=timestamp,desc": "2 1", "?order_by=block_timestamp,ASC": "1 2",
		"?onlyConfirmed=true": "2 1", "?onlyUnconfirmed=true": "", "?minTimestamp=99999999999999": "",
	} {
		if got := amounts(list + query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"?order_by=amount,asc", "?order_by=block_timestamp,up", "?only_confirmed=true&only_unconfirmed=true"} {
		if p, status := f.grid(t, list+query); status != http.StatusBadRequest || p.Error == "" {
			t.Errorf("%s: %d %+v", query, status, p)
		}
	}
	for _, path := range []string{"/v1/nothing", "/v1/accounts/" + bob.String() + "/nothing"} {
		if p, status := f.grid(t, path); status != http.StatusNotFound || p.Success || p.Error == "" {
			t.Errorf("%s: %d %+v", path, status, p)
		}
	}
	if p, status := f.grid(t, "/v1/accounts/nobody"); status != http.StatusBadRequest || p.Error != "A valid account address is required." {
		t.Errorf("nobody: %d %+v", status, p)
	}
}

// TestGridNextLink: behind a proxy that ends TLS the link leads back through it.
func TestGridNextLink(t *testing.T) {
	f := newFixture(t, Config{})
	for range 2 {
		f.send(t, f.alice, &tx.Transfer{Owner: f.alice.Address(), To: f.bob.Address(), Amount: 1})
	}
	path := "/v1/accounts/" + f.bob.Address().String() + "/transactions?limit=1"
	for proto, want := range map[string]string{"": "http://", "https": "https://", "https, http": "https://", "gopher": "http://"} {
		_, _, text := f.ask(http.MethodGet, path, "", "X-Forwarded-Proto", proto)
		if !strings.Contains(text, `"next":"`+want+"example.com/v1/") {
			t.Errorf("%q: %s", proto, text[max(0, len(text)-300):])
		}
	}
}

// issue makes a token of a name and a supply for its owner.
func (f *fixture) issue(t *testing.T, owner *wallet.Key, name string, supply uint64) {
	t.Helper()
	now := f.chain.NowBlock(chain.Head).Time()
	f.send(t, owner, &tx.AssetIssue{
		Owner: owner.Address(), Name: name, Abbr: name, TotalSupply: wallet.UnitsFromUint64(supply), TRXNum: 1, Num: 1, URL: "u",
		Start: time.UnixMilli(now + 3_600_000), End: time.UnixMilli(now + 7_200_000),
	})
}

func TestGridAssets(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue(t, f.alice, "Acme", 300)
	f.issue(t, f.bob, "Acme", 100)
	supplies := func(path string) (string, gridPage) {
		var all []string
		p, _ := f.grid(t, path)
		for _, e := range p.Data {
			all = append(all, fmt.Sprint(e["total_supply"]))
		}
		return strings.Join(all, " "), p
	}
	for path, want := range map[string]string{
		"/v1/assets":                                 "300 100",
		"/v1/assets?order_by=total_supply,asc":       "100 300",
		"/v1/assets?order_by=id,desc":                "100 300",
		"/v1/assets/Acme/list":                       "300 100",
		"/v1/assets/Acme":                            "",
		"/v1/assets/1000002":                         "100",
		"/v1/assets/" + f.bob.Address().String():     "100",
		"/v1/assets/" + f.bob.Address().Hex():        "100",
		"/v1/assets/1000001/list":                    "",
		"/v1/assets?order_by=start_time,asc&limit=1": "300",
	} {
		if got, _ := supplies(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	_, p := supplies("/v1/assets?limit=1")
	if got, last := supplies("/v1/assets?limit=1&fingerprint=" + p.Meta.Fingerprint); p.Meta.Fingerprint == "" || got != "100" || last.Meta.Fingerprint != "" {
		t.Errorf("the second page after %q is %q %+v", p.Meta.Fingerprint, got, last.Meta)
	}
}

func TestGridHolders(t *testing.T) {
	f := newFixture(t, Config{})
	token := f.token(t)
	for i := range 3 {
		to := wallet.MustParseAddress(fmt.Sprintf("41%040x", 0xabc0+i))
		f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: token, Data: transferData(to, byte(i+1))})
	}
	path := "/v1/contracts/" + token.String() + "/tokens?limit=2"
	for order, want := range map[string]string{"": "999999994 3 2 1", "&order_by=balance,desc": "999999994 3 2 1", "&order_by=balance,asc": "1 2 3 999999994"} {
		var all []string
		for next := path + order; next != ""; {
			p, _ := f.grid(t, next)
			for _, e := range p.Data {
				for _, balance := range e {
					all = append(all, fmt.Sprint(balance))
				}
			}
			_, next, _ = strings.Cut(p.Meta.Links.Next, "example.com")
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("%q: %q, want %q", order, got, want)
		}
	}
}

func TestGridEventsOfBlock(t *testing.T) {
	f := newFixture(t, Config{})
	receipt := f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: f.token(t), Data: transferData(f.bob.Address(), 1)})
	id := f.chain.BlockByNumber(chain.Head, receipt.Block).ID
	if p, _ := f.grid(t, "/v1/blocks/"+hex.EncodeToString(id[:])+"/events"); len(p.Data) != 1 {
		t.Errorf("by the block's id there are %d events", len(p.Data))
	}
}

// TestGridForms: addresses and names as TronGrid's recorded answers have them.
func TestGridForms(t *testing.T) {
	f := newFixture(t, Config{})
	f.issue(t, f.alice, "Acme", 300)
	f.send(t, f.alice, &tx.TransferAsset{Owner: f.alice.Address(), To: f.bob.Address(), Asset: "1000001", Amount: wallet.UnitsFromUint64(2)})
	_, _, text := f.ask(http.MethodGet, "/v1/accounts/"+f.bob.Address().String()+"/transactions", "")
	if !strings.Contains(text, `"asset_name":"1000001"`) {
		t.Errorf("the transfer of a token is %s", text)
	}
	_, _, text = f.ask(http.MethodGet, "/v1/accounts/"+f.bob.Address().String(), "")
	if !strings.Contains(text, `"keys":[{"address":"`+f.bob.Address().String()) || !strings.Contains(text, `"address":"`+f.bob.Address().Hex()) {
		t.Errorf("the account is %s", text)
	}
}

// TestGridStops: a list that finds little goes on from its fingerprint, and nobody searches for who has left.
func TestGridStops(t *testing.T) {
	f := newFixture(t, Config{})
	f.send(t, f.alice, &tx.Transfer{Owner: f.alice.Address(), To: f.bob.Address(), Amount: 1})
	f.chain.Mine(30)
	q := gridQuery{limit: 1, scan: 10, to: latestBlock, block: -1, internal: true}
	visit := func(b *chain.Block, _ bool) []found { return transactionsOf(b, f.bob.Address(), q) }
	pages, entries := 0, 0
	for more := "more"; more != "" && pages < 20; pages++ {
		var page []any
		page, next, err := f.walk(t.Context(), q, visit)
		if err != nil {
			t.Fatal(err)
		}
		entries += len(page)
		more = next
		if more != "" {
			q.fingerprint = more
		}
	}
	if pages < 3 || pages > 5 || entries != 1 {
		t.Errorf("%d pages with %d entries, want 3 to 5 with 1", pages, entries)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, _, err := f.walk(gone, gridQuery{limit: 1, scan: 100, to: latestBlock, block: -1}, visit); err == nil {
		t.Error("the list goes on for a client that has left")
	}
}
