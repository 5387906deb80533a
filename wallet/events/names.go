package events

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// maxKnown bounds how many contracts' ABIs are kept; beyond, all are read anew.
const maxKnown = 4096

// Contracts tells what a contract's events look like; *node.Node is one.
type Contracts interface {
	Contract(ctx context.Context, address wallet.Address) (*node.Contract, error)
}

// Names reads logs by the ABI that was given, or else by the one that the chain keeps of their contract. It is for one goroutine.
type Names struct {
	Known *abi.Interface // for all contracts, first; may be nil
	Chain Contracts      // nil: ask nobody

	read map[wallet.Address]*abi.Interface // nil for a contract without a readable one
}

// Named is a log as its ABI reads it.
type Named struct {
	Event string          // signature, "Transfer(address,address,uint256)"
	Text  string          // "Transfer(from=T…, …)"
	Args  json.RawMessage // an object where all parameters have names, a list otherwise
}

// Name reads a log; false when no ABI says what it is. An error is the node's.
func (n *Names) Name(ctx context.Context, l *node.Log) (Named, bool, error) {
	if named, ok := name(n.Known, l); ok {
		return named, true, nil
	}
	known, err := n.of(ctx, l.Contract)
	if err != nil {
		return Named{}, false, err
	}
	named, ok := name(known, l)
	return named, ok, nil
}

func (n *Names) of(ctx context.Context, contract wallet.Address) (*abi.Interface, error) {
	if known, ok := n.read[contract]; ok || n.Chain == nil {
		return known, nil
	}
	stored, err := n.Chain.Contract(ctx, contract)
	if err != nil && !errors.Is(err, node.ErrNotFound) { // it destroyed itself in this very block, perhaps
		return nil, err
	}
	var known *abi.Interface
	if err == nil {
		known, _ = abi.ParseJSON(stored.ABI) // anybody can store anything; then its logs stay as they are
	}
	if n.read == nil || len(n.read) >= maxKnown {
		n.read = map[wallet.Address]*abi.Interface{}
	}
	n.read[contract] = known
	return known, nil
}

func name(known *abi.Interface, l *node.Log) (Named, bool) {
	if known == nil {
		return Named{}, false
	}
	event, ok := known.EventOf(l.Topics)
	if !ok {
		return Named{}, false
	}
	values, err := event.Decode(l.Topics, l.Data)
	if err != nil {
		return Named{}, false
	}
	args, err := event.Inputs.JSON(values)
	if err != nil {
		return Named{}, false
	}
	return Named{Event: event.Signature(), Text: event.Name + event.Inputs.Format(values), Args: args}, true
}
