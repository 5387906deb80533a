package rpc

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// noHistory answers getaccountbalance and getblockbalance as a node does that keeps no history of balances, which is java-tron's default.
func noHistory[M proto.Message](*request, M, bool) (string, error) {
	return "", javajson.Throw("java.lang.IllegalStateException", "this node does not keep the history of balances")
}

// byPendingValue is a servlet that looks among waiting transactions.
func byPendingValue() servlet { return byValue(transactionFromPending) }

// marketOrderByIDServlet finds no order: the market is off on mainnet, and nothing can be placed.
var marketOrderByIDServlet = servlet{
	get: func(r *request) (string, error) {
		id, err := javajson.HexBytes(r.param("value"))
		if err != nil {
			return "", err
		}
		return noOrder(id)
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
		return noOrder(q.GetValue())
	},
}

func noOrder(id []byte) (string, error) {
	if len(id) == 0 {
		return missing, nil
	}
	return "", javajson.Throw("java.lang.IllegalStateException", "order not found in store")
}
