package rpc

import (
	"fmt"
	"strings"
	"testing"
)

const parseRefusal = `{"jsonrpc":"2.0","id":"null","error":{"code":-32700,"message":"JSON parse error"}}`

const nullRefusal = `"exceptionTypeName":"java.lang.NullPointerException"`

// What java-tron 4.8.0 answered to odd bodies at /jsonrpc.
var oddBodies = []struct{ body, want string }{
	{`{"method":"nope"}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"method not found"}}`},
	{`{"method":"nope","id":[1]}`, ``},
	{`{"method":"eth_hashrate","id":true}`, ``},
	{`{"method":"eth_hashrate"}`, ``},
	{`{"method":"eth_hashrate","params":5,"id":1}`, ``},
	{`{"method":"eth_getBalance","params":[1]}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"method parameters invalid"}}`},
	{`[{"method":"eth_hashrate"}]`, `[null]`},
	{`[{"method":"eth_hashrate","id":true},{"method":"eth_hashrate","id":1}]`, `[` + parseRefusal + `,{"jsonrpc":"2.0","id":1,"result":"0x0"}]`},
	{`[[{"method":"eth_hashrate","id":1}],[]]`, `[[{"jsonrpc":"2.0","id":1,"result":"0x0"}],[]]`},
	{`{"method":"eth_hashrate","id":1}{"method`, `{"jsonrpc":"2.0","id":1,"result":"0x0"}`},
	{"\uFEFF" + `{"method":"eth_hashrate","id":1}`, `{"jsonrpc":"2.0","id":1,"result":"0x0"}`},
	{`{"jsonrpc":1.0,"method":"eth_hashrate","id":1}`, `{"jsonrpc":"1.0","id":1,"result":"0x0"}`},
	{`{"jsonrpc":{},"method":"eth_hashrate","id":1}`, `{"jsonrpc":"","id":1,"result":"0x0"}`},
	{`{"method":"eth_hashrate","id":99999999999999999999}`, `{"jsonrpc":"2.0","id":1661992959,"result":"0x0"}`},
	{`{"method":"eth_hashrate","id":1099511627776}`, `{"jsonrpc":"2.0","id":1099511627776,"result":"0x0"}`},
	{`{"method":"eth_hashrate","params":{},"id":1}`, `{"jsonrpc":"2.0","id":1,"result":"0x0"}`},
	{`{"method":"eth_hashrate","params":{"a":1},"id":1}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"method parameters invalid"}}`},
	{`null x`, `{"jsonrpc":"2.0","id":"null","error":{"code":-32600,"message":"invalid request"}}`},
}

func TestOddBodies(t *testing.T) {
	f := newFixture(t, Config{})
	for _, c := range oddBodies {
		if _, _, text := f.ask("POST", "/jsonrpc", c.body); strings.TrimSpace(text) != c.want {
			t.Errorf("%s: %s, want %s", c.body, text, c.want)
		}
	}
}

// What it answered to odd parameters: the error alone, or the result.
var oddParams = []struct{ method, params, want string }{
	{"eth_getUncleCountByBlockHash", `[[]]`, parseRefusal},
	{"eth_sendRawTransaction", `[{}]`, parseRefusal},
	{"eth_getStorageAt", `["` + zeros(20) + `",[],"earliest"]`, parseRefusal},
	{"eth_getBlockByHash", `["` + zeros(32) + `","TRUE"]`, `"result":null`},
	{"eth_getBlockByHash", `["` + zeros(32) + `",""]`, `"exceptionTypeName":"java.lang.NullPointerException"`},
	{"eth_getBlockByNumber", `["0x999","false"]`, `"result":null`},
	{"eth_getBlockByNumber", `["0x999",null]`, `"result":null`},
	{"eth_getBlockByNumber", `["x",1.5]`, parseRefusal},
	{"eth_call", `["x","earliest"]`, parseRefusal},
	{"eth_call", `[null,"earliest"]`, `"code":-32602,"message":"TAG [earliest | pending | finalized] not supported"`},
	{"eth_estimateGas", `[{"data":"zz"}]`, `"code":-32000,"message":"exception decoding Hex string: invalid characters encountered in Hex string"`},
	{"eth_estimateGas", `[{"data":"0x6000","value":"zz"}]`, `"code":-32000,"message":"invalid param value: invalid hex number"`},
	{"buildTransaction", `[{"tokenId":"x"}]`, parseRefusal},
	{"buildTransaction", `[{"tokenId":"1.5"}]`, parseRefusal},
	{"buildTransaction", `[{"tokenId":true}]`, parseRefusal},
	{"buildTransaction", `[{"permissionId":99999999999}]`, parseRefusal},
	{"buildTransaction", `[{"visible":1.5}]`, parseRefusal},
	{"buildTransaction", `[{"tokenId":1.5,"tokenValue":"","permissionId":null,"visible":2}]`, `"code":-32600,"message":"invalid json request"`},
	{"buildTransaction", `[{"from":"` + zeros(20) + `","to":"` + zeros(20) + `","tokenId":null}]`, nullRefusal},
	{"buildTransaction", `[{"from":"` + zeros(20) + `","to":"` + zeros(20) + `","tokenId":1,"tokenValue":""}]`, nullRefusal},
	{"buildTransaction", `[{"from":"` + zeros(20) + `","data":"0x00","tokenValue":null}]`, `"code":-32000,"message":"null"`},
	{"buildTransaction", `[{"from":"` + zeros(20) + `","data":"0x00","consumeUserResourcePercent":""}]`, `"code":-32000,"message":"null"`},
	{"buildTransaction", `[{"from":"` + zeros(20) + `","data":"0x00","permissionId":null}]`, `"code":-32000,"message":"null"`},
	{"eth_sendTransaction", `[5]`, parseRefusal},
	{"eth_sendTransaction", `[{"x":1}]`, parseRefusal},
	{"eth_signTransaction", `[null]`, `"code":-32601,"message":"the method eth_signTransaction does not exist/is not available"`},
	{"eth_getTransactionByHash", `["` + zeros(31) + `"]`, `"result":null`},
	{"eth_call", `[{"to":"` + zeros(20) + `"},{"blockHash":"` + zeros(31) + `"}]`, `"message":"header for hash not found"`},
	{"eth_getTransactionByHash", `["` + zeros(30) + `"]`, `"message":"invalid hash value"`},
	{"eth_getTransactionByHash", `["` + zeros(31) + `é"]`, `"message":"invalid hash value"`},
	{"buildTransaction", `[{"from":"` + zeros(20) + `","to":"` + zeros(20) + `","tokenId":" "}]`, nullRefusal},
	{"eth_getLogs", `[{"fromBlock":[{}],"topics":["x"]}]`, parseRefusal},
	{"eth_getTransactionByBlockNumberAndIndex", `["latest","0x-1"]`, `"message":"Index: -1"`},
	{"eth_getLogs", `[{"blockHash":"x"}]`, `"code":-32602,"message":"invalid blockHash"`},
	{"eth_newFilter", `[{"fromBlock":"finalized"}]`, `"code":-32602,"message":"invalid block range params"`},
	{"eth_getLogs", `[{"fromblock":"0x0"}]`, parseRefusal},
	{"eth_getLogs", `[{"address":[null]}]`, `"code":-32602,"message":"invalid address at index 0: null"`},
	{"eth_getLogs", `[{"address":[5]}]`, `"message":"class java.lang.Integer cannot be cast to class java.lang.String (java.lang.Integer and java.lang.String are in module java.base of loader 'bootstrap')"`},
	{"eth_getLogs", `[{"topics":[[{}]]}]`, `"message":"class java.util.LinkedHashMap cannot be cast`},
	{"eth_getLogs", `[{"topics":[[null,5]]}]`, `"message":"invalid topic(s): null"`},
}

