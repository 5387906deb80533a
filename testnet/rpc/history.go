package rpc

import (
	"fmt"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// itemNotFound is the exception of a row that a store does not have.
const itemNotFound = "org.tron.core.exception.ItemNotFoundException"

// accountBalance is Wallet.getAccountBalance of a node that keeps no history of balances, which is java-tron's default: all of them were 0.
func (s *Server) accountBalance(q *tronpb.AccountBalanceRequest) (*tronpb.AccountBalanceResponse, error) {
	switch {
	case q.GetAccountIdentifier() == nil:
		return nil, javajson.Throw(javajson.IllegalArgument, "account_identifier is null")
	case len(q.GetAccountIdentifier().GetAddress()) == 0:
		return nil, javajson.Throw(javajson.IllegalArgument, "account_identifier address is null")
	}
	if err := s.checkIdentifier(q.GetBlockIdentifier()); err != nil {
		return nil, err
	}
	return &tronpb.AccountBalanceResponse{BlockIdentifier: q.GetBlockIdentifier()}, nil
}

// blockBalance is Wallet.getBlockBalance of such a node: it has no trace of any block.
func (s *Server) blockBalance(q *tronpb.BlockBalanceTrace_BlockIdentifier) error {
	if err := s.checkIdentifier(q); err != nil {
		return err
	}
	return javajson.Throw(itemNotFound, "This block does not exist")
}

// checkIdentifier says what is wrong with the name of a block: number and hash must be those of one that is there.
func (s *Server) checkIdentifier(id *tronpb.BlockBalanceTrace_BlockIdentifier) error {
	switch {
	case id == nil:
		return javajson.Throw(javajson.IllegalArgument, "block_identifier null")
	case id.GetNumber() < 0:
		return javajson.Throw(javajson.IllegalArgument, "block_identifier number less than 0")
	case len(id.GetHash()) != 32:
		return javajson.Throw(javajson.IllegalArgument, "block_identifier hash length not equals 32")
	}
	b := s.chain.BlockByNumber(chain.Head, id.GetNumber())
	if b == nil {
		return javajson.Throw(itemNotFound, fmt.Sprintf("number: %d is not found!", id.GetNumber()))
	}
	if b.ID != [32]byte(id.GetHash()) {
		return javajson.Throw(javajson.IllegalArgument, "number and hash do not match")
	}
	return nil
}

func getAccountBalance(r *request, q *tronpb.AccountBalanceRequest, visible bool) (string, error) {
	answer, err := r.node.accountBalance(q)
	if err != nil {
		return "", err
	}
	return javajson.Print(answer, visible), nil
}

func getBlockBalance(r *request, q *tronpb.BlockBalanceTrace_BlockIdentifier, _ bool) (string, error) {
	return "", r.node.blockBalance(q)
}

// byPendingValue is a servlet that looks among waiting transactions.
func byPendingValue() servlet { return byValue(transactionFromPending) }
