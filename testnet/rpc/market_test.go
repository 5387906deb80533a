package rpc

import (
	"encoding/hex"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TestMarketReads places orders on a network whose market is open and reads the book over HTTP.
func TestMarketReads(t *testing.T) {
	alice, bob := key(t, 1).Address(), key(t, 2).Address()
	n, err := chain.New(chain.Config{
		Impersonate: true, Params: map[string]int64{"getAllowMarketTransaction": 1, "getMarketSellFee": 1000},
		Accounts: []chain.Funded{{Address: alice, Balance: 1_000_000 * wallet.TRX}, {Address: bob, Balance: 1_000_000 * wallet.TRX}},
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(kind tronpb.Transaction_Contract_ContractType, m proto.Message) *tronpb.TransactionInfo {
		t.Helper()
		tx, err := n.Build(kind, m)
		if err != nil {
			t.Fatal(err)
		}
		if r := n.Broadcast(tx); !r.GetResult() {
			t.Fatalf("%v", r)
		}
		id := chain.TxID(tx)
		return n.TransactionInfo(chain.Head, id[:])
	}
	f := &fixture{Server: New(n, Config{})}
	want := func(path, body, want string) {
		t.Helper()
		if _, _, got := f.ask("POST", path, body); !strings.Contains(strings.ReplaceAll(got, " ", ""), want) {
			t.Errorf("%s %s: %s, want %s", path, body, got, want)
		}
	}
	token, trx := []byte("1000001"), []byte(trxName)
	send(6, &tronpb.AssetIssueContract{
		OwnerAddress: alice[:], Name: []byte("T"), TotalSupply: 1000, TrxNum: 1, Num: 1, StartTime: 1 << 50, EndTime: 1 << 51, Url: []byte("u"),
	})
	first := send(52, &tronpb.MarketSellAssetContract{OwnerAddress: alice[:], SellTokenId: token, SellTokenQuantity: 100, BuyTokenId: trx, BuyTokenQuantity: 300})
	if first.GetFee() < 1000 || len(first.GetOrderId()) != 32 {
		t.Errorf("placed: %v", first)
	}
	taken := send(52, &tronpb.MarketSellAssetContract{OwnerAddress: bob[:], SellTokenId: trx, SellTokenQuantity: 30, BuyTokenId: token, BuyTokenQuantity: 10})
	if d := taken.GetOrderDetails(); len(d) != 1 || d[0].GetFillSellQuantity() != 30 || d[0].GetFillBuyQuantity() != 10 {
		t.Errorf("taken: %v", taken)
	}
	pair := `{"sell_token_id":"1000001","buy_token_id":"_","visible":true}`
	want("/wallet/getmarketpricebypair", pair, `"prices":[{"sell_token_quantity":1,"buy_token_quantity":3}]`)
	want("/wallet/getmarketorderlistbypair", pair, `"sell_token_quantity_remain":90`)
	want("/wallet/getmarketorderbyaccount", `{"value":"`+alice.String()+`","visible":true}`, `"sell_token_quantity_remain":90`)
	want("/wallet/getmarketorderbyaccount", `{"value":"`+bob.String()+`","visible":true}`, `{}`)
	want("/wallet/getmarketorderbyid", `{"value":"`+hex.EncodeToString(taken.GetOrderId())+`"}`, `"state":"INACTIVE"`)
	want("/wallet/getmarketorderbyid", `{"value":"00"}`, `ordernotfoundinstore`)
	want("/wallet/getmarketpairlist", `{"visible":true}`, `"orderPair":[{"sell_token_id":"1000001","buy_token_id":"_"}]`)
	want("/walletsolidity/getmarketpairlist", ``, `"orderPair":[{"sell_token_id":"31303030303031","buy_token_id":"5f"}]`)
	for sells, buys := range map[int]int{39: 1, 1: 20} { // Java's arraycopy into a key of 38 bytes
		long := func(n int) string { return strings.Repeat("1", n) }
		pair := `{"visible":true,"sell_token_id":"` + long(sells) + `","buy_token_id":"` + long(buys) + `"}`
		want("/wallet/getmarketorderlistbypair", pair, `ArrayIndexOutOfBoundsException:arraycopy:lastdestinationindex39outofboundsforbyte[38]`)
	}
	want("/wallet/getmarketpricebypair", `{"visible":true,"sell_token_id":"`+strings.Repeat("1", 38)+`","buy_token_id":"`+strings.Repeat("1", 19)+`"}`, `"buy_token_id"`)
	send(53, &tronpb.MarketCancelOrderContract{OwnerAddress: alice[:], OrderId: first.GetOrderId()})
	want("/wallet/getmarketpairlist", ``, `{}`)
	want("/wallet/getmarketorderbyid", `{"value":"`+hex.EncodeToString(first.GetOrderId())+`"}`, `"state":"CANCELED"`)
}
