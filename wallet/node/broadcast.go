package node

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// maxSigned is the chain's limit for a transaction, in bytes: 500 KiB.
const maxSigned = 512_000

// Broadcast gives a signed transaction to the network: the encoded message, byte for byte. It returns the transaction's id with every error.
//
//   - nil: the node has it, now or since before. It is in no block yet; see [Node.Wait].
//   - *RefusedError: the node will not have it, nothing happened. Temporary codes were tried again first.
//   - ErrOutcomeUnknown: the connection broke at the wrong moment. Broadcast the same bytes again, or ask [Node.Status].
func (n *Node) Broadcast(ctx context.Context, signed []byte) (id tx.ID, err error) {
	message, id, err := parseSigned(signed)
	if err != nil {
		return id, err
	}
	wait, doubt := firstBackoff, false
	for attempt := 1; ; attempt++ {
		answer, err := once(ctx, n, n.full.BroadcastTransaction, message)
		outcome := n.judge(ctx, id, answer, err)
		doubt = doubt || errors.Is(outcome, ErrOutcomeUnknown)
		var refused *RefusedError
		again := errors.Is(outcome, ErrOutcomeUnknown) || errors.As(outcome, &refused) && refused.Code.Temporary()
		if !again || attempt == maxAttempts || !sleep(ctx, wait) {
			if doubt && outcome != nil && !errors.Is(outcome, ErrOutcomeUnknown) {
				return id, fmt.Errorf("%w: first no answer, then: %w", ErrOutcomeUnknown, outcome)
			}
			return id, outcome
		}
		wait *= 2
	}
}

// judge decides what an answer to a broadcast means.
func (n *Node) judge(ctx context.Context, id tx.ID, answer *tronpb.Return, err error) error {
	switch {
	case err != nil && surelyNotSent(err):
		return told(err)
	case err != nil:
		return fmt.Errorf("%w: broadcasting %s: %w", ErrOutcomeUnknown, id, told(err))
	case answer.GetCode() == tronpb.Return_DUP_TRANSACTION_ERROR:
		return n.lookUpDuplicate(ctx, id, answer)
	case answer.GetResult() && answer.GetCode() == tronpb.Return_SUCCESS:
		return nil
	}
	return &RefusedError{Code: Code(answer.GetCode()), Message: string(answer.GetMessage())}
}

// lookUpDuplicate decides what "duplicate" means: java-tron remembers the ids of transactions that it refused too, so the first refusal must not be hidden.
func (n *Node) lookUpDuplicate(ctx context.Context, id tx.ID, answer *tronpb.Return) error {
	_, err := n.Transaction(ctx, Head, id)
	if isMissing(err) {
		return &RefusedError{
			Code:    CodeDuplicate,
			Message: string(answer.GetMessage()) + " The node has seen it and holds it nowhere: it refused it before.",
		}
	}
	if err != nil {
		return fmt.Errorf("%w: the node calls %s a duplicate: %w", ErrOutcomeUnknown, id, err)
	}
	return nil
}

// surelyNotSent says whether a request cannot have reached the node.
func surelyNotSent(err error) bool {
	switch status.Code(err) {
	case codes.Unauthenticated, codes.PermissionDenied, codes.ResourceExhausted, codes.InvalidArgument, codes.Unimplemented:
		return true
	}
	return false
}

// parseSigned reads a signed transaction and makes sure that what the client library will write is what was signed.
func parseSigned(signed []byte) (*tronpb.Transaction, tx.ID, error) {
	var id tx.ID
	if len(signed) > maxSigned {
		return nil, id, fmt.Errorf("%w: %d bytes, the chain takes %d", ErrNotTransaction, len(signed), maxSigned)
	}
	message := &tronpb.Transaction{}
	if err := proto.Unmarshal(signed, message); err != nil {
		return nil, id, fmt.Errorf("%w: %w", ErrNotTransaction, err)
	}
	raw, err := rawOf(signed)
	if err != nil {
		return nil, id, err
	}
	id = tx.ID(sha256.Sum256(raw))
	written, err := proto.Marshal(message.GetRawData())
	if err != nil {
		return nil, id, fmt.Errorf("%w: %w", ErrNotTransaction, err)
	}
	if tx.ID(sha256.Sum256(written)) != id {
		return nil, id, fmt.Errorf("%w: its bytes are not in the usual order, a node would hash others than were signed", ErrNotTransaction)
	}
	return message, id, nil
}
