package abi

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/piecework/piecework/wallet"
)

// MaxArtifact is the largest compiler output in bytes: a whole project fits.
const MaxArtifact = 64 << 20

// Artifact is what a compiler wrote about one contract.
type Artifact struct {
	Name       string
	ABI        json.RawMessage // for ParseJSON
	Creation   []byte          // the init code, before the constructor's arguments
	Runtime    []byte          // what the chain runs, with zeros where immutables go; nil when the file has none
	Immutables []Span          // places in Runtime that the constructor fills, by offset; solc tells them, TronBox does not
}

// Span is a part of some code, in bytes.
type Span struct {
	Start  int `json:"start"`
	Length int `json:"length"`
}

// ParseArtifact reads one contract out of the file of a compiler: TronBox, Truffle, Hardhat, Foundry, or solc's standard or combined JSON.
// name chooses among several contracts, "Token" or "contracts/Token.sol:Token"; it may be empty when there is one. Errors wrap ErrType.
func ParseArtifact(data []byte, name string) (*Artifact, error) {
	if len(data) > MaxArtifact {
		return nil, fmt.Errorf("artifact: %w: larger than %d bytes", ErrType, MaxArtifact)
	}
	var file artifactJSON
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("artifact: %w: %w", ErrType, err)
	}
	if file.Contracts == nil {
		if name != "" && file.ContractName != "" && name != file.ContractName {
			return nil, fmt.Errorf("artifact: %w: it is of %s, not of %s", ErrType, wallet.Clip(file.ContractName), wallet.Clip(name))
		}
		return file.artifact(orElse(file.ContractName, name))
	}
	chosen, one, err := choose(file.Contracts, name)
	if err != nil {
		return nil, fmt.Errorf("artifact: %w", err)
	}
	return one.artifact(chosen)
}

// artifactJSON is every spelling of a contract that compilers write.
type artifactJSON struct {
	ContractName string            `json:"contractName"`
	ABI          json.RawMessage   `json:"abi"`
	Bytecode     codeJSON          `json:"bytecode"`            // TronBox, Hardhat, Foundry
	Deployed     codeJSON          `json:"deployedBytecode"`    // the same
	Immutables   map[string][]Span `json:"immutableReferences"` // Truffle
	Bin          codeJSON          `json:"bin"`                 // solc --combined-json
	BinRuntime   codeJSON          `json:"bin-runtime"`
	EVM          evmJSON           `json:"evm"` // solc --standard-json
	Contracts    contractsJSON     `json:"contracts"`
}

type evmJSON struct {
	Bytecode codeJSON `json:"bytecode"`
	Deployed codeJSON `json:"deployedBytecode"`
}

// codeJSON is code as text, or as an object with more about it.
type codeJSON struct {
	Object     string            `json:"object"`
	Immutables map[string][]Span `json:"immutableReferences"`
}

// UnmarshalJSON reads both forms.
func (c *codeJSON) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &c.Object)
	}
	type plain codeJSON
	return json.Unmarshal(data, (*plain)(c))
}

// contractsJSON is contracts by "file:name" (combined), or by file and then name (standard).
type contractsJSON map[string]artifactJSON

// UnmarshalJSON flattens both into "file:name".
func (c *contractsJSON) UnmarshalJSON(data []byte) error {
	var files map[string]json.RawMessage
	if err := json.Unmarshal(data, &files); err != nil {
		return err
	}
	*c = make(contractsJSON)
	for file, body := range files {
		var combined artifactJSON
		if err := json.Unmarshal(body, &combined); err == nil && combined.ABI != nil {
			(*c)[file] = combined
			continue
		}
		var byName map[string]artifactJSON
		if err := json.Unmarshal(body, &byName); err != nil {
			return err
		}
		for name, one := range byName {
			(*c)[file+":"+name] = one
		}
	}
	return nil
}

// choose finds the contract of that name. Without one, the only contract that has code is meant.
func choose(all contractsJSON, name string) (string, artifactJSON, error) {
	var found []string
	for full, one := range all {
		_, short, _ := cutLast(full, ":")
		if full == name || short == name || name == "" && one.code().Object != "" {
			found = append(found, full)
		}
	}
	slices.Sort(found)
	switch len(found) {
	case 1:
		_, short, _ := cutLast(found[0], ":")
		return short, all[found[0]], nil
	case 0:
		return "", artifactJSON{}, fmt.Errorf("%w: no contract %q with code in it", ErrType, wallet.Clip(name))
	default:
		return "", artifactJSON{}, fmt.Errorf("%w: choose one of %s", ErrType, wallet.Clip(strings.Join(found, ", ")))
	}
}

func (a artifactJSON) code() codeJSON {
	for _, c := range []codeJSON{a.Bytecode, a.EVM.Bytecode, a.Bin} {
		if c.Object != "" {
			return c
		}
	}
	return codeJSON{}
}

func (a artifactJSON) runtime() codeJSON {
	for _, c := range []codeJSON{a.Deployed, a.EVM.Deployed, a.BinRuntime} {
		if c.Object != "" {
			return c
		}
	}
	return codeJSON{}
}

func (a artifactJSON) artifact(name string) (*Artifact, error) {
	if a.ABI == nil && a.code().Object == "" {
		return nil, fmt.Errorf("artifact: %w: neither an ABI nor bytecode in it", ErrType)
	}
	creation, err := codeBytes(a.code().Object)
	if err != nil {
		return nil, fmt.Errorf("artifact %s: bytecode: %w", name, err)
	}
	runtime, err := codeBytes(a.runtime().Object)
	if err != nil {
		return nil, fmt.Errorf("artifact %s: runtime bytecode: %w", name, err)
	}
	out := &Artifact{Name: name, ABI: a.ABI, Creation: creation, Runtime: runtime}
	for _, places := range []map[string][]Span{a.runtime().Immutables, a.Immutables} {
		for _, spans := range places {
			out.Immutables = append(out.Immutables, spans...)
		}
	}
	slices.SortFunc(out.Immutables, func(x, y Span) int { return x.Start - y.Start })
	for _, s := range out.Immutables {
		if s.Start < 0 || s.Length < 0 || s.Length > len(runtime) || s.Start > len(runtime)-s.Length {
			return nil, fmt.Errorf("artifact %s: %w: an immutable outside the code", name, ErrType)
		}
	}
	return out, nil
}

// codeBytes reads hex code. Places for the addresses of libraries must have been filled by the linker.
func codeBytes(text string) ([]byte, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "0x")
	if at := strings.Index(text, "__"); at >= 0 {
		return nil, fmt.Errorf("%w: the library at %q is not linked; link it with your compiler first", ErrType, wallet.Clip(strings.TrimRight(text[at:min(len(text), at+40)], "_")))
	}
	code, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrType, err)
	}
	return code, nil
}

// ParseCode reads bytecode written as hex, with or without 0x, as solc --bin writes it. Errors wrap ErrType.
func ParseCode(text []byte) ([]byte, error) { return codeBytes(string(bytes.TrimSpace(text))) }

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return "", s, false
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
