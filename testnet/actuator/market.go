package actuator

import (
	"encoding/binary"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const (
	marketOff = "Not support Market Transaction, need to be opened by the committee"
	// maxOrders is how many open orders an account may have, maxMatches how many others one order may take from.
	maxOrders  = 100
	maxMatches = 20
	// marketNameSize is the room for a token's name in what an order's id is made of.
	marketNameSize = 19
)

// sellOnMarket takes what the market offers at a price or better, and places an order for the rest. Parameter 44, off on mainnet, opens the market.
type sellOnMarket struct {
	*tronpb.MarketSellAssetContract
}

func (c sellOnMarket) Validate(s *state.State) error {
	if !s.On(state.AllowMarketTransaction) {
		return invalid(marketOff)
	}
	owner, ok := address(c.GetOwnerAddress())
	if !ok {
		return invalid("Invalid address")
	}
	a := s.Account(owner)
	marketName := func(name []byte) bool { return string(name) == trxSymbol || isNumber(name) }
	sell, buy := c.GetSellTokenQuantity(), c.GetBuyTokenQuantity()
	switch {
	case a == nil:
		return invalid("Account does not exist!")
	case !marketName(c.GetSellTokenId()):
		return invalid("sellTokenId is not a valid number")
	case !marketName(c.GetBuyTokenId()):
		return invalid("buyTokenId is not a valid number")
	case string(c.GetSellTokenId()) == string(c.GetBuyTokenId()):
		return invalid("cannot exchange same tokens")
	case sell <= 0 || buy <= 0:
		return invalid("token quantity must greater than zero")
	case sell > exchangeLimit || buy > exchangeLimit:
		return invalid("token quantity must less than %d", exchangeLimit)
	case s.OrdersOf(owner).GetCount() >= maxOrders:
		return invalid("Maximum number of orders exceeded，%d", maxOrders)
	}
	return c.checkFunds(s, a)
}

func (c sellOnMarket) checkFunds(s *state.State, a *state.Account) error {
	need := s.Param(state.MarketSellFee)
	sellsTRX := string(c.GetSellTokenId()) == trxSymbol
	if sellsTRX {
		var ok bool
		if need, ok = addExact(need, c.GetSellTokenQuantity()); !ok {
			return invalid("long overflow")
		}
	}
	if int64(a.Balance) < need {
		return invalid("No enough balance !")
	}
	if !sellsTRX {
		id, ok := state.ParseTokenID(c.GetSellTokenId())
		if !ok || s.Token(id) == nil {
			return invalid("No sellTokenId !")
		}
		if s.TokenBalance(a.Address, id) < c.GetSellTokenQuantity() {
			return invalid("SellToken balance is not enough !")
		}
	}
	if string(c.GetBuyTokenId()) != trxSymbol {
		if id, ok := state.ParseTokenID(c.GetBuyTokenId()); !ok || s.Token(id) == nil {
			return invalid("No buyTokenId !")
		}
	}
	return nil
}

func (c sellOnMarket) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	owner := wallet.Address(c.GetOwnerAddress())
	r.Fee = s.Param(state.MarketSellFee)
	if err := charge(s, owner, wallet.Sun(r.GetFee())); err != nil {
		return err
	}
	move(s, owner, c.GetSellTokenId(), -c.GetSellTokenQuantity())
	order := c.newOrder(s, owner)
	r.OrderId = order.GetOrderId()
	if err := take(s, order, r); err != nil {
		return err
	}
	if order.GetSellTokenQuantityRemain() != 0 {
		enqueue(s, order)
	}
	s.PutOrder(order)
	return nil
}

// newOrder counts an order of the account. Its id is the Keccak-256 of the account, the tokens and the count of those before.
func (c sellOnMarket) newOrder(s *state.State, owner wallet.Address) *tronpb.MarketOrder {
	have := s.OrdersOf(owner)
	if have == nil {
		have = &tronpb.MarketAccountOrder{OwnerAddress: owner[:]}
	}
	seed := make([]byte, len(owner)+2*marketNameSize, len(owner)+2*marketNameSize+8)
	copy(seed, owner[:])
	copy(seed[len(owner):], c.GetSellTokenId())
	copy(seed[len(owner)+marketNameSize:], c.GetBuyTokenId())
	id := wallet.Keccak256(binary.BigEndian.AppendUint64(seed, uint64(have.GetTotalCount())))
	have = proto.CloneOf(have)
	have.Orders, have.Count, have.TotalCount = append(have.GetOrders(), id[:]), have.GetCount()+1, have.GetTotalCount()+1
	s.SetOrdersOf(owner, have)
	return &tronpb.MarketOrder{
		OrderId: id[:], OwnerAddress: owner[:], CreateTime: s.Param(state.HeadTime),
		SellTokenId: c.GetSellTokenId(), SellTokenQuantity: c.GetSellTokenQuantity(), SellTokenQuantityRemain: c.GetSellTokenQuantity(),
		BuyTokenId: c.GetBuyTokenId(), BuyTokenQuantity: c.GetBuyTokenQuantity(),
	}
}

// cancelOnMarket takes an open order back.
type cancelOnMarket struct {
	*tronpb.MarketCancelOrderContract
}

func (c cancelOnMarket) Validate(s *state.State) error {
	if !s.On(state.AllowMarketTransaction) {
		return invalid(marketOff)
	}
	owner, ok := address(c.GetOwnerAddress())
	if !ok {
		return invalid("Invalid address")
	}
	a, order := s.Account(owner), s.Order(c.GetOrderId())
	switch {
	case a == nil:
		return invalid("Account does not exist!")
	case order == nil:
		return invalid("orderId not exists")
	case order.GetState() != tronpb.MarketOrder_ACTIVE:
		return invalid("Order is not active!")
	case string(order.GetOwnerAddress()) != string(owner[:]):
		return invalid("Order does not belong to the account!")
	case int64(a.Balance) < s.Param(state.MarketCancelFee):
		return invalid("No enough balance !")
	}
	return nil
}

func (c cancelOnMarket) Execute(s *state.State, r *tronpb.Transaction_Result) error {
	r.Fee = s.Param(state.MarketCancelFee)
	if err := charge(s, wallet.Address(c.GetOwnerAddress()), wallet.Sun(r.GetFee())); err != nil {
		return err
	}
	order := proto.CloneOf(s.Order(c.GetOrderId()))
	giveBack(s, order)
	finish(s, order, tronpb.MarketOrder_CANCELED)
	dequeue(s, order)
	s.PutOrder(order)
	return nil
}