func TestOddParams(t *testing.T) {
	f := newFixture(t, Config{})
	for _, c := range oddParams {
		_, _, text := f.ask("POST", "/jsonrpc", `{"jsonrpc":"2.0","id":1,"method":"`+c.method+`","params":`+c.params+`}`)
		if !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %s, want %s", c.method, c.params, text, c.want)
		}
	}
}

// The block of eth_call: a null number is no number, a null hash meets a pattern (TronJsonRpcImpl.java:790-820).
func TestCallAtNull(t *testing.T) {
	f := newFixture(t, Config{})
	for block, want := range map[string]string{
		`{"blockNumber":null}`: `"code":-32602,"message":"invalid block number"`,
		`{"blockHash":null}`:   `"exceptionTypeName":"java.lang.NullPointerException"`,
		`{"blockHash":5}`:      `"code":-32602,"message":"invalid json request"`,
	} {
		_, _, text := f.ask("POST", "/jsonrpc", `{"id":1,"method":"eth_call","params":[{"to":"`+zeros(20)+`"},`+block+`]}`)
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", block, text, want)
		}
	}
}

// eth_coinbase is the one address of JSON-RPC that keeps its prefix (Wallet.java:4423).
func TestCoinbase(t *testing.T) {
	f := newFixture(t, Config{})
	want := `"result":"0x` + f.chain.ActiveWitnesses()[0].Hex() + `"`
	if _, _, text := f.ask("POST", "/jsonrpc", `{"id":1,"method":"eth_coinbase","params":[]}`); !strings.Contains(text, want) {
		t.Errorf("%s, want %s", text, want)
	}
}

// What a revert with the selector of Error(string) shows of the bytes after it (ContractEventParser.java:18-51).
func TestRevertedStrings(t *testing.T) {
	const noString = `"code":-32001,"message":"unsupported type:string","data":{"exceptionTypeName":"java.lang.UnsupportedOperationException"`
	word := func(last string) string { return strings.Repeat("0", 64-len(last)) + last }
	for data, want := range map[string]string{
		"00":                              `"code":-32000,"message":"REVERT opcode executed: "`,
		word("20"):                        noString,
		word("20") + word("5"):            noString,
		word("20") + word("5") + "6869":   `"message":"REVERT opcode executed: hi\u0000\u0000\u0000"`,
		word("20") + word("2") + "686921": `"message":"REVERT opcode executed: hi"`,
		strings.Repeat("f", 64):           `"message":"arraycopy: source index -1 out of bounds for byte[32]"`,
		word("100000000"):                 noString,
		word("80000000"):                  noString,
		"08c379a0" + word(""):             noString,
	} {
		raw := "08c379a0" + data
		// CODECOPY of what follows the code, and REVERT with it.
		code := fmt.Sprintf("60%02x600c60003960%02x6000fd%s", len(raw)/2, len(raw)/2, raw)
		f := newFixture(t, Config{})
		_, _, text := f.ask("POST", "/jsonrpc", `{"id":1,"method":"eth_estimateGas","params":[{"data":"0x`+code+`"}]}`)
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", data, text, want)
		}
	}
}
