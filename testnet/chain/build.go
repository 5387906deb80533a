package chain

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// lifetime is how long a transaction that the node builds can get into a block, in milliseconds from the head's time.
const lifetime = 60_000

// Build makes an unsigned transaction of a contract as a node's builders do: checked against the head, referring to the solid block,
// good for a minute. Deployments and calls are not checked beyond the percentage. The error is an *actuator.Error.
func (n *Node) Build(t actuator.ContractType, contract proto.Message) (*tronpb.Transaction, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	tx, err := n.wrap(t, contract)
	if err != nil {
		return nil, err
	}
	if err := n.sound(n.checkBuild(tx.GetRawData().GetContract()[0])); err != nil {
		return nil, err
	}
	return tx, nil
}

func (n *Node) checkBuild(c *tronpb.Transaction_Contract) error {
	switch c.GetType() {
	case tronpb.Transaction_Contract_TriggerSmartContract:
		return nil
	case tronpb.Transaction_Contract_CreateSmartContract:
		return checkDeploy(c)
	}
	if c.GetType().Descriptor().Values().ByNumber(c.GetType().Number()) == nil {
		return actuator.Errorf(actuator.Argument, "Can't get the number of an unknown enum value.")
	}
	if !actuator.Known(c.GetType()) && c.GetType() != actuator.Shielded {
		return actuator.Errorf(actuator.NullPointer, "null")
	}
	a, err := actuator.Open(c)
	if err != nil {
		return err
	}
	if b, ok := a.(interface {
		ValidateBuild(*state.State) error
	}); ok {
		return b.ValidateBuild(n.s)
	}
	return a.Validate(n.s)
}

func checkDeploy(c *tronpb.Transaction_Contract) error {
	m, err := actuator.Unpack(c)
	if err != nil {
		return actuator.Errorf(actuator.NullPointer, "null")
	}
	if p := m.(*tronpb.CreateSmartContract).GetNewContract().GetConsumeUserResourcePercent(); p < 0 || p > 100 {
		return actuator.Errorf(actuator.Validate, "percent must be >= 0 and <= 100")
	}
	return nil
}

// wrap puts a contract into a transaction without any check. The caller holds the lock.
func (n *Node) wrap(t actuator.ContractType, contract proto.Message) (*tronpb.Transaction, error) {
	parameter, packed := contract.(*anypb.Any)
	if !packed {
		value, err := proto.MarshalOptions{Deterministic: true}.Marshal(contract)
		if err != nil {
			return nil, fmt.Errorf("building a transaction: %w", err)
		}
		parameter = &anypb.Any{TypeUrl: "type.googleapis.com/" + string(contract.ProtoReflect().Descriptor().FullName()), Value: value}
	}
	solid := n.s.Block(n.s.Param(state.SolidNumber))
	head := n.s.Param(state.HeadTime)
	timestamp := n.clock.now(head)
	if n.clock.real == nil {
		timestamp += n.built.Add(1) // a clock that only blocks move would make two equal transactions one
	}
	return &tronpb.Transaction{RawData: &tronpb.TransactionRaw{
		RefBlockBytes: solid.ID[6:8], RefBlockHash: solid.ID[8:16], Expiration: n.base() + lifetime, Timestamp: timestamp,
		Contract: []*tronpb.Transaction_Contract{{Type: t, Parameter: parameter}},
	}}, nil
}

// base is the time that expirations count from: the head's, or the present where nothing was mined for a while.
func (n *Node) base() int64 {
	head := n.s.Param(state.HeadTime)
	return max(head, n.clock.now(head))
}
