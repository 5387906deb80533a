package chain

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// marketLimit bounds what one query of the market lists.
const marketLimit = 1000

// MarketOrder answers getmarketorderbyid, with its neighbours in the queue; nil when there is none.
func (n *Node) MarketOrder(v View, id []byte) (o *tronpb.MarketOrder) {
	n.read(v, func(s *state.State) { o = s.Order(id) })
	return o
}

// MarketOrdersOf answers getmarketorderbyaccount: the open orders, oldest first; nil for who never placed one.
func (n *Node) MarketOrdersOf(v View, account []byte) (list *tronpb.MarketOrderList) {
	a, err := wallet.AddressFromBytes(account)
	if err != nil {
		return nil
	}
	n.read(v, func(s *state.State) {
		have := s.OrdersOf(a)
		if have == nil {
			return
		}
		list = &tronpb.MarketOrderList{}
		for _, id := range have.GetOrders() {
			list.Orders = append(list.Orders, alone(s.Order(id)))
		}
	})
	return list
}

// alone is an order without its neighbours, as lists show it.
func alone(o *tronpb.MarketOrder) *tronpb.MarketOrder {
	o = proto.CloneOf(o)
	o.Prev, o.Next = nil, nil
	return o
}

// MarketPrices answers getmarketpricebypair: the best price for who buys from the pair's sellers first.
func (n *Node) MarketPrices(v View, sell, buy []byte) *tronpb.MarketPriceList {
	list := &tronpb.MarketPriceList{SellTokenId: sell, BuyTokenId: buy}
	n.read(v, func(s *state.State) {
		for _, p := range pricesOf(s, sell, buy) {
			list.Prices = append(list.Prices, &tronpb.MarketPrice{SellTokenQuantity: p.SellQuantity, BuyTokenQuantity: p.BuyQuantity})
		}
	})
	return list
}

func pricesOf(s *state.State, sell, buy []byte) []state.PriceKey {
	sold, ok := state.MarketToken(sell)
	bought, ok2 := state.MarketToken(buy)
	if !ok || !ok2 {
		return nil
	}
	prices := s.Prices(state.Pair{Sell: sold, Buy: bought})
	return prices[:min(len(prices), marketLimit)]
}

// MarketOrdersByPair answers getmarketorderlistbypair: by price as MarketPrices, the oldest first of each. As in java-tron the last price may bring one
// order more than the limit.
func (n *Node) MarketOrdersByPair(v View, sell, buy []byte) *tronpb.MarketOrderList {
	list := &tronpb.MarketOrderList{}
	n.read(v, func(s *state.State) {
		for _, p := range pricesOf(s, sell, buy) {
			if len(list.GetOrders()) >= marketLimit {
				return
			}
			for id := s.Queue(p).GetHead(); len(id) > 0 && len(list.GetOrders()) <= marketLimit; id = s.Order(id).GetNext() {
				list.Orders = append(list.Orders, alone(s.Order(id)))
			}
		}
	})
	return list
}

// MarketPairs answers getmarketpairlist; as in java-tron it may list one more than the limit.
func (n *Node) MarketPairs(v View) *tronpb.MarketOrderPairList {
	list := &tronpb.MarketOrderPairList{}
	n.read(v, func(s *state.State) {
		pairs := s.Pairs()
		for _, p := range pairs[:min(len(pairs), marketLimit+1)] {
			list.OrderPair = append(list.OrderPair, &tronpb.MarketOrderPair{SellTokenId: p.Sell.MarketName(), BuyTokenId: p.Buy.MarketName()})
		}
	})
	return list
}
