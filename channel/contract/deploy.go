package contract

import (
	"encoding/json"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// Callers pay all of their energy: the deployer's share is nothing, and the chain wants a positive limit for it.
const (
	callerEnergyPercent = 100
	originEnergyLimit   = 1
)

// Deployment is the transaction body that deploys the contract, its ABI with it: explorers and wallets read it there.
func Deployment(owner wallet.Address) *tx.CreateSmartContract {
	return &tx.CreateSmartContract{Owner: owner, New: &tx.SmartContract{
		Origin:              owner,
		ABI:                 mustTronABI(artifact().ABI),
		Bytecode:            CreationCode(),
		CallerEnergyPercent: callerEnergyPercent,
		Name:                Name,
		OriginEnergyLimit:   originEnergyLimit,
	}}
}

type abiParam struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Indexed bool   `json:"indexed"`
}

type abiEntry struct {
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Mutability string     `json:"stateMutability"`
	Anonymous  bool       `json:"anonymous"`
	Inputs     []abiParam `json:"inputs"`
	Outputs    []abiParam `json:"outputs"`
}

// mustTronABI turns the compiler's ABI into the chain's message, which keeps no components of tuples.
func mustTronABI(data []byte) *tx.ABI {
	var entries []abiEntry
	if err := json.Unmarshal(data, &entries); err != nil {
		panic("contract: reading the embedded ABI: " + err.Error())
	}
	abi := new(tx.ABI)
	for _, e := range entries {
		abi.Entries = append(abi.Entries, e.tron())
	}
	return abi
}

func (e abiEntry) tron() tx.ABIEntry {
	kinds := map[string]tx.ABIKind{"constructor": tx.ABIConstructor, "function": tx.ABIFunction, "event": tx.ABIEvent, "error": tx.ABIError}
	mutabilities := map[string]tx.ABIMutability{
		"pure": tx.MutabilityPure, "view": tx.MutabilityView, "nonpayable": tx.MutabilityNonpayable, "payable": tx.MutabilityPayable,
	}
	return tx.ABIEntry{
		Anonymous:  e.Anonymous,
		Constant:   e.Mutability == "view" || e.Mutability == "pure",
		Name:       e.Name,
		Inputs:     tronParams(e.Inputs),
		Outputs:    tronParams(e.Outputs),
		Kind:       kinds[e.Type],
		Payable:    e.Mutability == "payable",
		Mutability: mutabilities[e.Mutability],
	}
}

func tronParams(params []abiParam) []tx.ABIParam {
	out := make([]tx.ABIParam, len(params))
	for i, p := range params {
		out[i] = tx.ABIParam{Indexed: p.Indexed, Name: p.Name, Type: p.Type}
	}
	return out
}
