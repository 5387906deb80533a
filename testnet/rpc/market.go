package rpc

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// marketOrderByIDServlet reads an order's id as value; the order shows its neighbours in the queue.
var marketOrderByIDServlet = servlet{
	get: func(r *request) (string, error) {
		id, err := javajson.HexBytes(r.param("value"))
		if err != nil {
			return "", err
		}
		return marketOrder(r, id, r.visibleParam())
	},
	post: func(r *request) (string, error) {
		text, visible, err := r.plain()
		if err != nil {
			return "", err
		}
		q := &tronpb.BytesMessage{}
		if err := javajson.Merge(text, q, visible); err != nil {
			return "", err
		}
		return marketOrder(r, q.GetValue(), visible)
	},
}

func marketOrder(r *request, id []byte, visible bool) (string, error) {
	o, err := r.node.order(r.view, id)
	if err != nil {
		return "", err
	}
	return show(o, visible), nil
}

// order finds an order; without an id it is nil.
func (s *Server) order(v chain.View, id []byte) (*tronpb.MarketOrder, error) {
	if len(id) == 0 {
		return nil, nil
	}
	o := s.chain.MarketOrder(v, id)
	if o == nil {
		return nil, javajson.Throw("java.lang.IllegalStateException", "order not found in store")
	}
	return o, nil
}

func marketPrices(r *request, sell, buy []byte) (proto.Message, error) {
	return r.node.chain.MarketPrices(r.view, sell, buy), nil
}

func marketOrdersByPair(r *request, sell, buy []byte) (proto.Message, error) {
	return r.node.chain.MarketOrdersByPair(r.view, sell, buy), nil
}

// marketOrderByAccountServlet reads an address as value with fastjson.
var marketOrderByAccountServlet = byText(func(r *request, value string, ok, visible bool) (string, error) {
	address, err := addressBytes(value, ok, visible)
	if err != nil {
		return "", err
	}
	return show(r.node.chain.MarketOrdersOf(r.view, address), visible), nil
})

var marketPairListServlet = servlet{
	get: func(r *request) (string, error) { return show(r.node.chain.MarketPairs(r.view), r.visibleParam()), nil },
	post: func(r *request) (string, error) {
		text, err := r.checkedText()
		if err != nil {
			return "", err
		}
		visible, err := visibleIn(strings.TrimSpace(text))
		if err != nil {
			return "", err
		}
		return show(r.node.chain.MarketPairs(r.view), visible), nil
	},
}

// trxName is how the exchange and the market write TRX.
const trxName = "_"

const badParameter = "org.tron.core.exception.BadItemException"

// pairBytes reads the two tokens of a market pair.
func pairBytes(r *request) (sell, buy []byte, visible bool, err error) {
	visible = r.visibleParam()
	read := func(key string) ([]byte, error) {
		value, ok := r.param(key)
		return nameBytes(value, ok, visible)
	}
	if sell, err = read("sell_token_id"); err != nil {
		return nil, nil, false, err
	}
	buy, err = read("buy_token_id")
	return sell, buy, visible, err
}

// byPair is a servlet that is asked with two tokens of the market.
func byPair(reply func(r *request, sell, buy []byte) (proto.Message, error)) servlet {
	answered := func(r *request, sell, buy []byte, visible bool) (string, error) {
		if err := checkPair(sell, buy); err != nil {
			return "", err
		}
		m, err := reply(r, sell, buy)
		if err != nil {
			return "", err
		}
		return show(m, visible), nil
	}
	return servlet{
		get: func(r *request) (string, error) {
			sell, buy, visible, err := pairBytes(r)
			if err != nil {
				return "", err
			}
			return answered(r, sell, buy, visible)
		},
		post: func(r *request) (string, error) {
			text, visible, err := r.plain()
			if err != nil {
				return "", err
			}
			q := &tronpb.MarketOrderPair{}
			if err := javajson.Merge(text, q, visible); err != nil {
				return "", err
			}
			return answered(r, q.GetSellTokenId(), q.GetBuyTokenId(), visible)
		},
	}
}

// checkPair is MarketUtils.checkPairValid.
func checkPair(sell, buy []byte) error {
	valid := func(b []byte) bool { return string(b) == trxName || isNumber(b) }
	switch {
	case !valid(sell):
		return javajson.Throw(badParameter, "sellTokenId is not a valid number")
	case !valid(buy):
		return javajson.Throw(badParameter, "buyTokenId is not a valid number")
	}
	return checkPairLength(sell, buy)
}

// pairSize is the length of a pair's key, of which each token has half (MarketUtils.TOKEN_ID_LENGTH).
const pairSize = 38

// checkPairLength is what Java's arraycopy says in MarketUtils.createPairKey. A first token that is too long for its half alone is written over.
func checkPairLength(sell, buy []byte) error {
	for _, end := range []int{len(sell), pairSize/2 + len(buy)} {
		if end > pairSize {
			text := fmt.Sprintf("arraycopy: last destination index %d out of bounds for byte[%d]", end, pairSize)
			return javajson.Throw("java.lang.ArrayIndexOutOfBoundsException", text)
		}
	}
	return nil
}

// isNumber is TransactionUtil.isNumber: digits that do not begin with 0.
func isNumber(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0 && (len(b) == 1 || b[0] != '0')
}
