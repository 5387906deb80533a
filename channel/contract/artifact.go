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

// Name is the contract's name in its deployment transaction and in explorers.
const Name = "PaymentChannels"

// ErrOtherCode says that a contract is not PaymentChannels as it was built here.
var ErrOtherCode = errors.New("the contract's code is not the one that this program was built with")

//go:embed PaymentChannels.json
var artifactJSON []byte

// Both are read when they are first needed: a program that never touches a channel need not wait for it.
var (
	artifact = sync.OnceValue(func() compiled { return mustReadArtifact(artifactJSON) })
	readABI  = sync.OnceValue(func() *abi.Interface { return abi.MustJSON(artifactJSON) })
)

// Interface is the contract's ABI: methods, events and errors.
func Interface() *abi.Interface { return readABI() }

type compiled struct {
	Contract   string          `json:"contract"`
	Creation   hexBytes        `json:"creation"`
	Runtime    hexBytes        `json:"runtime"`
	Immutables []span          `json:"immutables"`
	ABI        json.RawMessage `json:"abi"`
}

// span is a part of the code that the constructor fills in. PaymentChannels has none, on purpose: its code is the same on every network.
type span struct {
	Start  int `json:"start"`
	Length int `json:"length"`
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func mustReadArtifact(data []byte) compiled {
	var c compiled
	if err := json.Unmarshal(data, &c); err != nil {
		panic("contract: reading the embedded artifact: " + err.Error())
	}
	return c
}

// CreationCode is what a deployment transaction carries; the constructor takes no arguments.
func CreationCode() []byte { return slices.Clone(artifact().Creation) }

// RuntimeCode is what the chain runs.
func RuntimeCode() []byte { return slices.Clone(artifact().Runtime) }

// CodeHash is the Keccak-256 of RuntimeCode, which nodes give as code_hash. It is the same on every network.
func CodeHash() [32]byte { return wallet.Keccak256(artifact().Runtime) }

// Verify compares the code that a node gives for a contract with what was built here. Errors are ErrOtherCode.
func Verify(runtime []byte) error {
	if !slices.Equal(runtime, artifact().Runtime) {
		return fmt.Errorf("%w: keccak %x over %d bytes, want %x over %d", ErrOtherCode, wallet.Keccak256(runtime), len(runtime), CodeHash(), len(artifact().Runtime))
	}
	return nil
}
