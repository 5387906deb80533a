package actuator

import (
	"fmt"
	"testing"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// opened is a state with the market on, a token, and two traders who have much of everything.
func opened(t *testing.T) (s *state.State, maker, taker wallet.Address) {
	t.Helper()
	s, maker, taker = governed(t)
	s.SetParam(state.AllowMarketTransaction, 1)
	s.PutToken(1_000_001, &tronpb.AssetIssueContract{OwnerAddress: maker[:]})
	for _, a := range []wallet.Address{maker, taker} {
		s.SetTokenBalance(a, 1_000_001, 1_000_000)
		s.Edit(a, func(a *state.Account) { a.Balance = 1_000_000 })
	}
	return s, maker, taker
}

var marketToken = []byte("1000001")

// offer sells so much of the token (or of TRX) for so much of the other.
func offer(t *testing.T, s *state.State, who wallet.Address, sellsToken bool, sell, buy int64) *tronpb.Transaction_Result {
	t.Helper()
	c := &tronpb.MarketSellAssetContract{OwnerAddress: who[:], SellTokenQuantity: sell, BuyTokenQuantity: buy, SellTokenId: []byte(trxSymbol), BuyTokenId: marketToken}
	if sellsToken {
		c.SellTokenId, c.BuyTokenId = c.GetBuyTokenId(), c.GetSellTokenId()
	}
	r, err := apply(s, sellOnMarket{c})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func filled(r *tronpb.Transaction_Result) (text string) {
	for _, d := range r.GetOrderDetails() {
		text += fmt.Sprintf("%d for %d;", d.GetFillSellQuantity(), d.GetFillBuyQuantity())
	}
	return text
}

// TestMarketTakesTheBestFirst: three offers at two prices, then one that takes from the better price first, the older order first, and stops at its own.
func TestMarketTakesTheBestFirst(t *testing.T) {
	s, maker, taker := opened(t)
	dear := offer(t, s, maker, true, 10, 30)
	first := offer(t, s, maker, true, 10, 20)
	second := offer(t, s, maker, true, 100, 200)
	pair := state.Pair{Sell: 1_000_001, Buy: state.TRX}
	if got := s.Prices(pair); len(got) != 2 || got[0].BuyQuantity != 2 || got[0].SellQuantity != 1 || got[1].BuyQuantity != 3 {
		t.Fatalf("prices %v", got)
	}
	if got := s.Order(second.GetOrderId()); string(got.GetPrev()) != string(first.GetOrderId()) {
		t.Errorf("the second order stands behind %x", got.GetPrev())
	}
	r := offer(t, s, taker, false, 60, 30) // 30 tokens at 2: 10 of the first, 20 of the second
	if got := filled(r); got != "20 for 10;40 for 20;" {
		t.Errorf("filled %s", got)
	}
	if o := s.Order(first.GetOrderId()); o.GetState() != tronpb.MarketOrder_INACTIVE || o.GetSellTokenQuantityRemain() != 0 {
		t.Errorf("the first order is %v", o)
	}
	if o := s.Order(second.GetOrderId()); o.GetSellTokenQuantityRemain() != 80 || len(o.GetPrev()) != 0 {
		t.Errorf("the second order is %v", o)
	}
	if o := s.Order(r.GetOrderId()); o.GetState() != tronpb.MarketOrder_INACTIVE {
		t.Errorf("the taker's order is %v", o)
	}
	if s.Account(taker).Balance != 1_000_000-60 || s.TokenBalance(taker, 1_000_001) != 1_000_000+30 || s.Account(maker).Balance != 1_000_000+60 {
		t.Error("the accounts have something else")
	}
	r = offer(t, s, taker, false, 500, 200) // all 80 at 2, then it waits at 2.5: the dear one asks 3
	if got := filled(r); got != "160 for 80;" {
		t.Errorf("filled %s", got)
	}
	if o := s.Order(r.GetOrderId()); o.GetSellTokenQuantityRemain() != 340 || o.GetState() != tronpb.MarketOrder_ACTIVE {
		t.Errorf("the rest waits as %v", o)
	}
	if got := s.OrdersOf(maker); got.GetCount() != 1 || string(got.GetOrders()[0]) != string(dear.GetOrderId()) || got.GetTotalCount() != 3 {
		t.Errorf("the maker's orders are %v", got)
	}
}

// TestMarketRounding: a small taker pays all that it has for what that buys, and what buys nothing goes back to it.
func TestMarketRounding(t *testing.T) {
	s, maker, taker := opened(t)
	offer(t, s, maker, true, 2, 10)
	if got := filled(offer(t, s, taker, false, 9, 1)); got != "9 for 1;" { // at 5 each, 9 buy one and a rest
		t.Errorf("filled %s", got)
	}
	offer(t, s, maker, true, 1, 9)
	r := offer(t, s, taker, false, 13, 1)
	if got := filled(r); got != "5 for 1;" { // the other 8 buy nothing at 9
		t.Errorf("filled %s", got)
	}
	o := s.Order(r.GetOrderId())
	if o.GetState() != tronpb.MarketOrder_INACTIVE || o.GetSellTokenQuantityReturn() != 8 || o.GetSellTokenQuantityRemain() != 0 {
		t.Errorf("the order is %v", o)
	}
	if got := s.Account(taker).Balance; got != 1_000_000-9-5 {
		t.Errorf("the taker has %d sun", got)
	}
}

// TestMarketCancel returns the rest, once, to its owner alone.
func TestMarketCancel(t *testing.T) {
	s, maker, taker := opened(t)
	var ids [][]byte
	for range 3 {
		ids = append(ids, offer(t, s, maker, true, 10, 20).GetOrderId())
	}
	cancel := func(who wallet.Address, id []byte) error {
		_, err := apply(s, cancelOnMarket{&tronpb.MarketCancelOrderContract{OwnerAddress: who[:], OrderId: id}})
		return err
	}
	wants(t, cancel(maker, []byte("none")), "orderId not exists")
	wants(t, cancel(taker, ids[1]), "Order does not belong to the account!")
	wants(t, cancel(maker, ids[1]), "")
	wants(t, cancel(maker, ids[1]), "Order is not active!")
	if got := s.Order(ids[0]); string(got.GetNext()) != string(ids[2]) {
		t.Errorf("after the first order stands %x", got.GetNext())
	}
	wants(t, cancel(maker, ids[2]), "")
	wants(t, cancel(maker, ids[0]), "")
	if len(s.Pairs()) != 0 || s.TokenBalance(maker, 1_000_001) != 1_000_000 || s.OrdersOf(maker).GetCount() != 0 {
		t.Error("something is left of the orders")
	}
}

// TestMarketLimits: as many orders as an account may have, as many matches as an order may make.
func TestMarketLimits(t *testing.T) {
	s, maker, taker := opened(t)
	for range maxOrders {
		offer(t, s, maker, true, 1, 1)
	}
	more := &tronpb.MarketSellAssetContract{OwnerAddress: maker[:], SellTokenId: marketToken, SellTokenQuantity: 1, BuyTokenId: []byte(trxSymbol), BuyTokenQuantity: 1}
	_, err := apply(s, sellOnMarket{more})
	wants(t, err, "Maximum number of orders exceeded，100")
	buy := func(n int64) error {
		mark := s.Mark()
		_, err := apply(s, sellOnMarket{&tronpb.MarketSellAssetContract{
			OwnerAddress: taker[:], SellTokenId: []byte(trxSymbol), SellTokenQuantity: n, BuyTokenId: marketToken, BuyTokenQuantity: n,
		}})
		s.Revert(mark)
		return err
	}
	wants(t, buy(20), "")
	wants(t, buy(21), "Too many matches. MAX_MATCH_NUM = 20")
}

// TestMarketRefusals are the checks in their order.
func TestMarketRefusals(t *testing.T) {
	s, _, taker := opened(t)
	good := func() *tronpb.MarketSellAssetContract {
		return &tronpb.MarketSellAssetContract{OwnerAddress: taker[:], SellTokenId: []byte(trxSymbol), SellTokenQuantity: 10, BuyTokenId: marketToken, BuyTokenQuantity: 10}
	}
	unknown := wallet.AddressFromEVM([20]byte{9})
	for want, change := range map[string]func(*tronpb.MarketSellAssetContract){
		"Invalid address":                                func(c *tronpb.MarketSellAssetContract) { c.OwnerAddress = nil },
		"Account does not exist!":                        func(c *tronpb.MarketSellAssetContract) { c.OwnerAddress = unknown[:] },
		"sellTokenId is not a valid number":              func(c *tronpb.MarketSellAssetContract) { c.SellTokenId = []byte("01") },
		"buyTokenId is not a valid number":               func(c *tronpb.MarketSellAssetContract) { c.BuyTokenId = nil },
		"cannot exchange same tokens":                    func(c *tronpb.MarketSellAssetContract) { c.BuyTokenId = c.SellTokenId },
		"token quantity must greater than zero":          func(c *tronpb.MarketSellAssetContract) { c.BuyTokenQuantity = 0 },
		"token quantity must less than 1000000000000000": func(c *tronpb.MarketSellAssetContract) { c.BuyTokenQuantity = exchangeLimit + 1 },
		"No enough balance !":                            func(c *tronpb.MarketSellAssetContract) { c.SellTokenQuantity = 1_000_001 },
		"No buyTokenId !":                                func(c *tronpb.MarketSellAssetContract) { c.BuyTokenId = []byte("5") },
		"No sellTokenId !":                               func(c *tronpb.MarketSellAssetContract) { c.SellTokenId = []byte("5") },
		"SellToken balance is not enough !": func(c *tronpb.MarketSellAssetContract) {
			c.SellTokenId, c.BuyTokenId, c.SellTokenQuantity = marketToken, []byte(trxSymbol), 1_000_001
		},
	} {
		c := good()
		change(c)
		wants(t, sellOnMarket{c}.Validate(s), want)
	}
	s.SetParam(state.AllowMarketTransaction, 0)
	wants(t, sellOnMarket{good()}.Validate(s), marketOff)
	wants(t, cancelOnMarket{&tronpb.MarketCancelOrderContract{}}.Validate(s), marketOff)
}

// TestMulDiv rounds down, and takes what does not fit for the most there is.
func TestMulDiv(t *testing.T) {
	for _, c := range [][4]int64{{7, 3, 2, 10}, {1e15, 1e15, 1e15, 1e15}, {1e15, 1e15, 1, 1<<63 - 1}, {1e15, 9223, 1, 1e15 * 9223}, {1e15, 9224, 1, 1<<63 - 1}} {
		if got := mulDiv(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%d*%d/%d = %d, want %d", c[0], c[1], c[2], got, c[3])
		}
	}
}
