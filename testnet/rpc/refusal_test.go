package rpc

import (
	"strings"
	"testing"
)

// What java-tron 4.8.0 on Java 17 answered to odd requests.
var oddRequests = []struct{ method, path, body, contentType, want string }{
	{"POST", "/wallet/getaccount", "\xef\xbb\xbf{}", "application/json", `{"Error":"class org.tron.core.services.http.JsonFormat$ParseException : 1:1: Expected \"{\"."}`},
	{"POST", "/wallet/getassetissuebyid", "\xef\xbb\xbf{}", "application/json", `{}`},
	{"POST", "/wallet/getaccount", `{"@type":"java.lang.Object"}`, "application/json", `{"Error":"class com.alibaba.fastjson.JSONException : safeMode not support autoType : java.lang.Object"}`},
	{"POST", "/wallet/getaccount", "%zz", formType, `{"Error":"class java.lang.IllegalArgumentException : Not valid encoding '%zz'"}`},
	{"POST", "/wallet/broadcasttransaction", `{"raw_data":[]}`, "application/json", castRefusal(`com.alibaba.fastjson.JSONArray`, `com.alibaba.fastjson.JSONObject`, `com.alibaba.fastjson.JSONArray and com.alibaba.fastjson.JSONObject are in unnamed module of loader 'app'`)},
	{"POST", "/wallet/broadcasttransaction", `{"raw_data":{"contract":5}}`, "application/json", castRefusal(`java.lang.Integer`, `com.alibaba.fastjson.JSONArray`, `java.lang.Integer is in module java.base of loader 'bootstrap'; com.alibaba.fastjson.JSONArray is in unnamed module of loader 'app'`)},
	{"POST", "/wallet/broadcasttransaction", `{"raw_data":{"contract":""}}`, "application/json", `{"Error":"class java.lang.NullPointerException : null"}`},
	{"POST", "/wallet/createCommonTransaction", `{"contractType":"UNRECOGNIZED"}`, "application/json", `{"Error":"class org.tron.core.exception.ContractValidateException : don't have this type: UNRECOGNIZED"}`},
	{"POST", "/wallet/validateaddress", `{"address":"` + strings.Repeat("é", 34) + `"}`, "application/json", `{"result":false,"message":"Illegal character é at 0"}`},
	{"POST", "/wallet/getassetissuebyid", `{"val\uue":"x"}`, "application/json", `{"Error":"class java.lang.NumberFormatException : For input string: \"ue\":\" under radix 16"}`},
	{"POST", "/wallet/getReward", `{"address":"\u00g0"}`, "application/json", `{"Error": "INVALID address, For input string: "00g0" under radix 16"}`},
	{"POST", "/wallet/getaccount", `{"address":["41" 5]}`, "application/json", `{"Error":"class org.tron.core.services.http.JsonFormat$ParseException : 1:18: Expected string."}`},
	{"POST", "/wallet/getaccount", `{"visible":NULL}`, "application/json", `{"Error":"class org.tron.core.services.http.JsonFormat$ParseException : 1:12: Expected string."}`},
	{"OPTIONS", "/wallet/nothing", "", "", ""},
	{"POST", "/wallet/getexchangebyid", `{"id":"x"}`, "application/json", `{"Error":"class java.lang.NumberFormatException : Character x is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."}`},
	{"POST", "/wallet/broadcasthex", `{"transaction":"0f"}`, "application/json", `{"Error":"class com.google.protobuf.InvalidProtocolBufferException$InvalidWireTypeException : Protocol message tag had invalid wire type."}`},
	{"POST", "/wallet/getReward", "//c\n{}", "application/json", `{"Error":"class com.alibaba.fastjson.JSONException : unterminated json string, pos 5, line 1, column 6//c{}"}`},
	{"GET", "/wallet/getaccountresource?address=TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL7&visible=true", "", "", `{}`},
	{"POST", "/wallet/getaccountbalance", `{}`, "application/json", `{"Error":"class java.lang.IllegalArgumentException : account_identifier is null"}`},
	{"POST", "/wallet/getaccountbalance", `{"account_identifier":{"address":"41"}}`, "application/json", `{"Error":"class java.lang.IllegalArgumentException : block_identifier null"}`},
	{"POST", "/wallet/getblockbalance", `{}`, "application/json", `{"Error":"class java.lang.IllegalArgumentException : block_identifier hash length not equals 32"}`},
	{"POST", "/wallet/getblockbalance", `{"hash":"` + zeros(32)[2:] + `","number":-1}`, "application/json", `{"Error":"class java.lang.IllegalArgumentException : block_identifier number less than 0"}`},
	{"POST", "/wallet/getblockbalance", `{"hash":"` + zeros(32)[2:] + `","number":99}`, "application/json", `{"Error":"class org.tron.core.exception.ItemNotFoundException : number: 99 is not found!"}`},
	{"POST", "/wallet/getblockbalance", `{"hash":"` + zeros(32)[2:] + `"}`, "application/json", `{"Error":"class java.lang.IllegalArgumentException : number and hash do not match"}`},
	{"POST", "/wallet/getdelegatedresourceaccountindexv2", `{"value":"41ab"}`, "application/json", `{}`},
	{"POST", "/wallet/getdelegatedresourceaccountindex", `{"value":"41ab"}`, "application/json", `{}`},
}

func castRefusal(from, to, where string) string {
	return `{"Error":"class java.lang.ClassCastException : class ` + from + ` cannot be cast to class ` + to + ` (` + where + `)"}`
}

func TestOddRequests(t *testing.T) {
	f := newFixture(t, Config{})
	for _, c := range oddRequests {
		status, _, text := f.ask(c.method, c.path, c.body, "Content-Type", c.contentType)
		if status != 200 || strings.TrimSuffix(text, "\n") != c.want {
			t.Errorf("%s %s %s: %d %s, want %s", c.method, c.path, c.body, status, text, c.want)
		}
	}
}

// A missing num is block 0 to getblockbynum only, and 64 zeros are the number 0 before they are an id.
func TestBlockZero(t *testing.T) {
	f := newFixture(t, Config{})
	_, _, genesis := f.ask("POST", "/wallet/getblockbynum", `{"num":0}`)
	for _, path := range []string{"/wallet/getblockbynum", "/walletsolidity/getblockbynum", "/wallet/getblock?detail=true&id_or_num=" + zeros(32)[2:]} {
		if _, _, text := f.ask("GET", path, ""); text != genesis {
			t.Errorf("%s: %s", path, text)
		}
	}
	if _, _, text := f.ask("GET", "/wallet/gettransactioninfobyblocknum", ""); text != `{"Error":"class java.lang.NumberFormatException : null"}`+"\n" {
		t.Error(text)
	}
}

// HEAD is GET without a body: a servlet that has no GET refuses it.
func TestHead(t *testing.T) {
	f := newFixture(t, Config{})
	for path, want := range map[string]int{"/wallet/getaccount": 200, "/wallet/createtransaction": 200, "/wallet/broadcasthex": 405, "/wallet/freezebalancev2": 405} {
		if status, _, _ := f.ask("HEAD", path, ""); status != want {
			t.Errorf("HEAD %s: %d, want %d", path, status, want)
		}
	}
}
