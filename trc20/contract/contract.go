// Package contract is Token.sol and what it compiles to: a TRC-20 token with exactly the options that its issuer asked for.
//
// Every combination of options is a contract of its own, so that an option that was not chosen does not exist on chain.
package contract

import (
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// ErrOtherCode says that a contract is none of the tokens that were built here.
var ErrOtherCode = errors.New("the contract's code is none of the tokens that this program was built with")

// Options are what a token can do beside the TRC-20 standard. The zero value is a fixed supply.
//
// Transfers by signature (TIP-3009, a draft) are not among them: they need a mapping of nonces that any holder chooses, and Tron's storage keeps only the low
// 128 bits of a row's place, so that a nonce can be searched for whose row is somebody's balance (2^64 hashes). Permit's nonces count, and nobody chooses them.
type Options struct {
	Mintable bool // the owner, at first the deployer, may make more; ownership can be handed on or given up
	Burnable bool // holders may destroy what is theirs, and what they were allowed to spend
	Permit   bool // allowances by signature (EIP-2612 over TIP-712)
}

// Artifact is one compiled token.
type Artifact struct {
	Name     string // of the contract: Token, TokenMintable …
	ABI      json.RawMessage
	Creation []byte // what a deployment carries, before the constructor's arguments
	Runtime  []byte // what the chain runs; the same for every token with these options
}

//go:embed Token.json
var artifactsJSON []byte

// artifacts by options, read when they are first needed; they never change.
var artifacts = sync.OnceValue(func() map[Options]Artifact { return mustReadArtifacts(artifactsJSON) })

func mustReadArtifacts(data []byte) map[Options]Artifact {
	var list []struct {
		Contract, Creation, Runtime string
		ABI                         json.RawMessage
	}
	if err := json.Unmarshal(data, &list); err != nil {
		panic("contract: reading the embedded artifacts: " + err.Error())
	}
	byName := make(map[string]Artifact, len(list))
	for _, a := range list {
		byName[a.Contract] = Artifact{Name: a.Contract, ABI: a.ABI, Creation: mustHex(a.Creation), Runtime: mustHex(a.Runtime)}
	}
	all := make(map[Options]Artifact)
	for _, o := range combinations() {
		a, ok := byName[o.contract()]
		if !ok {
			panic("contract: no artifact of " + o.contract())
		}
		all[o] = a
	}
	return all
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic("contract: reading the embedded artifacts: " + err.Error())
	}
	return b
}

func combinations() []Options {
	var all []Options
	for i := range 8 {
		all = append(all, Options{Mintable: i&1 != 0, Burnable: i&2 != 0, Permit: i&4 != 0})
	}
	return all
}

// contract is the name of the Solidity contract with these options.
func (o Options) contract() string {
	name := "Token"
	for _, part := range []struct {
		chosen bool
		name   string
	}{{o.Mintable, "Mintable"}, {o.Burnable, "Burnable"}, {o.Permit, "Permit"}} {
		if part.chosen {
			name += part.name
		}
	}
	return name
}

// Of is the token with these options.
func Of(o Options) Artifact {
	a := artifacts()[o]
	a.Creation, a.Runtime = slices.Clone(a.Creation), slices.Clone(a.Runtime)
	return a
}

// Interface is the ABI of the token.
func (a Artifact) Interface() *abi.Interface { return abi.MustJSON(a.ABI) }

// InitCode is the creation code with the constructor's arguments behind it: the whole supply goes to the deployer, in smallest units.
func (a Artifact) InitCode(name, symbol string, decimals uint8, supply wallet.Units) ([]byte, error) {
	arguments, err := a.Interface().Constructor.Encode(name, symbol, decimals, supply)
	if err != nil {
		return nil, fmt.Errorf("packing the constructor of %s: %w", a.Name, err)
	}
	return append(slices.Clone(a.Creation), arguments...), nil
}

// CodeHash is the Keccak-256 of Runtime.
func (a Artifact) CodeHash() [32]byte { return wallet.Keccak256(a.Runtime) }

// Recognize says with which options the token was built that has this runtime code. Errors are ErrOtherCode.
func Recognize(runtime []byte) (Options, error) {
	for o, a := range artifacts() {
		if slices.Equal(a.Runtime, runtime) {
			return o, nil
		}
	}
	return Options{}, ErrOtherCode
}
