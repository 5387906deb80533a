package actuator

import (
	"math"
	"math/bits"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// priceOf is where an order stands in the book: its pair, and its quantities in lowest terms.
func priceOf(o *tronpb.MarketOrder) state.PriceKey {
	sell, _ := state.MarketToken(o.GetSellTokenId())
	buy, _ := state.MarketToken(o.GetBuyTokenId())
	a, b := o.GetSellTokenQuantity(), o.GetBuyTokenQuantity()
	for b != 0 {
		a, b = b, a%b
	}
	return state.PriceKey{Pair: state.Pair{Sell: sell, Buy: buy}, SellQuantity: o.GetSellTokenQuantity() / a, BuyQuantity: o.GetBuyTokenQuantity() / a}
}

func editOrder(s *state.State, id []byte, f func(*tronpb.MarketOrder)) {
	o := proto.CloneOf(s.Order(id))
	f(o)
	s.PutOrder(o)
}

// enqueue puts an order at the end of its price's queue. The caller writes the order.
func enqueue(s *state.State, o *tronpb.MarketOrder) {
	price := priceOf(o)
	q := s.Queue(price)
	if q == nil {
		s.SetQueue(price, &tronpb.MarketOrderIdList{Head: o.GetOrderId(), Tail: o.GetOrderId()})
		return
	}
	editOrder(s, q.GetTail(), func(last *tronpb.MarketOrder) { last.Next = o.GetOrderId() })
	o.Prev = q.GetTail()
	s.SetQueue(price, &tronpb.MarketOrderIdList{Head: q.GetHead(), Tail: o.GetOrderId()})
}

// dequeue takes an order out of its queue, and the price out of the book when it was the last. The caller writes the order.
func dequeue(s *state.State, o *tronpb.MarketOrder) {
	price := priceOf(o)
	ends := proto.CloneOf(s.Queue(price))
	if len(o.GetPrev()) > 0 {
		editOrder(s, o.GetPrev(), func(before *tronpb.MarketOrder) { before.Next = o.GetNext() })
	} else {
		ends.Head = o.GetNext()
	}
	if len(o.GetNext()) > 0 {
		editOrder(s, o.GetNext(), func(after *tronpb.MarketOrder) { after.Prev = o.GetPrev() })
	} else {
		ends.Tail = o.GetPrev()
	}
	if len(ends.GetHead()) == 0 {
		ends = nil
	}
	s.SetQueue(price, ends)
	o.Prev, o.Next = nil, nil
}

// finish takes an order off its account's list.
func finish(s *state.State, o *tronpb.MarketOrder, how tronpb.MarketOrder_State) {
	o.State = how
	owner := wallet.Address(o.GetOwnerAddress())
	list := proto.CloneOf(s.OrdersOf(owner))
	list.Count--
	list.Orders = slices.DeleteFunc(list.GetOrders(), func(id []byte) bool { return string(id) == string(o.GetOrderId()) })
	s.SetOrdersOf(owner, list)
}

// giveBack returns what an order has not sold to its owner.
func giveBack(s *state.State, o *tronpb.MarketOrder) {
	move(s, wallet.Address(o.GetOwnerAddress()), o.GetSellTokenId(), o.GetSellTokenQuantityRemain())
	o.SellTokenQuantityRemain = 0
}

// take fills an order from the other side of the book, the best price first and the oldest order of a price first.
func take(s *state.State, taker *tronpb.MarketOrder, r *tronpb.Transaction_Result) error {
	own := priceOf(taker)
	matches := 0
	prices := s.Prices(state.Pair{Sell: own.Buy, Buy: own.Sell})
	for _, price := range prices[:min(len(prices), maxMatches+1)] {
		turned := state.PriceKey{SellQuantity: price.BuyQuantity, BuyQuantity: price.SellQuantity}
		if own.Compare(turned) > 0 {
			return nil // it asks for more than this price gives
		}
		for taker.GetSellTokenQuantityRemain() != 0 && s.Queue(price) != nil {
			maker := proto.CloneOf(s.Order(s.Queue(price).GetHead()))
			fill(s, taker, maker, r)
			if maker.GetSellTokenQuantityRemain() == 0 {
				dequeue(s, maker)
			}
			s.PutOrder(maker)
			if matches++; matches > maxMatches {
				return Errorf(Execute, "Too many matches. MAX_MATCH_NUM = %d", maxMatches)
			}
		}
	}
	return nil
}

// fill trades between two orders at the maker's price; what rounds to nothing goes back to who offers it.
func fill(s *state.State, taker, maker *tronpb.MarketOrder, r *tronpb.Transaction_Result) {
	left := maker.GetSellTokenQuantityRemain()
	got := mulDiv(taker.GetSellTokenQuantityRemain(), maker.GetSellTokenQuantity(), maker.GetBuyTokenQuantity())
	paid := taker.GetSellTokenQuantityRemain()
	if got == 0 {
		taker.SellTokenQuantityReturn = paid
		giveBack(s, taker)
		finish(s, taker, tronpb.MarketOrder_INACTIVE)
		return
	}
	if got >= left {
		paid = mulDiv(left, maker.GetBuyTokenQuantity(), maker.GetSellTokenQuantity())
		finish(s, maker, tronpb.MarketOrder_INACTIVE)
		if got > left && paid == 0 {
			maker.SellTokenQuantityReturn = left
			giveBack(s, maker)
			return
		}
		got = left
	}
	maker.SellTokenQuantityRemain -= got
	taker.SellTokenQuantityRemain -= paid
	if taker.GetSellTokenQuantityRemain() == 0 {
		finish(s, taker, tronpb.MarketOrder_INACTIVE)
	}
	move(s, wallet.Address(taker.GetOwnerAddress()), taker.GetBuyTokenId(), got)
	move(s, wallet.Address(maker.GetOwnerAddress()), maker.GetBuyTokenId(), paid)
	r.OrderDetails = append(r.OrderDetails, &tronpb.MarketOrderDetail{
		MakerOrderId: maker.GetOrderId(), TakerOrderId: taker.GetOrderId(), FillSellQuantity: paid, FillBuyQuantity: got,
	})
}

// mulDiv is a*b/c of positive numbers, rounded down; what does not fit is the largest number: more than any order holds.
func mulDiv(a, b, c int64) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high >= uint64(c) {
		return math.MaxInt64
	}
	q, _ := bits.Div64(high, low, uint64(c))
	return int64(min(q, math.MaxInt64))
}
