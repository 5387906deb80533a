package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
	"github.com/piecework/piecework/wallet/tx"
)

// Call is a call of a contract that is only tried: nothing is signed, sent or paid.
type Call struct {
	From     wallet.Address // msg.sender; need not exist. The zero address of the EVM when zero
	Contract wallet.Address // zero: try to deploy Data
	Data     []byte         // calldata, or init code with its arguments
	Value    wallet.Sun     // sent along; From must have it
	TokenID  int64          // TRC-10 sent along, 0 for none
	Tokens   int64          // smallest units of it
}

// Simulation is what a tried call gave.
type Simulation struct {
	Output   []byte // returned, or the code of a contract that was tried to deploy
	Energy   int64  // used, penalty included
	Penalty  int64  // part of Energy that a busy contract costs more
	Logs     []Log
	Internal []InternalTransfer
}

// Simulate runs a call on the state of a view with the view's newest block as its block.
// A call that fails gives *FailedError with what the contract returned; one that the node will not even start gives *RefusedError.
// The simulation comes with a *FailedError too, as far as the node tells it.
func (n *Node) Simulate(ctx context.Context, at View, c Call) (*Simulation, error) {
	ask := n.full.TriggerConstantContract
	if at == Solid {
		ask = n.solid.TriggerConstantContract
	}
	answer, err := read(ctx, n, ask, c.message())
	if err != nil {
		return nil, fmt.Errorf("simulating a call of %s: %w", c.Contract, err)
	}
	result := answer.GetResult()
	if !result.GetResult() {
		return nil, refusedCall(result)
	}
	logs, err := logsOf(answer.GetLogs())
	if err != nil {
		return nil, err
	}
	s := &Simulation{
		Energy: answer.GetEnergyUsed(), Penalty: answer.GetEnergyPenalty(),
		Logs: logs, Internal: internalOf(answer.GetInternalTransactions()),
	}
	for _, part := range answer.GetConstantResult() {
		s.Output = append(s.Output, part...)
	}
	if failed := len(result.GetMessage()) > 0 || hasFailed(answer.GetTransaction()); failed {
		return s, &FailedError{Result: "REVERT", Reason: string(result.GetMessage()), Data: s.Output}
	}
	return s, nil
}

// ConstantCall tries a call at head. When the contract reverts, ok is false and output is what it reverted with.
func (n *Node) ConstantCall(ctx context.Context, call *tx.TriggerSmartContract) (output []byte, ok bool, err error) {
	message := Call{From: call.Owner, Contract: call.Contract, Data: call.Data, Value: call.CallValue, TokenID: call.TokenID}
	if message.Tokens, err = call.CallTokenValue.Int64(); err != nil {
		return nil, false, err
	}
	simulation, err := n.Simulate(ctx, Head, message)
	var failed *FailedError
	switch {
	case err == nil:
		return simulation.Output, true, nil
	case errors.As(err, &failed) && simulation != nil:
		return failed.Data, false, nil
	}
	return nil, false, err
}

func (c Call) message() *tronpb.TriggerSmartContract {
	from := c.From
	if from.IsZero() {
		from[0] = wallet.AddressPrefix
	}
	m := &tronpb.TriggerSmartContract{
		OwnerAddress: from[:], Data: c.Data, CallValue: int64(c.Value), TokenId: c.TokenID, CallTokenValue: c.Tokens,
	}
	if !c.Contract.IsZero() {
		m.ContractAddress = c.Contract[:]
	}
	return m
}

// refusedCall tells a machine's failure (out of energy, invalid opcode: CONTRACT_EXE_ERROR) from a refusal to start.
func refusedCall(result *tronpb.Return) error {
	if result.GetCode() == tronpb.Return_CONTRACT_EXE_ERROR {
		return &FailedError{Reason: string(result.GetMessage())}
	}
	return &RefusedError{Code: Code(result.GetCode()), Message: string(result.GetMessage())}
}

func hasFailed(t *tronpb.Transaction) bool {
	for _, r := range t.GetRet() {
		if r.GetRet() == tronpb.Transaction_Result_FAILED {
			return true
		}
	}
	return false
}
