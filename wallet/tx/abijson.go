package tx

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// ErrABI is wrapped by errors about an ABI's JSON.
var ErrABI = errors.New("not an ABI")

// maxABI bounds the JSON text of an ABI in bytes; a transaction holds less.
const maxABI = 1 << 20

type abiEntryJSON struct {
	Anonymous       bool           `json:"anonymous"`
	Constant        bool           `json:"constant"`
	Name            string         `json:"name"`
	Inputs          []abiParamJSON `json:"inputs"`
	Outputs         []abiParamJSON `json:"outputs"`
	Type            string         `json:"type"`
	Payable         bool           `json:"payable"`
	StateMutability string         `json:"stateMutability"`
}

type abiParamJSON struct {
	Indexed bool   `json:"indexed"`
	Name    string `json:"name"`
	Type    string `json:"type"`
}

// ParseABI reads the JSON ABI that solc writes (a list), or the one that Tron's nodes give back ({"entrys": […]}), as TronWeb does: no field is made up.
// Tron has no place for the components of a tuple; they are dropped.
func ParseABI(text []byte) (*ABI, error) {
	if len(text) > maxABI {
		return nil, fmt.Errorf("%w: %d bytes", ErrABI, len(text))
	}
	var entries []abiEntryJSON
	if err := json.Unmarshal(text, &entries); err != nil {
		var wrapped struct {
			Entries []abiEntryJSON `json:"entrys"`
		}
		if json.Unmarshal(text, &wrapped) != nil {
			return nil, fmt.Errorf("%w: %w", ErrABI, err)
		}
		entries = wrapped.Entries
	}
	abi := &ABI{}
	for i, e := range entries {
		entry, err := e.entry()
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d: %w", ErrABI, i, err)
		}
		abi.Entries = append(abi.Entries, entry)
	}
	return abi, nil
}

func (e abiEntryJSON) entry() (ABIEntry, error) {
	kind, ok := indexOf(e.Type, abiKinds)
	if !ok {
		return ABIEntry{}, fmt.Errorf("there is no entry of type %q", wallet.Clip(e.Type))
	}
	mutability, ok := indexOf(e.StateMutability, abiMutabilities)
	if !ok {
		return ABIEntry{}, fmt.Errorf("there is no mutability %q", wallet.Clip(e.StateMutability))
	}
	return ABIEntry{
		Anonymous: e.Anonymous, Constant: e.Constant, Name: e.Name,
		Inputs: abiParams(e.Inputs), Outputs: abiParams(e.Outputs),
		Kind: ABIKind(kind), Payable: e.Payable, Mutability: ABIMutability(mutability),
	}, nil
}

func abiParams(list []abiParamJSON) []ABIParam {
	var params []ABIParam
	for _, p := range list {
		params = append(params, ABIParam(p))
	}
	return params
}

// indexOf finds an enum's value by its name without regard to case; the empty name is 0.
func indexOf(name string, values []string) (int32, bool) {
	if name == "" {
		return 0, true
	}
	for i, v := range values {
		if strings.EqualFold(v, name) {
			return int32(i), true
		}
	}
	return 0, false
}
