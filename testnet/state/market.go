package state

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// TRX stands for TRX where the market names a token.
const TRX TokenID = 0

// Pair is what an order sells and what it buys.
type Pair struct{ Sell, Buy TokenID }

// PriceKey is one price of a pair: so much for so much, in lowest terms.
type PriceKey struct {
	Pair
	SellQuantity, BuyQuantity int64
}

// Compare says which price is better for who takes it: -1 the first. Prices in lowest terms are never equal.
func (p PriceKey) Compare(q PriceKey) int {
	high, low := bits.Mul64(uint64(p.BuyQuantity), uint64(q.SellQuantity))
	high2, low2 := bits.Mul64(uint64(q.BuyQuantity), uint64(p.SellQuantity))
	return slices.Compare([]uint64{high, low}, []uint64{high2, low2})
}

// MarketToken reads how messages name a token of the market: decimal digits, or the symbol of TRX.
func MarketToken(name []byte) (TokenID, bool) {
	if string(name) == marketTRX {
		return TRX, true
	}
	return ParseTokenID(name)
}

// MarketName is the reverse of MarketToken.
func (id TokenID) MarketName() []byte {
	if id == TRX {
		return []byte(marketTRX)
	}
	return []byte(id.String())
}

const (
	marketTRX = "_"
	// nameSize is the longest name of a token: the digits of the largest number.
	nameSize = 19
)

// priceKey is java-tron's key: both names and both quantities, so that pairs come in its order.
func priceKey(p PriceKey) []byte {
	b := make([]byte, 2*nameSize, 2*nameSize+16)
	copy(b, p.Sell.MarketName())
	copy(b[nameSize:], p.Buy.MarketName())
	b = binary.BigEndian.AppendUint64(b, uint64(p.SellQuantity))
	return binary.BigEndian.AppendUint64(b, uint64(p.BuyQuantity))
}

func parsePriceKey(b []byte) (p PriceKey, err error) {
	if len(b) != 2*nameSize+16 {
		return p, errRow
	}
	name := func(b []byte) (id TokenID) {
		id, ok := MarketToken(trimZeros(b))
		if !ok {
			err = errRow
		}
		return id
	}
	p.Sell, p.Buy = name(b[:nameSize]), name(b[nameSize:2*nameSize])
	p.SellQuantity = int64(binary.BigEndian.Uint64(b[2*nameSize:]))
	p.BuyQuantity = int64(binary.BigEndian.Uint64(b[2*nameSize+8:]))
	return p, err
}

func trimZeros(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}

// Order is an order of the market, open or not, or nil. It must not be changed.
func (s *State) Order(id []byte) *tronpb.MarketOrder {
	if len(id) != 32 {
		return nil
	}
	return s.orders.value([32]byte(id))
}

// PutOrder writes one.
func (s *State) PutOrder(o *tronpb.MarketOrder) { s.orders.put([32]byte(o.GetOrderId()), o) }

// EachOrder calls f for every order, in no particular order.
func (s *State) EachOrder(f func(*tronpb.MarketOrder)) {
	for _, o := range s.orders.rows {
		f(o)
	}
}

// OrdersOf is an account's open orders; nil when it never placed one. It must not be changed.
func (s *State) OrdersOf(a wallet.Address) *tronpb.MarketAccountOrder { return s.traders.value(a) }

// SetOrdersOf writes them.
func (s *State) SetOrdersOf(a wallet.Address, m *tronpb.MarketAccountOrder) { s.traders.put(a, m) }

// Queue is the ends of the queue of orders at a price, or nil. It must not be changed.
func (s *State) Queue(p PriceKey) *tronpb.MarketOrderIdList { return s.queues.value(p) }

// SetQueue writes it; nil removes the price.
func (s *State) SetQueue(p PriceKey, q *tronpb.MarketOrderIdList) {
	if q == nil {
		s.queues.drop(p)
		return
	}
	s.queues.put(p, q)
}

// Prices lists the prices of a pair at which there are orders, the best for who takes them first.
func (s *State) Prices(p Pair) []PriceKey {
	prices := keysOf(s.queues, &s.pricesOf, p)
	slices.SortFunc(prices, PriceKey.Compare)
	return prices
}

// Pairs lists the pairs of which there are orders.
func (s *State) Pairs() (list []Pair) {
	for _, p := range s.queues.keys() {
		if n := len(list); n == 0 || list[n-1] != p.Pair {
			list = append(list, p.Pair)
		}
	}
	return list
}
