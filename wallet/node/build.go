package node

import (
	"context"
	"time"

	"github.com/piecework/piecework/wallet/tx"
)

// Build makes a transaction that is ready to be signed by one key: tied to the newest solid block, expiring by the head's clock, and priced.
// Without a timestamp in options it gets the present one, so that the same transfer can be made twice; to send one again, keep its signed bytes.
// A smart contract without a fee limit in options gets the plan's. A simulation that fails gives *FailedError and the plan so far, but no transaction.
func (n *Node) Build(ctx context.Context, contract tx.Contract, options tx.Options) (*tx.Transaction, *Plan, error) {
	reference, err := n.Reference(ctx)
	if err != nil {
		return nil, nil, err
	}
	if options.Timestamp.IsZero() {
		options.Timestamp = time.Now()
	}
	built, err := tx.Build(contract, reference, options)
	if err != nil {
		return nil, nil, err
	}
	plan, err := n.Plan(ctx, built.Raw(), 1)
	if err != nil {
		return nil, plan, err
	}
	if plan.FeeLimit == 0 || options.FeeLimit != 0 {
		return built, plan, nil
	}
	options.FeeLimit = plan.FeeLimit
	built, err = tx.Build(contract, reference, options)
	return built, plan, err
}
