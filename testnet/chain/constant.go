package chain

import (
	"time"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Constant is what a constant call gave.
type Constant struct {
	// Transaction is what would have been sent, with its result; a deployment where the call named no contract.
	Transaction *tronpb.Transaction
	ID          [32]byte
	Return      []byte
	EnergyUsed  int64
	// EnergyPenalty is the part of it that the dynamic energy model added.
	EnergyPenalty int64
	Logs          []*tronpb.TransactionInfo_Log
	Internal      []*tronpb.InternalTransaction
	// Failure is the text of a revert or another end without result; empty on success.
	Failure string
	// Contract is the address called or, for a deployment, made.
	Contract wallet.Address
}

// Constant runs a call on the state of a view and throws its effects away. A call without contract address is a deployment of its data.
// edit, if not nil, changes the transaction that is echoed before its id is taken. The error is an *actuator.Error, of kind Program where
// the VM ended the call with an exception.
func (n *Node) Constant(v View, call *tronpb.TriggerSmartContract, edit func(*tronpb.Transaction)) (*Constant, error) {
	return n.constant(v, call, edit, nil)
}

func (n *Node) constant(v View, call *tronpb.TriggerSmartContract, edit func(*tronpb.Transaction), tracer vm.Tracer) (*Constant, error) {
	var c *constantRun
	err := n.withCall(v, call, edit, func(s *state.State, tx *tronpb.Transaction) (err error) {
		c, err = n.runConstant(s, tx, n.cfg.EnergyLimitForConstant, tracer)
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.exception != "" {
		return nil, &actuator.Error{Kind: actuator.Program, Text: c.Failure, Exception: c.exception}
	}
	return c.public(), nil
}

// withCall makes the transaction that a constant call stands for and runs f on the state of a view, which f may change: that is undone. At the head
// calls run side by side, each on an overlay of its own; the state of an older block, and that of a fork, is for one at a time.
func (n *Node) withCall(v View, call *tronpb.TriggerSmartContract, edit func(*tronpb.Transaction), f func(*state.State, *tronpb.Transaction) error) error {
	if n.cfg.Fork == nil {
		n.mu.RLock()
		if v == Head || n.solidIsHead() {
			defer n.mu.RUnlock()
			s := n.s.Overlay()
			tx, err := n.constantTransaction(call, edit, isContract(s, call))
			if err != nil {
				return err
			}
			return f(s, tx)
		}
		n.mu.RUnlock()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	known := false
	n.atView(v, func() { known = isContract(n.s, call) })
	tx, err := n.constantTransaction(call, edit, known)
	if err = n.sound(err); err != nil {
		return err
	}
	n.atView(v, func() { err = f(n.s, tx) })
	return n.sound(err)
}

func isContract(s *state.State, call *tronpb.TriggerSmartContract) bool {
	a, err := wallet.AddressFromBytes(call.GetContractAddress())
	return err == nil && s.Contract(a) != nil
}

// constantTransaction is the transaction that a constant call stands for. known says whether its contract is there.
func (n *Node) constantTransaction(call *tronpb.TriggerSmartContract, edit func(*tronpb.Transaction), known bool) (tx *tronpb.Transaction, err error) {
	switch {
	case len(call.GetContractAddress()) == 0:
		tx, err = n.wrap(tronpb.Transaction_Contract_CreateSmartContract, &tronpb.CreateSmartContract{
			OwnerAddress: call.GetOwnerAddress(), CallTokenValue: call.GetCallTokenValue(), TokenId: call.GetTokenId(),
			NewContract: &tronpb.SmartContract{
				OriginAddress: call.GetOwnerAddress(), Bytecode: call.GetData(), CallValue: call.GetCallValue(),
				ConsumeUserResourcePercent: 100, OriginEnergyLimit: 1,
			},
		})
	case !known:
		return nil, actuator.Errorf(actuator.Validate, "Smart contract is not exist.")
	default:
		tx, err = n.wrap(tronpb.Transaction_Contract_TriggerSmartContract, call)
	}
	if err == nil && edit != nil {
		edit(tx)
	}
	return tx, err
}

// constantRun is a Constant with the exception that ended it.
type constantRun struct {
	Constant
	exception string
}

func (c *constantRun) public() *Constant { return &c.Constant }

// runConstant runs in the block that is the newest of the present state. The caller throws its changes away.
func (n *Node) runConstant(s *state.State, tx *tronpb.Transaction, energy int64, tracer vm.Tracer) (*constantRun, error) {
	id := TxID(tx)
	smart, err := actuator.OpenSmart(tx.GetRawData().GetContract()[0], id, 0)
	if err != nil {
		return nil, err
	}
	smart.Constant = energy
	head := s.Head()
	env := n.env(being{number: head.Number(), time: head.Time()})
	env.Block.Witness, _ = wallet.AddressFromBytes(head.Block.GetBlockHeader().GetRawData().GetWitnessAddress())
	env.Tracer, env.Deadline = tracer, time.Now().Add(constantTime)
	out, err := smart.Run(s, env)
	if err != nil {
		return nil, err
	}
	c := &constantRun{exception: out.Exception, Constant: Constant{
		Transaction: tx, ID: id, Return: out.Return, EnergyUsed: out.EnergyUsed, EnergyPenalty: out.EnergyPenalty,
		Internal: internalMessages(out.Internal, false), Failure: out.RuntimeError, Contract: out.Result.Contract,
	}}
	c.Logs = logMessages(out.Logs)
	if out.Outcome == vm.Reverted {
		c.Logs = logMessages(out.RevertedLogs)
	}
	result := &tronpb.Transaction_Result{}
	if out.Failed() {
		result.Ret = tronpb.Transaction_Result_FAILED
	}
	tx.Ret = []*tronpb.Transaction_Result{result}
	return c, nil
}

// Estimate answers estimateenergy: the energy that a transaction needs its fee limit to cover, found as java-tron finds it, within one TRX.
// The error is an *actuator.Error: of kind Execute when the call fails.
func (n *Node) Estimate(v View, call *tronpb.TriggerSmartContract) (energy int64, err error) {
	err = n.withCall(v, call, nil, func(s *state.State, tx *tronpb.Transaction) (err error) {
		energy, err = n.search(s, tx)
		return err
	})
	return energy, err
}

// search tries fees, each on the same state.
func (n *Node) search(s *state.State, tx *tronpb.Transaction) (int64, error) {
	price := max(1, s.Param(state.EnergyFee))
	try := func(fee int64) (*constantRun, error) {
		mark := s.Mark()
		defer s.Revert(mark)
		energy := n.cfg.EnergyLimitForConstant
		if fee > 0 {
			energy = min(energy, fee/price)
		}
		return n.runConstant(s, tx, max(1, energy), nil)
	}
	high := s.Param(state.MaxFeeLimit)
	c, err := try(high)
	if err != nil {
		return 0, err
	}
	if c.Failure != "" {
		return 0, actuator.Errorf(actuator.Execute, "%s", c.Failure)
	}
	low := price * c.EnergyUsed
	steps := []int64{low * 2}
	for {
		if len(steps) == 0 && low+int64(wallet.TRX) >= high {
			return (high + price - 1) / price, nil
		}
		middle := (low + high) / 2
		if len(steps) > 0 {
			middle, steps = steps[0], nil
			if middle >= high {
				continue
			}
		}
		if c, err = try(middle); err != nil {
			return 0, err
		}
		if c.Failure != "" {
			low = middle
		} else {
			high = middle
		}
	}
}
