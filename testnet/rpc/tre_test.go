package rpc

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/trc20/contract"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// cheat calls a method of /tre. A refusal is its error's message.
func (f *fixture) cheat(t *testing.T, method string, params ...any) (result json.RawMessage, refusal string) {
	t.Helper()
	if params == nil {
		params = []any{}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	_, _, text := f.ask("POST", "/tre", string(body))
	var answer struct {
		Result json.RawMessage
		Error  *struct{ Message string }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v: %s", method, err, text)
	}
	if answer.Error != nil {
		return nil, answer.Error.Message
	}
	return answer.Result, ""
}

// must is a cheat that may not be refused.
func (f *fixture) must(t *testing.T, method string, params ...any) string {
	t.Helper()
	result, refusal := f.cheat(t, method, params...)
	if refusal != "" {
		t.Fatalf("%s %v: %s", method, params, refusal)
	}
	return string(result)
}

func (f *fixture) balance(a wallet.Address) wallet.Sun { return f.chain.Balance(chain.Head, a) }

func TestSnapshots(t *testing.T) {
	f := newFixture(t, Config{})
	before, head := f.balance(f.bob.Address()), f.chain.HeadNumber()
	id := strings.Trim(f.must(t, "tre_snapshot"), `"`)
	for range 2 { // a snapshot is used up, so each round takes one
		f.send(t, f.alice, &tx.Transfer{Owner: f.alice.Address(), To: f.bob.Address(), Amount: wallet.TRX})
		if f.must(t, "tre_revert", id) != "true" {
			t.Error("reverting is not said to be done")
		}
		if f.balance(f.bob.Address()) != before || f.chain.HeadNumber() != head {
			t.Errorf("after the revert bob has %s at block %d", f.balance(f.bob.Address()), f.chain.HeadNumber())
		}
		if _, refusal := f.cheat(t, "tre_revert", id); !strings.Contains(refusal, "unknown snapshot") {
			t.Errorf("reverting again: %q", refusal)
		}
		id = strings.Trim(f.must(t, "evm_snapshot"), `"`)
	}
	if f.must(t, "tre_dropSnapshot", id) != "true" || f.must(t, "tre_dropSnapshot", id) != "false" {
		t.Error("dropping a snapshot twice")
	}
}

func TestTimeAndMining(t *testing.T) {
	f := newFixture(t, Config{})
	head, now := f.chain.HeadNumber(), f.chain.NowBlock(chain.Head).Time()
	f.must(t, "tre_mine")
	f.must(t, "tre_mine", map[string]any{"blocks": 3})
	f.must(t, "evm_mine")
	if f.chain.HeadNumber() != head+5 {
		t.Errorf("five blocks later the head is %d, it was %d", f.chain.HeadNumber(), head)
	}
	f.must(t, "tre_increaseTime", 86_400)
	f.must(t, "tre_mine")
	if moved := f.chain.NowBlock(chain.Head).Time() - now; moved < 86_400_000 {
		t.Errorf("a day later the head is %d ms later", moved)
	}
	at := f.chain.NowBlock(chain.Head).Time() + 123_000
	f.must(t, "tre_setNextBlockTimestamp", at)
	f.must(t, "tre_mine")
	if got := f.chain.NowBlock(chain.Head).Time(); got != at {
		t.Errorf("the next block is of %d, it was to be of %d", got, at)
	}
	for name, params := range map[string][]any{
		"tre_mine": {map[string]any{"blocks": 101}}, "tre_setNextBlockTimestamp": {at}, "tre_blockTime": {61}, "tre_increaseTime": {-1}, "evm_setNextBlockTimestamp": {1},
	} {
		if _, refusal := f.cheat(t, name, params...); refusal == "" {
			t.Errorf("%s %v is not refused", name, params)
		}
	}
	f.must(t, "tre_blockTime", 3)
	if f.chain.MiningMode() != chain.Interval || f.chain.BlockTime() != 3*time.Second {
		t.Errorf("mining is %v each %s", f.chain.MiningMode(), f.chain.BlockTime())
	}
	f.must(t, "tre_blockTime", 0)
	f.must(t, "evm_setAutomine", false)
	if f.chain.MiningMode() != chain.Manual {
		t.Errorf("mining is %v", f.chain.MiningMode())
	}
}

func TestAccountsAreWhatOneWants(t *testing.T) {
	f := newFixture(t, Config{})
	ghost := wallet.MustParseAddress("412222222222222222222222222222222222222222")
	for _, form := range []string{ghost.String(), ghost.Hex(), "0x" + ghost.Hex()[2:]} {
		f.must(t, "tre_setAccountBalance", form, "0x7b")
		if got := f.balance(ghost); got != 123 {
			t.Errorf("written as %s it has %d sun", form, got)
		}
		f.must(t, "tre_setAccountBalance", form, 0)
	}
	f.must(t, "testnet_deal", ghost.String(), 5_000_000)
	if _, refusal := f.cheat(t, "tre_setAccountBalance", "nobody", 1); refusal == "" {
		t.Error("no address is taken")
	}

	// PUSH1 0 SLOAD PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
	f.must(t, "tre_setAccountCode", ghost.String(), "0x60005460005260206000f3")
	f.must(t, "tre_setAccountStorageAt", ghost.String(), "0x0", "0x2a")
	_, _, text := f.ask("POST", "/jsonrpc", `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"from":"0x`+f.alice.Address().Hex()[2:]+`","to":"0x`+ghost.Hex()[2:]+`","data":"0x"},"latest"]}`)
	if !strings.Contains(text, "000000000000002a") {
		t.Errorf("the code answers %s", text)
	}
	if rows := f.must(t, "debug_storageRangeAt", "latest", 0, ghost.String(), "0x0", 10); !strings.Contains(rows, "2a") {
		t.Errorf("its rows are %s", rows)
	}

	f.must(t, "tre_impersonateAccount", ghost.String())
	if list := f.must(t, "testnet_impersonated"); !strings.Contains(list, ghost.String()) {
		t.Errorf("unlocked are %s", list)
	}
	f.must(t, "tre_stopImpersonatingAccount", ghost.String())
	f.must(t, "tre_unlockedAccounts", []string{ghost.String(), f.alice.Address().String()})
	f.must(t, "testnet_setResources", f.alice.Address().String(), 1_000_000_000, 2_000_000_000)
	if limit := f.chain.AccountResource(chain.Head, addressBytesOf(f.alice)).GetEnergyLimit(); limit == 0 {
		t.Error("the resources that were set are not there")
	}
}

func addressBytesOf(k *wallet.Key) []byte { a := k.Address(); return a[:] }

// TestImpersonatedSendsUnsigned is what unlocking is for: an unsigned transaction of the account is taken, before and after it is not.
func TestImpersonatedSendsUnsigned(t *testing.T) {
	f := newFixture(t, Config{})
	unsigned := func() string {
		_, _, built := f.ask("POST", "/wallet/createtransaction", fmt.Sprintf(`{"owner_address":%q,"to_address":%q,"amount":1}`, f.alice.Address().Hex(), f.bob.Address().Hex()))
		_, _, answer := f.ask("POST", "/wallet/broadcasttransaction", built)
		return answer
	}
	if answer := unsigned(); !strings.Contains(answer, "SIGERROR") {
		t.Errorf("unsigned and locked: %s", answer)
	}
	f.must(t, "tre_impersonateAccount", f.alice.Address().String())
	if answer := unsigned(); !strings.Contains(answer, `"result":true`) {
		t.Errorf("unsigned and unlocked: %s", answer)
	}
	f.must(t, "tre_stopImpersonatingAccount", f.alice.Address().String())
	if answer := unsigned(); !strings.Contains(answer, "SIGERROR") {
		t.Errorf("unsigned and locked again: %s", answer)
	}
}

func TestDealTokens(t *testing.T) {
	f := newFixture(t, Config{})
	token := f.token(t)
	f.must(t, "testnet_dealTRC20", token.String(), f.bob.Address().String(), "77000000")
	if units := f.newTokenAsker(t.Context(), chain.Head).balance(token, f.bob.Address()); units.Int64() != 77_000_000 {
		t.Errorf("bob was dealt %s", units)
	}
	if _, refusal := f.cheat(t, "testnet_dealTRC20", f.bob.Address().String(), f.bob.Address().String(), "1"); !strings.Contains(refusal, "no slot") {
		t.Errorf("dealing what is no token: %q", refusal)
	}
	if _, refusal := f.cheat(t, "testnet_dealAsset", f.bob.Address().String(), 1_999_999, 1); !strings.Contains(refusal, "no token") {
		t.Errorf("dealing a TRC-10 token that is not: %q", refusal)
	}
}

// token deploys a TRC-20 token of alice.
func (f *fixture) token(t *testing.T) wallet.Address {
	t.Helper()
	deploy, err := trc20.Deployment{
		Owner: f.alice.Address(), Name: "Acme", Symbol: "ACM", Decimals: 6, Supply: wallet.UnitsFromUint64(1_000_000_000), Options: contract.Options{},
	}.Contract()
	if err != nil {
		t.Fatal(err)
	}
	return f.send(t, f.alice, deploy).Contract
}

func TestTroubles(t *testing.T) {
	f := newFixture(t, Config{})
	f.must(t, "testnet_failRequests", 2)
	for i, want := range []int{503, 503, 200} {
		if status, _, _ := f.ask("GET", "/wallet/getnowblock", ""); status != want {
			t.Errorf("request %d answered %d, want %d", i, status, want)
		}
	}
	f.must(t, "testnet_setLatency", 30)
	begun := time.Now()
	f.ask("GET", "/wallet/getnowblock", "")
	if took := time.Since(begun); took < 30*time.Millisecond {
		t.Errorf("a slow node answered in %s", took)
	}
	f.must(t, "testnet_setLatency", 0)

	f.must(t, "testnet_setSolidLag", 5)
	f.must(t, "tre_mine", 10)
	if head, solid := f.chain.HeadNumber(), f.chain.SolidNumber(); head-solid != 5 {
		t.Errorf("head %d, solid %d, the lag was to be 5", head, solid)
	}
	f.must(t, "testnet_freezeSolid", true)
	solid := f.chain.SolidNumber()
	f.must(t, "tre_mine", 10)
	if f.chain.SolidNumber() != solid {
		t.Error("a frozen solid block moved")
	}
	f.must(t, "testnet_freezeSolid", false)
	gone := f.chain.NowBlock(chain.Head).ID
	f.must(t, "testnet_reorg", 2, 3)
	if f.chain.BlockByID(chain.Head, gone[:]) != nil {
		t.Error("a block of the dropped fork is still there")
	}
	if _, refusal := f.cheat(t, "testnet_reorg", 1_000_000, 1); refusal == "" {
		t.Error("a reorganisation below the solid block is not refused")
	}
	if _, refusal := f.cheat(t, "testnet_setChainParameter", "getNothing", 1); !strings.Contains(refusal, "no chain parameter") {
		t.Errorf("an unknown parameter: %q", refusal)
	}
	f.must(t, "testnet_setChainParameter", "getEnergyFee", 210)
	if _, _, text := f.ask("POST", "/jsonrpc", `{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice","params":[]}`); !strings.Contains(text, `"0xd2"`) {
		t.Errorf("the energy price is %s", text)
	}
}

func TestTraces(t *testing.T) {
	f := newFixture(t, Config{})
	token := f.token(t)
	receipt := f.send(t, f.alice, &tx.TriggerSmartContract{Owner: f.alice.Address(), Contract: token, Data: transferData(f.bob.Address(), 5)})
	var calls struct{ Type, From, To, Input, Output string }
	if err := json.Unmarshal([]byte(f.must(t, "debug_traceTransaction", receipt.ID.String(), map[string]any{"tracer": "callTracer"})), &calls); err != nil {
		t.Fatal(err)
	}
	if calls.Type != "CALL" || !strings.HasSuffix(calls.To, token.Hex()[2:]) || !strings.HasPrefix(calls.Input, "0xa9059cbb") || !strings.HasSuffix(calls.Output, "1") {
		t.Errorf("the call tree is %+v", calls)
	}
	var steps struct {
		Gas        int64
		Failed     bool
		StructLogs []struct {
			Op             string
			Gas, GasCost   int64
			Depth          int
			Stack, Storage json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(f.must(t, "debug_traceTransaction", receipt.ID.String())), &steps); err != nil {
		t.Fatal(err)
	}
	var cost int64
	written := 0
	for _, s := range steps.StructLogs {
		cost += s.GasCost
		if s.Op == "SSTORE" {
			written++
		}
	}
	if steps.Failed || steps.Gas != receipt.Cost.Energy || cost != steps.Gas || written != 2 {
		t.Errorf("the steps cost %d of %d (the receipt says %d) and wrote %d rows", cost, steps.Gas, receipt.Cost.Energy, written)
	}
	for _, bad := range [][]any{{"00"}, {strings.Repeat("00", 32)}, {receipt.ID.String(), map[string]any{"tracer": "prestateTracer"}}, {}} {
		if _, refusal := f.cheat(t, "debug_traceTransaction", bad...); refusal == "" {
			t.Errorf("tracing %v is not refused", bad)
		}
	}
}

// transferData is the call transfer(to, units).
func transferData(to wallet.Address, units byte) []byte {
	selector, _ := hex.DecodeString("a9059cbb")
	data := append(selector, make([]byte, 64)...)
	copy(data[16:], to[1:])
	data[67] = units
	return data
}

// TestEveryCheatChecksItsArguments: none may be so hurt by nonsense that it panics, hangs or takes it.
func TestEveryCheatChecksItsArguments(t *testing.T) {
	f := newFixture(t, Config{})
	nonsense := []any{"nonsense", "more nonsense", "and more", "and more", "and more"}
	for name, m := range treMethods() {
		if m.params <= 0 || name == "evm_setAutomine" {
			continue
		}
		if _, refusal := f.cheat(t, name, nonsense[:m.params]...); refusal == "" && !strings.Contains(name, "nlockedAccounts") {
			t.Errorf("%s takes nonsense", name)
		}
		if _, refusal := f.cheat(t, name); refusal == "" {
			t.Errorf("%s needs no arguments", name)
		}
	}
}
