package rpc

import (
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// create builds a transaction. The caller may change it.
func (s *Server) create(kind tronpb.Transaction_Contract_ContractType, m proto.Message) (*tronpb.Transaction, error) {
	return s.chain.Build(kind, m)
}

// broadcast takes a signed transaction. internal is what a contract said to the console, for TronBox.
func (s *Server) broadcast(t *tronpb.Transaction) (answer *tronpb.Return, internal javajson.Array) {
	answer = s.chain.Broadcast(t)
	if answer.GetResult() {
		internal = withConsole(nil, s.saidIn(t))
	}
	return answer, internal
}

// callAnswer is what a call gives: java-tron's message, and what the contract said to the console.
type callAnswer struct {
	*tronpb.TransactionExtention
	said [][]byte
}

func newCallAnswer() *callAnswer {
	return &callAnswer{TransactionExtention: &tronpb.TransactionExtention{}}
}

func (s *Server) signWeight(t *tronpb.Transaction) *tronpb.TransactionSignWeight {
	return s.chain.SignWeight(t)
}

func (s *Server) approvedList(t *tronpb.Transaction) *tronpb.TransactionApprovedList {
	return s.chain.ApprovedList(t)
}

// constantCall is Wallet.triggerConstantContract: it fills an answer in and gives the transaction that the call stands for.
func (s *Server) constantCall(v chain.View, call *tronpb.TriggerSmartContract, e *callAnswer) (*tronpb.Transaction, error) {
	return s.runConstant(v, call, e, nil)
}

// constant is Wallet.callConstantContract for a transaction that was built already.
func (s *Server) constant(v chain.View, built *tronpb.Transaction, call *tronpb.TriggerSmartContract, e *callAnswer) (*tronpb.Transaction, error) {
	return s.runConstant(v, call, e, func(t *tronpb.Transaction) { t.RawData = built.GetRawData() })
}

func (s *Server) runConstant(v chain.View, call *tronpb.TriggerSmartContract, e *callAnswer, edit func(*tronpb.Transaction)) (*tronpb.Transaction, error) {
	listener := &console{}
	c, err := s.chain.ConstantTraced(v, call, edit, listener)
	if err != nil {
		return nil, err
	}
	e.ConstantResult, e.EnergyUsed, e.EnergyPenalty = [][]byte{c.Return}, c.EnergyUsed, c.EnergyPenalty
	e.Logs, e.InternalTransactions, e.said = c.Logs, c.Internal, listener.said
	if c.Failure != "" {
		e.Result = &tronpb.Return{Message: []byte(c.Failure)}
	}
	return c.Transaction, nil
}

// estimate is Wallet.estimateEnergy. A call that fails is an answer, not an error.
func (s *Server) estimate(v chain.View, call *tronpb.TriggerSmartContract) (*tronpb.EstimateEnergyMessage, error) {
	energy, err := s.chain.Estimate(v, call)
	var refused *actuator.Error
	if errors.As(err, &refused) && refused.Kind == actuator.Execute {
		return &tronpb.EstimateEnergyMessage{Result: &tronpb.Return{Code: tronpb.Return_CONTRACT_EXE_ERROR, Message: []byte(refused.Text)}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &tronpb.EstimateEnergyMessage{Result: &tronpb.Return{Result: true}, EnergyRequired: energy}, nil
}
