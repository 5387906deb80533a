package rpc

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/rpc/javajson"
)

// noHistory answers getaccountbalance and getblockbalance as a node does that keeps no history of balances, which is java-tron's default.
func noHistory[M proto.Message](*request, M, bool) (string, error) {
	return "", javajson.Throw("java.lang.IllegalStateException", "this node does not keep the history of balances")
}

// byPendingValue is a servlet that looks among waiting transactions.
func byPendingValue() servlet { return byValue(transactionFromPending) }
