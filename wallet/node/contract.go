package node

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Contract is a smart contract as stored.
type Contract struct {
	Address       wallet.Address
	Name          string
	Deployer      wallet.Address // pays its share of the energy, may change the settings
	CallerPercent int64          // of the energy, paid by callers; the deployer's stake pays the rest
	DeployerLimit int64          // energy that the deployer pays at most for one call
	ABI           []byte         // JSON as Solidity writes it; "[]" when none is stored
	InitCode      []byte         // what it was deployed with
	Code          []byte         // what runs
	CodeHash      [32]byte       // Keccak-256 of Code, as the node says
	EnergyFactor  int64          // dynamic pricing: a call costs 1 + EnergyFactor/10,000
}

// Contract reads a smart contract; ErrNotFound when the address has none.
func (n *Node) Contract(ctx context.Context, address wallet.Address) (*Contract, error) {
	message, err := read(ctx, n, n.full.GetContractInfo, &tronpb.BytesMessage{Value: address[:]})
	if err != nil {
		return nil, fmt.Errorf("reading contract %s: %w", address, err)
	}
	stored := message.GetSmartContract()
	if stored == nil {
		return nil, fmt.Errorf("contract %s: %w", address, ErrNotFound)
	}
	description, err := solidityABI(stored.GetAbi())
	if err != nil {
		return nil, fmt.Errorf("%w: the description of contract %s: %w", ErrAnswer, address, err)
	}
	c := &Contract{
		Address: address, Name: stored.GetName(),
		CallerPercent: stored.GetConsumeUserResourcePercent(), DeployerLimit: stored.GetOriginEnergyLimit(),
		ABI: description, InitCode: stored.GetBytecode(), Code: message.GetRuntimecode(),
		EnergyFactor: message.GetContractState().GetEnergyFactor(),
	}
	copy(c.CodeHash[:], stored.GetCodeHash())
	if a, err := wallet.AddressFromBytes(stored.GetOriginAddress()); err == nil {
		c.Deployer = a
	}
	return c, nil
}

// abiEntry is one entry of Solidity's JSON.
type abiEntry struct {
	Type            string     `json:"type"`
	Name            string     `json:"name,omitempty"`
	Inputs          []abiParam `json:"inputs"`
	Outputs         []abiParam `json:"outputs,omitempty"`
	StateMutability string     `json:"stateMutability,omitempty"`
	Anonymous       bool       `json:"anonymous,omitempty"`
}

type abiParam struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Indexed bool   `json:"indexed,omitempty"`
}

// solidityABI writes a stored description in Solidity's JSON. Tron stores no tuple components: such an entry is only good to be shown.
func solidityABI(stored *tronpb.SmartContract_ABI) ([]byte, error) {
	entries := make([]abiEntry, 0, len(stored.GetEntrys()))
	for _, e := range stored.GetEntrys() {
		entry := abiEntry{
			Type: strings.ToLower(e.GetType().String()), Name: e.GetName(), Anonymous: e.GetAnonymous(),
			Inputs: abiParams(e.GetInputs()), Outputs: abiParams(e.GetOutputs()),
		}
		switch e.GetType() {
		case tronpb.SmartContract_ABI_Entry_UnknownEntryType:
			continue
		case tronpb.SmartContract_ABI_Entry_Function, tronpb.SmartContract_ABI_Entry_Constructor,
			tronpb.SmartContract_ABI_Entry_Fallback, tronpb.SmartContract_ABI_Entry_Receive:
			entry.StateMutability = mutability(e)
		}
		entries = append(entries, entry)
	}
	return json.Marshal(entries)
}

// mutability reads the field of that name, or what older compilers said instead.
func mutability(e *tronpb.SmartContract_ABI_Entry) string {
	switch {
	case e.GetStateMutability() != tronpb.SmartContract_ABI_Entry_UnknownMutabilityType:
		return strings.ToLower(e.GetStateMutability().String())
	case e.GetConstant():
		return "view"
	case e.GetPayable():
		return "payable"
	}
	return "nonpayable"
}

func abiParams(stored []*tronpb.SmartContract_ABI_Entry_Param) []abiParam {
	params := make([]abiParam, 0, len(stored))
	for _, p := range stored {
		params = append(params, abiParam{p.GetName(), p.GetType(), p.GetIndexed()})
	}
	return params
}
