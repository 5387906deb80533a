package node

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// SignWeight is how far the signatures of a transaction reach.
type SignWeight struct {
	Permission tx.Permission    // that the transaction names
	Signers    []wallet.Address // who has signed
	Weight     int64            // of theirs together
	Enough     bool             // it reaches the permission's threshold
	Problem    string           // why the node cannot say, or what is wrong with a signature; empty: nothing
}

// SignWeight asks the node who signed a transaction and whether that is enough. signed may hold no signature yet.
func (n *Node) SignWeight(ctx context.Context, signed []byte) (*SignWeight, error) {
	message := &tronpb.Transaction{}
	if err := proto.Unmarshal(signed, message); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotTransaction, err)
	}
	answer, err := read(ctx, n, n.full.GetTransactionSignWeight, message)
	if err != nil {
		return nil, fmt.Errorf("asking who signed: %w", err)
	}
	w := &SignWeight{
		Permission: permissionOf(answer.GetPermission()), Signers: addressesOf(answer.GetApprovedList()), Weight: answer.GetCurrentWeight(),
	}
	switch result := answer.GetResult(); result.GetCode() {
	case tronpb.TransactionSignWeight_Result_ENOUGH_PERMISSION:
		w.Enough = true
	case tronpb.TransactionSignWeight_Result_NOT_ENOUGH_PERMISSION:
	default:
		w.Problem = result.GetCode().String() + ": " + result.GetMessage()
	}
	return w, nil
}
